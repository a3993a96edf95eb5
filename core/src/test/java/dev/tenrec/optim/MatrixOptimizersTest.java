package dev.tenrec.optim;

import static dev.tenrec.optim.Trajectories.group;
import static dev.tenrec.optim.Trajectories.ones;
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
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** LAMB and Muon, whose step needs more than the elements one by one. */
class MatrixOptimizersTest {

    private static double norm(double... values) {
        double sum = 0;
        for (double value : values) {
            sum += value * value;
        }
        return Math.sqrt(sum);
    }

    private static Reference lamb(int size, double lr, AdaptiveMoments.Options o, double decay) {
        double[] m = new double[size];
        double[] v = new double[size];
        return (p, g, t) -> {
            double[] r = new double[size];
            for (int i = 0; i < size; i++) {
                m[i] = o.beta1() * m[i] + (1 - o.beta1()) * g[i];
                v[i] = o.beta2() * v[i] + (1 - o.beta2()) * g[i] * g[i];
                double first = m[i] / (1 - Math.pow(o.beta1(), t));
                double second = v[i] / (1 - Math.pow(o.beta2(), t));
                r[i] = first / (Math.sqrt(second) + o.epsilon()) + decay * p[i];
            }
            double ratio = norm(p) == 0 || norm(r) == 0 ? 1 : norm(p) / norm(r);
            for (int i = 0; i < size; i++) {
                p[i] -= lr * ratio * r[i];
            }
        };
    }

    private static double[] random(int size) {
        return new SplittableRandom(11).doubles(size, -1, 1).toArray();
    }

    @Test
    void lambStepsAreThoseOfTheFormulas() {
        AdaptiveMoments.Options options = new AdaptiveMoments.Options(0.8, 0.95, 1e-5);
        AdaptiveMoments.Options standard = new AdaptiveMoments.Options(0.9, 0.999, 1e-6);
        for (DType dtype : List.of(DType.F64, DType.F32)) {
            double tolerance = dtype == DType.F64 ? 1e-13 : 1e-5;
            Trajectories.train(
                    dtype,
                    random(15),
                    tolerance,
                    p -> new Lamb(List.of(p), 0.01, 0.1),
                    lamb(15, 0.01, standard, 0.1),
                    3,
                    5);
            Trajectories.train(
                    dtype,
                    random(6),
                    tolerance,
                    p -> new Lamb(group(p, 0.01, 0), options),
                    lamb(6, 0.01, options, 0),
                    6);
            // A norm of 0 leaves the rate as it is.
            Trajectories.train(
                    dtype,
                    new double[4],
                    tolerance,
                    p -> new Lamb(group(p, 0.01, 0), options),
                    lamb(4, 0.01, options, 0),
                    4);
        }
    }

    @Test
    void lambTakesTwoReductionsAndTwoMaps() {
        CountedDevice device = CountedDevice.open();
        device.on(() -> Scope.run(() -> {
            Variable a = ones("a", 8, 16);
            Gradients gradients =
                    new Gradients(Map.of(a, Tensor.full(DType.F32, a.shape(), 2).materialize()));
            Lamb lamb = new Lamb(List.of(a), 1e-3, 0.1);
            for (int i = 0; i < 3; i++) {
                long before = device.liveBytes();
                lamb.setLearningRate(1e-3 / (i + 1));
                assertEquals("{Map=2, Reduce=2}", device.count(() -> lamb.step(gradients)));
                assertEquals(before, device.liveBytes());
                assertTrue(device.peakBytes() - before <= 3 * 64, "nothing but the norms is allocated");
                assertTrue(i == 0 || device.compiled() == 0, "another rate needs no other kernel");
            }
        }));
    }

    private static double[][] matrix(double[] values, int rows, int columns) {
        double[][] m = new double[rows][columns];
        for (int i = 0; i < values.length; i++) {
            m[i / columns][i % columns] = values[i];
        }
        return m;
    }

