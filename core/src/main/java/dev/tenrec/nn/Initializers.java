package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;

/**
 * The usual distributions of first values. Those named after people scale a random number by the layer's {@link Fans},
 * so that the variance of activations or gradients stays the same from layer to layer.
 *
 * <table class="striped">
 * <caption>Variance of a weight</caption>
 * <thead><tr><th>name</th><th>variance</th><th>for</th><th>source</th></tr></thead>
 * <tbody>
 * <tr><td>xavier (Glorot)</td><td>2 / (in + out)</td><td>tanh, sigmoid</td><td>Glorot and Bengio 2010</td></tr>
 * <tr><td>he (Kaiming)</td><td>2 / in</td><td>relu and its kin</td><td>He et al. 2015</td></tr>
 * <tr><td>leCun</td><td>1 / in</td><td>selu; linear layers</td><td>LeCun et al. 1998</td></tr>
 * </tbody>
 * </table>
 *
 * <p>A uniform distribution of variance v lies in ±√(3v).
 */
public final class Initializers {

    private Initializers() {}

    /**
     * Returns an initialiser that fills with zeros.
     *
     * @return the initialiser
     */
    public static Initializer zeros() {
        return constant(0);
    }

    /**
     * Returns an initialiser that fills with ones.
     *
     * @return the initialiser
     */
    public static Initializer ones() {
        return constant(1);
    }

    /**
     * Returns an initialiser that fills with one number.
     *
     * @param value the number
     * @return the initialiser
     */
    public static Initializer constant(double value) {
        return (key, dtype, shape, fans) -> Tensor.full(dtype, shape, value);
    }

    /**
     * Returns an initialiser that draws uniformly.
     *
     * @param low the least number
     * @param high the bound, above the least number
     * @return the initialiser
     */
    public static Initializer uniform(double low, double high) {
        if (!(low < high) || Double.isInfinite(high - low)) {
            throw new InvalidArgument(Message.of("uniform", "no such interval")
                    .line("expected", "finite bounds, the second above the first")
                    .line("given", low + " to " + high)
                    .toString());
        }
        return (key, dtype, shape, fans) -> key.uniform(dtype, shape, low, high);
    }

    /**
     * Returns an initialiser that draws from a normal distribution.
     *
     * @param mean its mean
     * @param deviation its standard deviation, 0 or more
     * @return the initialiser
     */
    public static Initializer normal(double mean, double deviation) {
        checkNotNegative("normal", "deviation", deviation);
        return (key, dtype, shape, fans) -> key.normal(dtype, shape, mean, deviation);
    }

    /**
     * Returns an initialiser that draws from a normal distribution cut off on both sides: its numbers are those of the
     * normal distribution that fall between the bounds. Computed on the host by inverting the distribution function.
     *
     * @param mean mean before cutting
     * @param deviation standard deviation before cutting, above 0
     * @param low the least number
     * @param high the largest number, above the least
     * @return the initialiser
     */
    public static Initializer truncatedNormal(double mean, double deviation, double low, double high) {
        if (!(deviation > 0) || !(low < high) || !Double.isFinite(mean) || Double.isInfinite(deviation)) {
            throw new InvalidArgument(Message.of("truncatedNormal", "no such distribution")
                    .line("expected", "a finite mean, a finite deviation above 0, and a low bound below the high one")
                    .line("given", "mean " + mean + ", deviation " + deviation + ", " + low + " to " + high)
                    .toString());
        }
        return (key, dtype, shape, fans) -> {
            double[] numbers = key.uniform(DType.F64, shape).toDoubleArray();
            NormalDistribution.truncate(numbers, mean, deviation, low, high);
            return Tensor.of(numbers, shape.sizes()).to(dtype).reshape(shape);
        };
    }

    /**
     * Returns the uniform initialiser of Glorot and Bengio (2010): ±gain·√(6 / (in + out)).
     *
     * @return the initialiser, of gain 1
     */
    public static Initializer xavierUniform() {
        return xavierUniform(1);
    }

    /**
     * Returns the uniform initialiser of Glorot and Bengio (2010): ±gain·√(6 / (in + out)).
     *
     * @param gain factor that makes up for the activation's slope, such as 5/3 for tanh
     * @return the initialiser
     */
    public static Initializer xavierUniform(double gain) {
        checkNotNegative("xavierUniform", "gain", gain);
        return scaledUniform(fans -> gain * Math.sqrt(2.0 / sum(fans)));
    }

    /**
     * Returns the normal initialiser of Glorot and Bengio (2010): deviation gain·√(2 / (in + out)).
     *
     * @return the initialiser, of gain 1
     */
    public static Initializer xavierNormal() {
        return xavierNormal(1);
    }

    /**
     * Returns the normal initialiser of Glorot and Bengio (2010): deviation gain·√(2 / (in + out)).
     *
     * @param gain factor that makes up for the activation's slope
     * @return the initialiser
     */
    public static Initializer xavierNormal(double gain) {
        checkNotNegative("xavierNormal", "gain", gain);
        return scaledNormal(fans -> gain * Math.sqrt(2.0 / sum(fans)));
    }

