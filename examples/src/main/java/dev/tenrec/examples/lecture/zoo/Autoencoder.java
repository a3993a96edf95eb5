package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.examples.Tiles;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Sequential;
import dev.tenrec.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/**
 * The autoencoder: code c = f(x) of 16 numbers, image x̂ = g(c), trained to make ‖x − x̂‖² small (Hinton and Salakhutdinov,
 * "Reducing the dimensionality of data with neural networks", 2006). Its figure is how much of the images' variance the
 * code keeps, 1 − ‖x − x̂‖² / ‖x − mean‖²; the mean image alone would be 0.
 */
final class Autoencoder {
    private static final int CODE = 16;

    private Autoencoder() {}

    static Sequential network(int code) {
        return Sequential.of(
                new Dense(Clothes.PIXELS, 128),
                Activation.RELU,
                new Dense(128, code),
                new Dense(code, 128),
                Activation.RELU,
                new Dense(128, Clothes.PIXELS),
                Activation.SIGMOID);
    }

    static Result run(PrintWriter out, Path folder, double effort) throws IOException {
        Clothes training = Clothes.training();
        Clothes test = Clothes.test();
        try (Sequential model = network(CODE)) {
            model.initialize(1);
            Training.run(out, model, 2e-3, Training.steps(330, effort), step -> {
                Tensor x = training.images(training.batch(step));
                return Losses.mse(model.forward(x), x);
            });
            Tensor x = test.images();
            double error = Losses.mse(model.forward(x), x).item();
            double variance = x.sub(x.mean(true, 0)).square().mean().item();
            Tensor shown = test.shown();
            Tiles.write(
                    out,
                    folder.resolve("autoencoder.png"),
                    "Test images through " + CODE + " numbers",
                    List.of(Clothes.row("image", shown), Clothes.row("from its code", model.forward(shown))));
            return Result.of(model.parameters(), "%.1f %% of the variance kept", 100 * (1 - error / variance));
        }
    }
}
