package dev.tenrec.examples.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.memory.Scope;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TransformerLmTest {
    @TempDir
    Path folder;

    @Test
    void learnsAndWrites() throws IOException {
        Path out = folder.resolve("out");
        CommandRun run = CommandRun.of(
                        TransformerLm::new,
                        "--data",
                        CommandRun.text(folder).toString(),
                        "-o",
                        out.toString(),
                        "--width=16",
                        "--heads=2",
                        "--layers=1",
                        "--length=16",
                        "--batch-size=16",
                        "--steps=60",
                        "--rounds=1",
                        "--learning-rate=0.01",
                        "--sample=40",
                        "--prime=the ")
                .passed();
        // The letters' own distribution has 3.7 bits.
        assertTrue(run.number("held out ") < 3, run.out());
        assertTrue(run.out().contains("    the "), run.out());
        CommandRun.assertPictures(
                out, "transformer-curves.png", "transformer-surprise.png", "transformer-attention.png");
    }

    @Test
    void headsLookAtWhatWasBefore() {
        Scope.run(() -> {
            try (TransformerLanguageModel model = new TransformerLanguageModel(5, 8, 8, 2, 1)) {
                model.initialize(1);
                float[][] weights = model.firstAttention(new int[] {0, 1, 2, 3});
                assertEquals(2, weights.length);
                for (float[] head : weights) {
                    for (int row = 0; row < 4; row++) {
                        double sum = 0;
                        for (int column = 0; column < 4; column++) {
                            assertTrue(column <= row || head[row * 4 + column] == 0);
                            sum += head[row * 4 + column];
                        }
                        assertEquals(1, sum, 1e-5);
                    }
                }
            }
        });
    }

    @ParameterizedTest
    @CsvSource({
        "--heads=3, 'expected a divisor of the width 128, given 3'",
        "--heads=0, 'given 0'",
        "--width=0, 'given 0'",
        "--layers=0, 'given 0'",
        "--length=1, 'expected an integer of at least 2'",
        "--steps=x, 'is not an int'",
        "--cell=gru, 'Unknown option'",
    })
    void badInputIsOneLineAndExitCodeTwo(String argument, String message) {
        CommandRun.of(TransformerLm::new, argument, "-o", folder.resolve("none").toString())
                .rejected(message);
    }

    @Test
    void helpNamesTheOptions() {
        CommandRun.of(TransformerLm::new, "--help").showsOptions("--heads", "--width", "--layers", "--steps");
    }
}
