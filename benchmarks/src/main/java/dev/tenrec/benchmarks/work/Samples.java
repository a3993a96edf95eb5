package dev.tenrec.benchmarks.work;

import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntToDoubleFunction;

/** Operands of benchmarks, and checks of results against double precision before anything is timed. */
public final class Samples {

    private Samples() {}

    /**
     * Makes uniform numbers.
     *
     * @param count how many
     * @param limit they lie between -limit and limit
     * @param seed the same seed gives the same numbers
     * @return the numbers
     */
    public static float[] uniform(int count, float limit, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (random.nextFloat() * 2 - 1) * limit;
        }
        return values;
    }

    /** Makes whole numbers from -8 to 8. */
    static float[] integers(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextInt(-8, 9);
        }
        return values;
    }

    /** Makes labels from 0 to below the number of classes. */
    static int[] labels(int count, int classes, long seed) {
        return new SplittableRandom(seed).ints(count, 0, classes).toArray();
    }

    /**
     * Checks results element by element.
     *
     * @throws IllegalStateException if their number is another, or one is further from what is expected than the
     *     tolerance for it
     */
    static void check(
            String what, float[] given, int count, IntToDoubleFunction expected, DoubleUnaryOperator tolerance) {
        if (given.length != count) {
            throw new IllegalStateException(what + " is wrong: " + given.length + " elements instead of " + count);
        }
        for (int i = 0; i < given.length; i++) {
            double wanted = expected.applyAsDouble(i);
            if (!(Math.abs(given[i] - wanted) <= tolerance.applyAsDouble(wanted))) {
                throw new IllegalStateException(
                        what + " is wrong: element " + i + " is " + given[i] + " instead of " + wanted);
            }
        }
    }
}
