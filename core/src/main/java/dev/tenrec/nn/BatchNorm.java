package dev.tenrec.nn;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Normalises each channel over the batch and all positions, (x − mean) / √(variance + ε), then times {@code weight}
 * plus {@code bias} (Ioffe and Szegedy, "Batch normalization", 2015). In training the statistics are the batch's, and
 * running ones move towards them by the momentum, the variance without bias; evaluation uses the running ones.
 *
 * <p>Buffers: {@code running_mean}, {@code running_var} [channels] and {@code num_batches_tracked}.
 */
public abstract sealed class BatchNorm extends Norm permits BatchNorm1d, BatchNorm2d {

    private final long channels;
    private final int least;
    private final int most;
    private final Variable mean;
    private final Variable variance;
    private final Variable batches;

    BatchNorm(long channels, int least, int most, NormOptions options) {
        super(Shape.of(Math.max(0, channels)), options, true);
        this.channels = channels;
        this.least = least;
        this.most = most;
        try (Scope _ = Scope.open()) {
            mean = buffer("running_mean", Tensor.zeros(options.dtype(), Shape.of(channels)));
            variance = buffer("running_var", Tensor.ones(options.dtype(), Shape.of(channels)));
            batches = buffer("num_batches_tracked", Tensor.zeros(DType.I64, Shape.of()));
        }
    }

    /** {@return the running mean [channels]} */
    public final Variable runningMean() {
        return mean;
    }

    /** {@return the running variance [channels]} */
    public final Variable runningVariance() {
        return variance;
    }

    @Override
    protected final Tensor compute(Tensor input) {
        checkChannels(input, channels, least, most);
        if (!isTraining()) {
            Tensor scale = variance.value().add(options.epsilon()).rsqrt();
            Tensor centred = input.sub(placed(mean.value(), input, true));
            return affine(centred.mul(placed(scale, input, true)), true);
        }
        long count = channels == 0 ? 0 : input.elementCount() / channels;
        if (count < 2) {
            throw new InvalidArgument(Message.of(getClass().getSimpleName(), "too few values to train with")
                    .line("expected", "2 or more per channel")
                    .line("given", input.shape(), count + " per channel")
                    .hint("use larger batches, or eval() to use the running statistics")
                    .toString());
        }
        int[] axes = new int[input.rank() - 1];
        Arrays.setAll(axes, i -> i == 0 ? 0 : i + 1);
        track(input, axes);
        return affine(normalized(input, axes), true);
    }

    /** One thread at a time, so that no batch is lost. */
    private synchronized void track(Tensor input, int[] axes) {
        double share = options.momentum();
        try (Scope _ = Scope.open()) {
            Autograd.noGrad(() -> {
                Tensor x = input.detach();
                Map<Variable, Tensor> next = new LinkedHashMap<>();
                next.put(mean, mean.value().mul(1 - share).add(x.mean(axes).mul(share)));
                next.put(
                        variance,
                        variance.value()
                                .mul(1 - share)
                                .add(x.var(1, false, axes).mul(share)));
                next.put(batches, batches.value().add(1));
                Variable.assignAll(next);
                return null;
            });
        }
    }

    /** Returns the type and the number of channels. */
    @Override
    public final String toString() {
        return getClass().getSimpleName() + "(" + channels + (options.affine() ? ")" : ", plain)");
    }
}
