package dev.tenrec.examples.lecture.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each network learns: with a share of its steps it reaches what it cannot reach untrained. */
class ZooTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        // Share of the steps, and bounds of the figure. Guessing: 50 %, 10 %, 50 %.
        "PERCEPTRON,    0.2,  90,  100",
        "MULTILAYER,    0.2,  65,  100",
        "RADIAL,        0.3,  95,  100",
        // The mean image keeps 0 % of the variance; doing nothing leaves 1 of the noise's error.
        "AUTOENCODER,   0.15, 35,  100",
        "DENOISING,     0.15, 0,   0.4",
        // Untrained 549 nats.
        "VARIATIONAL,   0.12, 200, 340",
        "HOPFIELD,      1,    90,  100",
        "BOLTZMANN,     0.2,  0,   0.75",
        // Guessing: 50 %.
        "RNN,           0.8,   99,  100",
        // Saying 1 always: 0.1667.
        "LSTM,          0.8,   0,   0.05",
        "GRU,           0.2 , 45,  100",
        "CNN,           0.15, 60,  100",
        "DECONVOLUTION, 0.4,  0,   0.95",
        "GAN,           0.5,  75,  100",
        "RESIDUAL,      0.2,  65,  100",
        // Guessing gets one of ten billion sequences right.
        "ATTENTION,     0.7,  95,  100",
    })
    void learns(Zoo network, double effort, double least, double most) throws IOException {
        StringWriter told = new StringWriter();
        Result result = network.run(new PrintWriter(told), folder, effort);
        assertTrue(result.value() >= least && result.value() <= most, told::toString);
        assertTrue(told.toString().contains(result.text()));
    }

    @Test
    void eachIsOneShortFile() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/main/java/dev/tenrec/examples/lecture/zoo"))) {
            for (Path file : files.toList()) {
                List<String> lines = Files.readAllLines(file);
                assertTrue(lines.size() <= 150, () -> file + ": " + lines.size() + " lines");
            }
        }
    }

    @Test
    void parametersAreCounted() throws IOException {
        Result hopfield = Zoo.HOPFIELD.run(new PrintWriter(new StringWriter()), folder);
        assertEquals(100 * 99 / 2, hopfield.parameters());
        try (var model = Autoencoder.network(16)) {
            assertEquals(
                    2 * 784 * 128 + 2 * 128 * 16 + 784 + 128 + 16 + 128,
                    Result.of(model.parameters(), "%.0f", 1).parameters());
        }
    }
}
