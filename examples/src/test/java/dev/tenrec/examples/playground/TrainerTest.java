package dev.tenrec.examples.playground;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrainerTest {
    private static Settings settings(Object... namesAndValues) {
        Map<String, Object> given = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            given.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return Settings.of(given);
    }

    /** Settings with which a set is learned in few epochs. */
    private static Settings suitable(DataSet data) {
        List<String> features = switch (data) {
            case CIRCLE -> List.of("x1^2", "x2^2");
            case XOR -> List.of("x1*x2");
            case GAUSSIAN -> List.of("x1", "x2");
            case SPIRAL -> List.of("x1", "x2", "sin(x1)", "sin(x2)");
            case RECTANGLE -> List.of("x1", "x2", "x1^2", "x2^2");
        };
        List<Long> layers = data == DataSet.SPIRAL ? List.of(8L, 8L) : List.of(4L);
        return settings(
                "data",
                data.title(),
                "features",
                features,
                "layers",
                layers,
                "optimizer",
                "adam",
                "learningRate",
                0.03);
    }

    @ParameterizedTest
    @EnumSource
    void everySetIsLearned(DataSet data) {
        try (Trainer trainer = new Trainer(suitable(data))) {
            assertTrue(trainer.losses().test() > 0.4, "nothing is known before training");
            while (trainer.losses().test() >= 0.05) {
                trainer.train();
                assertTrue(trainer.epoch() < 80, () -> data + ": " + trainer.losses());
            }
            Samples samples = Samples.draw(suitable(data), false);
            float[] boundary = trainer.boundary(40);
            int right = 0;
            for (int i = 0; i < Samples.COUNT; i++) {
                int column = pixel(samples.x1()[i]);
                int row = 39 - pixel(samples.x2()[i]);
                right += boundary[row * 40 + column] > 0 == (samples.labels()[i] == 1) ? 1 : 0;
            }
            // Points near to the boundary may lie in a pixel of the other class.
            assertTrue(right > 0.9 * Samples.COUNT, "the map has the points' places: " + right);
        }
    }

    private static int pixel(double coordinate) {
        return Math.clamp((int) ((coordinate + DataSet.EDGE) / (2 * DataSet.EDGE) * 40), 0, 39);
    }

    @Test
    void theSameSettingsGiveTheSameBits() {
        Settings settings = settings("data", "xor", "noise", 20L, "regularisation", "l1", "optimizer", "rmsprop");
        float[][] maps = new float[2][];
        for (int i = 0; i < 2; i++) {
            try (Trainer trainer = new Trainer(settings)) {
                trainer.train();
                trainer.train();
                maps[i] = trainer.boundary(10);
            }
        }
        assertArrayEquals(maps[0], maps[1]);
    }

    @Test
    void noiseMovesPointsAndTestPointsAreOthers() {
        Settings clean = settings("data", "circle");
        Settings noisy = settings("data", "circle", "noise", 50L);
        Samples train = Samples.draw(clean, false);
        assertTrue(train.x1()[0] != Samples.draw(clean, true).x1()[0]);
        double radius = 0;
        for (int i = 0; i < Samples.COUNT; i++) {
            double squared = train.x1()[i] * train.x1()[i] + train.x2()[i] * train.x2()[i];
            assertEquals(train.labels()[i] == 1, squared <= 2.4 * 2.4 + 1e-9);
            radius = Math.max(radius, squared);
        }
        Samples moved = Samples.draw(noisy, false);
        double furthest = 0;
        for (int i = 0; i < Samples.COUNT; i++) {
            assertTrue(Math.abs(moved.x1()[i]) <= DataSet.EDGE && Math.abs(moved.x2()[i]) <= DataSet.EDGE);
            furthest = Math.max(furthest, moved.x1()[i] * moved.x1()[i] + moved.x2()[i] * moved.x2()[i]);
        }
        assertTrue(furthest > radius);
    }

    @Test
    void largeWeightsAreDrivenDown() {
        Settings free = settings("data", "gaussian", "layers", List.of(), "learningRate", 0.3);
        Settings bound = settings(
                "data",
                "gaussian",
                "layers",
                List.of(),
                "learningRate",
                0.3,
                "regularisation",
                "l2",
                "regularisationRate",
                1.0);
        double[] sure = new double[2];
        for (int i = 0; i < 2; i++) {
            try (Trainer trainer = new Trainer(i == 0 ? free : bound)) {
                trainer.train();
                sure[i] = Math.abs(trainer.boundary(2)[1]);
                trainer.change(free);
            }
        }
        assertTrue(sure[1] < sure[0], sure[1] + " is less sure than " + sure[0]);
        assertTrue(Math.abs(sure[1]) < 0.95, () -> "still sure: " + sure[1]);
    }

    @Test
    void everyNeuronHasItsMap() {
        try (Trainer trainer = new Trainer(settings("layers", List.of(3L, 8L), "activation", "relu"))) {
            List<float[]> maps = trainer.neurons(5);
            assertEquals(List.of(75, 200), maps.stream().map(map -> map.length).toList());
            for (float value : maps.get(1)) {
                assertTrue(value >= 0);
            }
            Map<String, Object> frame = Json.readObject(Json.write(json -> trainer.write(json, trainer.losses())));
            List<?> weights = (List<?>) frame.get("weights");
            assertEquals(3, weights.size());
            assertEquals(2, ((List<?>) weights.get(0)).size());
            assertEquals(8, ((List<?>) ((List<?>) weights.get(1)).getFirst()).size());
        }
    }
}
