package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.examples.Tiles;
import dev.tenrec.memory.Scope;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The restricted Boltzmann machine: energy E(v, h) = −vᵀWh − bᵀv − cᵀh, so P(h = 1|v) = σ(c + Wᵀv) and
 * P(v = 1|h) = σ(b + Wh). Contrastive divergence compares data with one step of sampling: W += η (vhᵀ − v'h'ᵀ)
 * (Smolensky 1986; Hinton, "Training products of experts by minimizing contrastive divergence", 2002). Its figure is the
 * squared error of images from their hidden units over that of the mean image.
 */
final class Boltzmann {
    private static final int HIDDEN = 64;
    private static final int STEPS = 330;
    private static final double RATE = 0.1;

    private Boltzmann() {}

    private record Machine(Variable w, Variable b, Variable c) {
        Tensor hidden(Tensor v) {
            return v.matmul(w.value()).add(c.value()).sigmoid();
        }

        Tensor visible(Tensor h) {
            return h.matmul(w.value().transpose()).add(b.value()).sigmoid();
        }

        /** Draws 0 or 1 by probabilities. */
        static Tensor draw(Tensor p, RandomKey key) {
            return p.sub(key.uniform(DType.F32, p.shape())).step();
        }

        void learn(Tensor v, RandomKey key) {
            Tensor h = hidden(v);
            Tensor v1 = visible(draw(h, key));
            Tensor h1 = hidden(v1);
            double rate = RATE / v.size(0);
            Tensor change = v.transpose().matmul(h).sub(v1.transpose().matmul(h1));
            w.assign(w.value().add(change.mul(rate)));
            b.assign(b.value().add(v.sub(v1).sum(0).mul(rate)));
            c.assign(c.value().add(h.sub(h1).sum(0).mul(rate)));
        }

        double error(Tensor v) {
            return v.sub(visible(hidden(v))).square().mean().item();
        }
    }

    static Result run(PrintWriter out, Path folder, double effort) throws IOException {
        Clothes training = Clothes.training();
        Tensor test = Clothes.test().images();
        double variance = test.sub(test.mean(true, 0)).square().mean().item();
        RandomKey key = RandomKey.of(1);
        try (Variable w = Variable.parameter("w", key.normal(DType.F32, Shape.of(Clothes.PIXELS, HIDDEN), 0, 0.01));
                Variable b = Variable.parameter("b", Tensor.zeros(Clothes.PIXELS));
                Variable c = Variable.parameter("c", Tensor.zeros(HIDDEN))) {
            Machine machine = new Machine(w, b, c);
            int steps = Training.steps(STEPS, effort);
            for (int i = 0; i < steps; i++) {
                int step = i;
                Scope.run(() -> machine.learn(training.images(training.batch(step)), key.fold(step)));
                if ((i + 1) % (steps / 5) == 0) {
                    out.printf(Locale.ROOT, "step %4d   squared error %.4f%n", i + 1, machine.error(test));
                }
            }
            Tensor filters = w.value().transpose().slice(0, 0, 10);
            Tensor shown = Clothes.test().shown();
            Tiles.write(
                    out,
                    folder.resolve("rbm.png"),
                    "Weights of ten hidden units, and images from their hidden units",
                    List.of(
                            Clothes.row(
                                    "weights",
                                    filters.div(2 * filters.abs().max().item()).add(0.5)),
                            Clothes.row("image", shown),
                            Clothes.row("from hidden", machine.visible(machine.hidden(shown)))));
            return Result.of(
                    List.of(w, b, c), "%.3f of the mean image's squared error left", machine.error(test) / variance);
        }
    }
}
