package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Micro-kernel of 12 rows by 2 vectors for machines with 32 vector registers: 24 accumulators, 2 vectors of B and one
 * element of A.
 *
 * <p>The fences hold the compiler, and are no instructions on x86; see {@link FloatTile6x2}. With 8 rows by 3 vectors, as
 * many accumulators, C2 spills whatever the fences: 61 to 239 GFLOP/s at 1024 on two AVX-512 cores, and 190 with the
 * tile of 6 by 2 vectors of 256 bits, where this one reaches 300 to 318 and OpenBLAS 318. Rounds of two and four steps, and
 * 10 and 14 rows, are not separable from it.
 */
final class FloatTile12x2 implements FloatTile {
    private static final VectorSpecies<Float> SPECIES = VectorSpecies.of(float.class, VectorWidth.SHAPE);
    private static final int LANES = SPECIES.length();
    private static final int ROWS = 12;
    private static final int COLS = 2 * LANES;

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
        FloatVector c0a = FloatVector.zero(SPECIES);
        FloatVector c0b = FloatVector.zero(SPECIES);
        FloatVector c1a = FloatVector.zero(SPECIES);
        FloatVector c1b = FloatVector.zero(SPECIES);
        FloatVector c2a = FloatVector.zero(SPECIES);
        FloatVector c2b = FloatVector.zero(SPECIES);
        FloatVector c3a = FloatVector.zero(SPECIES);
        FloatVector c3b = FloatVector.zero(SPECIES);
        FloatVector c4a = FloatVector.zero(SPECIES);
        FloatVector c4b = FloatVector.zero(SPECIES);
        FloatVector c5a = FloatVector.zero(SPECIES);
        FloatVector c5b = FloatVector.zero(SPECIES);
        FloatVector c6a = FloatVector.zero(SPECIES);
        FloatVector c6b = FloatVector.zero(SPECIES);
        FloatVector c7a = FloatVector.zero(SPECIES);
        FloatVector c7b = FloatVector.zero(SPECIES);
        FloatVector c8a = FloatVector.zero(SPECIES);
        FloatVector c8b = FloatVector.zero(SPECIES);
        FloatVector c9a = FloatVector.zero(SPECIES);
        FloatVector c9b = FloatVector.zero(SPECIES);
        FloatVector c10a = FloatVector.zero(SPECIES);
        FloatVector c10b = FloatVector.zero(SPECIES);
        FloatVector c11a = FloatVector.zero(SPECIES);
        FloatVector c11b = FloatVector.zero(SPECIES);
        for (int p = 0; p < depth; p++) {
            int bi = bStart + p * COLS;
            int ai = aStart + p * ROWS;
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bi);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bi + LANES);
            FloatVector x = FloatVector.broadcast(SPECIES, a[ai]);
            c0a = x.fma(b0, c0a);
            c0b = x.fma(b1, c0b);
            x = FloatVector.broadcast(SPECIES, a[ai + 1]);
            c1a = x.fma(b0, c1a);
            c1b = x.fma(b1, c1b);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[ai + 2]);
            c2a = x.fma(b0, c2a);
            c2b = x.fma(b1, c2b);
            x = FloatVector.broadcast(SPECIES, a[ai + 3]);
            c3a = x.fma(b0, c3a);
            c3b = x.fma(b1, c3b);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[ai + 4]);
            c4a = x.fma(b0, c4a);
            c4b = x.fma(b1, c4b);
            x = FloatVector.broadcast(SPECIES, a[ai + 5]);
            c5a = x.fma(b0, c5a);
            c5b = x.fma(b1, c5b);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[ai + 6]);
            c6a = x.fma(b0, c6a);
            c6b = x.fma(b1, c6b);
            x = FloatVector.broadcast(SPECIES, a[ai + 7]);
            c7a = x.fma(b0, c7a);
            c7b = x.fma(b1, c7b);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[ai + 8]);
            c8a = x.fma(b0, c8a);
            c8b = x.fma(b1, c8b);
            x = FloatVector.broadcast(SPECIES, a[ai + 9]);
            c9a = x.fma(b0, c9a);
            c9b = x.fma(b1, c9b);
            VarHandle.loadLoadFence();
            x = FloatVector.broadcast(SPECIES, a[ai + 10]);
            c10a = x.fma(b0, c10a);
            c10b = x.fma(b1, c10b);
            x = FloatVector.broadcast(SPECIES, a[ai + 11]);
            c11a = x.fma(b0, c11a);
            c11b = x.fma(b1, c11b);
            VarHandle.loadLoadFence();
        }
        c0a.intoArray(tile, 0);
        c0b.intoArray(tile, LANES);
        c1a.intoArray(tile, 2 * LANES);
        c1b.intoArray(tile, 3 * LANES);
        c2a.intoArray(tile, 4 * LANES);
        c2b.intoArray(tile, 5 * LANES);
        c3a.intoArray(tile, 6 * LANES);
        c3b.intoArray(tile, 7 * LANES);
        c4a.intoArray(tile, 8 * LANES);
        c4b.intoArray(tile, 9 * LANES);
        c5a.intoArray(tile, 10 * LANES);
        c5b.intoArray(tile, 11 * LANES);
        c6a.intoArray(tile, 12 * LANES);
        c6b.intoArray(tile, 13 * LANES);
        c7a.intoArray(tile, 14 * LANES);
        c7b.intoArray(tile, 15 * LANES);
        c8a.intoArray(tile, 16 * LANES);
        c8b.intoArray(tile, 17 * LANES);
        c9a.intoArray(tile, 18 * LANES);
        c9b.intoArray(tile, 19 * LANES);
        c10a.intoArray(tile, 20 * LANES);
        c10b.intoArray(tile, 21 * LANES);
        c11a.intoArray(tile, 22 * LANES);
        c11b.intoArray(tile, 23 * LANES);
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
