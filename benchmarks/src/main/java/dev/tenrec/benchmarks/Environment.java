package dev.tenrec.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where and of what results were measured. */
final class Environment {

    private Environment() {}

    /** {@return machine, system, JDK, commit and date, by name} */
    static Map<String, String> describe() {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        String model = ProcessorFlags.field("model name");
        Map<String, String> description = new LinkedHashMap<>();
        description.put(
                "machine",
                (model.isEmpty() ? system.getArch() : model) + ", "
                        + Runtime.getRuntime().availableProcessors() + " processors"
                        + (ProcessorFlags.avx512() ? " with AVX-512" : "") + ", "
                        + Math.round(system.getTotalMemorySize() / (double) (1 << 30)) + " GiB");
        description.put("system", system.getName() + " " + system.getVersion());
        description.put("JDK", Runtime.version() + ", " + System.getProperty("java.vendor"));
        description.put("JVM flags", String.join(" ", flags()));
        description.put("commit", commit());
        description.put("date", LocalDate.now().toString());
        return description;
    }

    /** What somebody chose; what every run of the build has says nothing. */
    private static List<String> flags() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-D" + PeerLaunch.FOLDER))
                .toList();
    }

    private static String commit() {
        String commit = git("rev-parse", "--short=10", "HEAD");
        if (commit.isEmpty()) {
            return "unknown";
        }
        return git("status", "--porcelain", "--untracked-files=no").isEmpty() ? commit : commit + ", changed";
    }

    private static String git(String... arguments) {
        String[] command = new String[arguments.length + 1];
        command[0] = "git";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 ? output : "";
        } catch (IOException _) {
            // Not installed.
            return "";
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
