package dev.tenrec.gpu;

import dev.tenrec.type.DType;

/**
 * Matrix products by a library of the vendor. A {@link GpuDevice} that has one implements this too; products that the
 * library does not take are rendered like every other kernel.
 */
public interface MatrixLibrary {

    /**
     * Matrices of one size, one after the other.
     *
     * @param memory where they are
     * @param offset element at which the first begins
     * @param rowStride elements from a row to the next
     * @param columnStride elements from a column to the next; one of the two is 1
     * @param batchStride elements from a matrix to the next; 0 repeats the first
     */
    record Matrices(GpuDevice.Memory memory, long offset, long rowStride, long columnStride, long batchStride) {}

    /**
     * Returns how many multiplications a product must have for the library to be asked. Below, one launch of a rendered
     * kernel is as fast, and with an epilogue it saves a launch.
     *
     * @return M · N · K
     */
    long smallest();

    /**
     * Issues C = A · B for each of a number of matrices.
     *
     * @param dtype element type of all: sums are F32 for BF16 and F16, else of the same type
     * @param m rows of A and C
     * @param n columns of B and C
     * @param k columns of A and rows of B, above 0
     * @param batches how many products
     * @param a the left factors
     * @param b the right factors
     * @param c the products, whose columns lie next to each other
     * @return false, with nothing issued, if the library cannot do this one
     */
    boolean multiply(DType dtype, long m, long n, long k, long batches, Matrices a, Matrices b, Matrices c);
}
