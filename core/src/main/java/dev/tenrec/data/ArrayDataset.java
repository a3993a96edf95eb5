package dev.tenrec.data;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A dataset in memory: columns of Java arrays or segments. The arrays are not copied. */
public final class ArrayDataset implements Dataset {

    private record Column(DType dtype, Shape shape, MemorySegment elements, long exampleBytes) {}

    private final int size;
    private final List<Column> columns;

    private ArrayDataset(int size, List<Column> columns) {
        this.size = size;
        this.columns = List.copyOf(columns);
    }

    /**
     * Starts a dataset.
     *
     * @param size number of examples
     * @return a dataset without columns
     */
    public static ArrayDataset ofSize(int size) {
        if (size < 0) {
            throw new InvalidArgument(Message.of("dataset", "negative size")
                    .line("expected", "0 or more")
                    .line("given", size)
                    .toString());
        }
        return new ArrayDataset(size, List.of());
    }

    /**
     * Adds a column.
     *
     * @param dtype element type
     * @param shape one example's sizes
     * @param elements all examples one after the other, in native byte order
     * @return a dataset with that column too
     * @throws ShapeMismatch if the segment does not hold exactly as many examples
     */
    public ArrayDataset with(DType dtype, Shape shape, MemorySegment elements) {
        long exampleBytes = Math.multiplyExact(shape.elementCount(), dtype.byteSize());
        if (elements.byteSize() != Math.multiplyExact(exampleBytes, size)) {
            throw new ShapeMismatch(Message.of("dataset", "column holds another number of examples")
                    .line("expected", size + " examples", dtype + " " + shape + " each")
                    .line("given", elements.byteSize() + " bytes")
                    .toString());
        }
        List<Column> more = new ArrayList<>(columns);
        more.add(new Column(dtype, shape, elements.asReadOnly(), exampleBytes));
        return new ArrayDataset(size, more);
    }

    /**
     * Adds a column of F32 values.
     *
     * @param values all examples one after the other
     * @param sizes one example's sizes
     * @return a dataset with that column too
     */
    public ArrayDataset with(float[] values, long... sizes) {
        return with(DType.F32, Shape.of(sizes), MemorySegment.ofArray(values));
    }

    /**
     * Adds a column of unsigned bytes, such as pixels.
     *
     * @param values all examples one after the other
     * @param sizes one example's sizes
     * @return a dataset with that column too
     */
    public ArrayDataset with(byte[] values, long... sizes) {
        return with(DType.U8, Shape.of(sizes), MemorySegment.ofArray(values));
    }

    /**
     * Adds a column of I32 values, such as class numbers.
     *
     * @param values all examples one after the other
     * @param sizes one example's sizes; none for one number each
     * @return a dataset with that column too
     */
    public ArrayDataset with(int[] values, long... sizes) {
        return with(DType.I32, Shape.of(sizes), MemorySegment.ofArray(values));
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int columns() {
        return columns.size();
    }

    @Override
    public DType dtype(int column) {
        return columns.get(column).dtype;
    }

    @Override
    public Shape shape(int column) {
        return columns.get(column).shape;
    }

    @Override
    public void read(int index, int column, MemorySegment target) {
        Column source = columns.get(column);
        MemorySegment.copy(source.elements, index * source.exampleBytes, target, 0, source.exampleBytes);
    }
}
