package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.tensor.Tensor;

/** Merges the axes of each example into one: [batch, a, b, …] becomes [batch, a·b·…]. */
public final class Flatten extends Module {

    private final int fromAxis;

    /** Makes a module that leaves the first axis, the batch, as it is. */
    public Flatten() {
        this(1);
    }

    /**
     * Makes a module that leaves some axes as they are.
     *
     * @param fromAxis the first axis to merge, 0 or more
     */
    public Flatten(int fromAxis) {
        if (fromAxis < 0) {
            throw new InvalidArgument(Message.of("Flatten", "axis out of range")
                    .line("expected", "0 or more")
                    .line("given", fromAxis)
                    .toString());
        }
        this.fromAxis = fromAxis;
    }

    @Override
    protected Tensor compute(Tensor input) {
        if (input.rank() <= fromAxis) {
            throw new ShapeMismatch(Message.of("Flatten", "input has too few axes")
                    .line("expected", "at least " + (fromAxis + 1) + " axes")
                    .line("given", input.shape())
                    .toString());
        }
        return input.flatten(fromAxis);
    }
}
