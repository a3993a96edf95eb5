package dev.tenrec.benchmarks;

import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;

/** Operands of benchmarks, and checks of results against double precision before anything is timed. */
final class Samples {

    private Samples() {}

    /** {@return uniform numbers from -1 to 1} */
    static float[] uniform(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }

    /** {@return whole numbers from -8 to 8} */
    static float[] integers(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextInt(-8, 9);
        }
        return values;
    }

    /**
     * Checks every element of a product of matrices from {@link #integers}, whose sums single precision holds exactly up
     * to an inner size of 2^18, by multiplying a random vector with both sides (Freivalds 1979).
     *
     * @throws IllegalStateException if an element is wrong
     */
    static void checkProduct(String library, MatMulShape shape, float[] left, float[] right, float[] product) {
        float[] vector = integers(shape.columns(), 99);
        for (int i = 0; i < vector.length; i++) {
            // No zeros, which would hide a column.
            vector[i] += 1000;
        }
        double[] inner = times(right, shape.inner(), shape.columns(), vector);
        double[] given = times(product, shape.rows(), shape.columns(), vector);
        for (int row = 0; row < shape.rows(); row++) {
            double expected = 0;
            for (int k = 0; k < shape.inner(); k++) {
                expected += left[row * shape.inner() + k] * inner[k];
            }
            if (!(given[row] == expected)) {
                throw new IllegalStateException(library + " multiplies wrongly: row " + row + " of " + shape
                        + " times a vector is " + given[row] + " instead of " + expected);
            }
        }
    }

    private static double[] times(float[] matrix, int rows, int columns, float[] vector) {
        double[] result = new double[rows];
        for (int row = 0; row < rows; row++) {
            double sum = 0;
            for (int column = 0; column < columns; column++) {
                sum += (double) matrix[row * columns + column] * vector[column];
            }
            result[row] = sum;
        }
        return result;
    }

    /**
     * Checks results element by element.
     *
     * @throws IllegalStateException if one is further from the expected value than the tolerance
     */
    static void check(String what, float[] given, IntToDoubleFunction expected, double tolerance) {
        for (int i = 0; i < given.length; i++) {
            double wanted = expected.applyAsDouble(i);
            if (!(Math.abs(given[i] - wanted) <= tolerance)) {
                throw new IllegalStateException(
                        what + " is wrong: element " + i + " is " + given[i] + " instead of " + wanted);
            }
        }
    }
}
