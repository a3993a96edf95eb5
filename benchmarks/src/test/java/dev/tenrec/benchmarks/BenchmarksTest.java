package dev.tenrec.benchmarks;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchmarksTest {
    private static final String QUICK = "-f 0 -wi 0 -i 1 -r 10ms -bs 1 ";

    private record Run(int code, String out, String err) {}

    private static Run run(String args) throws InterruptedException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Benchmarks.run(
                args.strip().split(" +"),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Run(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void comparesBackendsInOneRun(@TempDir Path folder) throws Exception {
        Path json = folder.resolve("results.json");
        Run run = run(QUICK + "-p backend=reference,cpu -p shape=16x8x4 -rf json -rff " + json + " MatMul");
        assertEquals(0, run.code, run.err);
        assertTrue(
                run.out.lines().anyMatch(line -> line.matches("matmul.multiply +shape=16x8x4 +cpu .*GFLOP/s.*")),
                run.out);
        assertTrue(run.out.contains("x reference"), run.out);
        String text = Files.readString(json);
        assertTrue(text.contains("\"GFLOP/s\"") && text.contains("\"shape\" : \"16x8x4\""), text);
    }

    @Test
    void runsEveryBenchmark() throws Exception {
        Run run = run(QUICK + "-p shape=16 -p elements=1000 -p rows=17 -p columns=33");
        assertEquals(0, run.code, run.err);
        for (String label : new String[] {"map.add", "map.scaledRelu", "map.geluTanh", "matmul.multiply"}) {
            assertTrue(run.out.contains(label), run.out);
        }
        for (String label : new String[] {"reduce.sumAll", "reduce.sumAxis0", "reduce.sumAxis1"}) {
            assertTrue(run.out.contains(label), run.out);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        -p backend=tpu MatMul | benchmarks: backend "tpu" does not exist: expected auto, cpu, reference
        -p backend=cpu:7 MatMul | benchmarks: backend "cpu:7" has no such device: expected cpu:0 to cpu:0
        -p shape=12y MatMul | benchmarks: shape is not a whole number from 1 to 2147483647: "12y"
        -p shape=1x2 MatMul | benchmarks: shape is neither MxKxN nor one size: "1x2"
        -p shape=100000 MatMul | benchmarks: shape is too large, a matrix has at most 2^30 elements: "100000"
        -p elements=-1 Map | benchmarks: elements is not a whole number from 1 to 2147483647: "-1"
        Nothing | benchmarks: no benchmark matches Nothing; -l lists them
        -rff /nowhere/at/all.csv Map | benchmarks: cannot write results to /nowhere/at/all.csv: choose \
        another file with -rff
        """)
    void badInputIsOneLineAndCode2(String args, String message) throws Exception {
        Run run = run(args);
        assertAll(
                () -> assertEquals(message + System.lineSeparator(), run.err),
                () -> assertEquals(2, run.code),
                () -> assertEquals("", run.out));
    }

    @Test
    void sizesBeyondTheMachineAreRefused() {
        Trial trial = Trial.find(
                        new org.openjdk.jmh.runner.options.OptionsBuilder()
                                .include("MatMulBenchmark.multiply")
                                .param("shape", "1024")
                                .build(),
                        org.openjdk.jmh.runner.format.OutputFormatFactory.createFormatInstance(
                                System.out, org.openjdk.jmh.runner.options.VerboseMode.SILENT))
                .getFirst();
        trial.check(24L << 20);
        BadInput error =
                org.junit.jupiter.api.Assertions.assertThrows(BadInput.class, () -> trial.check((24L << 20) - 1));
        assertEquals(
                "matmul.multiply shape=1024 needs 24 MiB, this machine has 23 MiB: choose smaller sizes with -p",
                error.getMessage());
    }

    @Test
    void unknownOptionIsOneLineAndCode2() throws Exception {
        Run run = run("--frobnicate MatMul");
        assertEquals(2, run.code);
        assertEquals(1, run.err.lines().count(), run.err);
    }

    @Test
    void withoutTheVectorModuleTheCpuBackendIsRefused() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Benchmarks.class.getName(),
                        "MatMul")
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(2, process.waitFor(), output);
        assertEquals(
                "benchmarks: backend \"cpu\" would run without vector instructions: start Java with "
                        + "--add-modules jdk.incubator.vector",
                output.strip());
    }
}
