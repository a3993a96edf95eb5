package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Micro-kernel of 12 rows by 2 vectors for machines with 32 vector registers: 24 accumulators, 2 vectors of B and one
 * element of A.
 *
 * <p>See {@link FloatTile12x2}.
 */
final class DoubleTile12x2 implements DoubleTile {
    private static final VectorSpecies<Double> SPECIES = VectorSpecies.of(double.class, VectorWidth.SHAPE);
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
    public void multiply(int depth, double[] a, int aStart, double[] b, int bStart, double[] tile) {
        DoubleVector c0a = DoubleVector.zero(SPECIES);
        DoubleVector c0b = DoubleVector.zero(SPECIES);
        DoubleVector c1a = DoubleVector.zero(SPECIES);
        DoubleVector c1b = DoubleVector.zero(SPECIES);
        DoubleVector c2a = DoubleVector.zero(SPECIES);
        DoubleVector c2b = DoubleVector.zero(SPECIES);
        DoubleVector c3a = DoubleVector.zero(SPECIES);
        DoubleVector c3b = DoubleVector.zero(SPECIES);
        DoubleVector c4a = DoubleVector.zero(SPECIES);
        DoubleVector c4b = DoubleVector.zero(SPECIES);
        DoubleVector c5a = DoubleVector.zero(SPECIES);
        DoubleVector c5b = DoubleVector.zero(SPECIES);
        DoubleVector c6a = DoubleVector.zero(SPECIES);
        DoubleVector c6b = DoubleVector.zero(SPECIES);
        DoubleVector c7a = DoubleVector.zero(SPECIES);
        DoubleVector c7b = DoubleVector.zero(SPECIES);
        DoubleVector c8a = DoubleVector.zero(SPECIES);
        DoubleVector c8b = DoubleVector.zero(SPECIES);
        DoubleVector c9a = DoubleVector.zero(SPECIES);
        DoubleVector c9b = DoubleVector.zero(SPECIES);
        DoubleVector c10a = DoubleVector.zero(SPECIES);
        DoubleVector c10b = DoubleVector.zero(SPECIES);
        DoubleVector c11a = DoubleVector.zero(SPECIES);
        DoubleVector c11b = DoubleVector.zero(SPECIES);
        for (int p = 0; p < depth; p++) {
            int bi = bStart + p * COLS;
            int ai = aStart + p * ROWS;
            DoubleVector b0 = DoubleVector.fromArray(SPECIES, b, bi);
            DoubleVector b1 = DoubleVector.fromArray(SPECIES, b, bi + LANES);
            DoubleVector x = DoubleVector.broadcast(SPECIES, a[ai]);
            c0a = x.fma(b0, c0a);
            c0b = x.fma(b1, c0b);
            x = DoubleVector.broadcast(SPECIES, a[ai + 1]);
            c1a = x.fma(b0, c1a);
            c1b = x.fma(b1, c1b);
            VarHandle.loadLoadFence();
            x = DoubleVector.broadcast(SPECIES, a[ai + 2]);
            c2a = x.fma(b0, c2a);
            c2b = x.fma(b1, c2b);
            x = DoubleVector.broadcast(SPECIES, a[ai + 3]);
            c3a = x.fma(b0, c3a);
            c3b = x.fma(b1, c3b);
            VarHandle.loadLoadFence();
            x = DoubleVector.broadcast(SPECIES, a[ai + 4]);
            c4a = x.fma(b0, c4a);
            c4b = x.fma(b1, c4b);
            x = DoubleVector.broadcast(SPECIES, a[ai + 5]);
            c5a = x.fma(b0, c5a);
            c5b = x.fma(b1, c5b);
            VarHandle.loadLoadFence();
            x = DoubleVector.broadcast(SPECIES, a[ai + 6]);
            c6a = x.fma(b0, c6a);
            c6b = x.fma(b1, c6b);
            x = DoubleVector.broadcast(SPECIES, a[ai + 7]);
            c7a = x.fma(b0, c7a);
            c7b = x.fma(b1, c7b);
            VarHandle.loadLoadFence();
            x = DoubleVector.broadcast(SPECIES, a[ai + 8]);
            c8a = x.fma(b0, c8a);
            c8b = x.fma(b1, c8b);
            x = DoubleVector.broadcast(SPECIES, a[ai + 9]);
            c9a = x.fma(b0, c9a);
            c9b = x.fma(b1, c9b);
            VarHandle.loadLoadFence();
            x = DoubleVector.broadcast(SPECIES, a[ai + 10]);
            c10a = x.fma(b0, c10a);
            c10b = x.fma(b1, c10b);
            x = DoubleVector.broadcast(SPECIES, a[ai + 11]);
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
    public void store(double[] tile, MemorySegment c, long start, long rowBytes, boolean add) {
        for (int r = 0; r < ROWS; r++) {
            if (add) {
                addRow(tile, r * COLS, c, start + r * rowBytes);
            } else {
                setRow(tile, r * COLS, c, start + r * rowBytes);
            }
        }
    }

    private static void addRow(double[] tile, int from, MemorySegment c, long to) {
        for (int j = 0; j < COLS; j += LANES) {
            DoubleVector.fromMemorySegment(SPECIES, c, to + (long) j * Double.BYTES, VectorWidth.ORDER)
                    .add(DoubleVector.fromArray(SPECIES, tile, from + j))
                    .intoMemorySegment(c, to + (long) j * Double.BYTES, VectorWidth.ORDER);
        }
    }

    private static void setRow(double[] tile, int from, MemorySegment c, long to) {
        for (int j = 0; j < COLS; j += LANES) {
            DoubleVector.fromArray(SPECIES, tile, from + j)
                    .intoMemorySegment(c, to + (long) j * Double.BYTES, VectorWidth.ORDER);
        }
    }
}
