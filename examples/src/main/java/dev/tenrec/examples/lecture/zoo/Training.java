package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Module;
import dev.tenrec.optim.Adam;
import dev.tenrec.optim.Optimizer;
import dev.tenrec.tensor.Tensor;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.IntFunction;

/** The loop that most networks of the zoo are trained by. */
final class Training {
    private static final int TOLD = 5;

    private Training() {}

    /** How many steps a share of the effort is, at least five. */
    static int steps(int whole, double effort) {
        return Math.max(TOLD, (int) Math.round(effort * whole));
    }

    /**
     * Steps by Adam, and tells the loss five times.
     *
     * @param loss of a step's batch
     */
    static void run(PrintWriter out, Module model, double rate, int steps, IntFunction<Tensor> loss) {
        try (Adam adam = new Adam(model.parameters(), rate)) {
            double sum = 0;
            int counted = 0;
            for (int i = 0; i < steps; i++) {
                sum += step(adam, i, loss);
                counted++;
                if ((i + 1) * TOLD / steps > i * TOLD / steps) {
                    out.printf(Locale.ROOT, "step %5d   loss %.4f%n", i + 1, sum / counted);
                    sum = 0;
                    counted = 0;
                }
            }
        }
    }

    /** One step; returns the loss before it. */
    static double step(Optimizer optimizer, int number, IntFunction<Tensor> loss) {
        return Scope.call(() -> {
            Tensor now = loss.apply(number);
            optimizer.step(now.backward());
            return now.item();
        });
    }
}
