package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Strips of four vectors. Methods that touch the segment stay short for the sake of the C1 compiler. */
final class FloatStripVector implements FloatStrip {
    private static final VectorSpecies<Float> SPECIES = VectorSpecies.of(float.class, VectorWidth.SHAPE);
    private static final int LANES = SPECIES.length();
    private static final long BYTES = (long) LANES * Float.BYTES;
    private static final int COLS = 4 * LANES;

    @Override
    public int cols() {
        return COLS;
    }

    private static FloatVector load(MemorySegment w, long at) {
        return FloatVector.fromMemorySegment(SPECIES, w, at, VectorWidth.ORDER);
    }

    @Override
    public void one(int k, float[] x, MemorySegment w, long start, long rowBytes, float[] out) {
        FloatVector c0 = FloatVector.zero(SPECIES);
        FloatVector c1 = FloatVector.zero(SPECIES);
        FloatVector c2 = FloatVector.zero(SPECIES);
        FloatVector c3 = FloatVector.zero(SPECIES);
        long at = start;
        for (int p = 0; p < k; p++) {
            FloatVector v = FloatVector.broadcast(SPECIES, x[p]);
            c0 = v.fma(load(w, at), c0);
            c1 = v.fma(load(w, at + BYTES), c1);
            c2 = v.fma(load(w, at + 2 * BYTES), c2);
            c3 = v.fma(load(w, at + 3 * BYTES), c3);
            at += rowBytes;
        }
        c0.intoArray(out, 0);
        c1.intoArray(out, LANES);
        c2.intoArray(out, 2 * LANES);
        c3.intoArray(out, 3 * LANES);
    }

    @Override
    public void four(int k, float[] x, int xStart, MemorySegment w, long start, long rowBytes, float[] out) {
        for (int j = 0; j < COLS; j += 2 * LANES) {
            fourByTwo(k, x, xStart, w, start + (long) j * Float.BYTES, rowBytes, out, j);
        }
    }

    private static void fourByTwo(
            int k, float[] x, int xStart, MemorySegment w, long start, long rowBytes, float[] out, int to) {
        FloatVector c00 = FloatVector.zero(SPECIES);
        FloatVector c01 = FloatVector.zero(SPECIES);
        FloatVector c10 = FloatVector.zero(SPECIES);
        FloatVector c11 = FloatVector.zero(SPECIES);
        FloatVector c20 = FloatVector.zero(SPECIES);
        FloatVector c21 = FloatVector.zero(SPECIES);
        FloatVector c30 = FloatVector.zero(SPECIES);
        FloatVector c31 = FloatVector.zero(SPECIES);
        long at = start;
        for (int p = 0; p < k; p++) {
            int xi = xStart + p * ROWS;
            FloatVector w0 = load(w, at);
            FloatVector w1 = load(w, at + BYTES);
            FloatVector v = FloatVector.broadcast(SPECIES, x[xi]);
            c00 = v.fma(w0, c00);
            c01 = v.fma(w1, c01);
            v = FloatVector.broadcast(SPECIES, x[xi + 1]);
            c10 = v.fma(w0, c10);
            c11 = v.fma(w1, c11);
            v = FloatVector.broadcast(SPECIES, x[xi + 2]);
            c20 = v.fma(w0, c20);
            c21 = v.fma(w1, c21);
            v = FloatVector.broadcast(SPECIES, x[xi + 3]);
            c30 = v.fma(w0, c30);
            c31 = v.fma(w1, c31);
            at += rowBytes;
        }
        c00.intoArray(out, to);
        c01.intoArray(out, to + LANES);
        c10.intoArray(out, to + COLS);
        c11.intoArray(out, to + COLS + LANES);
        c20.intoArray(out, to + 2 * COLS);
        c21.intoArray(out, to + 2 * COLS + LANES);
        c30.intoArray(out, to + 3 * COLS);
        c31.intoArray(out, to + 3 * COLS + LANES);
    }

    @Override
    public void fourDots(int k, float[] x, int xStart, MemorySegment w, long start, long step, float[] out, int to) {
        FloatVector c0 = FloatVector.zero(SPECIES);
        FloatVector c1 = FloatVector.zero(SPECIES);
        FloatVector c2 = FloatVector.zero(SPECIES);
        FloatVector c3 = FloatVector.zero(SPECIES);
        int whole = SPECIES.loopBound(k);
        long at = start;
        for (int p = xStart; p < xStart + whole; p += LANES) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, p);
            c0 = v.fma(load(w, at), c0);
            c1 = v.fma(load(w, at + step), c1);
            c2 = v.fma(load(w, at + 2 * step), c2);
            c3 = v.fma(load(w, at + 3 * step), c3);
            at += BYTES;
        }
        out[to] = LaneFolds.sum(c0) + rest(whole, k, x, xStart, w, start);
        out[to + 1] = LaneFolds.sum(c1) + rest(whole, k, x, xStart, w, start + step);
        out[to + 2] = LaneFolds.sum(c2) + rest(whole, k, x, xStart, w, start + 2 * step);
        out[to + 3] = LaneFolds.sum(c3) + rest(whole, k, x, xStart, w, start + 3 * step);
    }

    @Override
    public float dot(int k, float[] x, int xStart, MemorySegment w, long start) {
        FloatVector c0 = FloatVector.zero(SPECIES);
        FloatVector c1 = FloatVector.zero(SPECIES);
        FloatVector c2 = FloatVector.zero(SPECIES);
        FloatVector c3 = FloatVector.zero(SPECIES);
        int p = 0;
        for (; p <= k - COLS; p += COLS) {
            long at = start + (long) p * Float.BYTES;
            int xi = xStart + p;
            c0 = FloatVector.fromArray(SPECIES, x, xi).fma(load(w, at), c0);
            c1 = FloatVector.fromArray(SPECIES, x, xi + LANES).fma(load(w, at + BYTES), c1);
            c2 = FloatVector.fromArray(SPECIES, x, xi + 2 * LANES).fma(load(w, at + 2 * BYTES), c2);
            c3 = FloatVector.fromArray(SPECIES, x, xi + 3 * LANES).fma(load(w, at + 3 * BYTES), c3);
        }
        return LaneFolds.sum(c0.add(c1).add(c2.add(c3))) + rest(p, k, x, xStart, w, start);
    }

    private static float rest(int from, int k, float[] x, int xStart, MemorySegment w, long start) {
        float sum = 0f;
        for (int p = from; p < k; p++) {
            sum = Math.fma(x[xStart + p], w.get(ValueLayout.JAVA_FLOAT_UNALIGNED, start + (long) p * Float.BYTES), sum);
        }
        return sum;
    }
}
