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

    /** Type of the elements. */
    abstract DType dtype();

    /** Takes room for so many elements of packed weights and of images. */
    abstract void reserve(Workspace workspace, int weights, int images);

    /** Makes elements of the images 0. */
    abstract void clear(int start, int count);

    /** Copies a line of {@code count} elements, {@code stride} apart in memory, to the images. */
    abstract void line(MemorySegment memory, long first, long stride, int count, int start);

    /**
     * Copies lines to the images.
     *
     * @param width distance of two lines in memory
     * @param lines how many
     * @param count elements of a line, which are neighbours
     * @param start where the first one goes
     * @param distance distance of two lines in the images
     */
    abstract void lines(
            Workspace local,
            MemorySegment memory,
            long first,
            int width,
            int lines,
            int count,
            int start,
            int distance);

    /**
     * Packs rows of the weight into panels: element d of row i goes to
     * {@code start + (i / width)·width·depth + d·width + i % width}; missing rows become 0.
     */
    abstract void packWeights(
            MemorySegment memory,
            long first,
            long rowStride,
            long[] at,
            int d0,
            int depth,
            int rows,
            int width,
            int start);

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

    /** Rows of a tile of images that are read where they lie. */
    abstract int shiftedRows();

    /** Columns of such a tile. */
    abstract int shiftedCols();

    /** Takes room for so many local sums, and makes them 0. */
    abstract void clearPlane(Workspace local, int count);

    /**
     * Adds {@code Σ weights[weight + d·shiftedRows + row] · images[image + shifts[first + d] + col]} over d to the local
     * sums from {@code at + row·stride + col}, for a tile.
     */
    abstract void addShifted(
            Workspace local, int depth, int weight, int image, int[] shifts, int first, int at, int stride);

    /** Writes {@code count} of every {@code distance} local sums from {@code at}, for each line. */
    abstract void storeLines(
            Workspace local,
            int at,
            int lines,
            int distance,
            int count,
            MemorySegment memory,
            long to,
            long lineStride,
            long elementStride);

    /** Takes room for so many elements of the upstream. */
    abstract void reserveUpstream(Workspace workspace, int count);

    /** Takes room for so many sums, and makes them 0. */
    abstract void reserveSums(Workspace workspace, int count);

    /**
     * Packs a line of each of up to {@link #tileRows} channels of the upstream: element q of channel c goes to
     * {@code start + q·tileRows + c}.
     *
     * @param channelStride distance of two channels in memory
     * @param elementStride distance of two elements of a line
     */
    abstract void packUpstream(
            Workspace local,
            MemorySegment memory,
            long first,
            long channelStride,
            long elementStride,
            int channels,
            int count,
            int start);

    /**
     * Packs some lines of the images for one tile: element k of line j of column c, which begins at
     * {@code from[c] + shift + j·distance}, goes to {@code (j·count + k)·tileCols + c} of the local columns.
     *
     * @param columns how many; what lies behind is 0
     */
    abstract void packLines(Workspace local, int[] from, int columns, int shift, int lines, int distance, int count);

    /**
     * Adds the product of a panel of the upstream, from {@code up} on, and the local columns to the sums from {@code to}.
     */
    abstract void addTile(Workspace local, int depth, int up, int to);

    /** A sum. */
    abstract double sum(int at);
}
