package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.tensor.MeanAndVariance;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.Shape;
import java.util.Arrays;

/** What the normalisation layers share: variables {@code weight}, first 1, and {@code bias}, first 0; and checks. */
public abstract sealed class Norm extends Module permits BatchNorm, LayerNorm, RmsNorm, GroupNorm, InstanceNorm {

    final NormOptions options;
    private final Variable weight;
    private final Variable bias;

    Norm(Shape shape, NormOptions options, boolean withBias) {
        this.options = options;
        if (shape.rank() == 0 || shape.elementCount() < 1) {
            throw new InvalidArgument(Message.of(getClass().getSimpleName(), "nothing to normalise")
                    .line("expected", "sizes of 1 or more")
                    .line("given", shape)
                    .toString());
        }
        Fans fans = Fans.of(shape);
        weight = options.affine() ? parameter("weight", options.dtype(), shape, Initializers.ones(), fans, null) : null;
        bias = options.affine() && withBias
                ? parameter("bias", options.dtype(), shape, Initializers.zeros(), fans, null)
                : null;
    }

    /** {@return the factors, or null if there are none} */
    public final Variable weight() {
        return weight;
    }

    /** {@return the summands, or null if there are none} */
    public final Variable bias() {
        return bias;
    }

    /** (x − mean) / √(variance + ε) with both over some axes. */
    final Tensor normalized(Tensor x, int... axes) {
        MeanAndVariance moments = x.meanAndVariance(0, true, axes);
        return x.sub(moments.mean())
                .mul(moments.variance().add(options.epsilon()).rsqrt());
    }

    /** Times the weight plus the bias, along axis 1 if they belong to channels, else along the last axes. */
    final Tensor affine(Tensor x, boolean channels) {
        Tensor result = x;
        if (weight != null) {
            result = result.mul(placed(weight.value(), x, channels));
        }
        return bias == null ? result : result.add(placed(bias.value(), x, channels));
    }

    static Tensor placed(Tensor vector, Tensor x, boolean channels) {
        if (!channels) {
            return vector;
        }
        long[] column = new long[x.rank() - 1];
        Arrays.fill(column, 1);
        column[0] = vector.elementCount();
        return vector.reshape(column);
    }

    final void checkChannels(Tensor x, long channels, int least, int most) {
        if (x.rank() < least || x.rank() > most || x.size(1) != channels) {
            throw new ShapeMismatch(Message.of(getClass().getSimpleName(), "input does not fit")
                    .line(
                            "expected",
                            "[batch, " + channels + ", …] of " + (least == most ? "" : least + " to ")
                                    + (most > 9 ? "more" : most) + " axes")
                    .line("given", x.shape())
                    .toString());
        }
    }

    final void checkLast(Tensor x, Shape shape) {
        int first = x.rank() - shape.rank();
        boolean fits = first >= 0;
        for (int i = 0; fits && i < shape.rank(); i++) {
            fits = x.size(first + i) == shape.size(i);
        }
        if (!fits) {
            throw new ShapeMismatch(Message.of(getClass().getSimpleName(), "input does not fit")
                    .line("expected", shape, "as the last axes")
                    .line("given", x.shape())
                    .toString());
        }
    }

    /** The last axes, so many. */
    static int[] last(int count) {
        int[] axes = new int[count];
        Arrays.setAll(axes, i -> i - count);
        return axes;
    }
}
