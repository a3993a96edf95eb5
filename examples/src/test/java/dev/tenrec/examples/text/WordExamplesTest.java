package dev.tenrec.examples.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WordExamplesTest {
    @TempDir
    Path folder;

    @Test
    void convolutionsTellPartsApart() throws IOException {
        Path out = folder.resolve("out");
        CommandRun run = CommandRun.of(
                        TextCnn::new,
                        "--data",
                        CommandRun.text(folder).toString(),
                        "-o",
                        out.toString(),
                        "--epochs=2",
                        "--embedding=8",
                        "--filters=8",
                        "--learning-rate=0.01")
                .passed();
        assertTrue(run.number("accuracy held out ") > 90, run.out());
        assertTrue(run.out().contains("Cats"), run.out());
        CommandRun.assertPictures(out, "text-cnn-curves.png", "text-cnn-words.png");
    }

    @ParameterizedTest
    @CsvSource({
        "--window=0, 'expected an integer of at least 1, given 0'",
        "--embedding=0, 'given 0'",
        "--units=-3, 'given -3'",
        "--epochs=0, 'given 0'",
        "--words=2, 'expected an integer of at least 3'",
        "--learning-rate=-1, 'given -1.0'",
        "--filters=3, 'Unknown option'",
    })
    void badInputOfTheWindowIsOneLine(String argument, String message) {
        CommandRun.of(WindowLm::new, argument, "-o", folder.resolve("none").toString())
                .rejected(message);
    }

    @ParameterizedTest
    @CsvSource({
        "--lines=0, 'given 0'",
        "--filters=0, 'given 0'",
        "--embedding=x, 'is not an int'",
        "--epochs=0, 'given 0'",
    })
    void badInputOfTheConvolutionIsOneLine(String argument, String message) {
        CommandRun.of(TextCnn::new, argument, "-o", folder.resolve("none").toString())
                .rejected(message);
    }

    @Test
    void textsThatDoNotFitAreOneLine() throws IOException {
        Path single = Files.writeString(folder.resolve("single"), "one two\n".repeat(100));
        String out = folder.resolve("none").toString();
        CommandRun.of(TextCnn::new, "-d", single.toString(), "-o", out).rejected("expected at least two parts");
        Path shortText = Files.writeString(folder.resolve("short"), "one\n");
        CommandRun.of(WindowLm::new, "-d", shortText.toString(), "-o", out).rejected("too short");
        CommandRun.of(TransformerLm::new, "-d", shortText.toString(), "-o", out).rejected("too short");
    }

    @Test
    void helpNamesTheOptions() {
        CommandRun.of(WindowLm::new, "--help").showsOptions("--window", "--words", "--epochs");
        CommandRun.of(TextCnn::new, "--help").showsOptions("--lines", "--filters", "--epochs");
    }

    @Test
    void wordsAreNumberedByFrequency() {
        List<String> tokens = Words.tokens("The cat, the dog's\ncat the");
        assertEquals(List.of("the", "cat", ",", "the", "dog's", "\n", "cat", "the"), tokens);
        Words words = new Words(tokens, 5);
        assertEquals(5, words.count());
        assertEquals("the", words.word(2));
        assertArrayEquals(new int[] {2, 3, Words.UNKNOWN}, words.encode(List.of("the", "cat", "bird")));
    }
}
