package dev.tenrec.nn;

import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;

/** How a variable starts. {@link Initializers} has the usual ones. The same key gives the same values. */
@FunctionalInterface
public interface Initializer {

    /**
     * Makes the first value of a variable, on the current device.
     *
     * @param key where random numbers come from
     * @param dtype the element type
     * @param shape the sizes
     * @param fans inputs and outputs of the layer, which scale many distributions
     * @return a tensor of that type and shape
     */
    Tensor create(RandomKey key, DType dtype, Shape shape, Fans fans);
}
