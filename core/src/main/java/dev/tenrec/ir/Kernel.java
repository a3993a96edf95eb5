package dev.tenrec.ir;

import dev.tenrec.type.DType;
import java.util.List;

/**
 * What a backend runs, as a pure description: equal kernels have equal structure. Sizes, strides, buffers and scalar
 * values are no part of it; they come with each launch. These six are all that a backend must provide.
 *
 * <p>Each kernel's comment says what its launch holds. Every operand's layout has been broadcast to the shape named
 * there.
 */
public sealed interface Kernel {

    /**
     * What is known of an input when the kernel is compiled.
     *
     * @param dtype element type
     * @param layout layout class over the iteration space
     */
    record InputSpec(DType dtype, LayoutClass layout) {}

    /**
     * For each index of the space: {@code output[k] = outputs[k](inputs, params, index)}.
     *
     * <p>Launch: space is the iteration space; every operand has its shape. Outputs are dense, or strided when writing
     * into part of a buffer. An output may be the very buffer and layout of an input (in-place update), never overlap
     * one otherwise.
     *
     * @param outputs one expression per output
     * @param inputs what the expressions' inputs are
     * @param params number of run-time scalars
     */
    record Map(List<Expr> outputs, List<InputSpec> inputs, int params) implements Kernel {
        /** Makes the lists immutable. */
        public Map {
            outputs = List.copyOf(outputs);
            inputs = List.copyOf(inputs);
        }
    }

    /**
     * Combines {@code body(inputs, params, index)} over some axes.
     *
     * <p>Launch: space is the kept axes followed by the reduced ones, {@code keptRank} says how many are kept; inputs
     * have that shape, the one output has the kept axes' shape and is dense. Positions of ARGMAX and ARGMIN count
     * row-major within the reduced axes, in the order given. Reduced axes are not empty for operations without a
     * neutral element.
     *
     * @param op how elements combine
     * @param body what is computed of the inputs first
     * @param inputs what the body's inputs are
     * @param params number of run-time scalars
     */
    record Reduce(ReduceOp op, Expr body, List<InputSpec> inputs, int params) implements Kernel {
        /** Makes the list immutable. */
        public Reduce {
            inputs = List.copyOf(inputs);
        }
    }

    /**
     * Batched matrix product with an elementwise epilogue: {@code output[k] = epilogue[k](A·B, extras, params)}.
     *
     * <p>Launch: space is [batch…, M, N, K]. Input 0 is A [batch…, M, K] and input 1 is B [batch…, K, N]; in each, one
     * of the two last strides is 1 (or its axis has size 1), so that transposed views need no copy; batch strides are
     * any, 0 repeats a matrix. Further inputs are extras of shape [batch…, M, N] with any strides. Outputs are dense
     * [batch…, M, N] and share no memory with an input.
     *
     * @param dtype element type of A, B and the product: F32 or F64
     * @param epilogue expressions in which {@code Input(0)} is the product and {@code Input(1)…} the extras
     * @param extras what the extra inputs are
     * @param params number of run-time scalars
     */
    record MatMul(DType dtype, List<Expr> epilogue, List<InputSpec> extras, int params) implements Kernel {
        /** Makes the lists immutable. */
        public MatMul {
            epilogue = List.copyOf(epilogue);
            extras = List.copyOf(extras);
        }

        /**
         * Says whether the product is written as it is.
         *
         * @return true without an epilogue
         */
        public boolean isPlain() {
            return epilogue.size() == 1 && epilogue.get(0) instanceof Expr.Input input && input.index() == 0;
        }
    }

    /**
     * Picks elements along an axis: {@code out[i…, p, k…] = source[i…, index[i…, p, k…], k…]}.
     *
     * <p>Launch: space is the output's shape. Input 0 is the source, which has the space's sizes except on the axis;
     * input 1 is the index, broadcast to the space. The output is dense. An index out of range fails with
     * {@link dev.tenrec.error.InvalidArgument} and names the index and the size.
     *
     * @param dtype element type of source and output: any
     * @param indexType I32 or I64
     * @param axis along which
     */
    record Gather(DType dtype, DType indexType, int axis) implements Kernel {}

    /**
     * Adds elements along an axis: {@code out[i…, index[i…, p, k…], k…] += source[i…, p, k…]}, in row-major order of
     * the space, so that results are deterministic.
     *
     * <p>Launch: space is the source's shape. Input 0 is the source, input 1 the index, broadcast to the space. The
     * output is dense and holds the values to add to; it has the space's sizes except on the axis. An index out of
     * range fails as in {@link Gather}; the output is then unspecified.
     *
     * @param dtype element type: F32, F64, I32 or I64
     * @param indexType I32 or I64
     * @param axis along which
     */
    record Scatter(DType dtype, DType indexType, int axis) implements Kernel {}

    /**
     * Copies elements between layouts.
     *
     * <p>Launch: space is the shape of both; input 0 and output 0 have any strides and do not overlap.
     *
     * @param dtype element type: any
     */
    record Copy(DType dtype) implements Kernel {}

    /** Which of the three bilinear functions of a convolution is computed. */
    enum ConvolutionPass {
        /** Of the input x and the weight w the output y. */
        FORWARD,
        /** Of y's gradient and w the gradient of x; also the transposed convolution. */
        INPUT_GRADIENT,
        /** Of x and y's gradient the gradient of w. */
        WEIGHT_GRADIENT
    }

    /**
     * A convolution (cross-correlation) over some spatial axes, or one of its gradients. A backend need not provide it,
     * see {@link dev.tenrec.backend.Backend#supports}: it can be composed of the kernels above.
     *
     * <p>{@code y[n, o, p…] = Σ x[n, g·C/G + c, p·stride − before + k·dilation…] · w[o, c, k…]} over c and k…, where g
     * is the group of o, and x is 0 outside of its axes. The gradients are the two adjoints of this map.
     *
     * <p>Launch: x is [N, C, in…], w is [O, C/G, kernel…], y is [N, O, out…]; inputs are (x, w), (y, w) or (x, y) by
     * pass, with any strides; output 0 is the third, dense, sharing no memory with them. The space is output 0's shape.
     * Parameters are G, then stride, padding before, and dilation of each spatial axis: G, s…, b…, d…. Padding behind
     * is implied by the sizes. Sums over nothing are 0.
     *
     * @param dtype element type: F32 or F64
     * @param pass which function
     * @param axes number of spatial axes: 1 to 3
     */
    record Convolution(DType dtype, ConvolutionPass pass, int axes) implements Kernel {}
}
