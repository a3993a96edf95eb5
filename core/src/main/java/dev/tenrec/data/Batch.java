package dev.tenrec.data;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Some examples put together. Its tensors are made when asked for, in the caller's scope and on the caller's device.
 * Valid until the loader's iterator moves on, since its memory is used again.
 */
public final class Batch {

    private final int size;
    private final List<DType> dtypes;
    private final List<Shape> shapes;
    private final List<MemorySegment> columns;
    private final List<MemorySegment> memory;
    private volatile boolean expired;

    Batch(int size, List<DType> dtypes, List<Shape> shapes, List<MemorySegment> columns, List<MemorySegment> memory) {
        this.size = size;
        this.dtypes = dtypes;
        this.shapes = shapes;
        this.columns = columns;
        this.memory = memory;
    }

    /**
     * Returns the number of examples.
     *
     * @return 1 or more
     */
    public int size() {
        return size;
    }

    /**
     * Makes a tensor of a column.
     *
     * @param column from 0
     * @return [size, …one example's sizes]
     * @throws InvalidArgument if the iterator has moved on or there is no such column
     */
    public Tensor column(int column) {
        if (expired) {
            throw new InvalidArgument(Message.of("batch", "its memory is in use for a later batch")
                    .line("expected", "a batch that is read before the iterator moves on")
                    .hint("take its tensors inside of the loop")
                    .toString());
        }
        if (column < 0 || column >= columns.size()) {
            throw new InvalidArgument(Message.of("batch", "no such column")
                    .line("expected", "0 to " + (columns.size() - 1))
                    .line("given", column)
                    .toString());
        }
        return Tensor.of(dtypes.get(column), shapes.get(column), columns.get(column));
    }

    /**
     * Makes a tensor of the first column.
     *
     * @return [size, …]
     */
    public Tensor inputs() {
        return column(0);
    }

    /**
     * Makes a tensor of the second column.
     *
     * @return [size, …]
     */
    public Tensor labels() {
        return column(1);
    }

    /** The memory that holds the columns, to be used again. */
    List<MemorySegment> memory() {
        return memory;
    }

    void expire() {
        expired = true;
    }
}
