package dev.tenrec.tensor;

/** Products of vectors and matrices. */
public sealed interface LinearAlgebraMethods permits Tensor {

    /** {@return this tensor} */
    Tensor self();

    /**
     * Multiplies matrices: [batch…, M, K] · [batch…, K, N] = [batch…, M, N]. Batch axes broadcast. A left operand of one
     * axis counts as a row, a right one as a column; the axis added for that disappears again.
     *
     * @param right the right factor, of the same type: F32, F64, BF16 or F16. Products of the latter two are summed in F32 and
     *     rounded once; CUDA multiplies them on tensor cores, other backends as F32
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

    /**
     * Convolves over 1 to 3 spatial axes, as networks mean it (cross-correlation): this [N, C, in…] with weights
     * [O, C/G, kernel…] gives [N, O, out…], where out = ⌊(in + before + after − dilation·(kernel − 1) − 1) / stride⌋ + 1.
     * Outputs o of the g-th of G groups read the channels of that group alone. Runs at once.
     *
     * @param weight the kernels, of the same type: F32 or F64
     * @param window stride, zero padding and dilation; as many axes as there are spatial ones
     * @param groups G, which divides C and O
     * @return the convolved tensor
     * @throws dev.tenrec.error.ShapeMismatch if ranks or channels do not fit, or the kernel is larger than the input
     *     with its padding
     */
    default Tensor conv(Tensor weight, Window window, long groups) {
        return Convolutions.conv(self(), weight, window, groups);
    }

    /**
     * The transposed convolution, which is the gradient of {@link #conv} by its input: this [N, C, in…] with weights
     * [C, O/G, kernel…] gives [N, O, out…], where out = (in − 1)·stride − before − after + dilation·(kernel − 1) + 1 +
     * outputPadding. Runs at once.
     *
     * @param weight the kernels, of the same type: F32 or F64
     * @param window stride, padding that is cut off the result, and dilation
     * @param outputPadding added behind each axis, since several inputs of {@code conv} give one output size: one per
     *     axis, from 0 to below the stride or the dilation
     * @param groups G, which divides C and O
     * @return the transposed convolution
     * @throws dev.tenrec.error.ShapeMismatch if ranks or channels do not fit, or nothing would be left of an axis
     */
    default Tensor convTranspose(Tensor weight, Window window, long[] outputPadding, long groups) {
        return Convolutions.transposed(self(), weight, window, outputPadding, groups);
    }

    /**
     * Shows every position of a sliding window: [batch…, in…] becomes [batch…, out…, size…], with out as in {@link #conv}.
     * Padding is not added: windows must lie within the axes. A view; its elements repeat where windows overlap.
     *
     * @param sizes the window's sizes, over as many last axes
     * @param window stride and dilation; padding must be 0
     * @return the windows
     * @throws dev.tenrec.error.ShapeMismatch if a window is larger than its axis
     */
    default Tensor windows(long[] sizes, Window window) {
        return Windows.of(self(), sizes, window);
    }

    /**
     * Takes the largest element of each position of a sliding window: [batch…, in…] becomes [batch…, out…], with out as in
     * {@link #conv}. A window with a NaN gives NaN. The gradient goes to the largest element, in equal parts to several.
     * Padding is not added: windows must lie within the axes.
     *
     * @param sizes the window's sizes, over as many last axes
     * @param window stride and dilation; padding must be 0
     * @return the largest elements
     * @throws dev.tenrec.error.ShapeMismatch if a window is larger than its axis
     */
    default Tensor maxPool(long[] sizes, Window window) {
        return MaxPools.of(self(), sizes, window);
    }
}
