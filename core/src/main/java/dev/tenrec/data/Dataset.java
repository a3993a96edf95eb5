package dev.tenrec.data;

import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.foreign.MemorySegment;

/**
 * A fixed number of examples, each with the same columns: usually an input and a label. Read by several threads at once.
 */
public interface Dataset {

    /**
     * Returns the number of examples.
     *
     * @return 0 or more
     */
    int size();

    /**
     * Returns the number of columns.
     *
     * @return 1 or more
     */
    int columns();

    /**
     * Returns the element type of a column.
     *
     * @param column from 0
     * @return the type
     */
    DType dtype(int column);

    /**
     * Returns the shape of one example's value.
     *
     * @param column from 0
     * @return the sizes, without a batch axis
     */
    Shape shape(int column);

    /**
     * Copies one example's value.
     *
     * @param index which example, from 0
     * @param column which column, from 0
     * @param target room for exactly its elements: dense, row-major, native byte order
     */
    void read(int index, int column, MemorySegment target);
}
