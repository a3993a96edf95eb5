package dev.tenrec.testkit.kernel;

import dev.tenrec.op.Domain;
import dev.tenrec.type.DType;
import java.util.Random;

/** Where operands get their values: seeded, so that a failure can be repeated. Values are as the interpreter holds them. */
@FunctionalInterface
public interface Samples {

    /** Special values. */
    double[] REALS = {
        0.0, -0.0, 1, -1, 0.5, -2, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 3.7, -100.25
    };
    /** Special values. */
    double[] SINGLES = {
        Float.MIN_VALUE,
        -Float.MIN_VALUE,
        1e-40f,
        Float.MIN_NORMAL,
        -Float.MIN_NORMAL,
        Float.MAX_VALUE,
        -Float.MAX_VALUE
    };
    /** Special values. */
    double[] DOUBLES = {
        Double.MIN_VALUE,
        -Double.MIN_VALUE,
        1e-310,
        Double.MIN_NORMAL,
        -Double.MIN_NORMAL,
        Double.MAX_VALUE,
        -Double.MAX_VALUE
    };
    /** Special values. */
    long[] WHOLES = {0, 1, -1, 2, -2, 3, 7, 31, 32, 33, 63, 64, 65, -31, 255, 256, -1000003};
    /** Special values. */
    long[] INTS = {Integer.MIN_VALUE, Integer.MIN_VALUE + 1, Integer.MAX_VALUE};
    /** Special values. */
    long[] LONGS = {Long.MIN_VALUE, Long.MIN_VALUE + 1, Long.MAX_VALUE, 1L << 40, Integer.MIN_VALUE, (1L << 53) + 1};

    /**
     * Returns the next value.
     *
     * @param dtype of which type
     * @return a value of that type
     */
    long next(DType dtype);

    /**
     * Draws evenly from an interval; whole numbers from −20 to 20; both truth values.
     *
     * @param domain the interval
     * @param seed of the generator
     * @return the source
     */
    static Samples uniform(Domain domain, long seed) {
        return uniform(domain.low(), domain.high(), seed);
    }

    /**
     * Draws evenly from an interval; whole numbers from −20 to 20; both truth values.
     *
     * @param low least value
     * @param high largest value
     * @param seed of the generator
     * @return the source
     */
    static Samples uniform(double low, double high, long seed) {
        Random random = new Random(seed);
        return dtype -> switch (dtype) {
            case BOOL -> random.nextInt(2);
            case U8 -> random.nextInt(256);
            case I32, I64 -> random.nextInt(41) - 20;
            default -> real(low + random.nextDouble() * (high - low), dtype);
        };
    }

    /**
     * Draws whole numbers, so that sums and products of few are exact in every order.
     *
     * @param most largest magnitude
     * @param seed of the generator
     * @return the source
     */
    static Samples whole(int most, long seed) {
        Random random = new Random(seed);
        return dtype -> switch (dtype) {
            case BOOL -> random.nextInt(2);
            case U8 -> random.nextInt(most + 1);
            case I32, I64 -> random.nextInt(2 * most + 1) - most;
            default -> real(random.nextInt(2 * most + 1) - most, dtype);
        };
    }

    /**
     * Draws from a list of values in which ties are likely.
     *
     * @param seed of the generator
     * @param values the values
     * @return the source
     */
    static Samples choice(long seed, double... values) {
        Random random = new Random(seed);
        return dtype -> {
            double value = values[random.nextInt(values.length)];
            return dtype == DType.BOOL ? (value != 0 ? 1 : 0) : dtype.isFloating() ? real(value, dtype) : (long) value;
        };
    }

    /**
     * Gives the special values of a type one after the other: signed zeros, infinities, NaN, subnormal and extreme
     * numbers.
     *
     * @param repeat how often each is given before the next, so that several operands form every pair
     * @return the source
     */
    static Samples specials(int repeat) {
        int[] count = {0};
        return dtype -> {
            long[] list = specials(dtype);
            return list[count[0]++ / repeat % list.length];
        };
    }

    /**
     * Lists the special values of a type.
     *
     * @param dtype the type
     * @return at least two
     */
    static long[] specials(DType dtype) {
        return switch (dtype) {
            case BOOL -> new long[] {0, 1};
            case U8 -> new long[] {0, 1, 127, 128, 255};
            case I32 -> concat(WHOLES, INTS);
            case I64 -> concat(concat(WHOLES, INTS), LONGS);
            case F64 -> concat(reals(REALS, dtype), reals(DOUBLES, dtype));
            default -> concat(reals(REALS, dtype), reals(SINGLES, dtype));
        };
    }

    /**
     * Rounds a number to a floating type.
     *
     * @param value the number
     * @param dtype the type
     * @return as the interpreter holds it
     */
    static long real(double value, DType dtype) {
        return Double.doubleToRawLongBits(dev.tenrec.ir.HalfFloats.round(value, dtype));
    }

    /**
     * Makes a value of any type of a number, as run-time scalars are given.
     *
     * @param value the number
     * @param dtype the type
     * @return as the interpreter holds it
     */
    static long scalar(double value, DType dtype) {
        return dtype.isFloating() ? real(value, dtype) : dtype == DType.BOOL ? (value != 0 ? 1 : 0) : (long) value;
    }

    private static long[] reals(double[] values, DType dtype) {
        long[] bits = new long[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = real(values[i], dtype);
        }
        return bits;
    }

    private static long[] concat(long[] first, long[] second) {
        long[] all = java.util.Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }
}
