package dev.tenrec.cpu;

import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;

/** The arrays of one convolution and the loops over them, for one element type. */
abstract class ConvolutionArrays {

    /** Makes the arrays of one type. */
    static ConvolutionArrays of(DType dtype) {
        return dtype == DType.F32 ? new FloatConvolution() : new DoubleConvolution();
    }

    /** Rows of a tile. */
    abstract int tileRows();

    /** Columns of a tile. */
    abstract int tileCols();

    /** Takes room for so many elements of packed weights, of images, and of the gradient of the output. */
    abstract void reserve(Workspace workspace, int weights, int images, int upstream);

    /** Makes elements 0. */
    abstract void clear(boolean upstream, int start, int count);

    /** Copies a line of {@code count} elements, {@code stride} apart in memory. */
    abstract void line(boolean upstream, MemorySegment memory, long first, long stride, int count, int start);

    /**
     * Packs rows of the weight into panels: element d of row i goes to
     * {@code start + (i / tileRows)·tileRows·depth + d·tileRows + i % tileRows}; missing rows become 0.
     */
    abstract void packWeights(
            MemorySegment memory, long first, long rowStride, long[] at, int d0, int depth, int rows, int start);

    /**
     * Packs up to {@link #tileCols} columns for one tile: element d of column j is that of the images at
     * {@code from[first + j] + shift + shifts[d0 + d]}, and goes to element {@code start + d·tileCols + j} of the local
     * columns. What lies behind the last column is undefined.
     */
    abstract void packColumns(
            Workspace local, int start, int[] from, int first, int count, int[] shifts, int shift, int d0, int depth);

    /** Elements of local columns for so many tiles. */
    abstract int columnRoom(int tiles, int depth);

    /** Takes room for local columns. */
    abstract void reserveColumns(Workspace local, int room);

    /** Multiplies a panel of weights with packed columns and writes or adds the tile. */
    abstract void tile(Workspace local, int depth, int weights, int columns, Target target, int rows, boolean add);

    /** Where the columns of a tile go; mutable, one for each task. */
    static final class Target {
        final MemorySegment memory;
        final long rowStride;
        final long[] to;
        int first;
        int count;
        long shift;

        Target(MemorySegment memory, long rowStride, long[] to) {
            this.memory = memory;
            this.rowStride = rowStride;
            this.to = to;
        }

        /** Whether the columns are neighbours in memory. */
        boolean isDense() {
            for (int j = 1; j < count; j++) {
                if (to[first + j] != to[first] + j) {
                    return false;
                }
            }
            return true;
        }
    }

    /**
     * Sums of products of images and the upstream over some examples: element (i, j) of the result is
     * {@code Σ upstream[up + i·upStep + n·upExample + q] · image[images[j] + n·example + q]} over n and q.
     *
     * @param sums takes {@code rows} by {@link #DOT_COLS} sums
     */
    abstract void dots(Workspace local, Dots dots, int[] up, int[] image, double[] sums);

    /** Rows of a block of sums. */
    static final int DOT_ROWS = 3;

    /** Columns of a block of sums. */
    static final int DOT_COLS = 4;

    /**
     * What sums of products run over.
     *
     * @param examples how many
     * @param length elements of a line, a multiple of all vectors' lengths
     * @param upExample distance of two examples of the upstream
     * @param example distance of two images
     */
    record Dots(int examples, int length, int upExample, int example) {}
}
