package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.Ops;
import dev.tenrec.tensor.Tensor;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * An activation function as a module. The constants have no state and may stand in any number of models. The formulas
 * are those of {@link Ops}.
 */
public final class Activation extends Module {

    /** max(x, 0). */
    public static final Activation RELU = of(Ops.RELU);

    /** min(max(x, 0), 6). */
    public static final Activation RELU6 = of(Ops.RELU6);

    /** 1 / (1 + e⁻ˣ). */
    public static final Activation SIGMOID = of(Ops.SIGMOID);

    /** log(sigmoid(x)). */
    public static final Activation LOG_SIGMOID = of(Ops.LOG_SIGMOID);

    /** Hyperbolic tangent. */
    public static final Activation TANH = of(Ops.TANH);

    /** x·sigmoid(x), also called swish. */
    public static final Activation SILU = of(Ops.SILU);

    /** x·Φ(x) by the error function. */
    public static final Activation GELU = of(Ops.GELU);

    /** The tanh approximation of {@link #GELU}. */
    public static final Activation GELU_TANH = of(Ops.GELU_TANH);

    /** x·tanh(softplus(x)). */
    public static final Activation MISH = of(Ops.MISH);

    /** The self-normalizing ELU; start weights with {@link Initializers#leCunNormal()}. */
    public static final Activation SELU = of(Ops.SELU);

    /** log(1 + eˣ). */
    public static final Activation SOFTPLUS = of(Ops.SOFTPLUS);

    /** x / (1 + |x|). */
    public static final Activation SOFTSIGN = of(Ops.SOFTSIGN);

    /** min(max(x / 6 + ½, 0), 1). */
    public static final Activation HARD_SIGMOID = of(Ops.HARD_SIGMOID);

    /** min(max(x, −1), 1). */
    public static final Activation HARD_TANH = of(Ops.HARD_TANH);

    /** x·hardSigmoid(x). */
    public static final Activation HARD_SWISH = of(Ops.HARD_SWISH);

    /** 1 above 0, else 0; without a gradient. */
    public static final Activation STEP = of(Ops.STEP);

    private final String name;
    private final UnaryOperator<Tensor> function;

    private Activation(String name, UnaryOperator<Tensor> function) {
        this.name = name;
        this.function = function;
    }

    /**
     * Makes a module of an elementwise operation.
     *
     * @param op an operation of one tensor
     * @param scalars its scalars
     * @return the module
     * @throws InvalidArgument if the operation takes other numbers of tensors or scalars
     */
    public static Activation of(ElementwiseOp op, double... scalars) {
        if (op.arity() != 1 || op.scalarCount() != scalars.length) {
            throw new InvalidArgument(Message.of("Activation", "operation does not fit")
                    .line("expected", "1 tensor, " + scalars.length + " scalars")
                    .line("given", op.name() + ": " + op.arity() + " tensors, " + op.scalarCount() + " scalars")
                    .toString());
        }
        double[] values = scalars.clone();
        String list = Arrays.toString(values);
        String name = values.length == 0 ? op.name() : op.name() + "(" + list.substring(1, list.length() - 1) + ")";
        return new Activation(name, x -> Tensor.apply(op, values, x));
    }

    /**
     * Returns x above 0, slope·x below.
     *
     * @param slope finite, such as 0.01
     * @return the module
     */
    public static Activation leakyRelu(double slope) {
        return of(Ops.LEAKY_RELU, finite("leakyRelu", "slope", slope));
    }

    /**
     * Returns x above 0, α·(eˣ − 1) below.
     *
     * @param alpha finite, such as 1
     * @return the module
     */
    public static Activation elu(double alpha) {
        return of(Ops.ELU, finite("elu", "alpha", alpha));
    }

    /**
     * Returns x above 0, α·(e^(x/α) − 1) below.
     *
     * @param alpha finite, not 0, such as 1
     * @return the module
     */
    public static Activation celu(double alpha) {
        if (alpha == 0) {
            throw new InvalidArgument(Message.of("celu", "alpha out of range")
                    .line("expected", "a finite number other than 0")
                    .line("given", alpha)
                    .toString());
        }
        return of(Ops.CELU, finite("celu", "alpha", alpha));
    }

    /**
     * Returns x between two bounds.
     *
     * @param low the least output
     * @param high the largest output, not below the least
     * @return the module
     */
    public static Activation clamp(double low, double high) {
        if (!(low <= high)) {
            throw new InvalidArgument(Message.of("clamp", "bounds are out of order")
                    .line("expected", "low ≤ high")
                    .line("given", low + " to " + high)
                    .toString());
        }
        return of(Ops.CLAMP, low, high);
    }

    /**
     * Returns eˣ / Σ eˣ along an axis.
     *
     * @param axis which axis
     * @return the module
     */
    public static Activation softmax(int axis) {
        return new Activation("softmax(" + axis + ")", x -> x.softmax(axis));
    }

    /**
     * Returns x − log Σ eˣ along an axis.
     *
     * @param axis which axis
     * @return the module
     */
    public static Activation logSoftmax(int axis) {
        return new Activation("logSoftmax(" + axis + ")", x -> x.logSoftmax(axis));
    }

    private static double finite(String operation, String what, double value) {
        if (!Double.isFinite(value)) {
            throw new InvalidArgument(Message.of(operation, what + " out of range")
                    .line("expected", "a finite number")
                    .line("given", value)
                    .toString());
        }
        return value;
    }

    @Override
    protected Tensor compute(Tensor input) {
        return function.apply(input);
    }

    /** Returns the function's name. */
    @Override
    public String toString() {
        return name;
    }
}
