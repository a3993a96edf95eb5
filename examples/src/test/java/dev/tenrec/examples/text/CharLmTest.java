package dev.tenrec.examples.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CharLmTest {
    @TempDir
    Path folder;

    private CommandRun tiny(String... more) throws IOException {
        String[] fixed = {
            "--data",
            CommandRun.text(folder).toString(),
            "-o",
            folder.resolve("out").toString(),
            "--units",
            "24",
            "--length",
            "16",
            "--batch-size",
            "16",
            "--steps",
            "40",
            "--rounds",
            "2",
            "--learning-rate",
            "0.02",
            "--sample",
            "60",
            "--prime",
            "the "
        };
        String[] all = Stream.of(fixed, more).flatMap(Arrays::stream).toArray(String[]::new);
        return CommandRun.of(CharLm::new, all);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lstm", "gru"})
    void learnsAndWrites(String cell) throws IOException {
        CommandRun run = tiny("--cell", cell).passed();
        assertTrue(
                run.out().startsWith("data: " + folder.resolve("text.txt") + ", 13,800 characters in 2 parts"),
                run.out());
        // The letters' own distribution has 3.7 bits.
        assertTrue(run.number("held out ") < 2.5, run.out());
        assertTrue(run.out().contains("    the "), run.out());
        assertTrue(Files.size(folder.resolve("out/char-lm.safetensors")) > 1000);
        CommandRun.assertPictures(folder.resolve("out"), "char-lm-curves.png", "char-lm-surprise.png");
        assertEquals(figures(run), figures(tiny("--cell", cell)));
    }

    /** Without times, and without the lines of slow machines. */
    private static List<String> figures(CommandRun run) {
        return run.out()
                .lines()
                .filter(line -> !line.contains("ETA"))
                .map(line -> line.replaceAll("(held out [0-9.]+) .*", "$1"))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "--cell=elman, 'expected one of [RNN, LSTM, GRU]'",
        "--steps=0, 'expected an integer of at least 1, given 0'",
        "--rounds=0, 'given 0'",
        "--length=-1, 'given -1'",
        "--units=0, 'given 0'",
        "--layers=0, 'given 0'",
        "--sample=-1, 'expected an integer of at least 0'",
        "--temperature=0, 'expected a finite number above 0'",
        "--temperature=NaN, 'given NaN'",
        "--prime=, 'expected at least one character'",
        "--prime=€, 'expected characters of the text that is learned'",
        "--batch-size=0, 'given 0'",
        "--batch-size=100000, 'too short: expected at least'",
        "--learning-rate=0, 'given 0.0'",
        "--learning-rate=NaN, 'given NaN'",
        "--seed=x, 'is not a long'",
        "'--backend= ', 'expected a name'",
        "--data=/missing.txt, '/missing.txt: no such file'",
        "--step=1, 'Unknown option'",
        "more, 'Unmatched argument'",
    })
    void badInputIsOneLineAndExitCodeTwo(String argument, String message) {
        CommandRun.of(CharLm::new, argument, "-o", folder.resolve("none").toString())
                .rejected(message);
    }

    @Test
    void outputThatIsNoFolderIsFoundBeforeTheTraining() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "mine");
        CommandRun.of(CharLm::new, "-o", file.toString()).rejected("expected a folder for --output, given a file");
        assertEquals("mine", Files.readString(file));
    }

    @Test
    void helpNamesTheOptions() {
        CommandRun.of(CharLm::new, "--help").showsOptions("--cell", "--steps", "--temperature", "--prime", "--units");
    }
}
