package dev.tenrec.examples.lecture;

import dev.tenrec.tensor.Tensor;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Feed-forward by hand: z⁽ʲ⁺¹⁾ = Θ⁽ʲ⁾ [1; a⁽ʲ⁾] and a⁽ʲ⁺¹⁾ = g(z⁽ʲ⁺¹⁾), where Θ⁽ʲ⁾ has s⁽ʲ⁺¹⁾ rows and s⁽ʲ⁾ + 1 columns,
 * the first for the bias unit a₀ = 1.
 */
final class FeedForward {
    private FeedForward() {}

    /**
     * A layer's values, [units, samples].
     *
     * @param z the weighted sums
     * @param a the activations g(z)
     */
    record Layer(Tensor z, Tensor a) {}

    /**
     * Computes all layers.
     *
     * @param x inputs [s₁, samples], without the bias unit
     * @param g the activation of every layer
     * @param thetas weight matrices, [s of the next layer, s + 1]
     */
    static List<Layer> forward(Tensor x, UnaryOperator<Tensor> g, Tensor... thetas) {
        List<Layer> layers = new ArrayList<>();
        Tensor a = x;
        for (Tensor theta : thetas) {
            Tensor z = theta.matmul(Notation.withBias(a));
            a = g.apply(z);
            layers.add(new Layer(z, a));
        }
        return layers;
    }

    /** The lecture's network and input: 3 inputs, 3 hidden units, 1 output, step units. */
    static List<Layer> example() {
        Tensor theta1 = Tensor.of(new float[][] {{1, 0, 0, 1}, {0, -1, 1, 0}, {2, 0, 1, 1}});
        Tensor theta2 = Tensor.of(new float[][] {{0, 1, 1, 0}});
        return forward(Tensor.of(new float[] {0, 2, 1}, 3, 1), Notation::step, theta1, theta2);
    }

    static void run(PrintWriter out, Path folder) {
        out.println("x  = [1, 0, 2, 1]   (the first is the bias unit)");
        List<Layer> layers = example();
        for (int i = 0; i < layers.size(); i++) {
            out.printf("z%d = %s%n", i + 2, Notation.text(layers.get(i).z));
            out.printf("a%d = %s%n", i + 2, Notation.text(layers.get(i).a));
        }
        out.println("h(x) = " + Notation.number(layers.getLast().a.item()));
    }
}
