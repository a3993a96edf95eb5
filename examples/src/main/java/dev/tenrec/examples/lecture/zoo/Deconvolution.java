package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.examples.Tiles;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.AveragePool2d;
import dev.tenrec.nn.Conv2d;
import dev.tenrec.nn.ConvOptions;
import dev.tenrec.nn.ConvTranspose2d;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Module;
import dev.tenrec.nn.Sequential;
import dev.tenrec.nn.Upsample;
import dev.tenrec.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/**
 * Transposed convolution: each input puts its multiple of the weights onto the output, two steps apart, y = Cᵀx where x =
 * Cy would be a convolution (Zeiler et al., "Deconvolutional networks", 2010). Images averaged to 7 x 7 are enlarged to
 * 28 x 28. Its figure is the squared error over that of bilinear interpolation.
 */
final class Deconvolution {
    private Deconvolution() {}

    private static Tensor small(Tensor x) {
        return new AveragePool2d(4).forward(x.reshape(-1, 1, Clothes.SIDE, Clothes.SIDE));
    }

    static Result run(PrintWriter out, Path folder, double effort) throws IOException {
        Clothes training = Clothes.training();
        Clothes test = Clothes.test();
        ConvOptions doubled = ConvOptions.kernel(4).stride(2).padding(1);
        try (Module bilinear = Upsample.bilinear(4);
                Sequential model = Sequential.of(
                        new Conv2d(1, 16, ConvOptions.kernel(3).padding(1)),
                        Activation.RELU,
                        new ConvTranspose2d(16, 16, doubled),
                        Activation.RELU,
                        new ConvTranspose2d(16, 1, doubled))) {
            model.initialize(1);
            Training.run(out, model, 5e-3, Training.steps(220, effort), step -> {
                Tensor x = training.images(training.batch(step));
                return Losses.mse(model.forward(small(x)).reshape(-1, Clothes.PIXELS), x);
            });
            double network = error(model, test.images());
            double interpolation = error(bilinear, test.images());
            out.printf("squared error: bilinear %.4f, network %.4f%n", interpolation, network);
            Tensor shown = test.shown();
            Tensor reduced = small(shown);
            Tiles.write(
                    out,
                    folder.resolve("deconvolution.png"),
                    "Test images of 7 x 7, enlarged",
                    List.of(
                            Clothes.row("7 x 7", reduced),
                            Clothes.row("bilinear", bilinear.forward(reduced)),
                            Clothes.row("network", model.forward(reduced)),
                            Clothes.row("original", shown)));
            return Result.of(model.parameters(), "%.3f of the squared error of interpolation", network / interpolation);
        }
    }

    private static double error(Module enlarge, Tensor images) {
        return Losses.mse(enlarge.forward(small(images)).reshape(-1, Clothes.PIXELS), images)
                .item();
    }
}
