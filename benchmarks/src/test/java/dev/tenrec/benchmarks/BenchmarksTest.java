package dev.tenrec.benchmarks;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.benchmarks.work.BadInput;
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
        assertTrue(run.out.lines().anyMatch(line -> line.matches("matmul +shape=16x8x4 +cpu .*GFLOP/s.*")), run.out);
        assertTrue(run.out.contains("x reference"), run.out);
        String text = Files.readString(json);
        assertTrue(text.contains("\"GFLOP/s\"") && text.contains("\"shape\" : \"16x8x4\""), text);
    }

    @Test
    void runsEveryBenchmark() throws Exception {
        Run run = run(QUICK + "-p shape=16,16-tt,3*4x5x6 -p elements=1000 -p rows=17 -p columns=33 -p batch=4");
        assertEquals(0, run.code, run.err);
        for (Topic topic : Topic.values()) {
            assertTrue(run.out.lines().anyMatch(line -> line.startsWith(topic.label() + " ")), run.out);
        }
        assertTrue(run.out.lines().anyMatch(line -> line.matches("train +batch=4 .*samples/s .* MiB .*")), run.out);
        assertTrue(run.out.contains("of machine: share of c = a + b"), run.out);
    }

    @Test
    void comparesAndReports(@TempDir Path folder) throws Exception {
        Path json = folder.resolve("results.json");
        Run measured =
                run(QUICK + "-p backend=cpu,reference -p shape=16,3*4x5x6 -rf json -rff " + json + " MatMul Predict");
        assertEquals(0, measured.code, measured.err);
        Run report = run("report " + json + " " + folder.resolve("report"));
        assertEquals(0, report.code, report.err);
        String table = Files.readString(folder.resolve("report/matmul.md"));
        assertTrue(table.contains("| shape=3\\*4x5x6 | reference |"), table);
        for (String name : new String[] {"machine", "JDK", "commit", "date"}) {
            assertTrue(table.contains("* " + name + ": "), table);
        }
        String plot = Files.readString(folder.resolve("report/predict.svg"));
        assertTrue(plot.contains("p99") && plot.contains(">reference<") && plot.contains("commit "), plot);
        javax.xml.parsers.DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(folder.resolve("report/predict.svg").toFile());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
        -p backend=tpu MatMul ~ backend "tpu" does not exist: expected auto, cuda, cpu, opencl, reference; with -Ppeers openblas, \
        onednn, clblast, libtorch, nd4j, djl
        compare --backend tpu map ~ backend "tpu" does not exist: expected auto, cuda, cpu, opencl, reference; with -Ppeers openblas, \
        onednn, clblast, libtorch, nd4j, djl
        -p backend=cpu:7 MatMul ~ backend "cpu:7" has no such device: expected cpu:0 to cpu:0
        -p backend=openblas MatMul ~ backend "openblas" is another library: add -Ppeers to the command
        -p backend=openblas Map ~ openblas has nothing for map
        -p shape=12y MatMul ~ shape is not a whole number from 1 to 2147483647: "12y"
        -p shape=1x2 MatMul ~ shape is not [B*]MxKxN[-tn|-nt|-tt], or one size for MxKxN: "1x2"
        -p shape=100000 MatMul ~ shape is too large, operands have at most 2^30 elements: "100000"
        -p elements=-1 Map ~ elements is not a whole number from 1 to 2147483647: "-1"
        -p op=sine Reduce ~ op is not one of sum, sum-axis-0, sum-axis-1, max: "sine"
        -p batch=0 Train ~ batch is not a whole number from 1 to 2147483647: "0"
        -p rows=100000 -p columns=100000 Softmax ~ matrix is too large, it has at most 2^30 elements: rows=100000 \
        columns=100000
        compare everything ~ unknown argument everything; expected compare [--full] [--backend NAME,...] [--out FILE] \
        [matmul] [map] [reduce] [softmax] [train] [cnn] [lstm] [gru] [predict]
        compare --out ~ --out lacks a value; expected compare [--full] [--backend NAME,...] [--out FILE] [matmul] \
        [map] [reduce] [softmax] [train] [cnn] [lstm] [gru] [predict]
        report ~ report needs a file of results; expected report FILE.json [FOLDER]
        report /nowhere.json ~ /nowhere.json does not exist: write it with compare, or with -rf json
        Nothing ~ no benchmark matches Nothing; -l lists them
        -rff /nowhere/at/all.csv Map ~ cannot write results to /nowhere/at/all.csv: choose \
        another file with -rff
        """)
    void badInputIsOneLineAndCode2(String args, String message) throws Exception {
        Run run = run(args);
        assertAll(
                () -> assertEquals("benchmarks: " + message + System.lineSeparator(), run.err),
                () -> assertEquals(2, run.code),
                () -> assertEquals("", run.out));
    }

    @Test
    void sizesBeyondTheMachineAreRefused() {
        Trial trial = Trial.find(
                        new org.openjdk.jmh.runner.options.OptionsBuilder()
                                .include("MatMulBenchmark")
                                .param("shape", "1024")
                                .build(),
                        org.openjdk.jmh.runner.format.OutputFormatFactory.createFormatInstance(
                                System.out, org.openjdk.jmh.runner.options.VerboseMode.SILENT))
                .getFirst();
        trial.check(30L << 20, 30L << 20);
        BadInput error = assertThrows(BadInput.class, () -> trial.check(29L << 20, 30L << 20));
        assertEquals(
                "matmul shape=1024 needs 24 MiB, this machine has 29 MiB: choose smaller sizes with -p",
                error.getMessage());
        BadInput heap = assertThrows(BadInput.class, () -> trial.check(30L << 20, 14L << 20));
        assertEquals(
                "matmul shape=1024 needs 12 MiB of Java heap, this JVM has 14 MiB: choose smaller sizes with -p, or"
                        + " more with -Djvm.flags=-Xmx...",
                heap.getMessage());
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
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
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
