package dev.tenrec.nn;

import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;

/**
 * (x − mean) / √(variance + ε) · {@code weight} + {@code bias} over the last axis (Ba, Kiros and Hinton, "Layer
 * normalization", 2016), for transformer layers.
 */
final class LayerNormalization extends Module {

    private final long width;
    private final double epsilon;
    private final Variable weight;
    private final Variable bias;

    LayerNormalization(long width, double epsilon, DType dtype) {
        this.width = width;
        this.epsilon = epsilon;
        Fans fans = new Fans(width, width);
        RandomKey unused = RandomKey.of(0);
        weight = parameter("weight", dtype, Shape.of(width), Initializers.ones(), fans, unused);
        bias = parameter("bias", dtype, Shape.of(width), Initializers.zeros(), fans, unused);
    }

    @Override
    protected Tensor compute(Tensor input) {
        Tensor centred = input.sub(input.mean(true, -1));
        Tensor scale = centred.square().mean(true, -1).add(epsilon).rsqrt();
        return centred.mul(scale).mul(weight.value()).add(bias.value());
    }

    @Override
    public String toString() {
        return "LayerNorm(" + width + ")";
    }
}
