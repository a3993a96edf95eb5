package dev.tenrec.nn;

import dev.tenrec.engine.Devices;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.Shape;

/**
 * Sets whole channels of [N, C, H, W] to 0 with probability p in training and multiplies the others by 1 / (1 − p); in
 * evaluation mode the output is the input (Tompson et al., "Efficient object localization using convolutional
 * networks", 2015). Keys come from the stream {@code keys}, see {@link Module#namedStreams}.
 */
public final class Dropout2d extends Module {

    private static final String STREAM = "keys";

    private final double probability;

    /**
     * Makes a module that starts from the process's stream of keys; see {@link Module}.
     *
     * @param probability of a channel to be dropped, 0 … 1
     * @throws InvalidArgument if the probability is out of range
     */
    public Dropout2d(double probability) {
        this(probability, null);
    }

    /**
     * Makes a module.
     *
     * @param probability of a channel to be dropped, 0 … 1
     * @param key where its masks come from
     * @throws InvalidArgument if the probability is out of range
     */
    public Dropout2d(double probability, RandomKey key) {
        if (!(probability >= 0 && probability <= 1)) {
            throw new InvalidArgument(Message.of("Dropout2d", "probability out of range")
                    .line("expected", "0 to 1")
                    .line("given", probability)
                    .toString());
        }
        this.probability = probability;
        stream(STREAM, key);
    }

    @Override
    protected Tensor compute(Tensor input) {
        if (input.rank() != 4) {
            throw new ShapeMismatch(Message.of("Dropout2d", "input does not fit")
                    .line("expected", "[batch, channels, height, width]")
                    .line("given", input.shape())
                    .toString());
        }
        if (!isTraining() || probability == 0) {
            return input;
        }
        Shape channels = Shape.of(input.size(0), input.size(1), 1, 1);
        Tensor dropped = Devices.with(
                input.device(),
                () -> nextKey(STREAM).bernoulli(channels, 1 - probability).not());
        double scale = probability == 1 ? 0 : 1 / (1 - probability);
        return input.mul(scale).maskedFill(dropped.expand(input.shape()), 0);
    }

    /** Returns the type and the probability. */
    @Override
    public String toString() {
        return "Dropout2d(" + probability + ")";
    }
}
