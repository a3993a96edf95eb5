package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Module;
import dev.tenrec.nn.Residual;
import dev.tenrec.nn.Sequential;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The residual network: blocks y = x + f(x) with f(x) = W₂ max(0, W₁x + b₁) + b₂, so that gradients reach the first layer
 * by the shortcuts (He et al., "Deep residual learning for image recognition", 2016). Twenty blocks, and the same layers
 * without the shortcuts, which learn nothing.
 */
final class ResidualNetwork {
    private static final int BLOCKS = 20;
    private static final int WIDTH = 32;

    private ResidualNetwork() {}

    private static Sequential network(boolean shortcuts) {
        List<Module> layers = new ArrayList<>();
        layers.add(new Dense(Clothes.PIXELS, WIDTH));
        for (int i = 0; i < BLOCKS; i++) {
            Module block = Sequential.of(new Dense(WIDTH, WIDTH), Activation.RELU, new Dense(WIDTH, WIDTH));
            layers.add(shortcuts ? new Residual(block) : block);
        }
        layers.add(new Dense(WIDTH, 10));
        return Sequential.of(layers);
    }

    private static double accuracy(PrintWriter out, Sequential model, double effort) {
        model.initialize(1);
        return 100 * Clothes.classify(out, model, 1e-3, Training.steps(330, effort));
    }

    static Result run(PrintWriter out, Path folder, double effort) {
        try (Sequential residual = network(true);
                Sequential plain = network(false)) {
            out.println("without shortcuts:");
            double without = accuracy(out, plain, effort);
            out.println("with shortcuts:");
            double with = accuracy(out, residual, effort);
            out.printf(Locale.ROOT, "test images right: without %.1f %%, with %.1f %%%n", without, with);
            return Result.of(
                    residual.parameters(), "%.1f %% of 2,000 test images; %.1f %% without shortcuts", with, without);
        }
    }
}
