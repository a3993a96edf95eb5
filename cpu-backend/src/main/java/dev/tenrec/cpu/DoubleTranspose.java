package dev.tenrec.cpu;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Moves elements from an array into packed panels by vectors of 4, or of 2 where vectors have 128 bits. */
final class DoubleTranspose {
    /** Lines that are moved at once. */
    static final int LANES = CpuVector.BITS == 128 ? 2 : 4;

    private static final VectorSpecies<Double> FOUR = VectorSpecies.of(double.class, VectorShape.S_256_BIT);
    private static final VectorSpecies<Double> TWO = VectorSpecies.of(double.class, VectorShape.S_128_BIT);
    private static final VectorSpecies<Double> SPECIES = LANES == 4 ? FOUR : TWO;

    // Lane i changes places with lane i ^ distance.
    private static final VectorShuffle<Double> FOUR_1 = VectorShuffle.fromOp(FOUR, i -> i ^ 1);
    private static final VectorShuffle<Double> FOUR_2 = VectorShuffle.fromOp(FOUR, i -> i ^ 2);
    private static final VectorMask<Double> ODD_1 = VectorMask.fromLong(FOUR, 0b1010);
    private static final VectorMask<Double> ODD_2 = VectorMask.fromLong(FOUR, 0b1100);
    private static final VectorShuffle<Double> TWO_1 = VectorShuffle.fromOp(TWO, i -> i ^ 1);
    private static final VectorMask<Double> HALF_1 = VectorMask.fromLong(TWO, 0b10);

    private static final int ROWS_AT_ONCE = 16;

    /** Whether {@link #lines} is fast. */
    static final Warmth LINES = trial(true);

    /** Whether {@link #rows} is fast. */
    static final Warmth ROWS = trial(false);

    private DoubleTranspose() {}

    private static Warmth trial(boolean lines) {
        int depth = 4 * LANES;
        int rows = 2 * ROWS_AT_ONCE;
        double[] stage = new double[LANES * Math.max(depth, rows)];
        double[] to = new double[LANES * Math.max(depth, rows)];
        return lines
                ? new Warmth(depth * 10, () -> lines(stage, depth, LANES, to, 0, LANES))
                : new Warmth(rows * 4, () -> copy(stage, 0, LANES, rows, to, 0, LANES));
    }

    /** How many of {@code depth} columns of a panel can be stored as whole vectors that do not leave the panel. */
    private static int whole(int depth, int width) {
        int reach = Math.ceilDiv(width, LANES) * LANES;
        return Math.max(0, depth - Math.ceilDiv(reach, width) + 1);
    }

    /**
     * Lines of {@code depth} elements, one after another, to the columns of a panel.
     *
     * @return how many columns are done; the rest, and what lies beyond the lines, is undefined
     */
    static int lines(double[] stage, int depth, int lines, double[] to, int start, int width) {
        int whole = whole(depth, width);
        if (whole < LANES) {
            return 0;
        }
        // From the last to the first: vectors reach into the first lines of the next column.
        for (int i = (lines - 1) / LANES * LANES; i >= 0; i -= LANES) {
            int last = Math.min(LANES, lines - i) - 1;
            if (LANES == 4) {
                four(stage, i * depth, depth, last, whole, to, start + i, width);
            } else {
                two(stage, i * depth, depth, last, whole, to, start + i, width);
            }
        }
        return whole;
    }

    /**
     * Rows of which a panel takes {@code count} elements each.
     *
     * @return how many rows are done; the rest, and what lies beyond {@code count}, is undefined
     */
    static int rows(double[] stage, int from, int stride, int rows, int count, double[] to, int start, int width) {
        int whole = whole(rows, width) & -ROWS_AT_ONCE;
        for (int j = (count - 1) / LANES * LANES; j >= 0; j -= LANES) {
            copy(stage, from + j, stride, whole, to, start + j, width);
        }
        return whole;
    }

