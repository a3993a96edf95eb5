package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.random.RandomKey;
import dev.tenrec.type.DType;

/**
 * What layers of a transformer are made of.
 *
 * @param width size of a vector
 * @param heads number of heads, which divides the width
 * @param hidden size of the feed-forward network's inner layer
 * @param dropout probability of dropping, in attention, feed-forward and what they add
 * @param gelu whether the inner layer's activation is gelu instead of relu
 * @param normFirst whether inputs of the parts are normalised (Xiong et al., "On layer normalization in the transformer
 *     architecture", 2020) instead of the sums behind them (Vaswani et al., 2017)
 * @param dtype F32 or F64
 * @param key where first values and masks come from; null for the process's stream
 */
public record TransformerOptions(
        long width,
        long heads,
        long hidden,
        double dropout,
        boolean gelu,
        boolean normFirst,
        DType dtype,
        RandomKey key) {

    /** ε of the normalisation. */
    static final double EPSILON = 1e-5;

    /**
     * Checks the options.
     *
     * @throws InvalidArgument if a size is below 1, the heads do not divide the width or the probability is none
     */
    public TransformerOptions {
        if (hidden < 1 || width < 1 || heads < 1 || width % heads != 0 || !(dropout >= 0 && dropout <= 1)) {
            throw new InvalidArgument(Message.of("transformer", "options out of range")
                    .line("expected", "sizes of 1 or more, a width that is a multiple of the heads, dropout 0 to 1")
                    .line(
                            "given",
                            "width " + width + ", " + heads + " heads, hidden " + hidden + ", dropout " + dropout)
                    .toString());
        }
    }

    /**
     * Returns options of F32 with relu, dropout of 0.1 and normalised sums.
     *
     * @param width size of a vector
     * @param heads number of heads
     * @param hidden size of the inner layer
     * @return the options
     */
    public static TransformerOptions of(long width, long heads, long hidden) {
        return new TransformerOptions(width, heads, hidden, 0.1, false, false, DType.F32, null);
    }

    /**
     * Returns these options with another dropout.
     *
     * @param probability 0 to 1
     * @return the options
     */
    public TransformerOptions withDropout(double probability) {
        return new TransformerOptions(width, heads, hidden, probability, gelu, normFirst, dtype, key);
    }

    /**
     * Returns these options with gelu.
     *
     * @return the options
     */
    public TransformerOptions withGelu() {
        return new TransformerOptions(width, heads, hidden, dropout, true, normFirst, dtype, key);
    }

    /**
     * Returns these options with normalised inputs.
     *
     * @return the options
     */
    public TransformerOptions withNormFirst() {
        return new TransformerOptions(width, heads, hidden, dropout, gelu, true, dtype, key);
    }

    /**
     * Returns these options with another element type.
     *
     * @param newDtype F32 or F64
     * @return the options
     */
    public TransformerOptions withDtype(DType newDtype) {
        return new TransformerOptions(width, heads, hidden, dropout, gelu, normFirst, newDtype, key);
    }

    /**
     * Returns these options with a key.
     *
     * @param newKey where first values and masks come from; null for the process's stream
     * @return the options
     */
    public TransformerOptions withKey(RandomKey newKey) {
        return new TransformerOptions(width, heads, hidden, dropout, gelu, normFirst, dtype, newKey);
    }

    RandomKey key(int number) {
        return key == null ? null : key.fold(number);
    }
}
