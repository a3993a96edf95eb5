package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;

/** Kernels that multiply a few packed rows with a large matrix, which they read in place. */
interface FloatStrip {
    /** Rows that {@link #four} takes at once. */
    int ROWS = 4;

    /** Columns of a strip. */
    int cols();

    /** {@code out[cols] = x[k] · w[k, cols]}, rows of w contiguous. */
    void one(int k, float[] x, MemorySegment w, long start, long rowBytes, float[] out);

    /** {@code out[4, cols] = x[k, 4] transposed · w[k, cols]}, rows of w contiguous. */
    void four(int k, float[] x, int xStart, MemorySegment w, long start, long rowBytes, float[] out);

    /** Inner products of a vector with four others, {@code step} bytes apart. */
    void fourDots(int k, float[] x, int xStart, MemorySegment w, long start, long step, float[] out, int to);

    /** Inner product of two contiguous vectors. */
    float dot(int k, float[] x, int xStart, MemorySegment w, long start);
}
