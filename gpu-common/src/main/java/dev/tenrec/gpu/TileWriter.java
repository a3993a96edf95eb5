package dev.tenrec.gpu;

import dev.tenrec.type.DType;
import java.util.function.Consumer;

/**
 * Writes the loop of a product in tiles. Where elements of the two matrices come from and where results go is the
 * caller's. Each result is one chain of fused multiply-adds along the depth, in whatever tiles, except on tensor cores,
 * which add in an order of their own.
 */
abstract sealed class TileWriter permits GroupTileWriter, VectorTileWriter {

    /** Where a tile's elements are: each at {@code j} across and {@code k} along the depth, both within the matrix. */
    sealed interface Elements permits Strided, Placed {}

    /**
     * Elements by strides.
     *
     * @param memory where they lie, in C
     * @param first the position of the first
     * @param across the distance from one to the next across; where it is 1 a tile is filled in that direction
     * @param along the distance from one to the next along the depth
     */
    record Strided(String memory, String first, String across, String along) implements Elements {

        void load(SourceWriter out) {
            out.line("value = %s[%s + (i64)j * %s + (i64)k * %s];", memory, first, across, along);
        }
    }

    /**
     * What is done with the product.
     *
     * @param column writes statements that add to {@code at} what {@code column} contributes to the result's position
     * @param store writes what is done with {@code sum} at {@code row} and {@code column}, given {@code at}
     */
    record Results(Consumer<SourceWriter> column, Consumer<SourceWriter> store) {}

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
     * Writes the product of {@code rows} by {@code columns} elements, over {@code begin} to {@code end} of the depth.
     */
    abstract void write(String rows, String columns, String begin, String end, Elements a, Elements b, Results results);
}
