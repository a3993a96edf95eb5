package dev.tenrec.optim;

import static dev.tenrec.optim.Trajectories.SIZE;
import static dev.tenrec.optim.Trajectories.group;
import static dev.tenrec.optim.Trajectories.ones;
import static dev.tenrec.optim.Trajectories.train;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.memory.Scope;
import dev.tenrec.optim.Trajectories.Reference;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class AdaptiveOptimizersTest {

    private static final List<DType> TYPES = List.of(DType.F64, DType.F32);

    private static Reference rmsProp(double lr, RmsProp.Options o, double decay) {
        double[] v = new double[SIZE];
        double[] a = new double[SIZE];
        double[] b = new double[SIZE];
        return (p, g, t) -> {
            for (int i = 0; i < SIZE; i++) {
                double x = g[i] + decay * p[i];
                v[i] = o.smoothing() * v[i] + (1 - o.smoothing()) * x * x;
                a[i] = o.smoothing() * a[i] + (1 - o.smoothing()) * x;
                double scale = Math.sqrt(o.centred() ? v[i] - a[i] * a[i] : v[i]) + o.epsilon();
                b[i] = o.momentum() * b[i] + x / scale;
                p[i] -= lr * b[i];
            }
        };
    }

    @Test
    void rmsPropStepsAreThoseOfTheFormulas() {
        RmsProp.Options plain = RmsProp.Options.DEFAULT;
        RmsProp.Options momentum = new RmsProp.Options(0.9, 1e-6, 0.8, false);
        RmsProp.Options centred = new RmsProp.Options(0.95, 1e-5, 0, true);
        RmsProp.Options both = new RmsProp.Options(0.95, 1e-5, 0.7, true);
        for (DType dtype : TYPES) {
            train(dtype, p -> new RmsProp(List.of(p), 1e-2), rmsProp(1e-2, plain, 0));
            train(dtype, p -> new RmsProp(group(p, 1e-2, 0.1), momentum), rmsProp(1e-2, momentum, 0.1));
        }
        train(DType.F64, p -> new RmsProp(group(p, 1e-2, 0.1), centred), rmsProp(1e-2, centred, 0.1));
        train(DType.F64, p -> new RmsProp(group(p, 1e-3, 0), both), rmsProp(1e-3, both, 0));
    }

    @Test
    void centredRmsPropStaysFiniteForConstantGradients() {
        Scope.run(() -> {
            Variable p = ones("p", 3);
            RmsProp optimizer = new RmsProp(group(p, 1e-3, 0), new RmsProp.Options(0.5, 1e-8, 0, true));
            for (int i = 0; i < 200; i++) {
                Scope.run(() -> optimizer.step(new Gradients(Map.of(p, Tensor.of(new float[] {0.1f, -3.3f, 1e-3f})))));
            }
            for (float value : p.value().toFloatArray()) {
                assertTrue(Float.isFinite(value));
            }
        });
    }

    @Test
    void adagradStepsAreThoseOfTheFormulas() {
        BiFunction<Double, Adagrad.Options, Reference> reference = (decay, o) -> {
            double[] s = new double[SIZE];
            Arrays.fill(s, o.initialSum());
            return (p, g, t) -> {
                for (int i = 0; i < SIZE; i++) {
                    double x = g[i] + decay * p[i];
                    s[i] += x * x;
                    p[i] -= 0.1 / (1 + (t - 1) * o.rateDecay()) * x / (Math.sqrt(s[i]) + o.epsilon());
                }
            };
        };
        Adagrad.Options options = new Adagrad.Options(0.05, 0.2, 1e-7);
        for (DType dtype : TYPES) {
            train(dtype, p -> new Adagrad(List.of(p), 0.1), reference.apply(0.0, Adagrad.Options.DEFAULT));
            train(dtype, p -> new Adagrad(group(p, 0.1, 0.3), options), reference.apply(0.3, options));
        }
    }

    @Test
    void adadeltaStepsAreThoseOfTheFormulas() {
        BiFunction<Double, Adadelta.Options, Reference> reference = (decay, o) -> {
            double[] v = new double[SIZE];
            double[] u = new double[SIZE];
            return (p, g, t) -> {
                for (int i = 0; i < SIZE; i++) {
                    double x = g[i] + decay * p[i];
                    v[i] = o.smoothing() * v[i] + (1 - o.smoothing()) * x * x;
                    double d = Math.sqrt(u[i] + o.epsilon()) / Math.sqrt(v[i] + o.epsilon()) * x;
                    u[i] = o.smoothing() * u[i] + (1 - o.smoothing()) * d * d;
                    p[i] -= 0.7 * d;
                }
            };
        };
        Adadelta.Options options = new Adadelta.Options(0.8, 1e-4);
        for (DType dtype : TYPES) {
            train(dtype, p -> new Adadelta(List.of(p), 0.7), reference.apply(0.0, Adadelta.Options.DEFAULT));
            train(dtype, p -> new Adadelta(group(p, 0.7, 0.1), options), reference.apply(0.1, options));
        }
    }

    @Test
    void adamaxStepsAreThoseOfTheFormulas() {
        BiFunction<Double, AdaptiveMoments.Options, Reference> reference = (decay, o) -> {
            double[] m = new double[SIZE];
            double[] u = new double[SIZE];
            return (p, g, t) -> {
                for (int i = 0; i < SIZE; i++) {
                    double x = g[i] + decay * p[i];
                    m[i] = o.beta1() * m[i] + (1 - o.beta1()) * x;
                    u[i] = Math.max(o.beta2() * u[i], Math.abs(x) + o.epsilon());
                    p[i] -= 0.01 / (1 - Math.pow(o.beta1(), t)) * m[i] / u[i];
                }
            };
        };
        AdaptiveMoments.Options options = new AdaptiveMoments.Options(0.8, 0.9, 1e-4);
        for (DType dtype : TYPES) {
            train(dtype, p -> new Adamax(List.of(p), 0.01), reference.apply(0.0, AdaptiveMoments.Options.DEFAULT));
            train(dtype, p -> new Adamax(group(p, 0.01, 0.2), options), reference.apply(0.2, options));
        }
    }

    @Test
    void nadamStepsAreThoseOfTheFormulas() {
        BiFunction<Double, NAdam.Options, Reference> reference = (decay, o) -> {
            double[] m = new double[SIZE];
            double[] v = new double[SIZE];
            double[] product = {1};
            return (p, g, t) -> {
                double now = o.beta1() * (1 - 0.5 * Math.pow(0.96, t * o.momentumDecay()));
                double next = o.beta1() * (1 - 0.5 * Math.pow(0.96, (t + 1) * o.momentumDecay()));
                product[0] *= now;
                for (int i = 0; i < SIZE; i++) {
                    double x = o.decoupled() ? g[i] : g[i] + decay * p[i];
                    if (o.decoupled()) {
                        p[i] *= 1 - 0.01 * decay;
                    }
                    m[i] = o.beta1() * m[i] + (1 - o.beta1()) * x;
                    v[i] = o.beta2() * v[i] + (1 - o.beta2()) * x * x;
                    double scale = Math.sqrt(v[i] / (1 - Math.pow(o.beta2(), t))) + o.epsilon();
                    p[i] -= 0.01 * (1 - now) / (1 - product[0]) * x / scale;
                    p[i] -= 0.01 * next / (1 - product[0] * next) * m[i] / scale;
                }
            };
        };
        NAdam.Options coupled = new NAdam.Options(0.8, 0.95, 1e-6, 0.1, false);
        NAdam.Options decoupled = new NAdam.Options(0, 0.95, 1e-6, 0.1, true);
        for (DType dtype : TYPES) {
            train(dtype, p -> new NAdam(List.of(p), 0.01), reference.apply(0.0, NAdam.Options.DEFAULT));
            train(dtype, p -> new NAdam(group(p, 0.01, 0.2), coupled), reference.apply(0.2, coupled));
            train(dtype, p -> new NAdam(group(p, 0.01, 0.2), decoupled), reference.apply(0.2, decoupled));
        }
    }

    @Test
    void radamStepsAreThoseOfTheFormulas() {
        BiFunction<Double, RAdam.Options, Reference> reference = (decay, o) -> {
            double[] m = new double[SIZE];
            double[] v = new double[SIZE];
            return (p, g, t) -> {
                double power = Math.pow(o.beta2(), t);
                double limit = 2 / (1 - o.beta2()) - 1;
                double length = limit - 2 * t * power / (1 - power);
                for (int i = 0; i < SIZE; i++) {
                    double x = o.decoupled() ? g[i] : g[i] + decay * p[i];
                    if (o.decoupled()) {
                        p[i] *= 1 - 0.01 * decay;
                    }
                    m[i] = o.beta1() * m[i] + (1 - o.beta1()) * x;
                    v[i] = o.beta2() * v[i] + (1 - o.beta2()) * x * x;
                    double step = 0.01 * m[i] / (1 - Math.pow(o.beta1(), t));
                    if (length > 5) {
                        double r = Math.sqrt((length - 4) * (length - 2) * limit)
                                / Math.sqrt((limit - 4) * (limit - 2) * length);
                        step *= r * Math.sqrt(1 - power) / (Math.sqrt(v[i]) + o.epsilon());
                    }
                    p[i] -= step;
                }
            };
        };
        RAdam.Options coupled = new RAdam.Options(0.8, 0.95, 1e-6, false);
        RAdam.Options decoupled = new RAdam.Options(0.9, 0.9, 1e-6, true);
        RAdam.Options never = new RAdam.Options(0.9, 0.5, 1e-6, false);
        for (DType dtype : TYPES) {
            train(dtype, p -> new RAdam(List.of(p), 0.01), reference.apply(0.0, RAdam.Options.DEFAULT));
            train(dtype, p -> new RAdam(group(p, 0.01, 0.2), coupled), reference.apply(0.2, coupled));
            train(dtype, p -> new RAdam(group(p, 0.01, 0.2), decoupled), reference.apply(0.2, decoupled));
            train(dtype, p -> new RAdam(group(p, 0.01, 0), never), reference.apply(0.0, never));
        }
    }

    @Test
    void lionStepsAreThoseOfTheFormulas() {
        BiFunction<Double, Lion.Options, Reference> reference = (decay, o) -> {
            double[] m = new double[SIZE];
            return (p, g, t) -> {
                for (int i = 0; i < SIZE; i++) {
                    double sign = Math.signum(o.beta1() * m[i] + (1 - o.beta1()) * g[i]);
                    p[i] = p[i] * (1 - 0.01 * decay) - 0.01 * sign;
                    m[i] = o.beta2() * m[i] + (1 - o.beta2()) * g[i];
                }
            };
        };
        Lion.Options options = new Lion.Options(0.5, 0.8);
        for (DType dtype : TYPES) {
            train(dtype, p -> new Lion(List.of(p), 0.01, 0.3), reference.apply(0.3, Lion.Options.DEFAULT));
            train(dtype, p -> new Lion(group(p, 0.01, 0), options), reference.apply(0.0, options));
        }
    }

    private static List<Function<List<ParameterGroup>, Optimizer>> all() {
        return List.of(
                groups -> new RmsProp(groups, RmsProp.Options.DEFAULT),
                groups -> new RmsProp(groups, new RmsProp.Options(0.9, 1e-6, 0.8, false)),
                groups -> new RmsProp(groups, new RmsProp.Options(0.9, 1e-6, 0, true)),
                groups -> new RmsProp(groups, new RmsProp.Options(0.9, 1e-6, 0.8, true)),
                groups -> new Adagrad(groups, new Adagrad.Options(0.1, 0.1, 1e-8)),
                groups -> new Adadelta(groups, Adadelta.Options.DEFAULT),
                groups -> new Adamax(groups, AdaptiveMoments.Options.DEFAULT),
                groups -> new NAdam(groups, NAdam.Options.DEFAULT),
                groups -> new NAdam(groups, new NAdam.Options(0.9, 0.99, 1e-8, 0.1, true)),
                groups -> new RAdam(groups, new RAdam.Options(0.9, 0.9, 1e-8, false)),
                groups -> new RAdam(groups, new RAdam.Options(0.9, 0.9, 1e-8, true)),
                groups -> new Lion(groups, Lion.Options.DEFAULT));
    }

    @Test
    void aStepIsOneKernelPerParameterOverItsOwnMemory() {
        CountedDevice device = CountedDevice.open();
        device.on(() -> Scope.run(() -> {
            Variable a = ones("a", 3, 5);
            Variable b = ones("b", 64);
            Map<Variable, Tensor> map = new LinkedHashMap<>();
            map.put(a, Tensor.full(DType.F32, a.shape(), 2).materialize());
            map.put(b, Tensor.full(DType.F32, b.shape(), 2).materialize());
            Gradients gradients = new Gradients(map);
            for (double decay : new double[] {0, 0.1}) {
                for (Function<List<ParameterGroup>, Optimizer> make : all()) {
                    Optimizer optimizer = make.apply(List.of(new ParameterGroup(List.of(a, b), 1e-3, decay)));
                    // As many as take RAdam from one of its branches to the other.
                    for (int i = 0; i < 12; i++) {
                        long before = device.liveBytes();
                        optimizer.setLearningRate(1e-3 / (i + 1));
                        assertEquals("{Map=2}", device.count(() -> optimizer.step(gradients)));
                        assertEquals(before, device.liveBytes());
                        assertEquals(before, device.peakBytes(), "nothing is allocated");
                        assertTrue(i == 0 || device.compiled() == 0, "another rate needs no other kernel");
                    }
                    optimizer.close();
                }
            }
        }));
    }

    @Test
    void stateContinuesWhereItWasSaved() {
        for (Function<List<ParameterGroup>, Optimizer> make : all()) {
            Scope.run(() -> {
                Variable one = Variable.parameter("p", Tensor.of(Trajectories.start()));
                Optimizer first = make.apply(group(one, 1e-2, 0.1));
                steps(first, one, 9);
                Variable two = Variable.parameter("p", one.value().detach());
                Optimizer second = make.apply(group(two, 1e-2, 0.1));
                second.load(first.state());
                assertEquals(
                        new ArrayList<>(first.state().keySet()),
                        new ArrayList<>(second.state().keySet()));
                steps(first, one, 9);
                steps(second, two, 9);
                assertArrayEquals(one.value().toDoubleArray(), two.value().toDoubleArray(), 0);
            });
        }
    }

    private static void steps(Optimizer optimizer, Variable p, int count) {
        for (int i = 0; i < count; i++) {
            Scope.run(() -> {
                double[] now = p.value().detach().toDoubleArray();
                optimizer.step(new Gradients(Map.of(p, Tensor.of(Trajectories.gradient(now)))));
            });
        }
    }

    @Test
    void wrongRatesAreRefused() {
        assertMessage("smoothing out of range", () -> new RmsProp.Options(1, 1e-8, 0, false));
        assertMessage("epsilon out of range", () -> new RmsProp.Options(0.9, 0, 0, false));
        assertMessage("momentum out of range", () -> new RmsProp.Options(0.9, 1e-8, -0.1, false));
        assertMessage("rate decay out of range", () -> new Adagrad.Options(-1, 0, 1e-8));
        assertMessage("initial sum out of range", () -> new Adagrad.Options(0, Double.NaN, 1e-8));
        assertMessage("epsilon out of range", () -> new Adagrad.Options(0, 0, 0));
        assertMessage("smoothing out of range", () -> new Adadelta.Options(-0.1, 1e-6));
        assertMessage("epsilon out of range", () -> new Adadelta.Options(0.9, Double.POSITIVE_INFINITY));
        assertMessage("momentum decay out of range", () -> new NAdam.Options(0.9, 0.9, 1e-8, -1, false));
        assertMessage("beta1 out of range", () -> new NAdam.Options(1, 0.9, 1e-8, 0, false));
        assertMessage("beta2 out of range", () -> new RAdam.Options(0.9, 1, 1e-8, false));
        assertMessage("beta2 out of range", () -> new Lion.Options(0.9, 1));
        Scope.run(() -> {
            Variable p = ones("p", 2);
            assertMessage("learning rate out of range", () -> new Lion(List.of(p), -1, 0));
            assertMessage("weight decay out of range", () -> new Lion(List.of(p), 1, Double.NaN));
        });
    }

    private static void assertMessage(String part, Runnable body) {
        InvalidArgument error = assertThrows(InvalidArgument.class, body::run);
        assertTrue(error.getMessage().startsWith("optimizer: " + part), error.getMessage());
        assertTrue(error.getMessage().contains("\n  expected "), error.getMessage());
    }
}
