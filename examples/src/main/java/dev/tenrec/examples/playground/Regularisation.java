package dev.tenrec.examples.playground;

import dev.tenrec.nn.Dense;
import dev.tenrec.tensor.Tensor;
import java.util.List;

/** What is added to the loss for large weights; biases are free. */
enum Regularisation implements Named {
    /** Nothing. */
    NONE("none"),
    /** rate · Σ |w|, which drives weights to zero. */
    L1("l1"),
    /** rate / 2 · Σ w². */
    L2("l2");

    private final String title;

    Regularisation(String title) {
        this.title = title;
    }

    @Override
    public String title() {
        return title;
    }

    /** {@return the loss with the penalty for the weights of layers} */
    Tensor penalised(Tensor loss, List<Dense> layers, double rate) {
        if (this == NONE || rate == 0) {
            return loss;
        }
        Tensor sum = loss;
        for (Dense layer : layers) {
            Tensor weight = layer.weight().value();
            sum = sum.add(
                    this == L1
                            ? weight.abs().sum().mul(rate)
                            : weight.square().sum().mul(rate / 2));
        }
        return sum;
    }
}
