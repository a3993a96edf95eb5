package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;

/**
 * A fully connected layer: input [batch…, in] · {@code weight} [in, out] + {@code bias} [out] = output [batch…, out].
 * Weights stand as [in, out], not transposed. With an activation behind it a forward pass over rows is one matrix
 * kernel.
 *
 * <p>Unless told otherwise both variables start uniformly in ±1 / √in, see {@link Initializers#fanInUniform}: a scale
 * that suits any activation, and the one PyTorch's linear layers start with. For deep stacks of relu
 * {@link Initializers#heUniform()} keeps the variance.
 */
public final class Dense extends Module {

    private final long in;
    private final long out;
    private final Variable weight;
    private final Variable bias;

    /**
     * Makes a layer with a bias, of F32, that starts from the process's stream of keys; see {@link Module}.
     *
     * @param in size of the input's last axis, above 0
     * @param out size of the output's last axis, above 0
     * @throws InvalidArgument if a size is below 1
     */
    public Dense(long in, long out) {
        this(builder(in, out));
    }

    private Dense(Builder builder) {
        in = builder.in;
        out = builder.out;
        Fans fans = new Fans(in, out);
        RandomKey key = builder.key;
        weight = parameter(
                "weight", builder.dtype, Shape.of(in, out), builder.weight, fans, key == null ? null : key.fold(0));
        bias = builder.bias == null
                ? null
                : parameter("bias", builder.dtype, Shape.of(out), builder.bias, fans, key == null ? null : key.fold(1));
    }

    /**
     * Starts a layer with options.
     *
     * @param in size of the input's last axis, above 0
     * @param out size of the output's last axis, above 0
     * @return the options, to be changed and built
     * @throws InvalidArgument if a size is below 1
     */
    public static Builder builder(long in, long out) {
        return new Builder(in, out);
    }

    /** Options of a layer. */
    public static final class Builder {
        private final long in;
        private final long out;
        private DType dtype = DType.F32;
        private Initializer weight = Initializers.fanInUniform();
        private Initializer bias = Initializers.fanInUniform();
        private RandomKey key;

        private Builder(long in, long out) {
            if (in < 1 || out < 1) {
                throw new InvalidArgument(Message.of("Dense", "size out of range")
                        .line("expected", "1 or more inputs and outputs")
                        .line("given", in + " inputs, " + out + " outputs")
                        .toString());
            }
            this.in = in;
            this.out = out;
        }

        /**
         * Sets the element type.
         *
         * @param newDtype F32 or F64
         * @return this
         */
        public Builder dtype(DType newDtype) {
            if (newDtype != DType.F32 && newDtype != DType.F64) {
                throw new InvalidArgument(Message.of("Dense", "element type does not fit")
                        .line("expected", "F32 or F64")
                        .line("given", newDtype)
                        .toString());
            }
            dtype = newDtype;
            return this;
        }

        /**
         * Sets how the weight starts.
         *
         * @param initializer the initialiser
         * @return this
         */
        public Builder weight(Initializer initializer) {
            weight = initializer;
            return this;
        }

        /**
         * Sets how the bias starts.
         *
         * @param initializer the initialiser
         * @return this
         */
        public Builder bias(Initializer initializer) {
            bias = initializer;
            return this;
        }

        /**
         * Leaves the bias out.
         *
         * @return this
         */
        public Builder withoutBias() {
            bias = null;
            return this;
        }

        /**
         * Sets where the first values come from.
         *
         * @param newKey the key
         * @return this
         */
        public Builder key(RandomKey newKey) {
            key = newKey;
            return this;
        }

        /**
         * Makes the layer.
         *
         * @return a new layer
         */
        public Dense build() {
            return new Dense(this);
        }
    }

    @Override
    protected Tensor compute(Tensor input) {
        if (input.rank() == 0 || input.size(-1) != in) {
            Message message = Message.of("Dense", "input does not fit")
                    .line("expected", "[…, " + in + "]", toString())
                    .line("given", input.shape());
            if (input.rank() > 2 && input.elementCount() == input.size(0) * in) {
                message.hint("put a Flatten before this layer");
            }
            throw new ShapeMismatch(message.toString());
        }
        // As rows, also for one row or many axes: only so do bias and activation become part of the product's kernel.
        Tensor rows = input.rank() == 2 ? input : input.reshape(-1, in);
        Tensor output = rows.matmul(weight.value());
        if (bias != null) {
            output = output.add(bias.value());
        }
        return input.rank() == 2 ? output : output.reshape(input.shape().with(-1, out));
    }

    /**
     * Returns the weight.
     *
     * @return [in, out]
     */
    public Variable weight() {
        return weight;
    }

    /**
     * Returns the bias.
     *
     * @return [out], or null if there is none
     */
    public Variable bias() {
        return bias;
    }

    /** Returns the type and both sizes. */
    @Override
    public String toString() {
        return "Dense(" + in + ", " + out + (bias == null ? ", no bias)" : ")");
    }
}