    /**
     * A multiple of {@link #ROWS_AT_ONCE} rows. Written out, so that it is too large to be inlined: inside of its callers C2
     * sometimes compiled it so that every vector stayed an object for good.
     */
    private static void copy(double[] stage, int from, int stride, int rows, double[] to, int start, int width) {
        int f = from;
        int t = start;
        for (int p = 0; p < rows; p += ROWS_AT_ONCE) {
            DoubleVector.fromArray(SPECIES, stage, f).intoArray(to, t);
            DoubleVector.fromArray(SPECIES, stage, f + stride).intoArray(to, t + width);
            DoubleVector.fromArray(SPECIES, stage, f + 2 * stride).intoArray(to, t + 2 * width);
            DoubleVector.fromArray(SPECIES, stage, f + 3 * stride).intoArray(to, t + 3 * width);
            DoubleVector.fromArray(SPECIES, stage, f + 4 * stride).intoArray(to, t + 4 * width);
            DoubleVector.fromArray(SPECIES, stage, f + 5 * stride).intoArray(to, t + 5 * width);
            DoubleVector.fromArray(SPECIES, stage, f + 6 * stride).intoArray(to, t + 6 * width);
            DoubleVector.fromArray(SPECIES, stage, f + 7 * stride).intoArray(to, t + 7 * width);
            DoubleVector.fromArray(SPECIES, stage, f + 8 * stride).intoArray(to, t + 8 * width);
            DoubleVector.fromArray(SPECIES, stage, f + 9 * stride).intoArray(to, t + 9 * width);
            DoubleVector.fromArray(SPECIES, stage, f + 10 * stride).intoArray(to, t + 10 * width);
            DoubleVector.fromArray(SPECIES, stage, f + 11 * stride).intoArray(to, t + 11 * width);
            DoubleVector.fromArray(SPECIES, stage, f + 12 * stride).intoArray(to, t + 12 * width);
            DoubleVector.fromArray(SPECIES, stage, f + 13 * stride).intoArray(to, t + 13 * width);
            DoubleVector.fromArray(SPECIES, stage, f + 14 * stride).intoArray(to, t + 14 * width);
            DoubleVector.fromArray(SPECIES, stage, f + 15 * stride).intoArray(to, t + 15 * width);
            f += ROWS_AT_ONCE * stride;
            t += ROWS_AT_ONCE * width;
        }
    }

    private static void four(
            double[] stage, int from, int depth, int last, int count, double[] to, int start, int width) {
        int l1 = from + Math.min(1, last) * depth;
        int l2 = from + Math.min(2, last) * depth;
        int l3 = from + Math.min(3, last) * depth;
        for (int i = 0; i < count; i += 4) {
            // The last block overlaps the one before it.
            int p = Math.min(i, count - 4);
            int t = start + p * width;
            DoubleVector a0 = DoubleVector.fromArray(FOUR, stage, from + p);
            DoubleVector a1 = DoubleVector.fromArray(FOUR, stage, l1 + p);
            DoubleVector a2 = DoubleVector.fromArray(FOUR, stage, l2 + p);
            DoubleVector a3 = DoubleVector.fromArray(FOUR, stage, l3 + p);
            DoubleVector b0 = a0.blend(a1.rearrange(FOUR_1), ODD_1);
            DoubleVector b1 = a0.rearrange(FOUR_1).blend(a1, ODD_1);
            DoubleVector b2 = a2.blend(a3.rearrange(FOUR_1), ODD_1);
            DoubleVector b3 = a2.rearrange(FOUR_1).blend(a3, ODD_1);
            b0.blend(b2.rearrange(FOUR_2), ODD_2).intoArray(to, t);
            b1.blend(b3.rearrange(FOUR_2), ODD_2).intoArray(to, t + width);
            b0.rearrange(FOUR_2).blend(b2, ODD_2).intoArray(to, t + 2 * width);
            b1.rearrange(FOUR_2).blend(b3, ODD_2).intoArray(to, t + 3 * width);
        }
    }

    private static void two(
            double[] stage, int from, int depth, int last, int count, double[] to, int start, int width) {
        int l1 = from + Math.min(1, last) * depth;
        for (int i = 0; i < count; i += 2) {
            // The last block overlaps the one before it.
            int p = Math.min(i, count - 2);
            int t = start + p * width;
            DoubleVector a0 = DoubleVector.fromArray(TWO, stage, from + p);
            DoubleVector a1 = DoubleVector.fromArray(TWO, stage, l1 + p);
            a0.blend(a1.rearrange(TWO_1), HALF_1).intoArray(to, t);
            a0.rearrange(TWO_1).blend(a1, HALF_1).intoArray(to, t + width);
        }
    }
}
