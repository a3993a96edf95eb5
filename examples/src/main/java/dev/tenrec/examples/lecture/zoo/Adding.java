package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Lambda;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Lstm;
import dev.tenrec.nn.Sequential;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * Long short-term memory: cₜ = f ∘ cₜ₋₁ + i ∘ g, hₜ = o ∘ tanh(cₜ) with gates i, f, o = σ(Wxₜ + Uhₜ₋₁ + b) (Hochreiter and
 * Schmidhuber, "Long short-term memory", 1997, with the forget gate of Gers, 2000). The adding problem is theirs: of 20
 * numbers in 0 to 1 two are marked, one in each half; say their sum. Saying 1 always has a squared error of 1/6.
 */
final class Adding {
    private static final int UNITS = 24;
    private static final int TIME = 20;
    private static final int BATCH = 32;

    private Adding() {}

    /**
     * A task.
     *
     * @param input [batch, time, 2], numbers and marks
     * @param sum [batch, 1]
     */
    private record Task(Tensor input, Tensor sum) {
        static Task of(RandomKey key, long batch) {
            RandomKey[] keys = key.split(3);
            Tensor numbers = keys[0].uniform(DType.F32, Shape.of(batch, TIME));
            Tensor marks = Tensor.concat(1, marks(keys[1], batch), marks(keys[2], batch));
            return new Task(Tensor.stack(2, numbers, marks), numbers.mul(marks).sum(true, 1));
        }

        private static Tensor marks(RandomKey key, long batch) {
            int half = TIME / 2;
            return key.uniform(DType.F32, Shape.of(batch, half)).argmax(1).oneHot(half, DType.F32);
        }
    }

    static Result run(PrintWriter out, Path folder, double effort) {
        try (Sequential model = Sequential.of(
                new Lstm(2, UNITS), new Lambda("last", h -> h.select(1, TIME - 1)), new Dense(UNITS, 1))) {
            model.initialize(2);
            Training.run(out, model, 2e-2, Training.steps(500, effort), step -> {
                Task task = Task.of(RandomKey.of(1).fold(step), BATCH);
                return Losses.mse(model.forward(task.input), task.sum);
            });
            Task test = Task.of(RandomKey.of(2), 1000);
            double error = Losses.mse(model.forward(test.input), test.sum).item();
            return Result.of(model.parameters(), "squared error %.4f; 0.1667 is saying 1", error);
        }
    }
}
