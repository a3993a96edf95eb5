package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;

/** Micro-kernel without the vector module: long rows of plain arrays, which C2 vectorises by itself. */
final class FloatTileScalar implements FloatTile {
    private static final int ROWS = 4;
    private static final int COLS = 64;

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
        for (int i = 0; i < ROWS * COLS; i++) {
            tile[i] = 0f;
        }
        int p = 0;
        for (; p + 4 <= depth; p += 4) {
            for (int r = 0; r < ROWS; r++) {
                int ai = aStart + p * ROWS + r;
                fourRows(a[ai], a[ai + ROWS], a[ai + 2 * ROWS], a[ai + 3 * ROWS], b, bStart + p * COLS, tile, r * COLS);
            }
        }
        for (; p < depth; p++) {
            for (int r = 0; r < ROWS; r++) {
                oneRow(a[aStart + p * ROWS + r], b, bStart + p * COLS, tile, r * COLS);
            }
        }
    }

    // Four rows of B at a time: the sum is then read and written once for four products.
    private static void fourRows(float x0, float x1, float x2, float x3, float[] b, int bi, float[] tile, int ti) {
        for (int j = 0; j < COLS; j++) {
            tile[ti + j] = tile[ti + j]
                    + x0 * b[bi + j]
                    + x1 * b[bi + COLS + j]
                    + x2 * b[bi + 2 * COLS + j]
                    + x3 * b[bi + 3 * COLS + j];
        }
    }

    private static void oneRow(float x, float[] b, int bi, float[] tile, int ti) {
        for (int j = 0; j < COLS; j++) {
            tile[ti + j] += x * b[bi + j];
        }
    }

    @Override
    public void store(float[] tile, MemorySegment c, long start, long rowBytes, boolean add) {
        for (int r = 0; r < ROWS; r++) {
            FloatPanels.storeRow(tile, r * COLS, c, start + r * rowBytes, add, COLS);
        }
    }
}
