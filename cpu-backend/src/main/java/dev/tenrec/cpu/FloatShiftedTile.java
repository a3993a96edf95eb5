package dev.tenrec.cpu;

import java.lang.invoke.VarHandle;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Micro-kernel of a convolution of 6 channels by 2 vectors of neighbouring positions. The images are read where they
 * lie, moved by one number for each element of the sum: nothing is packed, and what the elements of a kernel read again
 * is in the first-level cache. Loops, fences and rounds are those of {@link FloatTile6x2}.
 */
final class FloatShiftedTile {
    private static final VectorSpecies<Float> SPECIES = VectorSpecies.of(float.class, VectorWidth.SHAPE);
    private static final int LANES = SPECIES.length();
    private static final int UNROLL = 4;

    /** Channels of a tile: width of a panel of weights. */
    static final int ROWS = 6;

    /** Positions of a tile. */
    static final int COLS = 2 * LANES;

    /** Steps of a trial. */
    private static final int TRIAL = 16;

    private static final Warmth ROUNDS;
    private static final Warmth REST;
    private static final Warmth ADD;

    static {
        float[] a = new float[TRIAL * ROWS];
        float[] images = new float[COLS];
        float[] tile = new float[ROWS * COLS];
        int[] shifts = new int[TRIAL];
        int weight = 2 * ROWS * COLS / LANES;
        ROUNDS = new Warmth(TRIAL * weight, () -> rounds(TRIAL, a, 0, images, 0, shifts, 0, tile));
        REST = new Warmth(UNROLL * weight, () -> rest(UNROLL - 1, a, 0, images, 0, shifts, 0, tile));
        ADD = new Warmth(2 * weight, () -> addVectors(tile, tile, 0, COLS));
    }

    private FloatShiftedTile() {}

    /**
     * Adds {@code Σ a[p][row] · images[base + shifts[first + p] + col]} over p to
     * {@code plane[at + row·stride + col]}.
     *
     * @param tile buffer of {@link #ROWS} by {@link #COLS} elements
     */
    static void add(
            int depth,
            float[] a,
            int aStart,
            float[] images,
            int base,
            int[] shifts,
            int first,
            float[] plane,
            int at,
            int stride,
            float[] tile) {
        int whole = depth & -UNROLL;
        if (whole > 0) {
            if (ROUNDS.isWarm()) {
                rounds(whole, a, aStart, images, base, shifts, first, tile);
            } else {
                plain(whole, a, aStart, images, base, shifts, first, tile);
            }
            add(tile, plane, at, stride);
        }
        if (whole < depth) {
            if (REST.isWarm()) {
                rest(depth - whole, a, aStart + whole * ROWS, images, base, shifts, first + whole, tile);
            } else {
                plain(depth - whole, a, aStart + whole * ROWS, images, base, shifts, first + whole, tile);
            }
            add(tile, plane, at, stride);
        }
    }

    /** The same sums without vectors. */
    static void plain(
            int depth, float[] a, int aStart, float[] images, int base, int[] shifts, int first, float[] tile) {
        Arrays.fill(tile, 0, ROWS * COLS, 0);
        for (int p = 0; p < depth; p++) {
            for (int r = 0; r < ROWS; r++) {
                PlainFloats.addRow(a[aStart + p * ROWS + r], images, base + shifts[first + p], tile, r * COLS, COLS);
            }
        }
    }

    /** Not part of the loops' methods: there it made C2 keep sums on the stack. */
    private static void add(float[] tile, float[] plane, int at, int stride) {
        if (!ADD.isWarm()) {
            for (int r = 0; r < ROWS; r++) {
                PlainFloats.add(tile, r * COLS, plane, at + r * stride, COLS);
            }
            return;
        }
        addVectors(tile, plane, at, stride);
    }

