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
 * A function that is linear in each of two inputs: y[o] = Σ left[i] · weight[o, i, j] · right[j] + bias[o], with left
 * […, left], right […, right], {@code weight} [out, left, right], {@code bias} [out]. As a module of one input it takes
 * both side by side, […, left + right]. Both variables start uniformly in ±1 / √left.
 */
public final class Bilinear extends Module {

    private final long left;
    private final long right;
    private final long out;
    private final Variable weight;
    private final Variable bias;

    /**
     * Makes a layer of F32.
     *
     * @param left size of the left input, 1 or more
     * @param right size of the right input, 1 or more
     * @param out size of the output, 1 or more
     * @throws InvalidArgument if a size is below 1
     */
    public Bilinear(long left, long right, long out) {
        this(left, right, out, DType.F32, null);
    }

    /**
     * Makes a layer.
     *
     * @param left size of the left input, 1 or more
     * @param right size of the right input, 1 or more
     * @param out size of the output, 1 or more
     * @param dtype F32 or F64
     * @param key where the first values come from; null for the process's stream
     * @throws InvalidArgument if a size is below 1
     */
    public Bilinear(long left, long right, long out, DType dtype, RandomKey key) {
        if (left < 1 || right < 1 || out < 1) {
            throw new InvalidArgument(Message.of("Bilinear", "size out of range")
                    .line("expected", "1 or more inputs and outputs")
                    .line("given", left + " left, " + right + " right, " + out + " outputs")
                    .toString());
        }
        this.left = left;
        this.right = right;
        this.out = out;
        Fans fans = new Fans(left, out);
        Initializer start = Initializers.fanInUniform();
        weight = parameter("weight", dtype, Shape.of(out, left, right), start, fans, key == null ? null : key.fold(0));
        bias = parameter("bias", dtype, Shape.of(out), start, fans, key == null ? null : key.fold(1));
    }

    /**
     * Runs the layer on two inputs.
     *
     * @param first […, left]
     * @param second […, right], of the same other sizes
     * @return […, out]
     * @throws ShapeMismatch if sizes do not fit
     */
    public Tensor forward(Tensor first, Tensor second) {
        boolean fits = first.rank() > 0 && first.rank() == second.rank() && first.size(-1) == left;
        if (!fits || !second.shape().equals(first.shape().with(-1, right))) {
            throw new ShapeMismatch(Message.of("Bilinear", "inputs do not fit")
                    .line("expected", "[…, " + left + "] and […, " + right + "]", "of the same other sizes")
                    .line("left", first.shape())
                    .line("right", second.shape())
                    .toString());
        }
        return forward(Tensor.concat(first.rank() - 1, first, second));
    }

    @Override
    protected Tensor compute(Tensor input) {
        if (input.rank() == 0 || input.size(-1) != left + right) {
            throw new ShapeMismatch(Message.of("Bilinear", "input does not fit")
                    .line("expected", "[…, " + left + " + " + right + "]")
                    .line("given", input.shape())
                    .toString());
        }
        Tensor rows = input.reshape(input.elementCount() / (left + right), left + right);
        long count = rows.size(0);
        Tensor factors = weight.value().transpose(0, 1).reshape(left, out * right);
        Tensor half = rows.slice(1, 0, left).matmul(factors).reshape(count, out, right);
        Tensor sums =
                half.matmul(rows.slice(1, left, left + right).unsqueeze(2)).reshape(count, out);
        return sums.add(bias.value()).reshape(input.shape().with(-1, out));
    }

    /** {@return the weight [out, left, right]} */
    public Variable weight() {
        return weight;
    }

    /** {@return the bias [out]} */
    public Variable bias() {
        return bias;
    }

    /** Returns the type and the sizes. */
    @Override
    public String toString() {
        return "Bilinear(" + left + ", " + right + ", " + out + ")";
    }
}
