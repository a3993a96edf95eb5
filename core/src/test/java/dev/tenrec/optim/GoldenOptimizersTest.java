package dev.tenrec.optim;

import static dev.tenrec.optim.Trajectories.SIZE;
import static dev.tenrec.optim.Trajectories.STEPS;
import static dev.tenrec.optim.Trajectories.gradient;
import static dev.tenrec.optim.Trajectories.group;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.tenrec.golden.GoldenFile;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Trajectories beside those of libtorch's optimizers. */
class GoldenOptimizersTest {

    private static void check(GoldenFile golden, String name, Function<Variable, Optimizer> make) {
        Scope.run(() -> {
            double[] path = golden.values(name);
            Variable p = Variable.parameter("p", Tensor.of(Arrays.copyOf(path, SIZE)));
            try (Optimizer optimizer = make.apply(p)) {
                for (int t = 1; t <= STEPS; t++) {
                    double[] now = p.value().detach().toDoubleArray();
                    optimizer.step(new Gradients(Map.of(p, Tensor.of(gradient(now)))));
                    double[] expected = Arrays.copyOfRange(path, t * SIZE, (t + 1) * SIZE);
                    assertArrayEquals(expected, p.value().toDoubleArray(), 1e-12, name + " step " + t);
                }
            }
        });
    }

    @Test
    void trajectoriesAreThoseOfLibtorch() {
        try (GoldenFile golden = GoldenFile.open("optimizers/optimizers.npz")) {
            check(golden, "rmsProp", p -> new RmsProp(group(p, 0.01, 0), RmsProp.Options.DEFAULT));
            check(
                    golden,
                    "rmsPropMomentum",
                    p -> new RmsProp(group(p, 0.01, 0.1), new RmsProp.Options(0.9, 1e-6, 0.8, false)));
            check(
                    golden,
                    "rmsPropCentred",
                    p -> new RmsProp(group(p, 0.01, 0.1), new RmsProp.Options(0.95, 1e-5, 0, true)));
            check(
                    golden,
                    "rmsPropBoth",
                    p -> new RmsProp(group(p, 0.01, 0), new RmsProp.Options(0.95, 1e-5, 0.7, true)));
            check(golden, "adagrad", p -> new Adagrad(group(p, 0.1, 0), Adagrad.Options.DEFAULT));
            check(golden, "adagradDecay", p -> new Adagrad(group(p, 0.1, 0.3), new Adagrad.Options(0.05, 0.2, 1e-7)));
            check(golden, "adam", p -> new Adam(group(p, 0.03, 0.1), AdaptiveMoments.Options.DEFAULT));
            check(golden, "adamW", p -> new AdamW(group(p, 0.03, 0.1), AdaptiveMoments.Options.DEFAULT));
            check(golden, "sgd", p -> new Sgd(group(p, 0.05, 0.1), new Sgd.Options(0.8, 0.5, false)));
            check(golden, "sgdNesterov", p -> new Sgd(group(p, 0.05, 0.1), Sgd.Options.nesterov(0.7)));
        }
    }
}
