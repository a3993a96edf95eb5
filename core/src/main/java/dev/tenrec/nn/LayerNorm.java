package dev.tenrec.nn;

import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.Shape;

/**
 * Normalises over the last axes of each example, (x − mean) / √(variance + ε), then times {@code weight} plus
 * {@code bias}, which have these axes' sizes (Ba, Kiros and Hinton, "Layer normalization", 2016).
 */
public final class LayerNorm extends Norm {

    private final Shape shape;

    /**
     * Makes a layer with {@link NormOptions#DEFAULT}.
     *
     * @param sizes of the last axes
     */
    public LayerNorm(long... sizes) {
        this(Shape.of(sizes), NormOptions.DEFAULT);
    }

    /**
     * Makes a layer.
     *
     * @param shape sizes of the last axes
     * @param options everything else; momentum is not used
     */
    public LayerNorm(Shape shape, NormOptions options) {
        super(shape, options, true);
        this.shape = shape;
    }

    @Override
    protected Tensor compute(Tensor input) {
        checkLast(input, shape);
        return affine(normalized(input, last(shape.rank())), false);
    }

    /** Returns the type and the sizes. */
    @Override
    public String toString() {
        return "LayerNorm(" + shape + ")";
    }
}
