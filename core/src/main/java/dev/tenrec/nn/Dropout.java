package dev.tenrec.nn;

import dev.tenrec.engine.Devices;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;

/**
 * Sets each element to 0 with probability p in training and multiplies the others by 1 / (1 − p), so that the mean
 * stays; in evaluation mode the output is the input (Srivastava et al., "Dropout: a simple way to prevent neural
 * networks from overfitting", 2014). The gradient reads the mask of the forward pass, one byte per element.
 *
 * <p>Keys come from the stream {@code keys}, see {@link Module#namedStreams}.
 */
public final class Dropout extends Module {

    private static final String STREAM = "keys";

    /** The second operand times the scalar where the first, the mask, holds, else 0. */
    private static final ElementwiseOp DROPOUT = ElementwiseOp.of(
            "dropout",
            2,
            Accepts.SELECT,
            new double[] {1.25},
            args -> args.get(0).choose(args.get(1).mul(args.get(2)), args.get(1).like(0)));

    private final double probability;

    /**
     * Makes a module that starts from the process's stream of keys; see {@link Module}.
     *
     * @param probability of an element to be dropped, 0 … 1
     * @throws InvalidArgument if the probability is out of range
     */
    public Dropout(double probability) {
        this(probability, null);
    }

    /**
     * Makes a module.
     *
     * @param probability of an element to be dropped, 0 … 1
     * @param key where its masks come from
     * @throws InvalidArgument if the probability is out of range
     */
    public Dropout(double probability, RandomKey key) {
        if (!(probability >= 0 && probability <= 1)) {
            throw new InvalidArgument(Message.of("Dropout", "probability out of range")
                    .line("expected", "0 to 1")
                    .line("given", probability)
                    .toString());
        }
        this.probability = probability;
        stream(STREAM, key);
    }

    double probability() {
        return probability;
    }

    @Override
    protected Tensor compute(Tensor input) {
        if (!isTraining() || probability == 0) {
            return input;
        }
        Tensor mask = Devices.with(input.device(), () -> nextKey(STREAM).bernoulli(input.shape(), 1 - probability));
        double scale = probability == 1 ? 0 : 1 / (1 - probability);
        return Tensor.apply(DROPOUT, new double[] {scale}, mask, input);
    }

    /** Returns the type and the probability. */
    @Override
    public String toString() {
        return "Dropout(" + probability + ")";
    }
}
