package dev.tenrec.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;

/** Runs of an optimizer over one parameter, beside plain Java in doubles. */
final class Trajectories {

    static final int STEPS = 50;
    static final int SIZE = 7;

    private Trajectories() {}

    /** One parameter's step in plain Java: changes p in place, given the gradient and the step's number from 1. */
    interface Reference {
        void step(double[] p, double[] g, int t);
    }

    /** The gradient of Σ (p − i)⁴/4 + 0.1·p, which depends on the parameter. */
    static double[] gradient(double[] p) {
        double[] g = new double[p.length];
        for (int i = 0; i < p.length; i++) {
            g[i] = Math.pow(p[i] - 0.3 * i, 3) + 0.1;
        }
        return g;
    }

    static double[] start() {
        return new SplittableRandom(5).doubles(SIZE, -1, 1).toArray();
    }

    static double[] train(DType dtype, Function<Variable, Optimizer> make, Reference reference) {
        return train(dtype, start(), dtype == DType.F64 ? 1e-13 : 2e-6, make, reference, SIZE);
    }

    /** Trains a parameter of a shape, and demands that it ends where the reference does. */
    static double[] train(
            DType dtype,
            double[] start,
            double tolerance,
            Function<Variable, Optimizer> make,
            Reference reference,
            long... shape) {
        double[] expected = start.clone();
        try (Scope _ = Scope.open();
                Variable parameter =
                        Variable.parameter("p", Tensor.of(start, shape).to(dtype));
                Optimizer optimizer = make.apply(parameter)) {
            for (int t = 1; t <= STEPS; t++) {
                try (Scope _ = Scope.open()) {
                    double[] now = parameter.value().detach().toDoubleArray();
                    reference.step(expected, gradient(expected), t);
                    Tensor gradient = Tensor.of(gradient(now), shape).to(dtype);
                    optimizer.step(new Gradients(Map.of(parameter, gradient)));
                }
            }
            double[] found = parameter.value().detach().toDoubleArray();
            assertArrayEquals(expected, found, tolerance);
            return found;
        }
    }

    static List<ParameterGroup> group(Variable parameter, double lr, double decay) {
        return List.of(new ParameterGroup(List.of(parameter), lr, decay));
    }

    /** A variable whose first value nobody else holds. */
    static Variable ones(String name, long... sizes) {
        try (Scope _ = Scope.open()) {
            return Variable.parameter(name, Tensor.ones(sizes));
        }
    }
}
