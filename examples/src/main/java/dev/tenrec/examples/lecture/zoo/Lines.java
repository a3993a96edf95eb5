package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Gru;
import dev.tenrec.nn.Lambda;
import dev.tenrec.nn.Sequential;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * The gated recurrent unit: hₜ = (1 − z) ∘ n + z ∘ hₜ₋₁ with n = tanh(Wxₜ + r ∘ Uhₜ₋₁ + b) and gates r, z = σ(…) (Cho et al.,
 * "Learning phrase representations using RNN encoder–decoder", 2014). It reads images line by line, 28 steps of 28
 * pixels, and says what they show.
 */
final class Lines {
    private static final int UNITS = 48;

    private Lines() {}

    static Result run(PrintWriter out, Path folder, double effort) {
        try (Sequential model = Sequential.of(
                new Lambda("lines", x -> x.reshape(-1, Clothes.SIDE, Clothes.SIDE)),
                new Gru(Clothes.SIDE, UNITS),
                new Lambda("last", h -> h.select(1, Clothes.SIDE - 1)),
                new Dense(UNITS, 10))) {
            model.initialize(1);
            double accuracy = Clothes.classify(out, model, 5e-3, Training.steps(330, effort));
            return Result.of(model.parameters(), "%.1f %% of 2,000 test images", 100 * accuracy);
        }
    }
}