    /**
     * Written out, so that it is too large to be inlined: inside of its callers C2 sometimes compiled it so that every
     * vector stayed an object for good (4 GB of them in ten seconds of a training).
     */
    private static void addVectors(float[] tile, float[] plane, int at, int stride) {
        FloatVector.fromArray(SPECIES, plane, at)
                .add(FloatVector.fromArray(SPECIES, tile, 0))
                .intoArray(plane, at);
        FloatVector.fromArray(SPECIES, plane, at + LANES)
                .add(FloatVector.fromArray(SPECIES, tile, LANES))
                .intoArray(plane, at + LANES);
        FloatVector.fromArray(SPECIES, plane, at + stride)
                .add(FloatVector.fromArray(SPECIES, tile, 2 * LANES))
                .intoArray(plane, at + stride);
        FloatVector.fromArray(SPECIES, plane, at + stride + LANES)
                .add(FloatVector.fromArray(SPECIES, tile, 3 * LANES))
                .intoArray(plane, at + stride + LANES);
        FloatVector.fromArray(SPECIES, plane, at + 2 * stride)
                .add(FloatVector.fromArray(SPECIES, tile, 4 * LANES))
                .intoArray(plane, at + 2 * stride);
        FloatVector.fromArray(SPECIES, plane, at + 2 * stride + LANES)
                .add(FloatVector.fromArray(SPECIES, tile, 5 * LANES))
                .intoArray(plane, at + 2 * stride + LANES);
        FloatVector.fromArray(SPECIES, plane, at + 3 * stride)
                .add(FloatVector.fromArray(SPECIES, tile, 6 * LANES))
                .intoArray(plane, at + 3 * stride);
        FloatVector.fromArray(SPECIES, plane, at + 3 * stride + LANES)
                .add(FloatVector.fromArray(SPECIES, tile, 7 * LANES))
                .intoArray(plane, at + 3 * stride + LANES);
        FloatVector.fromArray(SPECIES, plane, at + 4 * stride)
                .add(FloatVector.fromArray(SPECIES, tile, 8 * LANES))
                .intoArray(plane, at + 4 * stride);
        FloatVector.fromArray(SPECIES, plane, at + 4 * stride + LANES)
                .add(FloatVector.fromArray(SPECIES, tile, 9 * LANES))
                .intoArray(plane, at + 4 * stride + LANES);
        FloatVector.fromArray(SPECIES, plane, at + 5 * stride)
                .add(FloatVector.fromArray(SPECIES, tile, 10 * LANES))
                .intoArray(plane, at + 5 * stride);
        FloatVector.fromArray(SPECIES, plane, at + 5 * stride + LANES)
                .add(FloatVector.fromArray(SPECIES, tile, 11 * LANES))
                .intoArray(plane, at + 5 * stride + LANES);
    }

