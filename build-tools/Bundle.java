import java.nio.file.Path;
import java.util.Map;

/**
 * Makes the bundle for GPU hosts by cuda-backend/src/bundle/pack.sh, with the JDK that runs this. Arguments: the project's
 * root, Maven's local repository, and where to: a folder, or true for bundle in the root.
 */
class Bundle {
    public static void main(String[] args) throws Exception {
        Path root = Path.of(args[0]).toAbsolutePath().normalize();
        String to = args[2].isBlank() || args[2].equals("true") ? "bundle" : args[2];
        Path folder = root.resolve(to);
        ProcessBuilder pack = new ProcessBuilder(
                        "bash", root.resolve("cuda-backend/src/bundle/pack.sh").toString(), folder.toString())
                .inheritIO();
        Map<String, String> environment = pack.environment();
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        environment.put("MAVEN_REPOSITORY", args[1]);
        int code = pack.start().waitFor();
        if (code == 0) {
            System.out.println("On a Linux host with an NVIDIA GPU: tar xf " + folder.getFileName() + ".tar; "
                    + folder.getFileName() + "/run.sh all");
        }
        System.exit(code);
    }
}
