package dev.tenrec.cpu;

/**
 * Sizes of a product {@code C[batch, m, n] = A[batch, m, k] · B[batch, k, n]}.
 *
 * @param batch number of products
 * @param m rows of A and C
 * @param n columns of B and C
 * @param k columns of A, rows of B
 */
public record GemmShape(int batch, int m, int n, int k) {
    /**
     * Checks the sizes.
     *
     * @throws IllegalArgumentException if a size is negative
     */
    public GemmShape {
        if (batch < 0 || m < 0 || n < 0 || k < 0) {
            throw new IllegalArgumentException(
                    "matmul: sizes must not be negative, given batch " + batch + ", m " + m + ", n " + n + ", k " + k);
        }
    }

    /**
     * A single product.
     *
     * @param m rows of A and C
     * @param n columns of B and C
     * @param k columns of A, rows of B
     * @return the sizes with a batch of 1
     */
    public static GemmShape of(int m, int n, int k) {
        return new GemmShape(1, m, n, k);
    }
}
