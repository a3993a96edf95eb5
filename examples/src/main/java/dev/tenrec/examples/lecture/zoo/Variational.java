package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.examples.Tiles;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Module;
import dev.tenrec.nn.Reduction;
import dev.tenrec.nn.Sequential;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The variational autoencoder: q(z|x) = N(μ(x), σ(x)²), p(z) = N(0, 1), p(x|z) by a decoder. It makes
 * −log p(x) ≤ E_q[−log p(x|z)] + KL(q(z|x) ‖ p(z)) small, with z = μ + σε so that gradients pass, and
 * KL = −½ Σ (1 + log σ² − μ² − σ²) (Kingma and Welling, "Auto-encoding variational Bayes", 2013). With two numbers z the
 * decoder's images fill a plane.
 */
final class Variational extends Module {
    private static final int CODE = 2;
    private static final int GRID = 10;

    private final Sequential encoder =
            child("encoder", Sequential.of(new Dense(Clothes.PIXELS, 128), Activation.RELU, new Dense(128, 2L * CODE)));
    private final Sequential decoder =
            child("decoder", Sequential.of(new Dense(CODE, 128), Activation.RELU, new Dense(128, Clothes.PIXELS)));

    /** The images of codes [batch, 2]. */
    @Override
    protected Tensor compute(Tensor z) {
        return decoder.forward(z).sigmoid();
    }

    /** The bound, in nats per image. */
    private Tensor bound(Tensor x, long seed) {
        Tensor code = encoder.forward(x);
        Tensor mean = code.slice(1, 0, CODE);
        Tensor logVariance = code.slice(1, CODE, 2 * CODE);
        Tensor noise = RandomKey.of(seed).normal(DType.F32, mean.shape());
        Tensor z = mean.add(logVariance.mul(0.5).exp().mul(noise));
        Tensor misfit = Losses.binaryCrossEntropyWithLogits(decoder.forward(z), x, Reduction.SUM);
        Tensor divergence = logVariance
                .add(1)
                .sub(mean.square())
                .sub(logVariance.exp())
                .sum()
                .mul(-0.5);
        return misfit.add(divergence).div(x.size(0));
    }

    static Result run(PrintWriter out, Path folder, double effort) throws IOException {
        Clothes training = Clothes.training();
        Tensor test = Clothes.test().images();
        try (Variational model = new Variational()) {
            model.initialize(1);
            double before = model.bound(test, -1).item();
            Training.run(
                    out,
                    model,
                    2e-3,
                    Training.steps(550, effort),
                    step -> model.bound(training.images(training.batch(step)), step));
            double after = model.bound(test, -1).item();
            List<Tiles.Row> rows = new ArrayList<>();
            for (int i = 0; i < GRID; i++) {
                float[] z = new float[2 * GRID];
                for (int j = 0; j < GRID; j++) {
                    z[2 * j] = -2 + 4f * j / (GRID - 1);
                    z[2 * j + 1] = 2 - 4f * i / (GRID - 1);
                }
                rows.add(Clothes.row("", model.forward(Tensor.of(z, GRID, 2))));
            }
            Tiles.write(out, folder.resolve("vae.png"), "Images of the codes from (-2, 2) to (2, -2)", rows);
            return Result.of(
                    model.parameters(), "bound of -log p: %.1f nats per test image, %.1f untrained", after, before);
        }
    }
}
