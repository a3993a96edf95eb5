package dev.tenrec.ir;

import dev.tenrec.type.DType;
import java.util.List;
import java.util.Set;

/**
 * What a backend runs, as a pure description: equal kernels have equal structure. Sizes, strides, buffers and scalar
 * values are no part of it; they come with each launch. A backend must provide the first six; the {@link #COMPOSITES}
 * can be composed of those, and a backend may claim them where it can do better.
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
     * Adds or writes elements along an axis: {@code out[i…, index[i…, p, k…], k…] += source[i…, p, k…]}, or {@code =},
     * in row-major order of the space, so that results are deterministic.
     *
     * <p>Launch: space is the source's shape. Input 0 is the source, input 1 the index, broadcast to the space. The
     * output is dense and holds the values that are changed; it has the space's sizes except on the axis. An index out of
     * range fails as in {@link Gather}; the output is then unspecified.
     *
     * @param dtype element type: F32, F64, I32 or I64, and any for {@link ScatterMode#SET}
     * @param indexType I32 or I64
     * @param axis along which
     * @param mode whether to add or to write over
     */
    record Scatter(DType dtype, DType indexType, int axis, ScatterMode mode) implements Kernel {
        /**
         * Describes a scatter that adds.
         *
         * @param dtype element type: F32, F64, I32 or I64
         * @param indexType I32 or I64
         * @param axis along which
         */
        public Scatter(DType dtype, DType indexType, int axis) {
            this(dtype, indexType, axis, ScatterMode.ADD);
        }
    }

    /**
     * Copies elements between layouts.
     *
     * <p>Launch: space is the shape of both; input 0 and output 0 have any strides and do not overlap.
     *
     * @param dtype element type: any
     */
    record Copy(DType dtype) implements Kernel {}

    /** Kinds of kernel that a backend need not provide; see {@link dev.tenrec.backend.Capabilities#composites}. */
    Set<Class<? extends Kernel>> COMPOSITES = Set.of(
            Softmax.class,
            SoftmaxGradient.class,
            CrossEntropy.class,
            CrossEntropyGradient.class,
            Moments.class,
            Convolution.class,
            MaxPool.class,
            MaxPoolGradient.class,
            Attention.class,
            AttentionGradient.class,
            HalfMatMul.class);

    /**
     * Batched matrix product of numbers of 16 bits: sums are formed in F32 or more, and each is rounded once.
     *
     * <p>Launch: as {@link MatMul} without epilogue and extras; the batch strides of inputs are any.
     *
     * @param dtype element type of A, B and the product: BF16 or F16
     */
    record HalfMatMul(DType dtype) implements Kernel {}

    /**
     * {@code e^(x − m) / Σ e^(x − m)} along an axis, with m the largest x there, or its logarithm
     * {@code x − m − log Σ e^(x − m)}. A NaN, a positive infinity or nothing but negative infinities make all of a line
     * NaN.
     *
     * <p>Launch: space is [outer, n, inner], softmax along n; input 0 has any strides, output 0 is dense.
     *
     * @param dtype element type: F32 or F64
     * @param log whether the logarithm is wanted
     */
    record Softmax(DType dtype, boolean log) implements Kernel {}

    /**
     * The gradient of {@link Softmax} by its operand: of its result y and the gradient g of y,
     * {@code y·(g − Σ g·y)}, or {@code g − e^y·Σ g} for the logarithm.
     *
     * <p>Launch: space is [outer, n, inner]; input 0 is y, input 1 is g, both with any strides; output 0 is dense.
     *
     * @param dtype element type: F32 or F64
     * @param log whether y is the logarithm
     */
    record SoftmaxGradient(DType dtype, boolean log) implements Kernel {}

    /**
     * What becomes of the losses of examples.
     *
     * @see CrossEntropy
     */
    enum ClassReduction {
        /** One loss per example. */
        NONE,
        /** Their sum. */
        SUM,
        /** Their sum over the sum of the weights of the labels that count. */
        MEAN
    }

    /**
     * {@code (1 − ε)·w[y]·(−log p[y]) + ε/C·Σ w[c]·(−log p[c])} of examples with class scores x and label y, where p is
     * the softmax of x; 0 where the label is ignored.
     *
     * <p>Launch: space is [N, C]. Input 0 is x [N, C], input 1 is y [N], input 2 is w [C] if weighted; any strides.
     * Output 0 is the loss, [N] or [] if reduced; output 1 is [N, 2] with the largest x and the log of Σ e^(x − largest)
     * of each example; output 2 is [] with what the sum was divided by, 1 unless it is a mean. Outputs are dense.
     * Parameter 0 is ε as F64 bits, parameter 1 the ignored label. A label that is neither ignored nor from 0 to C − 1
     * fails with {@link dev.tenrec.error.InvalidArgument}; the outputs are then unspecified. C is above 0.
     *
     * @param dtype element type of scores, weights and loss: F32 or F64
     * @param labelType I32 or I64
     * @param reduction what becomes of the examples' losses
     * @param weighted whether classes have weights
     * @param ignores whether a label is ignored
     */
    record CrossEntropy(DType dtype, DType labelType, ClassReduction reduction, boolean weighted, boolean ignores)
            implements Kernel {}

    /**
     * The gradient of {@link CrossEntropy} by the scores: {@code g/d·((1 − ε)·w[y]·(p − 1[c = y]) + ε/C·(p·Σw − w[c]))};
     * 0 where the label is ignored.
     *
     * <p>Launch: space is [N, C]. Input 0 is x, input 1 is y as checked before, input 2 is output 1 and input 3 is
     * output 2 of the loss, input 4 is g, [N] or [] as the loss, input 5 is w if weighted; any strides. Output 0 is
     * [N, C] and dense. Parameters as there.
     *
     * @param forward the loss
     */
    record CrossEntropyGradient(CrossEntropy forward) implements Kernel {}

    /**
     * Mean and sum of squared deviations from it, Σ(x − mean)², over some axes in one pass. As exact for data far from 0
     * as for data around 0.
     *
     * <p>Launch: space and {@code keptRank} as in {@link Reduce}; input 0 has any strides; outputs 0 and 1 are the means
     * and the sums, dense, of the kept axes' shape. Without elements the mean is NaN and the sum 0.
     *
     * @param dtype element type: F32 or F64
     */
    record Moments(DType dtype) implements Kernel {}

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
     * A convolution (cross-correlation) over some spatial axes, or one of its gradients.
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

    /**
     * The largest element of each window: {@code y[b, p…] = max x[b, p·stride + k·dilation…]} over k…; NaN if one is.
     *
     * <p>Launch: input 0 is x [B, in…] with any strides, output 0 is y [B, out…], dense. The space is y's shape. Parameters
     * are the window's size, stride and dilation along each axis: k…, s…, d…. All windows lie inside of x and hold at least
     * one element.
     *
     * @param dtype element type: F32 or F64
     * @param axes number of spatial axes: 1 to 3
     */
    record MaxPool(DType dtype, int axes) implements Kernel {}

    /**
     * The gradient of {@link MaxPool} by x. Of a window's gradient g each of the n elements that equal its result y gets
     * {@code g/n}; elements in several windows get the sum. Where none equals y, which then is NaN, all get NaN.
     *
     * <p>Launch: inputs are x, y and g, which has y's shape, with any strides; output 0 has x's shape and is dense. The
     * space is x's shape. Parameters as there.
     *
     * @param dtype element type: F32 or F64
     * @param axes number of spatial axes: 1 to 3
     */
    record MaxPoolGradient(DType dtype, int axes) implements Kernel {}

    /**
     * {@code softmax(scale·q·kᵀ, masked)·v} of each head (Vaswani et al., "Attention is all you need", 2017). A score
     * becomes −∞ where a mask of BOOL is true, and where {@code causal} hides keys behind the query's own number; a mask
     * of numbers is added before, in the order of the masks. A query whose scores are all −∞ gives 0; one with a NaN or a
     * positive infinity among them gives NaN.
     *
     * <p>Launch: space is [batch, heads, queries, keys]. Inputs are q [batch, heads, queries, D], k [batch, heads, keys, D],
     * v [batch, heads, keys, E] and the masks, of the space's shape, all with any strides. Output 0 is [batch, heads,
     * queries, E]; output 1 is [batch, heads, queries, 2] with a query's largest score and the Σ e^(score − largest), or
     * 0 and 1 if all are −∞. Outputs have any strides that keep elements apart. Parameter 0 is the scale as F64 bits. Whether what is not finite in the
     * key or the value that is hidden from a query shows in its result is open.
     *
     * @param dtype element type: F32 or F64
     * @param causal whether query i looks at keys 0 … i alone
     * @param masks their element types, each BOOL or {@code dtype}
     */
    record Attention(DType dtype, boolean causal, List<DType> masks) implements Kernel {
        /** Makes the list immutable. */
        public Attention {
            masks = List.copyOf(masks);
        }
    }

    /**
     * The gradients of {@link Attention} by q, k and v: of the weights p, the result y and its gradient g,
     * {@code ds = scale·p·(g·vᵀ − Σ g·y)}, {@code ds·k}, {@code dsᵀ·q} and {@code pᵀ·g} (Dao, "FlashAttention-2", 2023).
     *
     * <p>Launch: space, parameter and the first inputs as there; then follow outputs 0 and 1 of the forward kernel and g
     * [batch, heads, queries, E], with any strides. Outputs have the shapes of q, k and v, and strides as there.
     *
     * @param forward whose
     */
    record AttentionGradient(Attention forward) implements Kernel {}
}
