package dev.tenrec.testkit;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.engine.Devices;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * Compares gradients of functions of tensors with difference quotients along random directions, to second order. With
 * f(x) = Σ w·y(x) for random weights w, it compares ⟨∇f, v⟩ with the quotient of f along v, then ⟨∇⟨∇f, u⟩, v⟩ with the
 * quotient of ⟨∇f, u⟩ along v; once along a direction in all inputs, and once in each input alone.
 *
 * <p>The quotient is (8(f(x+hv) − f(x−hv)) − (f(x+2hv) − f(x−2hv))) / 12h, whose error is of order h⁴. In F64 h = 10⁻⁴
 * and the tolerance is 10⁻⁶ of max(1, |quotient|, |f|); in F32 h = 2·10⁻² and 2·10⁻³. Inputs must keep a distance of 2h
 * from kinks.
 */
public final class TensorGradientCheck {

    /** Largest relative difference in F64. */
    public static final double TOLERANCE = 1e-6;

    /** Largest relative difference in F32. */
    public static final double TOLERANCE_F32 = 2e-3;

    private static final double STEP = 1e-4;
    private static final double STEP_F32 = 2e-2;

    private final Supplier<Tensor> function;
    private final List<Variable> variables;
    private final Random random = new Random(20_25);
    private final double step;
    private final double tolerance;
    private double[] weights;

    private TensorGradientCheck(Supplier<Tensor> function, List<Variable> variables) {
        this.function = function;
        this.variables = List.copyOf(variables);
        boolean single = variables.stream().anyMatch(variable -> variable.dtype() == DType.F32);
        this.step = single ? STEP_F32 : STEP;
        this.tolerance = single ? TOLERANCE_F32 : TOLERANCE;
    }

    /**
     * Checks a function of tensors to second order, in F64.
     *
     * @param function makes one tensor of any shape from as many tensors as there are inputs
     * @param inputs where: floating inputs are converted to F64 and differentiated, others are passed as they are
     * @throws AssertionError if a gradient is wrong
     */
    public static void check(Function<Tensor[], Tensor> function, Tensor... inputs) {
        List<Variable> variables = new ArrayList<>();
        Variable[] byInput = new Variable[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            if (inputs[i].dtype().isFloating()) {
                byInput[i] = Variable.parameter("input" + i, inputs[i].to(DType.F64));
                variables.add(byInput[i]);
            }
        }
        try {
            check(
                    () -> {
                        Tensor[] values = inputs.clone();
                        for (int i = 0; i < values.length; i++) {
                            values[i] = byInput[i] == null ? inputs[i] : byInput[i].value();
                        }
                        return function.apply(values);
                    },
                    variables);
        } finally {
            variables.forEach(Variable::close);
        }
    }

    /**
     * Checks a computation by variables to second order, such as a layer by its parameters. The variables have their
     * values again afterwards.
     *
     * @param function computes one tensor of any shape from the variables' values; must be deterministic
     * @param variables F64 or F32
     * @throws AssertionError if a gradient is wrong
     */
    public static void check(Supplier<Tensor> function, List<Variable> variables) {
        Devices.with(variables.get(0).device(), () -> {
            new TensorGradientCheck(function, variables).check();
            return null;
        });
    }

    private void check() {
        double[][] at = values();
        try {
            compare("gradient", all(), at, v -> first(v).value(), v -> first(v).slope());
            double[][] u = direction(-1);
            compare("second derivative", all(), at, _ -> first(u).slope(), v -> second(u, v));
            for (int i = 0; variables.size() > 1 && i < variables.size(); i++) {
                int one = i;
                compare("gradient", one, at, v -> first(v).value(), v -> first(v).slope());
                double[][] other = direction(one);
                compare("second derivative", one, at, _ -> first(other).slope(), v -> second(other, v));
            }
        } finally {
            assign(at);
        }
    }

    private static int all() {
        return -1;
    }

    private void compare(
            String what,
            int input,
            double[][] at,
            ToDoubleFunction<double[][]> value,
            ToDoubleFunction<double[][]> slope) {
        double[][] v = direction(input);
        double given = slope.applyAsDouble(v);
        double here = value.applyAsDouble(v);
        double near = difference(at, v, step, value);
        double far = difference(at, v, 2 * step, value);
        assign(at);
        double quotient = (8 * near - far) / (12 * step);
        double scale = Math.max(1, Math.max(Math.abs(quotient), Math.abs(here)));
        if (!(Math.abs(given - quotient) <= tolerance * scale)) {
            throw new AssertionError("wrong " + what + (input < 0 ? "" : " by " + variables.get(input))
                    + "\n  expected " + quotient + "   difference quotient\n  given    " + given);
        }
    }

