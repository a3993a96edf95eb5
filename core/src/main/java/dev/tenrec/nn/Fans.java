package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.type.Shape;

/**
 * How many inputs one output of a layer adds up, and how many outputs one input goes to. The variance of both passes
 * through a layer depends on these two numbers (Glorot and Bengio, "Understanding the difficulty of training deep
 * feedforward neural networks", 2010).
 *
 * @param in inputs per output, 0 or more
 * @param out outputs per input, 0 or more
 */
public record Fans(long in, long out) {

    /** Checks that neither number is negative. */
    public Fans {
        if (in < 0 || out < 0) {
            throw new InvalidArgument(Message.of("fans", "negative number")
                    .line("expected", "0 or more")
                    .line("given", in + " in, " + out + " out")
                    .toString());
        }
    }

    /**
     * Returns the fans of a weight that is multiplied from the right: [in, out], so in = axis 0 and out = axis 1. Any
     * further axes are those of a receptive field, whose size multiplies both. A vector of n counts as n in, n out; a
     * scalar as 1 and 1.
     *
     * @param weight the weight's shape
     * @return the fans
     */
    public static Fans of(Shape weight) {
        if (weight.rank() == 0) {
            return new Fans(1, 1);
        }
        if (weight.rank() == 1) {
            return new Fans(weight.size(0), weight.size(0));
        }
        long field = 1;
        for (int axis = 2; axis < weight.rank(); axis++) {
            field *= weight.size(axis);
        }
        return new Fans(weight.size(0) * field, weight.size(1) * field);
    }
}
