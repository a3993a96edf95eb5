package dev.tenrec.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * NVIDIA's compiler takes the golden text of every kernel, all of them in one file, and keeps it in registers. Without
 * {@code nvcc} on the path it is skipped, with one line. {@code -Dtenrec.full} compiles for all architectures, and
 * {@code -Dtenrec.registers=FILE} writes what each kernel takes.
 */
class NvccTest {

    private static final Path GOLDEN = Path.of("src/test/resources/golden/cuda");

    private static final Pattern ENTRY = Pattern.compile("Compiling entry function '_ZN\\d+k(\\d+)_");

    private static final Pattern USED = Pattern.compile("Used (\\d+) registers");

    private static final Pattern SHARED = Pattern.compile("(\\d+) bytes smem");

    private static final Pattern SPILLED = Pattern.compile("(\\d+) bytes spill stores");

    /** Bytes a thread: some of a kernel's few addresses at most. */
    private static final int MOST_SPILLED = 32;

    /** What ptxas says of a kernel. */
    private record Use(int registers, int shared, int spilled) {

        @Override
        public String toString() {
            return spilled == 0 ? Integer.toString(registers) : registers + " (" + spilled + ")";
        }
    }

    @TempDir
    private Path folder;

    @Test
    void everyKernelCompiles() throws Exception {
        if (Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .noneMatch(path -> Files.isExecutable(Path.of(path, "nvcc")))) {
            System.err.println("SKIPPED: the check of CUDA's kernels by nvcc: it is not on the path");
            Assumptions.abort("no nvcc");
        }
        boolean full = Boolean.getBoolean("tenrec.full");
        String registers = System.getProperty("tenrec.registers", "");
        Map<String, Map<String, Use>> all = new TreeMap<>();
        for (String architecture :
                full || !registers.isEmpty() ? List.of("sm_75", "sm_80", "sm_90") : List.of("sm_80")) {
            List<String> names = new ArrayList<>();
            String text = allKernels(architecture, names);
            Path file = Files.writeString(folder.resolve(architecture + ".cu"), text);
            Map<String, Use> uses = compile(file, architecture, names);
            assertEquals(names.size(), uses.size(), uses.keySet().toString());
            uses.forEach((name, use) ->
                    assertTrue(use.spilled <= MOST_SPILLED, architecture + " " + name + " spills " + use.spilled));
            all.put(architecture, uses);
        }
        if (!registers.isEmpty()) {
            Files.writeString(Path.of(registers), table(all));
        }
    }

    /**
     * All golden texts in one program, each in a namespace of its own, since they use the same names. Devices before 8.0
     * never get those for tensor cores.
     */
    private static String allKernels(String architecture, List<String> names) throws IOException {
        StringBuilder text = new StringBuilder(Dialect.CUDA.prelude(false));
        text.append("#undef KERNEL\n#define KERNEL(X, Y) __global__ __launch_bounds__(X * Y)\n");
        List<Path> files;
        try (Stream<Path> listed = Files.list(GOLDEN)) {
            files = listed.filter(path ->
                            !architecture.equals("sm_75") || !path.toString().contains(GoldenTextTest.TF32))
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            String name = file.getFileName().toString().replace(".txt", "");
            String[] programs = Files.readString(file).split("----\n");
            for (int i = 0; i < programs.length; i++) {
                text.append("namespace k%d_ {\n".formatted(names.size()));
                text.append(programs[i]).append("}\n");
                names.add(programs.length == 1 ? name : name + ", program " + (i + 1));
            }
        }
        return text.toString();
    }

    private Map<String, Use> compile(Path file, String architecture, List<String> names) throws Exception {
        Path log = folder.resolve(architecture + ".log");
        Process process = new ProcessBuilder(
                        "nvcc",
                        "-cubin",
                        "-arch=" + architecture,
                        "-std=c++17",
                        "--fmad=false",
                        "-Xptxas",
                        "-v",
                        file.toString(),
                        "-o",
                        folder.resolve(architecture + ".cubin").toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        int code = process.waitFor();
        String text = Files.readString(log);
        assertEquals(0, code, text);
        Map<String, Use> uses = new TreeMap<>();
        String current = null;
        int spilled = 0;
        for (String line : text.split("\n")) {
            Matcher entry = ENTRY.matcher(line);
            Matcher spill = SPILLED.matcher(line);
            Matcher used = USED.matcher(line);
            if (entry.find()) {
                current = names.get(Integer.parseInt(entry.group(1)));
            } else if (spill.find()) {
                spilled = Integer.parseInt(spill.group(1));
            } else if (used.find() && current != null) {
                Matcher shared = SHARED.matcher(line);
                uses.put(
                        current,
                        new Use(
                                Integer.parseInt(used.group(1)),
                                shared.find() ? Integer.parseInt(shared.group(1)) : 0,
                                spilled));
                current = null;
            }
        }
        return uses;
    }

    private static String table(Map<String, Map<String, Use>> all) {
        StringBuilder text = new StringBuilder("# Registers and shared memory of the rendered CUDA kernels\n\n");
        text.append("What ptxas says of the golden text of each kernel; in brackets the bytes of registers that it"
                + " spills.\n\n"
                + "| kernel |");
        all.keySet().forEach(one -> text.append(" registers, %s |".formatted(one)));
        text.append(" shared memory |\n|---|")
                .append("---:|".repeat(all.size() + 1))
                .append('\n');
        for (String name : all.get("sm_80").keySet()) {
            text.append("| ").append(name).append(" |");
            all.values()
                    .forEach(uses -> text.append(" ")
                            .append(uses.containsKey(name) ? uses.get(name) : "–")
                            .append(" |"));
            text.append(String.format(Locale.ROOT, " %,d |%n", all.get("sm_80").get(name).shared));
        }
        return text.toString();
    }
}
