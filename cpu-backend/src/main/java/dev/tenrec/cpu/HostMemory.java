package dev.tenrec.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How much memory this process may use: the machine's, or less where a container limits it. */
final class HostMemory {
    private static final Path MACHINE = Path.of("/proc/meminfo");
    private static final List<Path> LIMITS =
            List.of(Path.of("/sys/fs/cgroup/memory.max"), Path.of("/sys/fs/cgroup/memory/memory.limit_in_bytes"));

    private HostMemory() {}

    /** Bytes; where the system does not say, what the JVM's heap may grow to. */
    static long bytes() {
        long bytes = machine();
        for (Path limit : LIMITS) {
            bytes = Math.min(bytes, limit(limit));
        }
        return bytes == Long.MAX_VALUE ? Runtime.getRuntime().maxMemory() : bytes;
    }

    private static long machine() {
        try {
            for (String line : Files.readAllLines(MACHINE)) {
                if (line.startsWith("MemTotal:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
                }
            }
        } catch (IOException | NumberFormatException e) {
            return Long.MAX_VALUE;
        }
        return Long.MAX_VALUE;
    }

    private static long limit(Path file) {
        try {
            return Long.parseLong(Files.readString(file).strip());
        } catch (IOException | NumberFormatException e) {
            // No such file, or the word "max": no limit.
            return Long.MAX_VALUE;
        }
    }
}
