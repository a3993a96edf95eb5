package dev.tenrec.examples.lecture;

import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Module;
import dev.tenrec.optim.Adam;
import dev.tenrec.tensor.Tensor;

/** XOR, which no line separates: the four samples and how a network learns them. */
final class Xor {
    private Xor() {}

    /** [4, 2]. */
    static Tensor inputs() {
        return Tensor.of(new float[][] {{0, 0}, {0, 1}, {1, 0}, {1, 1}});
    }

    /** [4, 1]. */
    static Tensor targets() {
        return Tensor.of(new float[][] {{0}, {1}, {1}, {0}});
    }

    /**
     * Trains by the cross-entropy of all four samples.
     *
     * @param model [4, 2] to logits [4, 1]
     * @param steps of Adam at 0.1
     * @return the last loss, in nats
     */
    static double train(Module model, int steps) {
        double loss = 0;
        try (Adam adam = new Adam(model.parameters(), 0.1)) {
            for (int i = 0; i < steps; i++) {
                loss = Scope.call(() -> {
                    Tensor now = Losses.binaryCrossEntropyWithLogits(model.forward(inputs()), targets());
                    adam.step(now.backward());
                    return now.item();
                });
            }
        }
        return loss;
    }

    /** The probabilities of 1 for the four samples. */
    static double[] predict(Module model) {
        return Scope.call(() -> model.forward(inputs()).sigmoid().toDoubleArray());
    }
}
