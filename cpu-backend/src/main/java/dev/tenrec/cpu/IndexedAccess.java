package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tenrec.backend.Operand;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.foreign.MemorySegment;

/**
 * What gather and scatter share. The space is [outer…, axis, mid…, run…]: along the run axes all elements have the same
 * index, so that they move together; the axes before them are its heads.
 */
final class IndexedAccess {
    private final String operation;
    private final Shape space;
    private final int axis;
    private final int heads;
    private final long axisSize;
    private final MemorySegment index;
    private final DType indexType;
    private final Layout indexLayout;

    /**
     * Prepares.
     *
     * @param operation named in errors
     * @param space the iteration space
     * @param axis along which elements are picked
     * @param axisSize sizes of what is indexed along the axis
     * @param index the indexes
     */
    IndexedAccess(String operation, Shape space, int axis, long axisSize, Operand index) {
        this.operation = operation;
        this.space = space;
        this.axis = axis;
        this.axisSize = axisSize;
        this.index = Binding.memory(index);
        this.indexType = index.dtype();
        this.indexLayout = index.layout();
        int first = space.rank();
        while (first - 1 > axis && (indexLayout.stride(first - 1) == 0 || space.size(first - 1) == 1)) {
            first--;
        }
        this.heads = first;
    }

    /** Elements that move together. */
    long runLength() {
        return product(heads, space.rank());
    }

    /** Number of runs. */
    long runs() {
        return product(0, heads);
    }

    /** Number of runs that share no element of what is indexed with those of another outer position. */
    long runsPerOuter() {
        return product(axis, heads);
    }

    /** The axes of a run, of a layout over the space. */
    Layout run(Layout layout) {
        long[] sizes = new long[space.rank() - heads];
        long[] strides = new long[sizes.length];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = space.size(heads + i);
            strides[i] = layout.stride(heads + i);
        }
        return Layout.of(Shape.of(sizes), strides, 0);
    }

    private long product(int from, int to) {
        long product = 1;
        for (int i = from; i < to; i++) {
            product *= space.size(i);
        }
        return product;
    }

    /** Walks over runs in order. */
    final class Cursor {
        private final long[] at = new long[heads];
        private final long[] indexed;
        private final long[] plain;
        private long indexedBase;
        private long plainOffset;
        private long indexOffset;

        /**
         * Starts at a run.
         *
         * @param run the run's number
         * @param indexed layout of what is indexed; its stride on the axis counts from index to index
         * @param plain layout of what is not
         */
        Cursor(long run, Layout indexed, Layout plain) {
            this.indexed = indexed.strides();
            this.plain = plain.strides();
            this.indexedBase = indexed.offset();
            this.plainOffset = plain.offset();
            this.indexOffset = indexLayout.offset();
            long rest = run;
            for (int i = heads - 1; i >= 0; i--) {
                at[i] = rest % space.size(i);
                rest /= space.size(i);
                move(i, at[i]);
            }
        }

        private void move(int i, long steps) {
            indexedBase += i == axis ? 0 : steps * indexed[i];
            plainOffset += steps * plain[i];
            indexOffset += steps * indexLayout.stride(i);
        }

        /** First element of the run in what is indexed. */
        long indexedOffset() {
            return indexedBase + index() * indexed[axis];
        }

        /** First element of the run in what is not indexed. */
        long plainOffset() {
            return plainOffset;
        }

        private long index() {
            long value = indexType == DType.I32
                    ? index.get(JAVA_INT_UNALIGNED, indexOffset * Integer.BYTES)
                    : index.get(JAVA_LONG_UNALIGNED, indexOffset * Long.BYTES);
            if (value < 0 || value >= axisSize) {
                throw new InvalidArgument(Message.of(operation, "index out of range")
                        .line("index", value)
                        .line("expected", "0 to " + (axisSize - 1), "size of axis " + axis + " = " + axisSize)
                        .hint(
                                value < 0 && value >= -axisSize
                                        ? "indexes count from the start; add the size to negative ones"
                                        : "check the indexes against the size of the axis")
                        .toString());
            }
            return value;
        }

        /** Goes on to the next run. */
        void next() {
            for (int i = heads - 1; i >= 0; i--) {
                at[i]++;
                move(i, 1);
                if (at[i] < space.size(i)) {
                    return;
                }
                move(i, -at[i]);
                at[i] = 0;
            }
        }
    }
}
