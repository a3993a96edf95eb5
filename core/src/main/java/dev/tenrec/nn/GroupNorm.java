package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.Shape;

/**
 * Normalises each example of [N, C, …] over groups of its channels and all positions, then times {@code weight} plus
 * {@code bias} [C] (Wu and He, "Group normalization", 2018).
 */
public final class GroupNorm extends Norm {

    private final long groups;
    private final long channels;

    /**
     * Makes a layer with {@link NormOptions#DEFAULT}.
     *
     * @param groups number of groups, which divides the channels
     * @param channels C, 1 or more
     * @throws InvalidArgument if the groups do not divide the channels
     */
    public GroupNorm(long groups, long channels) {
        this(groups, channels, NormOptions.DEFAULT);
    }

    /**
     * Makes a layer.
     *
     * @param groups number of groups, which divides the channels
     * @param channels C, 1 or more
     * @param options everything else; momentum is not used
     * @throws InvalidArgument if the groups do not divide the channels
     */
    public GroupNorm(long groups, long channels, NormOptions options) {
        super(Shape.of(Math.max(0, channels)), options, true);
        if (groups < 1 || channels % groups != 0) {
            throw new InvalidArgument(Message.of("GroupNorm", "groups do not divide the channels")
                    .line("expected", "a divisor of " + channels)
                    .line("given", groups, "groups")
                    .toString());
        }
        this.groups = groups;
        this.channels = channels;
    }

    @Override
    protected Tensor compute(Tensor input) {
        checkChannels(input, channels, 2, Integer.MAX_VALUE);
        long batch = input.size(0);
        if (input.elementCount() == 0) {
            return input;
        }
        Tensor rows = input.reshape(batch, groups, input.elementCount() / (batch * groups));
        return affine(normalized(rows, 2).reshape(input.shape()), true);
    }

    /** Returns the type, groups and channels. */
    @Override
    public String toString() {
        return "GroupNorm(" + groups + ", " + channels + ")";
    }
}