    private static double[][] multiply(double[][] a, double[][] b) {
        double[][] c = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < b[0].length; j++) {
                for (int k = 0; k < b.length; k++) {
                    c[i][j] += a[i][k] * b[k][j];
                }
            }
        }
        return c;
    }

    private static double[][] transpose(double[][] a) {
        double[][] t = new double[a[0].length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[0].length; j++) {
                t[j][i] = a[i][j];
            }
        }
        return t;
    }

    private static double[][] combine(double a, double[][] x, double b, double[][] y) {
        double[][] sum = new double[x.length][x[0].length];
        for (int i = 0; i < x.length; i++) {
            for (int j = 0; j < x[0].length; j++) {
                sum[i][j] = a * x[i][j] + b * y[i][j];
            }
        }
        return sum;
    }

    /** The published iteration, with the matrix as it is: a tall one differs by rounding alone. */
    private static double[][] newtonSchulz(double[][] g, int steps) {
        double norm = 0;
        for (double[] row : g) {
            norm += norm(row) * norm(row);
        }
        double[][] x = combine(1 / (Math.sqrt(norm) + 1e-7), g, 0, g);
        for (int i = 0; i < steps; i++) {
            double[][] a = multiply(x, transpose(x));
            double[][] b = combine(-4.7750, a, 2.0315, multiply(a, a));
            x = combine(3.4445, x, 1, multiply(b, x));
        }
        return x;
    }

    private static Reference muon(int rows, int columns, double lr, double decay, Muon.Options o) {
        double[] m = new double[rows * columns];
        return (p, g, t) -> {
            double[] u = new double[m.length];
            for (int i = 0; i < m.length; i++) {
                m[i] = o.momentum() * m[i] + (1 - o.momentum()) * g[i];
                u[i] = o.nesterov() ? o.momentum() * m[i] + (1 - o.momentum()) * g[i] : m[i];
            }
            double[][] x = newtonSchulz(matrix(u, rows, columns), o.iterations());
            double scale = o.scale() == Muon.Scale.SPECTRAL
                    ? Math.sqrt(Math.max(1, (double) rows / columns))
                    : 0.2 * Math.sqrt(Math.max(rows, columns));
            for (int i = 0; i < m.length; i++) {
                p[i] = p[i] * (1 - lr * decay) - lr * scale * x[i / columns][i % columns];
            }
        };
    }

    @Test
    void muonStepsAreThoseOfTheFormulas() {
        Muon.Options plain = new Muon.Options(0.8, false, 4, Muon.Scale.SPECTRAL, AdaptiveMoments.Options.DEFAULT);
        for (DType dtype : List.of(DType.F64, DType.F32)) {
            double tolerance = dtype == DType.F64 ? 1e-11 : 1e-3;
            Trajectories.train(
                    dtype,
                    random(15),
                    tolerance,
                    p -> new Muon(List.of(p), 0.02, 0.1),
                    muon(3, 5, 0.02, 0.1, Muon.Options.DEFAULT),
                    3,
                    5);
            Trajectories.train(
                    dtype,
                    random(24),
                    tolerance,
                    p -> new Muon(group(p, 0.02, 0.1), List.of(), plain),
                    muon(6, 4, 0.02, 0.1, plain),
                    6,
                    4);
            // A convolution's weight is a matrix of its outputs.
            Trajectories.train(
                    dtype,
                    random(36),
                    tolerance,
                    p -> new Muon(List.of(p), 0.02, 0),
                    muon(3, 12, 0.02, 0, Muon.Options.DEFAULT),
                    3,
                    2,
                    2,
                    3);
            Trajectories.train(
                    dtype,
                    random(48),
                    tolerance,
                    p -> new Muon(List.of(p), 0.02, 0),
                    muon(12, 4, 0.02, 0, Muon.Options.DEFAULT),
                    12,
                    2,
                    2);
        }
    }

    @Test
    void fiveIterationsMakeSingularValuesNearOne() {
        Scope.run(() -> {
            double[] values = new SplittableRandom(3).doubles(12 * 30, -1, 1).toArray();
            for (boolean tall : new boolean[] {false, true}) {
                Tensor matrix = Tensor.of(values, tall ? 30 : 12, tall ? 12 : 30);
                Tensor x = NewtonSchulz.orthogonalize(matrix, 5);
                Tensor square = tall ? x.transpose().matmul(x) : x.matmul(x.transpose());
                // The trace is the sum of the squared singular values, each in [0.7², 1.2²].
                double trace = 0;
                double[] elements = square.toDoubleArray();
                for (int i = 0; i < 12; i++) {
                    trace += elements[i * 12 + i];
                }
                assertTrue(trace > 12 * 0.49 && trace < 12 * 1.44, "trace " + trace);
            }
        });
    }

    @Test
    void vectorsAreTrainedByAdamW() {
        Scope.run(() -> {
            double[] start = Trajectories.start();
            Variable one = Variable.parameter("p", Tensor.of(start));
            Variable two = Variable.parameter("p", Tensor.of(start));
            Variable matrix =
                    Variable.parameter("m", Tensor.ones(DType.F64, one.shape().insert(0, 2)));
            Muon muon = new Muon(List.of(matrix, one), 0.01, 0.1);
            AdamW adam = new AdamW(List.of(two), 0.01, 0.1);
            for (int i = 0; i < 5; i++) {
                Tensor g = Tensor.of(Trajectories.gradient(one.value().detach().toDoubleArray()));
                muon.step(new Gradients(Map.of(one, g, matrix, Tensor.ones(DType.F64, matrix.shape()))));
                adam.step(new Gradients(Map.of(two, g)));
            }
            assertArrayEquals(two.value().toDoubleArray(), one.value().toDoubleArray(), 0);
            assertEquals(
                    List.of("0.momentum", "0.steps", "1.firstMoment", "1.secondMoment", "1.steps"),
                    new ArrayList<>(muon.state().keySet()));
        });
    }

    @Test
    void muonOverwritesItsMemory() {
        CountedDevice device = CountedDevice.open();
        device.on(() -> Scope.run(() -> {
            for (long[] shape : new long[][] {{8, 16}, {16, 8}}) {
                Variable a = ones("a", shape);
                Gradients gradients = new Gradients(
                        Map.of(a, Tensor.full(DType.F32, a.shape(), 2).materialize()));
                Muon muon = new Muon(List.of(a), 1e-3, 0.1);
                for (int i = 0; i < 3; i++) {
                    long before = device.liveBytes();
                    muon.setLearningRate(1e-3 / (i + 1));
                    String kernels = device.count(() -> muon.step(gradients));
                    assertTrue(kernels.startsWith("{Map=") && kernels.endsWith("MatMul=15, Reduce=1}"), kernels);
                    assertEquals(before, device.liveBytes());
                    assertTrue(i == 0 || device.compiled() == 0, "another rate needs no other kernel");
                }
            }
        }));
    }

    @Test
    void stateContinuesWhereItWasSaved() {
        Scope.run(() -> {
            Variable one = Variable.parameter("p", Tensor.of(random(15), 3, 5));
            for (boolean muon : new boolean[] {false, true}) {
                Optimizer first = make(muon, one);
                steps(first, one);
                Variable two = Variable.parameter("p", one.value().detach());
                Optimizer second = make(muon, two);
                second.load(first.state());
                steps(first, one);
                steps(second, two);
                assertArrayEquals(one.value().toDoubleArray(), two.value().toDoubleArray(), 0);
            }
        });
    }

    private static Optimizer make(boolean muon, Variable parameter) {
        return muon ? new Muon(List.of(parameter), 0.01, 0.1) : new Lamb(List.of(parameter), 0.01, 0.1);
    }

    private static void steps(Optimizer optimizer, Variable p) {
        for (int i = 0; i < 4; i++) {
            Scope.run(() -> {
                double[] now = p.value().detach().toDoubleArray();
                Tensor gradient = Tensor.of(Trajectories.gradient(now)).reshape(p.shape());
                optimizer.step(new Gradients(Map.of(p, gradient)));
            });
        }
    }

    @Test
    void wrongUseIsRefused() {
        Scope.run(() -> {
            Variable vector = ones("bias", 3);
            InvalidArgument error = assertThrows(
                    InvalidArgument.class, () -> new Muon(group(vector, 0.1, 0), List.of(), Muon.Options.DEFAULT));
            assertEquals("""
                optimizer: Muon trains matrices
                  expected two axes or more
                  given    bias F32 [3]
                  hint: give it in a group of the others, which AdamW trains\
                """, error.getMessage());
            error = assertThrows(
                    InvalidArgument.class,
                    () -> new Muon.Options(0.9, true, 0, Muon.Scale.ADAMW, AdaptiveMoments.Options.DEFAULT));
            assertTrue(error.getMessage().contains("iterations out of range"), error.getMessage());
            assertThrows(InvalidArgument.class, () -> new Muon(List.of(), 0.1, 0));
        });
    }
}
