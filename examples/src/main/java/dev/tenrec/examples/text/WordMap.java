package dev.tenrec.examples.text;

import dev.tenrec.examples.Png;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A picture of word vectors in the plane of their two principal components: words used alike stand together. */
final class WordMap {
    private static final int WIDTH = 900;
    private static final int HEIGHT = 680;
    private static final int MARGIN = 50;
    private static final int ITERATIONS = 200;

    private WordMap() {}

    /**
     * Writes the picture as PNG.
     *
     * @param file the file to create or replace
     * @param words the words
     * @param vectors a vector for each
     */
    static void write(Path file, List<String> words, float[][] vectors) throws IOException {
        double[][] centred = centred(vectors);
        double[] x = project(centred, component(centred));
        double[] y = project(centred, component(centred));
        Png.write(file, WIDTH, HEIGHT, graphics -> {
            graphics.setColor(Png.INK);
            graphics.setFont(Png.font(Font.BOLD, 16));
            graphics.drawString("Word vectors, first two principal components", 24, 28);
            graphics.setFont(Png.font(Font.PLAIN, 11));
            double[] across = ranks(x);
            double[] down = ranks(y);
            for (int i = 0; i < words.size(); i++) {
                int left = MARGIN + (int) (across[i] * (WIDTH - 2.5 * MARGIN));
                graphics.drawString(words.get(i), left, 2 * MARGIN + (int) (down[i] * (HEIGHT - 2.5 * MARGIN)));
            }
        });
    }

    /** Half a place by value and half by rank, so that crowded middles can be read. */
    private static double[] ranks(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double span = Math.max(1e-9, sorted[sorted.length - 1] - sorted[0]);
        double[] places = new double[values.length];
        for (int i = 0; i < places.length; i++) {
            double rank = Math.max(0, Arrays.binarySearch(sorted, values[i])) / Math.max(1.0, values.length - 1.0);
            places[i] = (rank + (values[i] - sorted[0]) / span) / 2;
        }
        return places;
    }

    private static double[][] centred(float[][] vectors) {
        int size = vectors[0].length;
        double[] mean = new double[size];
        for (float[] vector : vectors) {
            for (int j = 0; j < size; j++) {
                mean[j] += vector[j] / vectors.length;
            }
        }
        double[][] centred = new double[vectors.length][size];
        for (int i = 0; i < vectors.length; i++) {
            for (int j = 0; j < size; j++) {
                centred[i][j] = vectors[i][j] - mean[j];
            }
        }
        return centred;
    }

    /** The direction of the largest variance, by power iteration. */
    private static double[] component(double[][] rows) {
        double[] direction = new double[rows[0].length];
        Arrays.setAll(direction, i -> 1 + i % 7);
        for (int iteration = 0; iteration < ITERATIONS; iteration++) {
            double[] next = new double[direction.length];
            for (double[] row : rows) {
                double along = dot(row, direction);
                for (int j = 0; j < next.length; j++) {
                    next[j] += along * row[j];
                }
            }
            double norm = Math.max(1e-300, Math.sqrt(dot(next, next)));
            Arrays.setAll(direction, j -> next[j] / norm);
        }
        return direction;
    }

    /** Coordinates along a direction, which is taken out of the rows. */
    private static double[] project(double[][] rows, double[] direction) {
        double[] along = new double[rows.length];
        for (int i = 0; i < rows.length; i++) {
            along[i] = dot(rows[i], direction);
            for (int j = 0; j < direction.length; j++) {
                rows[i][j] -= along[i] * direction[j];
            }
        }
        return along;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
