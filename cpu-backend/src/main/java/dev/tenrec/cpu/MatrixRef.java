package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Where the elements of a matrix, or of a batch of matrices, lie in a segment. Offsets and strides count elements, not
 * bytes. Element {@code (i, j)} of matrix {@code s} is at {@code offset + s·batchStride + i·rowStride + j·colStride}.
 *
 * @param segment the memory; reachable from every thread if more than one is to work
 * @param offset first element
 * @param rowStride distance of two rows
 * @param colStride distance of two columns
 * @param batchStride distance of two matrices; 0 to use one matrix for the whole batch
 */
public record MatrixRef(MemorySegment segment, long offset, long rowStride, long colStride, long batchStride) {
    /** Checks that there is a segment. */
    public MatrixRef {
        Objects.requireNonNull(segment, "segment");
    }

    /**
     * A matrix in row-major order.
     *
     * @param segment the memory
     * @param offset first element
     * @param rowStride distance of two rows
     * @return its description
     */
    public static MatrixRef rowMajor(MemorySegment segment, long offset, long rowStride) {
        return new MatrixRef(segment, offset, rowStride, 1, 0);
    }

    /**
     * A matrix in column-major order: the transpose of one in row-major order.
     *
     * @param segment the memory
     * @param offset first element
     * @param colStride distance of two columns
     * @return its description
     */
    public static MatrixRef colMajor(MemorySegment segment, long offset, long colStride) {
        return new MatrixRef(segment, offset, 1, colStride, 0);
    }

    /**
     * The same first matrix as part of a batch.
     *
     * @param stride distance of two matrices
     * @return its description
     */
    public MatrixRef batched(long stride) {
        return new MatrixRef(segment, offset, rowStride, colStride, stride);
    }

    MatrixRef transposed() {
        return new MatrixRef(segment, offset, colStride, rowStride, batchStride);
    }

    long index(long batch, long row, long col) {
        return offset + batch * batchStride + row * rowStride + col * colStride;
    }

    /** Throws unless all elements lie inside the segment. The text names the operand. */
    void check(String name, int batch, int rows, int cols, int elementBytes) {
        if (batch == 0 || rows == 0 || cols == 0) {
            return;
        }
        long low = offset;
        long high = offset;
        long[] steps = {batchStride, rowStride, colStride};
        int[] sizes = {batch, rows, cols};
        for (int i = 0; i < 3; i++) {
            long span = Math.multiplyExact(steps[i], (long) sizes[i] - 1);
            low = Math.addExact(low, Math.min(span, 0));
            high = Math.addExact(high, Math.max(span, 0));
        }
        long available = segment.byteSize() / elementBytes;
        if (low < 0 || high >= available) {
            throw new IndexOutOfBoundsException("matmul: " + name + " [" + batch + ", " + rows + ", " + cols
                    + "] needs elements " + low + " to " + high + ", its segment holds " + available
                    + "; check offset and strides");
        }
    }
}
