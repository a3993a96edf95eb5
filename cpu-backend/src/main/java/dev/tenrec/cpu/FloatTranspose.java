package dev.tenrec.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Moves elements from an array into packed panels by vectors of 8, or of 4 where vectors have 128 bits. */
final class FloatTranspose {
    /** Lines that are moved at once. */
    static final int LANES = CpuVector.BITS == 128 ? 4 : 8;

    private static final VectorSpecies<Float> EIGHT = VectorSpecies.of(float.class, VectorShape.S_256_BIT);
    private static final VectorSpecies<Float> FOUR = VectorSpecies.of(float.class, VectorShape.S_128_BIT);
    private static final VectorSpecies<Float> SPECIES = LANES == 8 ? EIGHT : FOUR;

    // Lane i changes places with lane i ^ distance.
    private static final VectorShuffle<Float> EIGHT_1 = VectorShuffle.fromOp(EIGHT, i -> i ^ 1);
    private static final VectorShuffle<Float> EIGHT_2 = VectorShuffle.fromOp(EIGHT, i -> i ^ 2);
    private static final VectorShuffle<Float> EIGHT_4 = VectorShuffle.fromOp(EIGHT, i -> i ^ 4);
    private static final VectorMask<Float> ODD_1 = VectorMask.fromLong(EIGHT, 0b10101010);
    private static final VectorMask<Float> ODD_2 = VectorMask.fromLong(EIGHT, 0b11001100);
    private static final VectorMask<Float> ODD_4 = VectorMask.fromLong(EIGHT, 0b11110000);
    private static final VectorShuffle<Float> FOUR_1 = VectorShuffle.fromOp(FOUR, i -> i ^ 1);
    private static final VectorShuffle<Float> FOUR_2 = VectorShuffle.fromOp(FOUR, i -> i ^ 2);
    private static final VectorMask<Float> HALF_1 = VectorMask.fromLong(FOUR, 0b1010);
    private static final VectorMask<Float> HALF_2 = VectorMask.fromLong(FOUR, 0b1100);

    private static final int ROWS_AT_ONCE = 16;

    /** Whether {@link #lines} is fast. */
    static final Warmth LINES = trial(true);

    /** Whether {@link #rows} is fast. */
    static final Warmth ROWS = trial(false);

    private FloatTranspose() {}

