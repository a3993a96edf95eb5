package dev.tenrec.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FashionMnistTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

    @TempDir
    Path folder;

    @Test
    void trainsAndWritesItsReports() throws IOException {
        Path output = folder.resolve("a/b");
        int code = run(new SoftmaxRegression(), "--data", "embedded", "--epochs", "2", "-o", output.toString());
        assertEquals("", err.toString());
        assertEquals(0, code);
        assertTrue(out.toString().startsWith("data: embedded subset, 11,000 training and 2,000 test images"));
        assertTrue(out.toString().contains("Confusion matrix"));
        String lines = progress.toString(StandardCharsets.UTF_8);
        assertTrue(lines.contains("epoch 2/2  training loss 0."), lines);
        String accuracy = lines.replaceAll("(?s).*test accuracy ([0-9.]+) %.*", "$1");
        assertTrue(Double.parseDouble(accuracy) > 70, accuracy);
        if (Png.whyNoText().isEmpty()) {
            assertEquals(
                    2240,
                    ImageIO.read(output.resolve(FashionMnist.CURVES_FILE).toFile())
                            .getWidth());
            assertEquals(
                    2072,
                    ImageIO.read(output.resolve(FashionMnist.WRONG_FILE).toFile())
                            .getWidth());
        }
    }

    @Test
    void optionsReachTheTraining() {
        AtomicReference<TrainingOptions> seen = new AtomicReference<>();
        TrainingJob job = (options, data, reporter) -> {
            seen.set(options);
            throw new IOException("stop here");
        };
        String target = folder.toString();
        assertEquals(2, run(job, "--data", "embedded", "-o", target));
        assertEquals(
                new TrainingOptions(
                        Network.DENSE,
                        3,
                        128,
                        0.001f,
                        RateSchedule.CONSTANT,
                        42,
                        Optional.empty(),
                        Optional.of("embedded"),
                        folder),
                seen.get());
        assertEquals(
                2,
                run(
                        job,
                        "--network",
                        "cnn",
                        "-e",
                        "7",
                        "-b",
                        "32",
                        "-r",
                        "5e-4",
                        "-s",
                        "-9",
                        "--backend",
                        "cpu",
                        "-d",
                        "embedded",
                        "-o",
                        target));
        assertEquals(
                new TrainingOptions(
                        Network.CNN,
                        7,
                        32,
                        5e-4f,
                        RateSchedule.COSINE,
                        -9,
                        Optional.of("cpu"),
                        Optional.of("embedded"),
                        folder),
                seen.get());
    }

    @ParameterizedTest
    @CsvSource({
        "--schedule=steep, '''steep'''",
        "--epochs=0, 'expected an integer of at least 1, given 0'",
        "--epochs=-1, 'given -1'",
        "--epochs=x, '''x'' is not an int'",
        "--epochs=99999999999, 'is not an int'",
        "--batch-size=0, 'expected an integer of at least 1, given 0'",
        "--learning-rate=NaN, 'expected a finite float32 number above 0, given NaN'",
        "--learning-rate=Infinity, 'given Infinity'",
        "--learning-rate=1e39, 'given Infinity'",
        "--learning-rate=0, 'given 0.0'",
        "--learning-rate=-0.1, 'given -0.1'",
        "--learning-rate=fast, '''fast'' is not a float'",
        "--seed=1.5, '''1.5'' is not a long'",
        "'--backend= ', 'expected a name, given an empty one'",
        "--data=, 'expected a folder, given an empty name'",
        "--epoch=1, 'Unknown option'",
        "extra, 'Unmatched argument'",
    })
    void badOptionsAreOneLineAndExitCodeTwo(String argument, String message) {
        assertEquals(2, run(neverRun(), argument, "-o", folder.resolve("none").toString()));
        assertEquals(1, err.toString().lines().count(), err.toString());
        assertTrue(err.toString().startsWith("error: "), err.toString());
        assertTrue(err.toString().contains(message), err.toString());
        assertEquals("", out.toString());
        assertFalse(Files.exists(folder.resolve("none")));
    }

    @Test
    void badFilesAreOneMessageAndExitCodeTwo() throws IOException {
        Path target = folder.resolve("none");
        Path missing = folder.resolve("missing");
        assertEquals(2, run(neverRun(), "--data", missing.toString(), "-o", target.toString()));
        assertTrue(err.toString().startsWith("error: " + missing + ": no such folder\n  hint: "), err.toString());
        Files.writeString(folder.resolve("train-labels-idx1-ubyte"), "text");
        assertEquals(2, run(neverRun(), "--data", folder.toString(), "-o", target.toString()));
        assertTrue(err.toString().contains("train-labels-idx1-ubyte: not an IDX file\n"), err.toString());
        assertFalse(err.toString().contains("\tat "), err.toString());
        assertFalse(Files.exists(target));
    }

    @Test
    void outputThatIsNoFolderIsFoundBeforeTheTraining() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "mine");
        assertEquals(2, run(neverRun(), "--data", "embedded", "--output", file.toString()));
        assertEquals("error: " + file + ": expected a folder for --output, given a file\n", err.toString());
        assertEquals(2, run(neverRun(), "--data", "embedded", "--output", file + "/below"));
        assertTrue(err.toString().startsWith("error: " + file), err.toString());
        assertEquals(1, err.toString().lines().count(), err.toString());
        assertEquals("mine", Files.readString(file));
    }

    @Test
    void faultsHaveExitCodeOneAndATraceOnlyWhenAsked() {
        TrainingJob job = (options, data, reporter) -> {
            reporter.startEpoch(1, 1, 10);
            throw new IllegalStateException("a bug");
        };
        assertEquals(1, run(job, "--data", "embedded", "-o", folder.toString()));
        assertEquals(
                "internal error: java.lang.IllegalStateException: a bug\n  hint: --verbose shows the stack trace\n",
                err.toString());
        assertEquals(1, run(job, "--data", "embedded", "-o", folder.toString(), "--verbose"));
        assertTrue(err.toString().contains("\tat dev.tenrec.examples.FashionMnistTest"), err.toString());
    }

    @Test
    void lackOfMemoryNamesTheRemedy() {
        TrainingJob job = (options, data, reporter) -> {
            throw new OutOfMemoryError("Java heap space");
        };
        assertEquals(2, run(job, "--data", "embedded", "-o", folder.toString()));
        assertTrue(err.toString().startsWith("error: out of memory (Java heap space)\n  hint: "), err.toString());
    }

    @Test
    void helpAndVersionAreShown() {
        assertEquals(0, run(neverRun(), "--help"));
        for (String option : new String[] {
            "--epochs", "--batch-size", "--learning-rate", "--seed", "--backend", "--data", "--output", "--verbose"
        }) {
            assertTrue(out.toString().contains(option), option);
        }
        assertTrue(out.toString().lines().allMatch(line -> line.length() <= 80), out.toString());
        assertEquals(0, run(neverRun(), "--version"));
        assertTrue(out.toString().startsWith("Tenrec "), out.toString());
    }

    private int run(TrainingJob job, String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        PrintStream lines = new PrintStream(progress, true, StandardCharsets.UTF_8);
        return FashionMnist.execute(
                job,
                () -> new ProgressReporter(lines, false, 80, System::nanoTime),
                new PrintWriter(out),
                new PrintWriter(err),
                args);
    }

    private static TrainingJob neverRun() {
        return (options, data, reporter) -> {
            throw new AssertionError("training has started");
        };
    }
}
