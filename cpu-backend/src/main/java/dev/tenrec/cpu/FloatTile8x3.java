package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Micro-kernel of 8 rows by 3 vectors: 24 accumulators,
 * 3 vectors of B and one element of A, for 32 registers.
 *
 * <p>The store to the tile inside the loop is a fence. Without it C2 loads all elements of A at the start of a round,
 * runs out of registers and keeps an accumulator on the stack: 42 instead of 100 GFLOP/s where the peak was 103 (AVX2).
 */
final class FloatTile8x3 implements FloatTile {
    private static final VectorSpecies<Float> SPECIES = VectorSpecies.of(float.class, VectorWidth.SHAPE);
    private static final int LANES = SPECIES.length();
    private static final int ROWS = 8;
    private static final int COLS = 3 * LANES;

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
        FloatVector c02 = FloatVector.zero(SPECIES);
        FloatVector c10 = FloatVector.zero(SPECIES);
        FloatVector c11 = FloatVector.zero(SPECIES);
        FloatVector c12 = FloatVector.zero(SPECIES);
        FloatVector c20 = FloatVector.zero(SPECIES);
        FloatVector c21 = FloatVector.zero(SPECIES);
        FloatVector c22 = FloatVector.zero(SPECIES);
        FloatVector c30 = FloatVector.zero(SPECIES);
        FloatVector c31 = FloatVector.zero(SPECIES);
        FloatVector c32 = FloatVector.zero(SPECIES);
        FloatVector c40 = FloatVector.zero(SPECIES);
        FloatVector c41 = FloatVector.zero(SPECIES);
        FloatVector c42 = FloatVector.zero(SPECIES);
        FloatVector c50 = FloatVector.zero(SPECIES);
        FloatVector c51 = FloatVector.zero(SPECIES);
        FloatVector c52 = FloatVector.zero(SPECIES);
        FloatVector c60 = FloatVector.zero(SPECIES);
        FloatVector c61 = FloatVector.zero(SPECIES);
        FloatVector c62 = FloatVector.zero(SPECIES);
        FloatVector c70 = FloatVector.zero(SPECIES);
        FloatVector c71 = FloatVector.zero(SPECIES);
        FloatVector c72 = FloatVector.zero(SPECIES);
        for (int p = 0; p < depth; p++) {
            int bi = bStart + p * COLS;
            int ai = aStart + p * ROWS;
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bi);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bi + LANES);
            FloatVector b2 = FloatVector.fromArray(SPECIES, b, bi + 2 * LANES);
            FloatVector x = FloatVector.broadcast(SPECIES, a[ai]);
            c00 = x.fma(b0, c00);
            c01 = x.fma(b1, c01);
            c02 = x.fma(b2, c02);
            x = FloatVector.broadcast(SPECIES, a[ai + 1]);
            c10 = x.fma(b0, c10);
            c11 = x.fma(b1, c11);
            c12 = x.fma(b2, c12);
            tile[0] = 0f;
            x = FloatVector.broadcast(SPECIES, a[ai + 2]);
            c20 = x.fma(b0, c20);
            c21 = x.fma(b1, c21);
            c22 = x.fma(b2, c22);
            x = FloatVector.broadcast(SPECIES, a[ai + 3]);
            c30 = x.fma(b0, c30);
            c31 = x.fma(b1, c31);
            c32 = x.fma(b2, c32);
            tile[1] = 0f;
            x = FloatVector.broadcast(SPECIES, a[ai + 4]);
            c40 = x.fma(b0, c40);
            c41 = x.fma(b1, c41);
            c42 = x.fma(b2, c42);
            x = FloatVector.broadcast(SPECIES, a[ai + 5]);
            c50 = x.fma(b0, c50);
            c51 = x.fma(b1, c51);
            c52 = x.fma(b2, c52);
            tile[2] = 0f;
            x = FloatVector.broadcast(SPECIES, a[ai + 6]);
            c60 = x.fma(b0, c60);
            c61 = x.fma(b1, c61);
            c62 = x.fma(b2, c62);
            x = FloatVector.broadcast(SPECIES, a[ai + 7]);
            c70 = x.fma(b0, c70);
            c71 = x.fma(b1, c71);
            c72 = x.fma(b2, c72);
        }
        c00.intoArray(tile, 0);
        c01.intoArray(tile, LANES);
        c02.intoArray(tile, 2 * LANES);
        c10.intoArray(tile, 3 * LANES);
        c11.intoArray(tile, 4 * LANES);
        c12.intoArray(tile, 5 * LANES);
        c20.intoArray(tile, 6 * LANES);
        c21.intoArray(tile, 7 * LANES);
        c22.intoArray(tile, 8 * LANES);
        c30.intoArray(tile, 9 * LANES);
        c31.intoArray(tile, 10 * LANES);
        c32.intoArray(tile, 11 * LANES);
        c40.intoArray(tile, 12 * LANES);
        c41.intoArray(tile, 13 * LANES);
        c42.intoArray(tile, 14 * LANES);
        c50.intoArray(tile, 15 * LANES);
        c51.intoArray(tile, 16 * LANES);
        c52.intoArray(tile, 17 * LANES);
        c60.intoArray(tile, 18 * LANES);
        c61.intoArray(tile, 19 * LANES);
        c62.intoArray(tile, 20 * LANES);
        c70.intoArray(tile, 21 * LANES);
        c71.intoArray(tile, 22 * LANES);
        c72.intoArray(tile, 23 * LANES);
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
