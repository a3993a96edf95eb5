package dev.tenrec.examples.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.examples.ProgressReporter;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LanguageModelTest {
    private static final Supplier<ProgressReporter> QUIET =
            () -> ProgressReporter.to(new PrintStream(new ByteArrayOutputStream()));

    @TempDir
    Path folder;

    @Test
    void oneTableOfAll() throws IOException {
        StringWriter text = new StringWriter();
        LanguageModel.table(
                QUIET,
                new PrintWriter(text),
                folder.resolve("out"),
                "--data=" + CommandRun.text(folder),
                "--epochs=3",
                "--embedding=8",
                "--units=16",
                "--learning-rate=0.01");
        List<String> lines = text.toString().lines().toList();
        assertEquals(5, lines.size(), text::toString);
        for (String line : lines.subList(2, 5)) {
            // Every word of the text but the first ones of a row follows from a few before; there are 20 words.
            double perplexity = Double.parseDouble(line.split("\\|")[4].strip());
            assertTrue(perplexity < 3, line);
        }
        CommandRun.assertPictures(
                folder.resolve("out"),
                "conv-lm-curves.png",
                "conv-lm-words.png",
                "rnn-lm-curves.png",
                "window-lm-words.png");
    }

    @Test
    void noScoreOfTheConvolutionsDependsOnALaterWord() {
        try (ConvLm.Model model = new ConvLm.Model(20, 4, 6, 3, 3)) {
            model.initialize(1);
            long[] words = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3};
            for (int changed = 0; changed < words.length; changed++) {
                long[] other = words.clone();
                other[changed] = 11;
                double[] before = scores(model, words);
                double[] after = scores(model, other);
                int first = 20 * changed;
                assertArrayEquals(Arrays.copyOf(before, first), Arrays.copyOf(after, first), 1e-6);
                // A word reaches the scores of its own place, and those of the 14 after it, not farther.
                assertTrue(difference(before, after, changed) > 1e-4);
                int last = Math.min(words.length, changed + 15);
                assertArrayEquals(
                        Arrays.copyOfRange(before, 20 * last, before.length),
                        Arrays.copyOfRange(after, 20 * last, after.length),
                        1e-6);
            }
        }
    }

    private static double difference(double[] left, double[] right, int place) {
        double most = 0;
        for (int i = 20 * place; i < 20 * place + 20; i++) {
            most = Math.max(most, Math.abs(left[i] - right[i]));
        }
        return most;
    }

    private static double[] scores(ConvLm.Model model, long[] words) {
        return Scope.call(() -> model.forward(Tensor.of(words, 1, words.length)).toDoubleArray());
    }

    @Test
    void badInputIsOneLine() {
        String out = folder.resolve("none").toString();
        CommandRun.of(ConvLm::new, "--kernel=0", "-o", out).rejected("given 0");
        CommandRun.of(ConvLm::new, "--layers=17", "-o", out).rejected("expected an integer of 1 to 16, given 17");
        CommandRun.of(RnnLm::new, "--length=0", "-o", out).rejected("given 0");
        CommandRun.of(RnnLm::new, "--cell=none", "-o", out).rejected("expected one of [RNN, LSTM, GRU]");
        StringWriter text = new StringWriter();
        assertThrows(
                IOException.class,
                () -> LanguageModel.table(QUIET, new PrintWriter(text), folder, "--data=" + folder.resolve("none")));
        assertTrue(text.toString().startsWith("error: "), text::toString);
    }

    @Test
    void helpNamesTheOptions() {
        CommandRun.of(RnnLm::new, "--help").showsOptions("--cell", "--length", "--units", "--epochs");
        CommandRun.of(ConvLm::new, "--help").showsOptions("--kernel", "--layers", "--length", "--epochs");
    }
}
