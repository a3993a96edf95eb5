package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.Shape;
import java.util.Arrays;

/**
 * Normalises each channel of each example of [N, C, spatial…] over its positions, in training and evaluation alike, then
 * times {@code weight} plus {@code bias} [C] unless plain (Ulyanov, Vedaldi and Lempitsky, "Instance normalization",
 * 2016).
 */
public final class InstanceNorm extends Norm {

    private final long channels;

    /**
     * Makes a layer without variables.
     *
     * @param channels C, 1 or more
     */
    public InstanceNorm(long channels) {
        this(channels, NormOptions.DEFAULT.plain());
    }

    /**
     * Makes a layer.
     *
     * @param channels C, 1 or more
     * @param options everything else; momentum is not used
     */
    public InstanceNorm(long channels, NormOptions options) {
        super(Shape.of(Math.max(0, channels)), options, true);
        this.channels = channels;
    }

    @Override
    protected Tensor compute(Tensor input) {
        checkChannels(input, channels, 3, Integer.MAX_VALUE);
        int[] axes = new int[input.rank() - 2];
        Arrays.setAll(axes, i -> i + 2);
        long count = 1;
        for (int axis : axes) {
            count *= input.size(axis);
        }
        if (count < 2) {
            throw new InvalidArgument(Message.of("InstanceNorm", "too few positions")
                    .line("expected", "2 or more per channel")
                    .line("given", input.shape())
                    .toString());
        }
        return affine(normalized(input, axes), true);
    }

    /** Returns the type and the number of channels. */
    @Override
    public String toString() {
        return "InstanceNorm(" + channels + (options.affine() ? ", affine)" : ")");
    }
}
