package dev.tenrec.tensor;

/** Products of vectors and matrices. */
public sealed interface LinearAlgebraMethods permits Tensor {

    /** {@return this tensor} */
    Tensor self();

    /**
     * Multiplies matrices: [batch…, M, K] · [batch…, K, N] = [batch…, M, N]. Batch axes broadcast. A left operand of one
     * axis counts as a row, a right one as a column; the axis added for that disappears again.
     *
     * @param right the right factor, of the same type: F32 or F64
     * @return the product
     * @throws dev.tenrec.error.ShapeMismatch if the inner sizes differ
     */
    default Tensor matmul(Tensor right) {
        return Products.matmul(self(), right);
    }

    /**
     * Multiplies vectors element by element and adds up.
     *
     * @param other a vector of the same size
     * @return a scalar
     * @throws dev.tenrec.error.ShapeMismatch if one has more axes or the sizes differ
     */
    default Tensor dot(Tensor other) {
        return Products.dot(self(), other);
    }
}
