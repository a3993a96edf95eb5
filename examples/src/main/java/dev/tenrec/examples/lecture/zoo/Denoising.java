package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.examples.Tiles;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Sequential;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/**
 * The denoising autoencoder: of x + noise it makes x̂, trained to make ‖x − x̂‖² small; it has to know what images look like
 * (Vincent et al., "Extracting and composing robust features with denoising autoencoders", 2008). Its figure is the part
 * of the noise's squared error that it leaves; 1 would be doing nothing.
 */
final class Denoising {
    private static final double NOISE = 0.4;

    private Denoising() {}

    private static Tensor noisy(Tensor x, long seed) {
        return x.add(RandomKey.of(seed).normal(DType.F32, x.shape(), 0, NOISE));
    }

    static Result run(PrintWriter out, Path folder, double effort) throws IOException {
        Clothes training = Clothes.training();
        Clothes test = Clothes.test();
        try (Sequential model = Autoencoder.network(64)) {
            model.initialize(1);
            Training.run(out, model, 2e-3, Training.steps(330, effort), step -> {
                Tensor x = training.images(training.batch(step));
                return Losses.mse(model.forward(noisy(x, step)), x);
            });
            Tensor x = test.images();
            Tensor damaged = noisy(x, -1);
            double before = Losses.mse(damaged, x).item();
            double after = Losses.mse(model.forward(damaged), x).item();
            Tensor shown = test.shown();
            Tensor shownDamaged = noisy(shown, -2);
            Tiles.write(
                    out,
                    folder.resolve("denoising.png"),
                    "Test images with noise, and cleaned",
                    List.of(
                            Clothes.row("with noise", shownDamaged),
                            Clothes.row("cleaned", model.forward(shownDamaged)),
                            Clothes.row("original", shown)));
            return Result.of(model.parameters(), "%.3f of the noise's squared error left", after / before);
        }
    }
}
