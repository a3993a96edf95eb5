package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Sequential;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * The multilayer perceptron: y = softmax(W₂ max(0, W₁x + b₁) + b₂), trained by backpropagation (Rumelhart, Hinton and
 * Williams, "Learning representations by back-propagating errors", 1986).
 */
final class MultilayerPerceptron {
    private MultilayerPerceptron() {}

    static Result run(PrintWriter out, Path folder, double effort) {
        try (Sequential model = Sequential.of(new Dense(Clothes.PIXELS, 64), Activation.RELU, new Dense(64, 10))) {
            model.initialize(1);
            double accuracy = Clothes.classify(out, model, 2e-3, Training.steps(330, effort));
            return Result.of(model.parameters(), "%.1f %% of 2,000 test images", 100 * accuracy);
        }
    }
}
