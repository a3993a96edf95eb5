package dev.tenrec.examples.playground;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Points with their classes.
 *
 * @param x1 horizontal coordinates
 * @param x2 vertical coordinates
 * @param labels 1 for the first class, 0 for the second
 */
record Samples(double[] x1, double[] x2, float[] labels) {
    /** Points for training, and as many for testing. */
    static final int COUNT = 250;

    /** Noise of 100 % moves a coordinate by at most this much. */
    private static final double NOISE = 4;

    /**
     * Draws points.
     *
     * @param settings which set, how much noise, from which seed
     * @param test whether for testing
     * @return the same points for the same settings
     */
    static Samples draw(Settings settings, boolean test) {
        Samples samples = new Samples(new double[COUNT], new double[COUNT], new float[COUNT]);
        RandomGenerator random = new SplittableRandom(2 * settings.seed() + (test ? 1 : 0));
        for (int i = 0; i < COUNT; i++) {
            settings.data().draw(samples, i, NOISE * settings.noise() / 100, random);
        }
        return samples;
    }

    /** Sets point i, moved by noise in both directions, kept in the picture. */
    void set(int i, double first, double second, boolean label, double noise, RandomGenerator random) {
        x1[i] = inside(first + noise * random.nextDouble(-1, 1));
        x2[i] = inside(second + noise * random.nextDouble(-1, 1));
        labels[i] = label ? 1 : 0;
    }

    private static double inside(double coordinate) {
        return Math.clamp(coordinate, -DataSet.EDGE, DataSet.EDGE);
    }

    /** Writes triples of coordinates and class. */
    void write(JsonGenerator json, String name) throws IOException {
        json.writeArrayFieldStart(name);
        for (int i = 0; i < labels.length; i++) {
            json.writeStartArray();
            Json.number(json, x1[i]);
            Json.number(json, x2[i]);
            json.writeNumber((int) labels[i]);
            json.writeEndArray();
        }
        json.writeEndArray();
    }
}