    private static Warmth trial(boolean lines) {
        int depth = 4 * LANES;
        int rows = 2 * ROWS_AT_ONCE;
        float[] stage = new float[LANES * Math.max(depth, rows)];
        float[] to = new float[LANES * Math.max(depth, rows)];
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
    static int lines(float[] stage, int depth, int lines, float[] to, int start, int width) {
        int whole = whole(depth, width);
        if (whole < LANES) {
            return 0;
        }
        // From the last to the first: vectors reach into the first lines of the next column.
        for (int i = (lines - 1) / LANES * LANES; i >= 0; i -= LANES) {
            int last = Math.min(LANES, lines - i) - 1;
            if (LANES == 8) {
                eight(stage, i * depth, depth, last, whole, to, start + i, width);
            } else {
                four(stage, i * depth, depth, last, whole, to, start + i, width);
            }
        }
        return whole;
    }

    /**
     * Rows of which a panel takes {@code count} elements each.
     *
     * @return how many rows are done; the rest, and what lies beyond {@code count}, is undefined
     */
    static int rows(float[] stage, int from, int stride, int rows, int count, float[] to, int start, int width) {
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
    private static void copy(float[] stage, int from, int stride, int rows, float[] to, int start, int width) {
        int f = from;
        int t = start;
        for (int p = 0; p < rows; p += ROWS_AT_ONCE) {
            FloatVector.fromArray(SPECIES, stage, f).intoArray(to, t);
            FloatVector.fromArray(SPECIES, stage, f + stride).intoArray(to, t + width);
            FloatVector.fromArray(SPECIES, stage, f + 2 * stride).intoArray(to, t + 2 * width);
            FloatVector.fromArray(SPECIES, stage, f + 3 * stride).intoArray(to, t + 3 * width);
            FloatVector.fromArray(SPECIES, stage, f + 4 * stride).intoArray(to, t + 4 * width);
            FloatVector.fromArray(SPECIES, stage, f + 5 * stride).intoArray(to, t + 5 * width);
            FloatVector.fromArray(SPECIES, stage, f + 6 * stride).intoArray(to, t + 6 * width);
            FloatVector.fromArray(SPECIES, stage, f + 7 * stride).intoArray(to, t + 7 * width);
            FloatVector.fromArray(SPECIES, stage, f + 8 * stride).intoArray(to, t + 8 * width);
            FloatVector.fromArray(SPECIES, stage, f + 9 * stride).intoArray(to, t + 9 * width);
            FloatVector.fromArray(SPECIES, stage, f + 10 * stride).intoArray(to, t + 10 * width);
            FloatVector.fromArray(SPECIES, stage, f + 11 * stride).intoArray(to, t + 11 * width);
            FloatVector.fromArray(SPECIES, stage, f + 12 * stride).intoArray(to, t + 12 * width);
            FloatVector.fromArray(SPECIES, stage, f + 13 * stride).intoArray(to, t + 13 * width);
            FloatVector.fromArray(SPECIES, stage, f + 14 * stride).intoArray(to, t + 14 * width);
            FloatVector.fromArray(SPECIES, stage, f + 15 * stride).intoArray(to, t + 15 * width);
            f += ROWS_AT_ONCE * stride;
            t += ROWS_AT_ONCE * width;
        }
    }

    private static void eight(
            float[] stage, int from, int depth, int last, int count, float[] to, int start, int width) {
        int l1 = from + Math.min(1, last) * depth;
        int l2 = from + Math.min(2, last) * depth;
        int l3 = from + Math.min(3, last) * depth;
        int l4 = from + Math.min(4, last) * depth;
        int l5 = from + Math.min(5, last) * depth;
        int l6 = from + Math.min(6, last) * depth;
        int l7 = from + Math.min(7, last) * depth;
        for (int i = 0; i < count; i += 8) {
            // The last block overlaps the one before it.
            int p = Math.min(i, count - 8);
            int t = start + p * width;
            FloatVector a0 = FloatVector.fromArray(EIGHT, stage, from + p);
            FloatVector a1 = FloatVector.fromArray(EIGHT, stage, l1 + p);
            FloatVector a2 = FloatVector.fromArray(EIGHT, stage, l2 + p);
            FloatVector a3 = FloatVector.fromArray(EIGHT, stage, l3 + p);
            FloatVector a4 = FloatVector.fromArray(EIGHT, stage, l4 + p);
            FloatVector a5 = FloatVector.fromArray(EIGHT, stage, l5 + p);
            FloatVector a6 = FloatVector.fromArray(EIGHT, stage, l6 + p);
            FloatVector a7 = FloatVector.fromArray(EIGHT, stage, l7 + p);
            FloatVector b0 = a0.blend(a1.rearrange(EIGHT_1), ODD_1);
            FloatVector b1 = a0.rearrange(EIGHT_1).blend(a1, ODD_1);
            FloatVector b2 = a2.blend(a3.rearrange(EIGHT_1), ODD_1);
            FloatVector b3 = a2.rearrange(EIGHT_1).blend(a3, ODD_1);
            FloatVector b4 = a4.blend(a5.rearrange(EIGHT_1), ODD_1);
            FloatVector b5 = a4.rearrange(EIGHT_1).blend(a5, ODD_1);
            FloatVector b6 = a6.blend(a7.rearrange(EIGHT_1), ODD_1);
            FloatVector b7 = a6.rearrange(EIGHT_1).blend(a7, ODD_1);
            a0 = b0.blend(b2.rearrange(EIGHT_2), ODD_2);
            a2 = b0.rearrange(EIGHT_2).blend(b2, ODD_2);
            a1 = b1.blend(b3.rearrange(EIGHT_2), ODD_2);
            a3 = b1.rearrange(EIGHT_2).blend(b3, ODD_2);
            a4 = b4.blend(b6.rearrange(EIGHT_2), ODD_2);
            a6 = b4.rearrange(EIGHT_2).blend(b6, ODD_2);
            a5 = b5.blend(b7.rearrange(EIGHT_2), ODD_2);
            a7 = b5.rearrange(EIGHT_2).blend(b7, ODD_2);
            a0.blend(a4.rearrange(EIGHT_4), ODD_4).intoArray(to, t);
            a1.blend(a5.rearrange(EIGHT_4), ODD_4).intoArray(to, t + width);
            a2.blend(a6.rearrange(EIGHT_4), ODD_4).intoArray(to, t + 2 * width);
            a3.blend(a7.rearrange(EIGHT_4), ODD_4).intoArray(to, t + 3 * width);
            a0.rearrange(EIGHT_4).blend(a4, ODD_4).intoArray(to, t + 4 * width);
            a1.rearrange(EIGHT_4).blend(a5, ODD_4).intoArray(to, t + 5 * width);
            a2.rearrange(EIGHT_4).blend(a6, ODD_4).intoArray(to, t + 6 * width);
            a3.rearrange(EIGHT_4).blend(a7, ODD_4).intoArray(to, t + 7 * width);
        }
    }

    private static void four(
            float[] stage, int from, int depth, int last, int count, float[] to, int start, int width) {
        int l1 = from + Math.min(1, last) * depth;
        int l2 = from + Math.min(2, last) * depth;
        int l3 = from + Math.min(3, last) * depth;
        for (int i = 0; i < count; i += 4) {
            // The last block overlaps the one before it.
            int p = Math.min(i, count - 4);
            int t = start + p * width;
            FloatVector a0 = FloatVector.fromArray(FOUR, stage, from + p);
            FloatVector a1 = FloatVector.fromArray(FOUR, stage, l1 + p);
            FloatVector a2 = FloatVector.fromArray(FOUR, stage, l2 + p);
            FloatVector a3 = FloatVector.fromArray(FOUR, stage, l3 + p);
            FloatVector b0 = a0.blend(a1.rearrange(FOUR_1), HALF_1);
            FloatVector b1 = a0.rearrange(FOUR_1).blend(a1, HALF_1);
            FloatVector b2 = a2.blend(a3.rearrange(FOUR_1), HALF_1);
            FloatVector b3 = a2.rearrange(FOUR_1).blend(a3, HALF_1);
            b0.blend(b2.rearrange(FOUR_2), HALF_2).intoArray(to, t);
            b1.blend(b3.rearrange(FOUR_2), HALF_2).intoArray(to, t + width);
            b0.rearrange(FOUR_2).blend(b2, HALF_2).intoArray(to, t + 2 * width);
            b1.rearrange(FOUR_2).blend(b3, HALF_2).intoArray(to, t + 3 * width);
        }
    }
}
