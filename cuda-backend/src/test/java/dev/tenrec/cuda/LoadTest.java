package dev.tenrec.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where libraries are looked for, and what is said when they are missing. Each case is a process of its own. */
class LoadTest {

    private static final String DRIVER = "libcuda.so.1";

    @TempDir
    Path folder;

    private static Path emulator() {
        TestDevice.requireEmulator();
        return Stream.of(System.getenv("LD_LIBRARY_PATH").split(File.pathSeparator))
                .map(Path::of)
                .filter(one -> Files.isRegularFile(one.resolve(DRIVER)))
                .findFirst()
                .orElseThrow();
    }

    /** Probes with libraries from a folder; more class path, or less of it. */
    private String probe(Path libraries, String moreClasses, String withoutJars) throws Exception {
        return probe(Map.of("LD_LIBRARY_PATH", libraries.toString()), moreClasses, withoutJars);
    }

    private String probe(Map<String, String> environment, String moreClasses, String withoutJars, String... arguments)
            throws Exception {
        String classes = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(one -> withoutJars.isEmpty() || !one.contains(withoutJars))
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-D" + NativeFiles.PROPERTY + "=" + folder.resolve("natives"),
                "-Djava.io.tmpdir=" + Files.createDirectories(folder.resolve("temporary")),
                "-cp",
                classes + moreClasses,
                LoadProbe.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        try (Stream<Path> left = Files.list(folder.resolve("temporary"))) {
            assertEquals(
                    List.of(),
                    left.map(one -> one.getFileName().toString())
                            .filter(name -> !name.startsWith("hsperf"))
                            .toList(),
                    "nothing is unpacked to the folder for temporary files");
        }
        assertFalse(output.contains("not put back"), output);
        return output;
    }

    private Path libraries(String... names) throws IOException {
        Path emulator = emulator();
        Path some = Files.createDirectories(folder.resolve("libraries"));
        for (String name : names) {
            Files.copy(emulator.resolve(name), some.resolve(name));
        }
        return some;
    }

    @Test
    void allIsThere() throws Exception {
        String said = probe(emulator(), "", "");
        assertTrue(said.startsWith("available: CUDA 12"), said);
        Path natives = folder.resolve("natives");
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(natives)));
        try (Stream<Path> unpacked = Files.list(natives)) {
            assertEquals(
                    3, unpacked.filter(one -> one.toString().endsWith(".so")).count());
        }
    }

    @Test
    void withoutADriver() throws Exception {
        String said = probe(libraries(), "", "");
        assertTrue(said.contains("driver is not installed") || said.startsWith("available"), said);
        assertTrue(said.contains("nvidia-smi") || said.startsWith("available"), said);
    }

    @Test
    void withADriverThatIsTooOld() throws Exception {
        emulator();
        Path some = libraries();
        Path source = Files.writeString(
                folder.resolve("old.c"), "int cuDriverGetVersion(int *version) { *version = 11040; return 0; }");
        Process compiler = new ProcessBuilder(
                        "g++", "-x", "c", "-shared", "-o", some.resolve(DRIVER).toString(), source.toString())
                .inheritIO()
                .start();
        assertEquals(0, compiler.waitFor());
        String said = probe(some, "", "");
        assertTrue(said.contains("too old") && said.contains("CUDA 11.4") && said.contains("525"), said);
    }

    @Test
    void withoutAToolkit() throws Exception {
        String said = probe(libraries(DRIVER, "libnvrtc.so.12"), "", "");
        assertTrue(said.contains("missing: libcublas.so.12\n") || said.startsWith("available"), said);
        assertTrue(said.contains("org.bytedeco:cuda") || said.startsWith("available"), said);
    }

    @Test
    void withLibrariesOnTheClassPathInsteadOfAToolkit() throws Exception {
        Path jar = Files.createDirectories(folder.resolve("jar/org/bytedeco/cuda/linux-x86_64"));
        for (String name : List.of("libnvrtc.so.12", "libcublas.so.12")) {
            Files.copy(emulator().resolve(name), jar.resolve(name));
        }
        String said = probe(libraries(DRIVER), File.pathSeparator + folder.resolve("jar"), "");
        assertTrue(said.startsWith("available: CUDA 12"), said);
        assertTrue(Files.isRegularFile(folder.resolve("natives/libcublas.so.12"))
                || Files.isRegularFile(Path.of("/usr/local/cuda/lib64/libcublas.so.12")));
    }

    /** CUDA 13 has cuBLAS and NVRTC under other names; the bundle's bridge has CUDA 12's names and calls those. */
    @Test
    void withCuda13AndTheBridge() throws Exception {
        Path thirteen = Files.createDirectories(folder.resolve("thirteen"));
        for (String name : List.of("libnvrtc.so.1", "libcublas.so.1")) {
            Files.copy(emulator().resolve(name + "2"), thirteen.resolve(name + "3"));
        }
        Path some = libraries(DRIVER);
        Path script = Path.of(System.getProperty("basedir", "."), "src/bundle/bridge/build.sh");
        Process build = new ProcessBuilder("bash", script.toString(), some.toString())
                .inheritIO()
                .start();
        assertEquals(0, build.waitFor());
        Map<String, String> environment = Map.of(
                "LD_LIBRARY_PATH",
                some.toString(),
                "CUDA_BRIDGE_PATH",
                thirteen.toString(),
                "CUDA_BRIDGE_VERBOSE",
                "1");
        String said = probe(environment, "", "", "multiply");
        assertTrue(said.contains("cublas is " + thirteen.resolve("libcublas.so.13")), said);
        assertTrue(said.contains("nvrtc is " + thirteen.resolve("libnvrtc.so.13")), said);
        assertTrue(said.contains("available: CUDA 12"), said);
        assertTrue(said.contains("sum " + 64.0 * 64 * 64 * 4), said);
    }

    @Test
    void withoutLibrariesOfJCuda() throws Exception {
        String said = probe(emulator(), "", "natives");
        assertTrue(said.contains("JCuda's libraries cannot be loaded"), said);
        assertTrue(said.contains("org.jcuda:jcuda-natives:12.6.0"), said);
    }

    @Test
    void whatLiesThereIsUsedOnlyIfItIsTheSame() throws IOException {
        Path jar = Files.createDirectories(folder.resolve("jar"));
        byte[] content = {1, 2, 3, 4};
        URL resource = Files.write(jar.resolve("library"), content).toUri().toURL();
        NativeFiles files = new NativeFiles(folder.resolve("natives"));
        Path file = files.unpack(resource, "library");
        assertArrayEquals(content, Files.readAllBytes(file));
        Object first = Files.getAttribute(file, "unix:ino");
        assertEquals(first, Files.getAttribute(files.unpack(resource, "library"), "unix:ino"));
        Files.write(file, new byte[] {1, 2, 3, 5});
        assertArrayEquals(content, Files.readAllBytes(files.unpack(resource, "library")));
    }

    @Test
    void aFolderThatOthersMayWriteIsRefused() throws IOException {
        Path open = Files.createDirectories(folder.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        IOException e = assertThrows(IOException.class, () -> new NativeFiles(open));
        assertTrue(e.getMessage().contains("others"), e.getMessage());
    }
}
