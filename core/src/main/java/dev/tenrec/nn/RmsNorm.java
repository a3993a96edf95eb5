package dev.tenrec.nn;

import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.Shape;

/**
 * Divides by the root of the mean square over the last axes, x / √(mean(x²) + ε), then times {@code weight} (Zhang and
 * Sennrich, "Root mean square layer normalization", 2019).
 */
public final class RmsNorm extends Norm {

    private final Shape shape;

    /**
     * Makes a layer with {@link NormOptions#DEFAULT}.
     *
     * @param sizes of the last axes
     */
    public RmsNorm(long... sizes) {
        this(Shape.of(sizes), NormOptions.DEFAULT);
    }

    /**
     * Makes a layer.
     *
     * @param shape sizes of the last axes
     * @param options everything else; momentum is not used, and there is no bias
     */
    public RmsNorm(Shape shape, NormOptions options) {
        super(shape, options, false);
        this.shape = shape;
    }

    @Override
    protected Tensor compute(Tensor input) {
        checkLast(input, shape);
        Tensor square = input.square().mean(true, last(shape.rank()));
        return affine(input.mul(square.add(options.epsilon()).rsqrt()), false);
    }

    /** Returns the type and the sizes. */
    @Override
    public String toString() {
        return "RmsNorm(" + shape + ")";
    }
}
