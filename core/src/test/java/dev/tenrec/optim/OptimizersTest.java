package dev.tenrec.optim;

import static dev.tenrec.optim.Trajectories.SIZE;
import static dev.tenrec.optim.Trajectories.gradient;
import static dev.tenrec.optim.Trajectories.group;
import static dev.tenrec.optim.Trajectories.ones;
import static dev.tenrec.optim.Trajectories.start;
import static dev.tenrec.optim.Trajectories.train;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.Scope;
import dev.tenrec.optim.AdaptiveMoments.Options;
import dev.tenrec.optim.Trajectories.Reference;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class OptimizersTest {

    private static Reference adam(double lr, double b1, double b2, double eps, double decay, boolean decoupled) {
        double[] m = new double[SIZE];
        double[] v = new double[SIZE];
        return (p, g, t) -> {
            for (int i = 0; i < SIZE; i++) {
                double gradient = decoupled ? g[i] : g[i] + decay * p[i];
                if (decoupled) {
                    p[i] -= lr * decay * p[i];
                }
                m[i] = b1 * m[i] + (1 - b1) * gradient;
                v[i] = b2 * v[i] + (1 - b2) * gradient * gradient;
                double first = m[i] / (1 - Math.pow(b1, t));
                double second = v[i] / (1 - Math.pow(b2, t));
                p[i] -= lr * first / (Math.sqrt(second) + eps);
            }
        };
    }

    private static Reference sgd(double lr, double momentum, double dampening, boolean nesterov, double decay) {
        double[] b = new double[SIZE];
        return (p, g, t) -> {
            for (int i = 0; i < SIZE; i++) {
                double gradient = g[i] + decay * p[i];
                b[i] = t == 1 ? gradient : momentum * b[i] + (1 - dampening) * gradient;
                double direction = momentum == 0 ? gradient : nesterov ? gradient + momentum * b[i] : b[i];
                p[i] -= lr * direction;
            }
        };
    }

    @Test
    void stepsAreThoseOfTheFormulas() {
        Options options = new Options(0.8, 0.95, 1e-6);
        for (DType dtype : List.of(DType.F64, DType.F32)) {
            train(dtype, p -> new Adam(List.of(p), 1e-2), adam(1e-2, 0.9, 0.999, 1e-8, 0, false));
            train(dtype, p -> new Adam(group(p, 3e-2, 0.1), options), adam(3e-2, 0.8, 0.95, 1e-6, 0.1, false));
            train(dtype, p -> new AdamW(List.of(p), 1e-2, 0.2), adam(1e-2, 0.9, 0.999, 1e-8, 0.2, true));
            train(dtype, p -> new AdamW(group(p, 3e-2, 0.1), options), adam(3e-2, 0.8, 0.95, 1e-6, 0.1, true));
            train(dtype, p -> new Sgd(List.of(p), 0.1), sgd(0.1, 0, 0, false, 0));
            train(dtype, p -> new Sgd(group(p, 0.1, 0.3), Sgd.Options.PLAIN), sgd(0.1, 0, 0, false, 0.3));
            train(dtype, p -> new Sgd(group(p, 0.05, 0.1), Sgd.Options.momentum(0.8)), sgd(0.05, 0.8, 0, false, 0.1));
            train(
                    dtype,
                    p -> new Sgd(group(p, 0.05, 0), new Sgd.Options(0.8, 0.5, false)),
                    sgd(0.05, 0.8, 0.5, false, 0));
            train(dtype, p -> new Sgd(group(p, 0.05, 0.1), Sgd.Options.nesterov(0.7)), sgd(0.05, 0.7, 0, true, 0.1));
        }
    }

    @Test
    void sameStepsGiveTheSameBits() {
        Function<Variable, Optimizer> make = p -> new AdamW(List.of(p), 1e-2, 0.2);
        Reference ignored = adam(1e-2, 0.9, 0.999, 1e-8, 0.2, true);
        double[] first = train(DType.F32, make, ignored);
        double[] second = train(DType.F32, make, adam(1e-2, 0.9, 0.999, 1e-8, 0.2, true));
        assertArrayEquals(first, second, 0);
    }

    @Test
    void aStepIsOneKernelPerParameterOverItsOwnMemory() {
        CountedDevice device = CountedDevice.open();
        device.on(() -> Scope.run(() -> {
            Variable a = ones("a", 3, 5);
            Variable b = ones("b", 64);
            Variable unused = ones("c", 9);
            List<Variable> all = List.of(a, b, unused);
            Map<Variable, Tensor> map = new LinkedHashMap<>();
            map.put(a, Tensor.full(DType.F32, a.shape(), 2).materialize());
            map.put(b, Tensor.full(DType.F32, b.shape(), 2).materialize());
            Gradients gradients = new Gradients(map);
            List<Optimizer> optimizers = List.of(
                    new Adam(all, 1e-3),
                    new Adam(List.of(new ParameterGroup(all, 1e-3, 0.1)), Options.DEFAULT),
                    new AdamW(all, 1e-3, 0.1),
                    new Sgd(all, 0.1),
                    new Sgd(List.of(new ParameterGroup(all, 1e-3, 0.1)), Sgd.Options.momentum(0.9)),
                    new Sgd(all, 0.1, Sgd.Options.nesterov(0.9)));
            for (Optimizer optimizer : optimizers) {
                for (int i = 0; i < 3; i++) {
                    long before = device.liveBytes();
                    optimizer.setLearningRate(1e-3 / (i + 1));
                    assertEquals("{Map=2}", device.count(() -> optimizer.step(gradients)));
                    assertEquals(before, device.liveBytes());
                    assertEquals(before, device.peakBytes(), "nothing is allocated");
                    assertTrue(i == 0 || device.compiled() == 0, "another rate needs no other kernel");
                }
            }
            assertArrayEquals(
                    new float[] {1, 1, 1, 1, 1, 1, 1, 1, 1}, unused.value().toFloatArray());
        }));
    }

    @Test
    void clippingJoinsTheStepsKernel() {
        CountedDevice device = CountedDevice.open();
        device.on(() -> Scope.run(() -> {
            Variable a = Variable.parameter("a", Tensor.ones(64));
            Tensor gradient = Tensor.full(DType.F32, a.shape(), 2).materialize();
            Adam adam = new Adam(List.of(a), 1e-3);
            Gradients clipped = GradientClipping.byValue(new Gradients(Map.of(a, gradient)), 1);
            assertEquals("{Map=1}", device.count(() -> adam.step(clipped)));
        }));
    }

    @Test
    void aProductAsGradientIsStoredFirst() {
        CountedDevice device = CountedDevice.open();
        device.on(() -> Scope.run(() -> {
            Variable w = Variable.parameter("w", Tensor.ones(8, 4));
            Tensor x = Tensor.full(DType.F32, Tensor.zeros(2, 8).shape(), 3).materialize();
            Tensor y = Tensor.full(DType.F32, Tensor.zeros(2, 4).shape(), 3).materialize();
            Adam adam = new Adam(List.of(w), 1e-3);
            Gradients gradients = new Gradients(Map.of(w, x.transpose().matmul(y)));
            assertEquals("{Map=1, MatMul=1}", device.count(() -> adam.step(gradients)));
            assertArrayEquals(
                    new float[] {18, 18},
                    gradients.get(w).slice(0, 0, 1).flatten().slice(0, 0, 2).toFloatArray());
        }));
    }

    @Test
    void groupsHaveTheirOwnRates() {
        Scope.run(() -> {
            Variable a = Variable.parameter("a", Tensor.ones(2));
            Variable b = Variable.parameter("b", Tensor.ones(2));
            Sgd sgd = new Sgd(
                    List.of(new ParameterGroup(List.of(a), 0.5), new ParameterGroup(List.of(b), 0.25, 1)),
                    Sgd.Options.PLAIN);
            Gradients gradients = new Gradients(Map.of(a, Tensor.ones(2), b, Tensor.ones(2)));
            sgd.step(gradients);
            assertArrayEquals(new float[] {0.5f, 0.5f}, a.value().toFloatArray());
            assertArrayEquals(new float[] {0.5f, 0.5f}, b.value().toFloatArray());
            sgd.groups().get(0).setLearningRate(0);
            sgd.step(gradients);
            assertArrayEquals(new float[] {0.5f, 0.5f}, a.value().toFloatArray());
            assertEquals(0, sgd.learningRate());
        });
    }

    @Test
    void stateContinuesWhereItWasSaved() {
        Scope.run(() -> {
            Variable one = Variable.parameter("p", Tensor.of(start()));
            Adam adam = new Adam(List.of(one), 1e-2);
            steps(adam, one, 10);
            Map<String, Tensor> state = adam.state();
            assertEquals(List.of("0.firstMoment", "0.secondMoment", "0.steps"), new ArrayList<>(state.keySet()));
            Variable two = Variable.parameter("p", one.value().detach());
            Adam other = new Adam(List.of(two), 1e-2);
            other.load(state);
            steps(adam, one, 10);
            steps(other, two, 10);
            assertArrayEquals(one.value().toDoubleArray(), two.value().toDoubleArray(), 0);
        });
    }

    private static void steps(Optimizer optimizer, Variable parameter, int count) {
        for (int i = 0; i < count; i++) {
            Scope.run(() -> optimizer.step(new Gradients(Map.of(
                    parameter, Tensor.of(gradient(parameter.value().detach().toDoubleArray()))))));
        }
    }

    @Test
    void wrongStateChangesNothing() {
        Scope.run(() -> {
            Variable p = Variable.parameter("p", Tensor.of(start()));
            Adam adam = new Adam(List.of(p), 1e-2);
            steps(adam, p, 3);
            double[] before = adam.state().get("0.firstMoment").toDoubleArray();
            Map<String, Tensor> missing = new LinkedHashMap<>(adam.state());
            missing.put("0.firstMoment", Tensor.of(new double[SIZE]));
            missing.remove("0.secondMoment");
            assertMessage("expected F64 [7]   0.secondMoment\n  given    nothing", () -> adam.load(missing));
            Map<String, Tensor> more = new LinkedHashMap<>(adam.state());
            more.put("0.firstMoment", Tensor.of(new double[SIZE]));
            more.put("1.steps", Tensor.of(new long[] {1}));
            assertMessage("also 1.steps", () -> adam.load(more));
            Map<String, Tensor> other = new LinkedHashMap<>(adam.state());
            other.put("0.secondMoment", Tensor.ones(SIZE));
            assertMessage("given    F32 [7]", () -> adam.load(other));
            assertArrayEquals(before, adam.state().get("0.firstMoment").toDoubleArray(), 0);
        });
    }

    private static void assertMessage(String part, Runnable body) {
        InvalidArgument error = assertThrows(InvalidArgument.class, body::run);
        assertTrue(error.getMessage().contains(part), error.getMessage());
    }

    @Test
    void wrongRatesAreRefused() {
        Scope.run(() -> {
            List<Variable> p = List.of(Variable.parameter("p", Tensor.ones(2)));
            InvalidArgument error = assertThrows(InvalidArgument.class, () -> new Adam(p, Double.NaN));
            assertEquals(
                    "optimizer: learning rate out of range\n  expected a finite number, 0 or more\n  given    NaN",
                    error.getMessage());
            assertMessage("given    -0.1", () -> new Sgd(p, -0.1));
            assertMessage("weight decay out of range", () -> new AdamW(p, 0.1, Double.POSITIVE_INFINITY));
            assertMessage("beta1 out of range", () -> new Options(1, 0.9, 1e-8));
            assertMessage("beta2 out of range", () -> new Options(0.9, Double.NaN, 1e-8));
            assertMessage("epsilon out of range", () -> new Options(0.9, 0.9, 0));
            assertMessage("momentum out of range", () -> Sgd.Options.momentum(1));
            assertMessage("look-ahead needs momentum", () -> new Sgd.Options(0.9, 0.1, true));
            assertMessage("no parameters", () -> new Adam(List.of(), 0.1));
            assertMessage("named twice", () -> new Adam(List.of(p.get(0), p.get(0)), 0.1));
            Adam adam = new Adam(p, 0.1);
            assertMessage("learning rate", () -> adam.setLearningRate(-1));
            assertEquals(0.1, adam.learningRate());
            assertMessage("bound out of range", () -> GradientClipping.byNorm(new Gradients(Map.of()), 0));
            ShapeMismatch shape =
                    assertThrows(ShapeMismatch.class, () -> adam.step(new Gradients(Map.of(p.get(0), Tensor.ones(3)))));
            assertTrue(shape.getMessage().contains("gradient  [3]"), shape.getMessage());
        });
    }

    @Test
    void clippingBoundsTheCommonNorm() {
        Scope.run(() -> {
            Variable a = Variable.parameter("a", Tensor.ones(2));
            Variable b = Variable.parameter("b", Tensor.ones(1));
            Map<Variable, Tensor> map = new LinkedHashMap<>();
            map.put(a, Tensor.of(new float[] {2, -3}));
            map.put(b, Tensor.of(new float[] {6}));
            Gradients gradients = new Gradients(map);
            assertEquals(7, GradientClipping.norm(gradients).item(), 1e-6);
            Gradients clipped = GradientClipping.byNorm(gradients, 3.5);
            assertArrayEquals(new float[] {1, -1.5f}, clipped.get(a).toFloatArray(), 1e-6f);
            assertArrayEquals(new float[] {3}, clipped.get(b).toFloatArray(), 1e-6f);
            Gradients kept = GradientClipping.byNorm(gradients, 8);
            assertArrayEquals(new float[] {2, -3}, kept.get(a).toFloatArray());
            Gradients bounded = GradientClipping.byValue(gradients, 2.5);
            assertArrayEquals(new float[] {2, -2.5f}, bounded.get(a).toFloatArray());
            assertArrayEquals(new float[] {2.5f}, bounded.get(b).toFloatArray());
            map.put(b, Tensor.of(new float[] {Float.NaN}));
            Gradients broken = GradientClipping.byNorm(new Gradients(map), 1);
            assertTrue(Float.isNaN(broken.get(a).toFloatArray()[0]));
        });
    }
}
