package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;

/**
 * A micro-kernel: multiplies one packed panel of A with one of B.
 *
 * <p>The multiplication touches arrays only and the method that touches the segment is short. Together in one method
 * they were too much for the C1 compiler, which then gave up on the method and kept it from ever reaching C2.
 */
interface DoubleTile {
    /** Rows of a tile: width of a panel of A. */
    int rows();

    /** Columns of a tile: width of a panel of B. */
    int cols();

    /** Sets {@code tile[rows][cols]} to the product of {@code a[depth][rows]} transposed and {@code b[depth][cols]}. */
    void multiply(int depth, double[] a, int aStart, double[] b, int bStart, double[] tile);

    /** Writes a whole tile to the bytes from {@code start}, or adds it to what is there. */
    void store(double[] tile, MemorySegment c, long start, long rowBytes, boolean add);

    /** Writes the first {@code rows} by {@code cols} elements of a tile, or adds them to what is there. */
    default void storePart(double[] tile, MemorySegment c, long start, long rowBytes, boolean add, int rows, int cols) {
        for (int r = 0; r < rows; r++) {
            DoublePanels.storeRow(tile, r * cols(), c, start + r * rowBytes, add, cols);
        }
    }
}