    /**
     * Returns the uniform initialiser of He et al., "Delving deep into rectifiers" (2015): ±√(6 / in), for relu.
     *
     * @return the initialiser
     */
    public static Initializer heUniform() {
        return heUniform(0);
    }

    /**
     * Returns the uniform initialiser of He et al. (2015) for leaky relu: ±√(6 / ((1 + slope²)·in)).
     *
     * @param slope the activation's slope below 0; 0 for relu
     * @return the initialiser
     */
    public static Initializer heUniform(double slope) {
        checkFinite("heUniform", "slope", slope);
        return scaledUniform(fans -> Math.sqrt(2 / ((1 + slope * slope) * atLeastOne(fans.in()))));
    }

    /**
     * Returns the normal initialiser of He et al. (2015): deviation √(2 / in), for relu.
     *
     * @return the initialiser
     */
    public static Initializer heNormal() {
        return heNormal(0);
    }

    /**
     * Returns the normal initialiser of He et al. (2015) for leaky relu: deviation √(2 / ((1 + slope²)·in)).
     *
     * @param slope the activation's slope below 0; 0 for relu
     * @return the initialiser
     */
    public static Initializer heNormal(double slope) {
        checkFinite("heNormal", "slope", slope);
        return scaledNormal(fans -> Math.sqrt(2 / ((1 + slope * slope) * atLeastOne(fans.in()))));
    }

    /**
     * Returns the uniform initialiser of LeCun et al., "Efficient backprop" (1998): ±√(3 / in).
     *
     * @return the initialiser
     */
    public static Initializer leCunUniform() {
        return scaledUniform(fans -> Math.sqrt(1 / atLeastOne(fans.in())));
    }

    /**
     * Returns the normal initialiser of LeCun et al. (1998): deviation √(1 / in).
     *
     * @return the initialiser
     */
    public static Initializer leCunNormal() {
        return scaledNormal(fans -> Math.sqrt(1 / atLeastOne(fans.in())));
    }

    /**
     * Returns the uniform distribution in ±1 / √in, for weights and biases of a layer alike: what {@link Dense} starts
     * with.
     *
     * @return the initialiser
     */
    public static Initializer fanInUniform() {
        return scaledUniform(fans -> Math.sqrt(1 / (3 * atLeastOne(fans.in()))));
    }

    /**
     * Returns an initialiser for orthogonal matrices (Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear
     * dynamics of learning in deep linear neural networks", 2013). The shape counts as a matrix of its first axis by
     * all others; the shorter of rows and columns are orthonormal, times the gain. Each orthogonal matrix is equally
     * likely (Mezzadri, "How to generate random matrices from the classical compact groups", 2007). Computed on the
     * host.
     *
     * @param gain the factor, such as √2 for relu
     * @return the initialiser; throws {@link InvalidArgument} for shapes of fewer than two axes
     */
    public static Initializer orthogonal(double gain) {
        checkNotNegative("orthogonal", "gain", gain);
        return (key, dtype, shape, fans) -> {
            if (shape.rank() < 2) {
                throw new InvalidArgument(Message.of("orthogonal", "not a matrix")
                        .line("expected", "2 axes or more")
                        .line("given", shape)
                        .toString());
            }
            int rows = Math.toIntExact(shape.size(0));
            int columns = rows == 0 ? 0 : Math.toIntExact(shape.elementCount() / rows);
            double[] values = key.normal(DType.F64, shape).toDoubleArray();
            double[] matrix = Orthogonal.orthonormal(values, rows, columns);
            for (int i = 0; i < matrix.length; i++) {
                matrix[i] *= gain;
            }
            return Tensor.of(matrix, shape.sizes()).to(dtype);
        };
    }

    @FunctionalInterface
    private interface Deviation {
        double of(Fans fans);
    }

    private static Initializer scaledUniform(Deviation deviation) {
        return (key, dtype, shape, fans) -> {
            double bound = Math.sqrt(3) * deviation.of(fans);
            return bound == 0 ? Tensor.zeros(dtype, shape) : key.uniform(dtype, shape, -bound, bound);
        };
    }

    private static Initializer scaledNormal(Deviation deviation) {
        return (key, dtype, shape, fans) -> key.normal(dtype, shape, 0, deviation.of(fans));
    }

    private static double sum(Fans fans) {
        return atLeastOne(fans.in() + fans.out());
    }

    // A layer without inputs has no weights: any finite scale will do.
    private static double atLeastOne(long fan) {
        return Math.max(1, fan);
    }

    private static void checkNotNegative(String operation, String what, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new InvalidArgument(Message.of(operation, what + " out of range")
                    .line("expected", "a finite number, 0 or more")
                    .line("given", value)
                    .toString());
        }
    }

    private static void checkFinite(String operation, String what, double value) {
        if (!Double.isFinite(value)) {
            throw new InvalidArgument(Message.of(operation, what + " out of range")
                    .line("expected", "a finite number")
                    .line("given", value)
                    .toString());
        }
    }
}
