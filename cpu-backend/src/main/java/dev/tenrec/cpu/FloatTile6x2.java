package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Micro-kernel of 6 rows by 2 vectors: 12 accumulators,
 * 2 vectors of B and one element of A, for 16 registers.
 *
 * <p>The fences hold the compiler, and are no instructions on x86. Without them C2 moves all loads of A to the start of
 * a round, runs out of registers and keeps accumulators on the stack: 33 to 42 instead of 100 GFLOP/s where the peak was
 * 103 (AVX2). Four rounds at a time, since the index arithmetic of a round, which C2 does not unroll, takes a third of
 * what the processor can issue: 1.04 to 1.23 times as fast, most where another thread shares the core.
 */
final class FloatTile6x2 implements FloatTile {
    private static final VectorSpecies<Float> SPECIES = VectorSpecies.of(float.class, VectorWidth.SHAPE);
    private static final int LANES = SPECIES.length();
    private static final int ROWS = 6;
    private static final int COLS = 2 * LANES;
    private static final int UNROLL = 4;
    private static final Warmth REST = rest();

    private static Warmth rest() {
        float[] a = new float[UNROLL * ROWS];
        float[] b = new float[UNROLL * COLS];
        float[] tile = new float[ROWS * COLS];
        return new Warmth(2 * UNROLL * ROWS * COLS / LANES, () -> rest(0, UNROLL - 1, a, 0, b, 0, tile));
    }

    @Override
    public int rows() {
        return ROWS;
    }

    @Override
    public int cols() {
        return COLS;
    }

    @Override
    public void multiply(int depth, float[] a, int aStart, float[] b, int bStart, float[] tile) {
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
        int p = 0;
        for (; p <= depth - UNROLL; p += UNROLL) {
            int bi = bStart + p * COLS;
            int ai = aStart + p * ROWS;
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bi);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bi + LANES);
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
            b0 = FloatVector.fromArray(SPECIES, b, bi + 2 * LANES);
            b1 = FloatVector.fromArray(SPECIES, b, bi + 3 * LANES);
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
            b0 = FloatVector.fromArray(SPECIES, b, bi + 4 * LANES);
            b1 = FloatVector.fromArray(SPECIES, b, bi + 5 * LANES);
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
            b0 = FloatVector.fromArray(SPECIES, b, bi + 6 * LANES);
            b1 = FloatVector.fromArray(SPECIES, b, bi + 7 * LANES);
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
        if (p < depth) {
            last(p, depth, a, aStart, b, bStart, tile);
        }
    }

    private static void last(int first, int depth, float[] a, int aStart, float[] b, int bStart, float[] tile) {
        if (REST.isWarm()) {
            rest(first, depth, a, aStart, b, bStart, tile);
        } else {
            PlainFloats.multiply(ROWS, COLS, first, depth, a, aStart, b, bStart, tile);
        }
    }

    /**
     * The steps after the last full round. Not inlined, for its size: with a second loop in {@link #multiply} C2 gave the
     * first one fewer registers in every process that had once met a depth which is no multiple of {@link #UNROLL}.
     */
    static void rest(int first, int depth, float[] a, int aStart, float[] b, int bStart, float[] tile) {
        FloatVector c00 = FloatVector.fromArray(SPECIES, tile, 0);
        FloatVector c01 = FloatVector.fromArray(SPECIES, tile, LANES);
        FloatVector c10 = FloatVector.fromArray(SPECIES, tile, 2 * LANES);
        FloatVector c11 = FloatVector.fromArray(SPECIES, tile, 3 * LANES);
        FloatVector c20 = FloatVector.fromArray(SPECIES, tile, 4 * LANES);
        FloatVector c21 = FloatVector.fromArray(SPECIES, tile, 5 * LANES);
        FloatVector c30 = FloatVector.fromArray(SPECIES, tile, 6 * LANES);
        FloatVector c31 = FloatVector.fromArray(SPECIES, tile, 7 * LANES);
        FloatVector c40 = FloatVector.fromArray(SPECIES, tile, 8 * LANES);
        FloatVector c41 = FloatVector.fromArray(SPECIES, tile, 9 * LANES);
        FloatVector c50 = FloatVector.fromArray(SPECIES, tile, 10 * LANES);
        FloatVector c51 = FloatVector.fromArray(SPECIES, tile, 11 * LANES);
        for (int p = first; p < depth; p++) {
            int bi = bStart + p * COLS;
            int ai = aStart + p * ROWS;
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bi);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bi + LANES);
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

    @Override
    public void store(float[] tile, MemorySegment c, long start, long rowBytes, boolean add) {
        for (int r = 0; r < ROWS; r++) {
            if (add) {
                addRow(tile, r * COLS, c, start + r * rowBytes);
            } else {
                setRow(tile, r * COLS, c, start + r * rowBytes);
            }
        }
    }

    private static void addRow(float[] tile, int from, MemorySegment c, long to) {
        for (int j = 0; j < COLS; j += LANES) {
            FloatVector.fromMemorySegment(SPECIES, c, to + (long) j * Float.BYTES, VectorWidth.ORDER)
                    .add(FloatVector.fromArray(SPECIES, tile, from + j))
                    .intoMemorySegment(c, to + (long) j * Float.BYTES, VectorWidth.ORDER);
        }
    }

    private static void setRow(float[] tile, int from, MemorySegment c, long to) {
        for (int j = 0; j < COLS; j += LANES) {
            FloatVector.fromArray(SPECIES, tile, from + j)
                    .intoMemorySegment(c, to + (long) j * Float.BYTES, VectorWidth.ORDER);
        }
    }
}
