package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.examples.Tiles;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Conv2d;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Flatten;
import dev.tenrec.nn.Lambda;
import dev.tenrec.nn.MaxPool2d;
import dev.tenrec.nn.Sequential;
import dev.tenrec.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/**
 * The convolutional network: maps yₖ = max(0, wₖ ∗ x + bₖ) by the same small weights everywhere, and the largest of each
 * 2 x 2 places (LeCun et al., "Gradient-based learning applied to document recognition", 1998).
 */
final class Convolutional {
    private static final int FILTERS = 8;

    private Convolutional() {}

    static Result run(PrintWriter out, Path folder, double effort) throws IOException {
        Conv2d first = new Conv2d(1, FILTERS, 5);
        try (Sequential model = Sequential.of(
                new Lambda("image", x -> x.reshape(-1, 1, Clothes.SIDE, Clothes.SIDE)),
                first,
                Activation.RELU,
                new MaxPool2d(2),
                new Conv2d(FILTERS, 16, 3),
                Activation.RELU,
                new MaxPool2d(2),
                new Flatten(),
                new Dense(400, 10))) {
            model.initialize(1);
            double accuracy = Clothes.classify(out, model, 5e-3, Training.steps(330, effort));
            Tensor filters = first.parameters().getFirst().value();
            Tensor image = Clothes.test().shown().slice(0, 0, 1).reshape(1, 1, Clothes.SIDE, Clothes.SIDE);
            Tensor maps = first.forward(image).relu();
            Tiles.write(
                    out,
                    folder.resolve("cnn.png"),
                    "Filters of the first layer, and what they find in an image",
                    List.of(
                            Tiles.Row.of(
                                    "filters",
                                    filters.div(2 * filters.abs().max().item())
                                            .add(0.5)
                                            .toFloatArray(),
                                    FILTERS),
                            Tiles.Row.of("maps", maps.div(maps.max().item()).toFloatArray(), FILTERS),
                            Clothes.row("image", image.reshape(1, -1))));
            return Result.of(model.parameters(), "%.1f %% of 2,000 test images", 100 * accuracy);
        }
    }
}
