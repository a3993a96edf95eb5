package dev.tenrec.examples.lecture;

import dev.tenrec.examples.LineChart;
import dev.tenrec.examples.LineChart.Line;
import dev.tenrec.examples.Png;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Initializer;
import dev.tenrec.nn.Initializers;
import dev.tenrec.nn.Module;
import dev.tenrec.nn.Sequential;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Vanishing gradients: ∂J/∂a⁽ʲ⁾ = Θ⁽ʲ⁾ᵀ (g′(z) ∘ ∂J/∂a⁽ʲ⁺¹⁾), a factor for each layer above. A sigmoid's is at most
 * g′ = a (1 − a) ≤ 1/4, so the first layers of a deep network hardly learn; relu with He's initialisation keeps the norm.
 */
final class Vanishing {
    static final int[] DEPTHS = {2, 5, 10, 20, 30};
    private static final int WIDTH = 32;

    private Vanishing() {}

    static Map<String, Activation> activations() {
        Map<String, Activation> activations = new LinkedHashMap<>();
        activations.put("sigmoid", Activation.SIGMOID);
        activations.put("tanh", Activation.TANH);
        activations.put("relu", Activation.RELU);
        return activations;
    }

    static Map<String, Initializer> initializers() {
        Map<String, Initializer> initializers = new LinkedHashMap<>();
        initializers.put("normal 0.1", Initializers.normal(0, 0.1));
        initializers.put("Xavier", Initializers.xavierNormal());
        initializers.put("He", Initializers.heNormal());
        return initializers;
    }

    /** Norms of the gradients of the layers' weights, from the first layer to the last. */
    static double[] norms(Activation activation, Initializer initializer, int depth) {
        List<Module> layers = new ArrayList<>();
        List<Dense> dense = new ArrayList<>();
        for (int i = 0; i < depth; i++) {
            Dense layer = Dense.builder(WIDTH, WIDTH)
                    .weight(initializer)
                    .bias(Initializers.zeros())
                    .build();
            dense.add(layer);
            layers.add(layer);
            layers.add(activation);
        }
        try (Sequential model = Sequential.of(layers.toArray(Module[]::new))) {
            model.initialize(1);
            return Scope.call(() -> {
                Tensor x = RandomKey.of(2).normal(DType.F32, Shape.of(64, WIDTH));
                Gradients gradients = model.forward(x).square().mean().backward();
                // The squares of such small numbers are zero in F32.
                return dense.stream()
                        .mapToDouble(layer -> gradients
                                .get(layer.weight())
                                .to(DType.F64)
                                .square()
                                .sum()
                                .sqrt()
                                .item())
                        .toArray();
            });
        }
    }

    /** The sigmoid layer's backward pass by hand: upstream · a (1 − a). */
    static Tensor sigmoidBackward(Tensor a, Tensor upstream) {
        return upstream.mul(a).mul(a.neg().add(1));
    }

    static void run(PrintWriter out, Path folder) throws IOException {
        out.println("norm of the first layer's gradient over the last one's, at depths " + Arrays.toString(DEPTHS));
        initializers()
                .forEach((initial, initializer) -> activations().forEach((name, activation) -> {
                    StringBuilder line = new StringBuilder(String.format("%-12s %-8s", initial, name));
                    for (int depth : DEPTHS) {
                        double[] norms = norms(activation, initializer, depth);
                        line.append(String.format(Locale.ROOT, " %9.1e", norms[0] / norms[depth - 1]));
                    }
                    out.println(line);
                }));
        int depth = DEPTHS[DEPTHS.length - 1];
        double[] x = new double[depth];
        Arrays.setAll(x, i -> i + 1.0);
        Png.writeAndSay(
                out,
                folder.resolve("vanishing.png"),
                1320,
                380,
                graphics -> initializers().forEach((initial, initializer) -> {
                    List<Line> lines = new ArrayList<>();
                    activations()
                            .forEach((name, activation) -> lines.add(new Line(
                                    name,
                                    x,
                                    Arrays.stream(norms(activation, initializer, depth))
                                            .map(Math::log10)
                                            .toArray())));
                    LineChart.draw(graphics, 440, 380, "log\u2081\u2080 of gradient norms, " + initial, "layer", lines);
                    graphics.translate(440, 0);
                }));
    }
}
