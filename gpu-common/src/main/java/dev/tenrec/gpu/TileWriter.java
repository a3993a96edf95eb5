package dev.tenrec.gpu;

import dev.tenrec.type.DType;

/**
 * Writes the loop of a product in tiles. Where elements of the two matrices come from and where results go is the
 * caller's. Each result is one chain of fused multiply-adds along the depth, in whatever tiles, except on tensor cores,
 * which add in an order of their own.
 */
abstract sealed class TileWriter permits GroupTileWriter, VectorTileWriter {

    /** Writes how a tile's element is found. */
    interface Elements {
        /**
         * Writes statements that assign to {@code value} the element at {@code j} across and {@code k} along the depth,
         * both within the matrix.
         */
        void load(SourceWriter out);

        /** Says in C whether neighbours across lie next to each other in memory; otherwise those along the depth do. */
        String neighboursAcross();
    }

    /**
     * What a group does.
     *
     * @param items its work items along an axis
     * @param rows rows of the product that it computes
     * @param columns columns of the product that it computes
     */
    record Size(int items, int rows, int columns) {

        Grid grid(long rows, long columns, long products) {
            return new Grid(
                    (columns + this.columns - 1) / this.columns,
                    (rows + this.rows - 1) / this.rows,
                    products,
                    items,
                    items);
        }

        /** Returns a writer of tiles of this size, for elements of a type. */
        TileWriter writer(SourceWriter out, DType dtype) {
            String type = CTypes.memory(out, dtype);
            if (this == TensorTileWriter.SIZE) {
                return new TensorTileWriter(out, type);
            }
            return this == SharedTileWriter.SIZE
                    ? new SharedTileWriter(out, type)
                    : new VectorTileWriter(out, type, dtype.byteSize());
        }
    }

    final SourceWriter out;
    final String type;

    TileWriter(SourceWriter out, String type) {
        this.out = out;
        this.type = type;
    }

    /** Returns the tiles for a device: shared by a group's threads, or in the registers of one. */
    static Size sizeFor(DeviceInfo device, Dialect dialect) {
        return device.kind() == DeviceInfo.Kind.CPU && dialect == Dialect.OPENCL
                ? VectorTileWriter.SIZE
                : SharedTileWriter.SIZE;
    }

    /**
     * Writes the product of {@code rows} by {@code columns} elements, over {@code begin} to {@code end} of the depth;
     * {@code result} writes what is done with {@code sum} at {@code row} and {@code column}.
     */
    abstract void write(String rows, String columns, String begin, String end, Elements a, Elements b, Runnable result);
}