    private double difference(double[][] at, double[][] v, double h, ToDoubleFunction<double[][]> value) {
        assign(moved(at, v, h));
        double up = value.applyAsDouble(v);
        assign(moved(at, v, -h));
        return up - value.applyAsDouble(v);
    }

    /** The weighted sum of the outputs, and its slope along a direction. */
    private record First(double value, double slope) {}

    private First first(double[][] v) {
        return Scope.call(() -> {
            Tensor loss = loss();
            double value = loss.item();
            if (!loss.requiresGradient()) {
                return new First(value, 0);
            }
            Gradients gradients = Autograd.grad(loss, variables);
            double slope = 0;
            for (int i = 0; i < v.length; i++) {
                slope += gradients
                        .find(variables.get(i))
                        .map(Tensor::toDoubleArray)
                        .map(dot(v[i]))
                        .orElse(0.0);
            }
            return new First(value, slope);
        });
    }

    private double second(double[][] u, double[][] v) {
        return Scope.call(() -> {
            Tensor loss = loss();
            if (!loss.requiresGradient()) {
                return 0.0;
            }
            Gradients gradients = Autograd.grad(loss, variables, Autograd.Graph.CREATE);
            Tensor sum = null;
            for (int i = 0; i < u.length; i++) {
                Tensor gradient = gradients.find(variables.get(i)).orElse(null);
                if (gradient != null) {
                    Tensor part = gradient.mul(tensor(u[i], variables.get(i))).sum();
                    sum = sum == null ? part : sum.add(part);
                }
            }
            if (sum == null || !sum.requiresGradient()) {
                return 0.0;
            }
            Gradients again = Autograd.grad(sum, variables);
            double slope = 0;
            for (int i = 0; i < v.length; i++) {
                slope += again.find(variables.get(i))
                        .map(Tensor::toDoubleArray)
                        .map(dot(v[i]))
                        .orElse(0.0);
            }
            return slope;
        });
    }

    private static Function<double[], Double> dot(double[] v) {
        return gradient -> {
            double sum = 0;
            for (int i = 0; i < v.length; i++) {
                sum += gradient[i] * v[i];
            }
            return sum;
        };
    }

    private Tensor loss() {
        Tensor output = function.get();
        int count = Math.toIntExact(output.elementCount());
        if (weights == null) {
            weights = random.doubles(count, 0.5, 1.5).toArray();
        }
        Tensor weight = Tensor.of(weights, count).reshape(output.shape()).to(output.dtype());
        return output.mul(weight).sum();
    }

    private double[][] values() {
        double[][] values = new double[variables.size()][];
        for (int i = 0; i < values.length; i++) {
            Variable variable = variables.get(i);
            if (variable.dtype() != DType.F64 && variable.dtype() != DType.F32) {
                throw new IllegalArgumentException(variable + " is neither F64 nor F32");
            }
            values[i] = Scope.call(() -> variable.value().toDoubleArray());
        }
        return values;
    }

    /** Random numbers for each variable; 0 for all but one if that is named. */
    private double[][] direction(int only) {
        double[][] direction = new double[variables.size()][];
        for (int i = 0; i < direction.length; i++) {
            int count = Math.toIntExact(variables.get(i).shape().elementCount());
            direction[i] = only < 0 || only == i ? random.doubles(count, -1, 1).toArray() : new double[count];
        }
        return direction;
    }

    private static double[][] moved(double[][] at, double[][] v, double h) {
        double[][] moved = new double[at.length][];
        for (int i = 0; i < at.length; i++) {
            moved[i] = at[i].clone();
            for (int k = 0; k < at[i].length; k++) {
                moved[i][k] += h * v[i][k];
            }
        }
        return moved;
    }

    private void assign(double[][] values) {
        Scope.run(() -> {
            for (int i = 0; i < values.length; i++) {
                variables.get(i).assign(tensor(values[i], variables.get(i)));
            }
        });
    }

    private static Tensor tensor(double[] values, Variable like) {
        return Tensor.of(values, values.length).reshape(like.shape()).to(like.dtype());
    }
}
