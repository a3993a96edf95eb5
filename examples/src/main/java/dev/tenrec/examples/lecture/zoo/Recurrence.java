package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Rnn;
import dev.tenrec.nn.Sequential;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * Elman's recurrent network: hₜ = tanh(Wxₜ + Uhₜ₋₁ + b), yₜ = σ(v·hₜ + c) (Elman, "Finding structure in time", 1990).
 * After each bit it says whether the ones so far are odd in number: XOR over time. What it learns on 8 bits is a rule
 * that holds on 32.
 */
final class Recurrence {
    private static final int UNITS = 16;

    private Recurrence() {}

    private static Tensor bits(long seed, long batch, long time) {
        return RandomKey.of(seed).bernoulli(Shape.of(batch, time, 1), 0.5).to(DType.F32);
    }

    private static Tensor parity(Tensor bits) {
        return bits.cumsum(1).remainder(2);
    }

    static Result run(PrintWriter out, Path folder, double effort) {
        try (Sequential model = Sequential.of(new Rnn(1, UNITS), new Dense(UNITS, 1))) {
            model.initialize(1);
            Training.run(out, model, 1e-2, Training.steps(500, effort), step -> {
                Tensor x = bits(step, 64, 8);
                return Losses.binaryCrossEntropyWithLogits(model.forward(x), parity(x));
            });
            Tensor x = bits(-1, 500, 32);
            Tensor y = parity(x);
            Tensor said = model.forward(x).step();
            out.println("bits    " + digits(x));
            out.println("parity  " + digits(y));
            out.println("network " + digits(said));
            double right = 1 - said.sub(y).abs().mean().item();
            return Result.of(model.parameters(), "%.1f %% of the places right", 100 * right);
        }
    }

    private static String digits(Tensor sequences) {
        StringBuilder text = new StringBuilder();
        for (float value : sequences.select(0, 0).toFloatArray()) {
            text.append((int) value);
        }
        return text.toString();
    }
}
