package dev.tenrec.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.Supplier;

/** Compares gradients with central differences in F64, to second order. */
public final class GradientCheck {

    private static final double STEP = 1e-5;
    private static final double TOLERANCE = 2e-7;

    private GradientCheck() {}

    /** Numbers between −2 and 2 of a fixed seed, as a trainable variable. */
    public static Variable variable(long seed, long... sizes) {
        SplittableRandom random = new SplittableRandom(seed);
        long count = 1;
        for (long size : sizes) {
            count *= size;
        }
        double[] values = random.doubles(count, -2, 2).toArray();
        try (Scope _ = Scope.open()) {
            return Variable.parameter("x" + seed, Tensor.of(values, sizes));
        }
    }

    /** Checks the gradients of a scalar by every element of the variables. */
    public static void first(Supplier<Tensor> loss, List<Variable> variables) {
        Scope.run(() -> {
            Gradients gradients = Autograd.grad(loss.get(), variables);
            for (Variable variable : variables) {
                double[] found = gradients.get(variable).toDoubleArray();
                double[] expected = differences(() -> loss.get().item(), variable);
                for (int i = 0; i < found.length; i++) {
                    double scale = Math.max(1, Math.abs(expected[i]));
                    int at = i;
                    assertEquals(expected[i], found[i], TOLERANCE * scale, () -> variable + " element " + at);
                }
            }
        });
    }

    /** Checks the derivative of the gradients along one random direction by every element of the variables. */
    public static void second(Supplier<Tensor> loss, List<Variable> variables) {
        Function<Autograd.Graph, Tensor> slope = graph -> {
            Gradients gradients = Autograd.grad(loss.get(), variables, graph);
            SplittableRandom random = new SplittableRandom(99);
            Tensor sum = null;
            for (Map.Entry<Variable, Tensor> entry : gradients.asMap().entrySet()) {
                long[] sizes = entry.getKey().shape().sizes();
                double[] direction = random.doubles(entry.getKey().shape().elementCount(), -1, 1)
                        .toArray();
                Tensor part = entry.getValue()
                        .mul(Tensor.of(direction).reshape(sizes))
                        .sum();
                sum = sum == null ? part : sum.add(part);
            }
            assertNotNull(sum);
            return sum;
        };
        Scope.run(() -> {
            Gradients curvature = Autograd.grad(slope.apply(Autograd.Graph.CREATE), variables);
            for (Variable variable : variables) {
                double[] expected =
                        differences(() -> slope.apply(Autograd.Graph.RELEASE).item(), variable);
                double[] found = curvature
                        .find(variable)
                        .map(Tensor::toDoubleArray)
                        .orElseGet(() -> new double[expected.length]);
                for (int i = 0; i < found.length; i++) {
                    double scale = Math.max(1, Math.abs(expected[i]));
                    int at = i;
                    assertEquals(
                            expected[i], found[i], 1e-6 * scale, () -> "second order, " + variable + " element " + at);
                }
            }
        });
    }

    private static double[] differences(Supplier<Double> function, Variable variable) {
        double[] start = Scope.call(() -> variable.value().detach().toDoubleArray());
        double[] slopes = new double[start.length];
        for (int i = 0; i < start.length; i++) {
            double[] moved = start.clone();
            moved[i] = start[i] + STEP;
            double above = at(function, variable, moved);
            moved[i] = start[i] - STEP;
            slopes[i] = (above - at(function, variable, moved)) / (2 * STEP);
        }
        set(variable, start);
        return slopes;
    }

    private static double at(Supplier<Double> function, Variable variable, double[] values) {
        set(variable, values);
        try (Scope _ = Scope.open()) {
            return function.get();
        }
    }

    private static void set(Variable variable, double[] values) {
        Scope.run(() -> variable.assign(Tensor.of(values).reshape(variable.shape())));
    }
}
