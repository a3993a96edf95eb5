package dev.tenrec.examples.lecture.zoo;

import dev.tenrec.examples.Tiles;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The perceptron: y = step(w · x + b). After each mistake w += (t − y) x and b += t − y. If some w separates the classes
 * it makes a limited number of mistakes (Rosenblatt, "The perceptron", 1958; Novikoff 1962).
 */
final class Perceptron {
    private static final int TROUSERS = 1;
    private static final int DRESS = 3;
    private static final int PASSES = 5;

    private Perceptron() {}

    static Result run(PrintWriter out, Path folder, double effort) throws IOException {
        Clothes training = Clothes.training().only(TROUSERS, DRESS);
        Clothes test = Clothes.test().only(TROUSERS, DRESS);
        try (Variable w = Variable.parameter("w", Tensor.zeros(Clothes.PIXELS));
                Variable b = Variable.parameter("b", Tensor.zeros(1))) {
            for (int pass = 1; pass <= Math.ceil(effort * PASSES); pass++) {
                int mistakes = 0;
                for (int i = 0; i < training.count(); i++) {
                    int row = i;
                    mistakes += Scope.call(() -> learn(w, b, training, row)) ? 1 : 0;
                }
                out.printf("pass %d: %d mistakes in %d images%n", pass, mistakes, training.count());
            }
            double[] said = Scope.call(() -> test.images()
                    .matmul(w.value().reshape(-1, 1))
                    .add(b.value())
                    .step()
                    .toDoubleArray());
            long right = IntStream.range(0, said.length)
                    .filter(i -> said[i] == target(test, i))
                    .count();
            Tensor scaled = w.value().div(2 * w.value().abs().max().item()).add(0.5);
            Tiles.write(
                    out,
                    folder.resolve("perceptron.png"),
                    "Weights (dark: trousers) and images",
                    List.of(Clothes.row("weights", scaled.reshape(1, -1)), Clothes.row("images", test.shown())));
            return Result.of(List.of(w, b), "%.1f %% of %d test images", 100.0 * right / said.length, said.length);
        }
    }

    private static int target(Clothes clothes, int row) {
        return clothes.label(row) == TROUSERS ? 1 : 0;
    }

    /** Learns one image; returns whether it was mistaken. */
    private static boolean learn(Variable w, Variable b, Clothes clothes, int row) {
        Tensor x = clothes.images(new int[] {row}).reshape(-1);
        double y = w.value().dot(x).add(b.value()).step().item();
        double error = target(clothes, row) - y;
        if (error != 0) {
            w.assign(w.value().add(x.mul(error)));
            b.assign(b.value().add(error));
        }
        return error != 0;
    }
}