    static void rounds(
            int depth, float[] a, int aStart, float[] images, int base, int[] shifts, int first, float[] tile) {
        FloatVector c00 = FloatVector.zero(SPECIES);
        FloatVector c01 = FloatVector.zero(SPECIES);
        FloatVector c10 = FloatVector.zero(SPECIES);
        FloatVector c11 = FloatVector.zero(SPECIES);
        FloatVector c20 = FloatVector.zero(SPECIES);
        FloatVector c21 = FloatVector.zero(SPECIES);
        FloatVector c30 = FloatVector.zero(SPECIES);
        FloatVector c31 = FloatVector.zero(SPECIES);
        FloatVector c40 = FloatVector.zero(SPECIES);
        FloatVector c41 = FloatVector.zero(SPECIES);
        FloatVector c50 = FloatVector.zero(SPECIES);
        FloatVector c51 = FloatVector.zero(SPECIES);
        for (int p = 0; p <= depth - UNROLL; p += UNROLL) {
            int ai = aStart + p * ROWS;
            int f0 = base + shifts[first + p];
            int f1 = base + shifts[first + p + 1];
            int f2 = base + shifts[first + p + 2];
            int f3 = base + shifts[first + p + 3];
            FloatVector b0 = FloatVector.fromArray(SPECIES, images, f0);
            FloatVector b1 = FloatVector.fromArray(SPECIES, images, f0 + LANES);
            FloatVector x = FloatVector.broadcast(SPECIES, a[ai]);
            c00 = x.fma(b0, c00);
            c01 = x.fma(b1, c01);
            x = FloatVector.broadcast(SPECIES, a[ai + 1]);
            c10 = x.fma(b0, c10);
            c11 = x.fma(b1, c11);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[ai + 2]);
            c20 = x.fma(b0, c20);
            c21 = x.fma(b1, c21);
            x = FloatVector.broadcast(SPECIES, a[ai + 3]);
            c30 = x.fma(b0, c30);
            c31 = x.fma(b1, c31);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[ai + 4]);
            c40 = x.fma(b0, c40);
            c41 = x.fma(b1, c41);
            x = FloatVector.broadcast(SPECIES, a[ai + 5]);
            c50 = x.fma(b0, c50);
            c51 = x.fma(b1, c51);
            VarHandle.loadLoadFence();
            b0 = FloatVector.fromArray(SPECIES, images, f1);
            b1 = FloatVector.fromArray(SPECIES, images, f1 + LANES);
            x = FloatVector.broadcast(SPECIES, a[ai + 6]);
            c00 = x.fma(b0, c00);
            c01 = x.fma(b1, c01);
            x = FloatVector.broadcast(SPECIES, a[ai + 7]);
            c10 = x.fma(b0, c10);
            c11 = x.fma(b1, c11);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[ai + 8]);
            c20 = x.fma(b0, c20);
            c21 = x.fma(b1, c21);
            x = FloatVector.broadcast(SPECIES, a[ai + 9]);
            c30 = x.fma(b0, c30);
            c31 = x.fma(b1, c31);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[ai + 10]);
            c40 = x.fma(b0, c40);
            c41 = x.fma(b1, c41);
            x = FloatVector.broadcast(SPECIES, a[ai + 11]);
            c50 = x.fma(b0, c50);
            c51 = x.fma(b1, c51);
            VarHandle.loadLoadFence();
            b0 = FloatVector.fromArray(SPECIES, images, f2);
            b1 = FloatVector.fromArray(SPECIES, images, f2 + LANES);
            x = FloatVector.broadcast(SPECIES, a[ai + 12]);
            c00 = x.fma(b0, c00);
            c01 = x.fma(b1, c01);
            x = FloatVector.broadcast(SPECIES, a[ai + 13]);
            c10 = x.fma(b0, c10);
            c11 = x.fma(b1, c11);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[ai + 14]);
            c20 = x.fma(b0, c20);
            c21 = x.fma(b1, c21);
            x = FloatVector.broadcast(SPECIES, a[ai + 15]);
            c30 = x.fma(b0, c30);
            c31 = x.fma(b1, c31);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[ai + 16]);
            c40 = x.fma(b0, c40);
            c41 = x.fma(b1, c41);
            x = FloatVector.broadcast(SPECIES, a[ai + 17]);
            c50 = x.fma(b0, c50);
            c51 = x.fma(b1, c51);
            VarHandle.loadLoadFence();
            b0 = FloatVector.fromArray(SPECIES, images, f3);
            b1 = FloatVector.fromArray(SPECIES, images, f3 + LANES);
            x = FloatVector.broadcast(SPECIES, a[ai + 18]);
            c00 = x.fma(b0, c00);
            c01 = x.fma(b1, c01);
            x = FloatVector.broadcast(SPECIES, a[ai + 19]);
            c10 = x.fma(b0, c10);
            c11 = x.fma(b1, c11);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[ai + 20]);
            c20 = x.fma(b0, c20);
            c21 = x.fma(b1, c21);
            x = FloatVector.broadcast(SPECIES, a[ai + 21]);
            c30 = x.fma(b0, c30);
            c31 = x.fma(b1, c31);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[ai + 22]);
            c40 = x.fma(b0, c40);
            c41 = x.fma(b1, c41);
            x = FloatVector.broadcast(SPECIES, a[ai + 23]);
            c50 = x.fma(b0, c50);
            c51 = x.fma(b1, c51);
            VarHandle.loadLoadFence();
        }
        c00.intoArray(tile, 0);
        c01.intoArray(tile, LANES);
        c10.intoArray(tile, 2 * LANES);
        c11.intoArray(tile, 3 * LANES);
        c20.intoArray(tile, 4 * LANES);
        c21.intoArray(tile, 5 * LANES);
        c30.intoArray(tile, 6 * LANES);
        c31.intoArray(tile, 7 * LANES);
        c40.intoArray(tile, 8 * LANES);
        c41.intoArray(tile, 9 * LANES);
        c50.intoArray(tile, 10 * LANES);
        c51.intoArray(tile, 11 * LANES);
    }

    /** The same step by step, for what is left. */
    static void rest(
            int depth, float[] a, int aStart, float[] images, int base, int[] shifts, int first, float[] tile) {
        FloatVector c00 = FloatVector.zero(SPECIES);
        FloatVector c01 = FloatVector.zero(SPECIES);
        FloatVector c10 = FloatVector.zero(SPECIES);
        FloatVector c11 = FloatVector.zero(SPECIES);
        FloatVector c20 = FloatVector.zero(SPECIES);
        FloatVector c21 = FloatVector.zero(SPECIES);
        FloatVector c30 = FloatVector.zero(SPECIES);
        FloatVector c31 = FloatVector.zero(SPECIES);
        FloatVector c40 = FloatVector.zero(SPECIES);
        FloatVector c41 = FloatVector.zero(SPECIES);
        FloatVector c50 = FloatVector.zero(SPECIES);
        FloatVector c51 = FloatVector.zero(SPECIES);
        for (int p = 0; p < depth; p++) {
            int ai = aStart + p * ROWS;
            int f0 = base + shifts[first + p];
            FloatVector b0 = FloatVector.fromArray(SPECIES, images, f0);
            FloatVector b1 = FloatVector.fromArray(SPECIES, images, f0 + LANES);
            FloatVector x = FloatVector.broadcast(SPECIES, a[ai]);
            c00 = x.fma(b0, c00);
            c01 = x.fma(b1, c01);
            x = FloatVector.broadcast(SPECIES, a[ai + 1]);
            c10 = x.fma(b0, c10);
            c11 = x.fma(b1, c11);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[ai + 2]);
            c20 = x.fma(b0, c20);
            c21 = x.fma(b1, c21);
            x = FloatVector.broadcast(SPECIES, a[ai + 3]);
            c30 = x.fma(b0, c30);
            c31 = x.fma(b1, c31);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[ai + 4]);
            c40 = x.fma(b0, c40);
            c41 = x.fma(b1, c41);
            x = FloatVector.broadcast(SPECIES, a[ai + 5]);
            c50 = x.fma(b0, c50);
            c51 = x.fma(b1, c51);
            VarHandle.loadLoadFence();
        }
        c00.intoArray(tile, 0);
        c01.intoArray(tile, LANES);
        c10.intoArray(tile, 2 * LANES);
        c11.intoArray(tile, 3 * LANES);
        c20.intoArray(tile, 4 * LANES);
        c21.intoArray(tile, 5 * LANES);
        c30.intoArray(tile, 6 * LANES);
        c31.intoArray(tile, 7 * LANES);
        c40.intoArray(tile, 8 * LANES);
        c41.intoArray(tile, 9 * LANES);
        c50.intoArray(tile, 10 * LANES);
        c51.intoArray(tile, 11 * LANES);
    }
}
