package dev.tenrec.examples.lecture;

import dev.tenrec.examples.LineChart;
import dev.tenrec.examples.LineChart.Line;
import dev.tenrec.examples.Png;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Sequential;
import dev.tenrec.optim.Adam;
import dev.tenrec.optim.Optimizer;
import dev.tenrec.optim.RmsProp;
import dev.tenrec.optim.Sgd;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Optimizers compared on the same network, 2-16-1, from the same weights: is a point inside of a circle? SGD: θ −= ηg.
 * Momentum: v = 0.9 v + g, θ −= ηv. RMSProp: θ −= ηg / √(mean of g²). Adam: both means, corrected for their start.
 */
final class Optimizers {
    static final int STEPS = 300;

    private Optimizers() {}

    static Map<String, Function<List<Variable>, Optimizer>> all() {
        Map<String, Function<List<Variable>, Optimizer>> all = new LinkedHashMap<>();
        all.put("SGD 0.1", parameters -> new Sgd(parameters, 0.1));
        all.put("momentum 0.1", parameters -> new Sgd(parameters, 0.1, new Sgd.Options(0.9, 0, false)));
        all.put("RMSProp 0.01", parameters -> new RmsProp(parameters, 0.01));
        all.put("Adam 0.01", parameters -> new Adam(parameters, 0.01));
        return all;
    }

    /** The loss before each step, in nats. */
    static double[] losses(Function<List<Variable>, Optimizer> maker) {
        double[] losses = new double[STEPS];
        try (Sequential model = Sequential.of(new Dense(2, 16), Activation.TANH, new Dense(16, 1))) {
            model.initialize(1);
            try (Optimizer optimizer = maker.apply(model.parameters())) {
                for (int i = 0; i < STEPS; i++) {
                    losses[i] = Scope.call(() -> {
                        Tensor x = RandomKey.of(3).uniform(DType.F32, Shape.of(256, 2), -1, 1);
                        Tensor inside = x.square().sum(true, 1).sub(0.5).neg().step();
                        Tensor loss = Losses.binaryCrossEntropyWithLogits(model.forward(x), inside);
                        optimizer.step(loss.backward());
                        return loss.item();
                    });
                }
            }
        }
        return losses;
    }

    static void run(PrintWriter out, Path folder) throws IOException {
        double[] x = new double[STEPS];
        Arrays.setAll(x, i -> i);
        List<Line> lines = all().entrySet().stream()
                .map(entry -> new Line(entry.getKey(), x, losses(entry.getValue())))
                .toList();
        for (Line line : lines) {
            out.printf(
                    "%-13s loss %.4f after 100, %.4f after %d steps%n",
                    line.name(), line.y()[99], line.y()[STEPS - 1], STEPS);
        }
        Png.writeAndSay(
                out,
                folder.resolve("optimizers.png"),
                640,
                400,
                graphics -> LineChart.draw(graphics, 640, 400, "Training loss (nats)", "step", lines));
    }
}
