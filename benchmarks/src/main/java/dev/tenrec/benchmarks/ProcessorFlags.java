package dev.tenrec.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** What Linux says about the processor; nothing elsewhere. */
final class ProcessorFlags {
    private static final Set<String> AVX_512 = Set.of("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl");
    private static final Path FILE = Path.of("/proc/cpuinfo");

    private ProcessorFlags() {}

    /** {@return the instruction sets, as in {@code /proc/cpuinfo}} */
    static Set<String> all() {
        return Set.copyOf(List.of(field("flags").split("\\s+")));
    }

    /** {@return whether it has the parts of AVX-512 that libraries use} */
    static boolean avx512() {
        return all().containsAll(AVX_512);
    }

    /** {@return whether AMD made it} */
    static boolean amd() {
        return field("vendor_id").equals("AuthenticAMD");
    }

    /** {@return the first processor's value of a field, or nothing} */
    static String field(String name) {
        try (var lines = Files.lines(FILE)) {
            return lines.filter(line -> line.split("\\s*:", 2)[0].equals(name))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse("");
        } catch (IOException _) {
            return "";
        }
    }
}
