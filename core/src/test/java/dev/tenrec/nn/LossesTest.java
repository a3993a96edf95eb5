package dev.tenrec.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.error.TensorException;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LossesTest {

    private static final int N = 5;
    private static final int C = 4;
    private static final long[] LABELS = {3, 0, 2, 2, 1};
    private static final double[] WEIGHTS = {0.5, 2, 1.5, 0.25};

    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    /** −w·Σ_c q_c·log softmax(x)_c of each row, as PyTorch defines it for labels: q smoothed, w that of the class. */
    private static double[] reference(double[] x, long[] labels, double smoothing, double[] weights, long ignored) {
        double[] losses = new double[labels.length];
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] == ignored) {
                continue;
            }
            double largest = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < C; c++) {
                largest = Math.max(largest, x[i * C + c]);
            }
            double sum = 0;
            for (int c = 0; c < C; c++) {
                sum += Math.exp(x[i * C + c] - largest);
            }
            for (int c = 0; c < C; c++) {
                double logProbability = x[i * C + c] - largest - Math.log(sum);
                double share = (c == labels[i] ? 1 - smoothing : 0) + smoothing / C;
                losses[i] -= weights[c] * share * logProbability;
            }
        }
        return losses;
    }

    private static double[] logits() {
        return new SplittableRandom(7).doubles(N * C, -3, 3).toArray();
    }

    private static double sum(double[] values) {
        return Arrays.stream(values).sum();
    }

    private static double weightOfLabels(long[] labels, double[] weights, long ignored) {
        return Arrays.stream(labels)
                .filter(label -> label != ignored)
                .mapToDouble(label -> weights[(int) label])
                .sum();
    }

    private static double[] ones() {
        return new double[] {1, 1, 1, 1};
    }

    @ParameterizedTest
    @EnumSource(Reduction.class)
    void crossEntropyHasTheFormulasValue(Reduction reduction) {
        double[] x = logits();
        Tensor logits = Tensor.of(x, N, C);
        for (double smoothing : new double[] {0, 0.1, 1}) {
            for (boolean weighted : new boolean[] {false, true}) {
                for (boolean ignoring : new boolean[] {false, true}) {
                    long ignored = ignoring ? 2 : -100;
                    double[] weights = weighted ? WEIGHTS : ones();
                    ClassLossOptions options =
                            ClassLossOptions.DEFAULT.withReduction(reduction).withLabelSmoothing(smoothing);
                    options = ignoring ? options.withIgnoreIndex(2) : options;
                    options = weighted ? options.withClassWeights(Tensor.of(WEIGHTS)) : options;
                    double[] rows = reference(x, LABELS, smoothing, weights, ignored);
                    double[] expected = switch (reduction) {
                        case NONE -> rows;
                        case SUM -> new double[] {sum(rows)};
                        case MEAN -> new double[] {sum(rows) / weightOfLabels(LABELS, weights, ignored)};
                    };
                    Tensor loss = Losses.crossEntropy(logits, Tensor.of(LABELS), options);
                    assertArrayEquals(expected, loss.toDoubleArray(), 1e-13, options.toString());
                    assertEquals(reduction == Reduction.NONE ? 1 : 0, loss.rank());
                }
            }
        }
    }

    @Test
    void crossEntropyTakesI32LabelsAndFloatLogits() {
        float[] x = new float[N * C];
        double[] wide = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) logits()[i];
            wide[i] = x[i];
        }
        Tensor labels = Tensor.of(LABELS).to(DType.I32);
        double expected = sum(reference(wide, LABELS, 0, ones(), -1)) / N;
        assertEquals(expected, Losses.crossEntropy(Tensor.of(x, N, C), labels).item(), 1e-6);
    }

    @Test
    void crossEntropyOfDistributions() {
        double[] x = logits();
        double[] q = new SplittableRandom(8).doubles(N * C, 0, 1).toArray();
        double[] rows = new double[N];
        for (int i = 0; i < N; i++) {
            for (int c = 0; c < C; c++) {
                long[] only = new long[N];
                only[i] = c;
                double one = reference(x, only, 0, ones(), -1)[i];
                rows[i] += WEIGHTS[c] * (q[i * C + c] * 0.8 + 0.2 / C) * one;
            }
        }
        ClassLossOptions options =
                ClassLossOptions.DEFAULT.withClassWeights(Tensor.of(WEIGHTS)).withLabelSmoothing(0.2);
        Tensor logits = Tensor.of(x, N, C);
        Tensor targets = Tensor.of(q, N, C);
        assertEquals(
                sum(rows) / N, Losses.crossEntropy(logits, targets, options).item(), 1e-13);
        assertEquals(
                sum(rows),
                Losses.crossEntropy(logits, targets, options.withReduction(Reduction.SUM))
                        .item(),
                1e-12);
        assertArrayEquals(
                rows,
                Losses.crossEntropy(logits, targets, options.withReduction(Reduction.NONE))
                        .toDoubleArray(),
                1e-13);
    }

    @Test
    void crossEntropyKeepsBatchAxes() {
        double[] x = logits();
        Tensor batched = Tensor.of(x, 1, N, 1, C);
        Tensor labels = Tensor.of(LABELS, 1, N, 1);
        Tensor losses = Losses.crossEntropy(batched, labels, ClassLossOptions.DEFAULT.withReduction(Reduction.NONE));
        assertEquals(labels.shape(), losses.shape());
        assertArrayEquals(reference(x, LABELS, 0, ones(), -1), losses.toDoubleArray(), 1e-13);
        Tensor one = Losses.crossEntropy(
                Tensor.of(new double[] {1, 2, 3}), Tensor.of(new long[] {1}).reshape());
        assertEquals(Math.log(Math.exp(-1) + 1 + Math.exp(1)), one.item(), 1e-14);
    }

    @Test
    void crossEntropyDoesNotOverflow() {
        Tensor logits = Tensor.of(new float[] {1e30f, 0, -1e30f, 1000, 1001, 999}, 2, 3);
        double[] losses = Losses.crossEntropy(
                        logits, Tensor.of(new long[] {0, 1}), ClassLossOptions.DEFAULT.withReduction(Reduction.NONE))
                .toDoubleArray();
        assertEquals(0, losses[0]);
        assertEquals(Math.log(Math.exp(-1) + 1 + Math.exp(-2)), losses[1], 1e-6);
    }

    @Test
    void crossEntropyGradients() {
        Variable x = GradientCheck.variable(1, N, C);
        Variable w = GradientCheck.variable(2, N, C);
        ClassLossOptions all = ClassLossOptions.DEFAULT
                .withClassWeights(Tensor.of(WEIGHTS))
                .withIgnoreIndex(0)
                .withLabelSmoothing(0.1);
        List<Supplier<Tensor>> losses = List.of(
                () -> Losses.crossEntropy(x.value(), Tensor.of(LABELS)),
                () -> Losses.crossEntropy(x.value(), Tensor.of(LABELS), all),
                () -> Losses.crossEntropy(x.value(), Tensor.of(LABELS), all.withReduction(Reduction.NONE))
                        .square()
                        .sum(),
                () -> Losses.nll(x.value().logSoftmax(1), Tensor.of(LABELS)));
        for (Supplier<Tensor> loss : losses) {
            GradientCheck.first(loss, List.of(x));
            GradientCheck.second(loss, List.of(x));
        }
        Supplier<Tensor> distribution =
                () -> Losses.crossEntropy(x.value(), w.value().softmax(1));
        GradientCheck.first(distribution, List.of(x, w));
        GradientCheck.second(distribution, List.of(x, w));
    }

    @Test
    void crossEntropyGradientIsSoftmaxLessTarget() {
        double[] x = logits();
        Variable variable = Variable.parameter("x", Tensor.of(x, N, C));
        Gradients gradients =
                Losses.crossEntropy(variable.value(), Tensor.of(LABELS)).backward();
        double[] softmax = Tensor.of(x, N, C).softmax(1).toDoubleArray();
        for (int i = 0; i < N; i++) {
            softmax[i * C + (int) LABELS[i]] -= 1;
        }
        double[] expected = Arrays.stream(softmax).map(value -> value / N).toArray();
        assertArrayEquals(expected, gradients.get(variable).toDoubleArray(), 1e-15);
    }

    @Test
    void labelsOutOfRangeAreNamed() {
        Tensor logits = Tensor.of(logits(), N, C);
        InvalidArgument error = assertThrows(
                InvalidArgument.class, () -> Losses.crossEntropy(logits, Tensor.of(new long[] {0, 1, 2, 4, 0})));
        assertEquals("""
            crossEntropy: label out of range
              expected 0 to 3   predictions [5, 4]
              given    4        at position [3]
              hint: labels count from 0; to leave examples out, give their label as ignoreIndex\
            """, error.getMessage());
        assertMessage(
                InvalidArgument.class,
                "given    -1       at position [0]",
                () -> Losses.nll(logits, Tensor.of(new int[] {-1, 0, 0, 0, 0})));
        ClassLossOptions ignoring = ClassLossOptions.DEFAULT.withIgnoreIndex(-1);
        assertTrue(Double.isFinite(Losses.nll(logits, Tensor.of(new int[] {-1, 0, 0, 0, 0}), ignoring)
                .item()));
        assertTrue(Double.isNaN(Losses.nll(logits, Tensor.of(new int[] {-1, -1, -1, -1, -1}), ignoring)
                .item()));
    }

    private static void assertMessage(Class<? extends TensorException> type, String part, Supplier<Tensor> call) {
        TensorException error = assertThrows(type, call::get);
        assertTrue(error.getMessage().contains(part), error.getMessage());
    }

    @Test
    void wrongTargetsAreExplained() {
        Tensor logits = Tensor.of(logits(), N, C);
        assertMessage(
                ShapeMismatch.class,
                "expected    [5]      labels",
                () -> Losses.crossEntropy(logits, Tensor.of(LABELS, N, 1)));
        assertMessage(
                ShapeMismatch.class,
                "expected    [5, 4]   a distribution",
                () -> Losses.crossEntropy(logits, Tensor.of(new double[N])));
        assertMessage(
                DTypeMismatch.class,
                "hint: convert labels with .to(DType.I32)",
                () -> Losses.crossEntropy(logits, Tensor.ofBytes(new byte[N])));
        assertMessage(
                DTypeMismatch.class,
                "expected F32 or F64   predictions",
                () -> Losses.crossEntropy(Tensor.of(new int[] {1, 2}), Tensor.of(LABELS)));
        assertMessage(
                ShapeMismatch.class,
                "no classes",
                () -> Losses.crossEntropy(Tensor.zeros(3, 0), Tensor.of(new long[3])));
        assertMessage(
                ShapeMismatch.class,
                "expected F64 [4]   one per class",
                () -> Losses.crossEntropy(
                        logits,
                        Tensor.of(LABELS),
                        ClassLossOptions.DEFAULT.withClassWeights(Tensor.of(new double[3]))));
        assertMessage(
                InvalidArgument.class,
                "no label to ignore",
                () -> Losses.crossEntropy(logits, logits, ClassLossOptions.DEFAULT.withIgnoreIndex(0)));
        assertMessage(
                InvalidArgument.class,
                "crossEntropy takes both",
                () -> Losses.nll(logits, Tensor.of(LABELS), ClassLossOptions.DEFAULT.withLabelSmoothing(0.1)));
        assertMessage(InvalidArgument.class, "label smoothing out of range", () -> {
            ClassLossOptions.DEFAULT.withLabelSmoothing(Double.NaN);
            return null;
        });
        assertMessage(ShapeMismatch.class, "shapes differ", () -> Losses.mse(Tensor.zeros(4, 1), Tensor.zeros(4)));
        assertMessage(
                DTypeMismatch.class,
                "convert the targets with .to(DType.F32)",
                () -> Losses.l1(Tensor.zeros(4), Tensor.of(new double[4])));
        assertMessage(
                InvalidArgument.class, "delta out of range", () -> Losses.huber(Tensor.zeros(4), Tensor.zeros(4), -1));
        assertMessage(
                InvalidArgument.class,
                "beta out of range",
                () -> Losses.smoothL1(Tensor.zeros(4), Tensor.zeros(4), Double.NaN));
    }

    @Test
    void binaryCrossEntropyHasTheFormulasValue() {
        double[] x = {-40, -3, -0.1, 0, 0.2, 5, 60, 800, -800};
        double[] t = {0, 0.25, 1, 0.5, 0, 1, 1, 1, 0};
        double[] expected = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            // log(1 + e^z) without overflow, for the logit of each side.
            expected[i] = t[i] * softplus(-x[i]) + (1 - t[i]) * softplus(x[i]);
        }
        Tensor logits = Tensor.of(x);
        Tensor targets = Tensor.of(t);
        double[] found = Losses.binaryCrossEntropyWithLogits(logits, targets, Reduction.NONE)
                .toDoubleArray();
        for (int i = 0; i < x.length; i++) {
            assertEquals(expected[i], found[i], 1e-15 * Math.max(1e-30, expected[i]) + expected[i] * 1e-14, "" + x[i]);
        }
        assertEquals(
                sum(expected) / x.length,
                Losses.binaryCrossEntropyWithLogits(logits, targets).item(),
                1e-14);
        double[] p = {0, 1, 1e-9, 0.3, 1};
        double[] target = {1, 1, 0, 0.6, 0};
        double[] losses = {100, 0, -Math.log1p(-1e-9), -0.6 * Math.log(0.3) - 0.4 * Math.log(0.7), 100};
        assertArrayEquals(
                losses,
                Losses.binaryCrossEntropy(Tensor.of(p), Tensor.of(target), Reduction.NONE)
                        .toDoubleArray(),
                1e-15);
        assertEquals(
                sum(losses) / 5,
                Losses.binaryCrossEntropy(Tensor.of(p), Tensor.of(target)).item(),
                1e-14);
    }

    private static double softplus(double z) {
        return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
    }

    @Test
    void binaryCrossEntropyGradients() {
        Variable x = GradientCheck.variable(3, 6);
        Variable t = GradientCheck.variable(4, 6);
        Supplier<Tensor> logits =
                () -> Losses.binaryCrossEntropyWithLogits(x.value(), t.value().sigmoid());
        Supplier<Tensor> probabilities =
                () -> Losses.binaryCrossEntropy(x.value().sigmoid(), t.value().sigmoid());
        for (Supplier<Tensor> loss : List.of(logits, probabilities)) {
            GradientCheck.first(loss, List.of(x, t));
            GradientCheck.second(loss, List.of(x, t));
        }
        Variable edges = Variable.parameter("p", Tensor.of(new double[] {0, 1}));
        double[] slopes = Losses.binaryCrossEntropy(edges.value(), Tensor.of(new double[] {1, 1}))
                .backward()
                .get(edges)
                .toDoubleArray();
        assertTrue(Double.isFinite(slopes[0]) && slopes[1] == 0, Arrays.toString(slopes));
    }

    @ParameterizedTest
    @EnumSource(Reduction.class)
    void lossesOfNumbersHaveTheFormulasValue(Reduction reduction) {
        double[] p = {1, -2, 0.5, 3, 0};
        double[] t = {1, 1, 0.25, -1, 0.5};
        double[] mse = new double[5];
        double[] l1 = new double[5];
        double[] huber = new double[5];
        double[] smooth = new double[5];
        for (int i = 0; i < 5; i++) {
            double d = Math.abs(p[i] - t[i]);
            mse[i] = d * d;
            l1[i] = d;
            huber[i] = d <= 1.5 ? d * d / 2 : 1.5 * (d - 0.75);
            smooth[i] = d <= 0.5 ? d * d / 2 / 0.5 : d - 0.25;
        }
        Tensor predictions = Tensor.of(p);
        Tensor targets = Tensor.of(t);
        assertReduced(mse, Losses.mse(predictions, targets, reduction), reduction);
        assertReduced(l1, Losses.l1(predictions, targets, reduction), reduction);
        assertReduced(huber, Losses.huber(predictions, targets, 1.5, reduction), reduction);
        assertReduced(smooth, Losses.smoothL1(predictions, targets, 0.5, reduction), reduction);
    }

    private static void assertReduced(double[] elements, Tensor loss, Reduction reduction) {
        double[] expected = switch (reduction) {
            case NONE -> elements;
            case SUM -> new double[] {sum(elements)};
            case MEAN -> new double[] {sum(elements) / elements.length};
        };
        assertArrayEquals(expected, loss.toDoubleArray(), 1e-14);
    }

    @Test
    void lossesOfNumbersHaveGradients() {
        Variable p = GradientCheck.variable(5, 3, 4);
        Variable t = GradientCheck.variable(6, 3, 4);
        List<Supplier<Tensor>> losses = List.of(
                () -> Losses.mse(p.value(), t.value()),
                () -> Losses.l1(p.value(), t.value()),
                () -> Losses.huber(p.value(), t.value(), 0.7),
                () -> Losses.smoothL1(p.value(), t.value(), 0.4));
        for (Supplier<Tensor> loss : losses) {
            GradientCheck.first(loss, List.of(p, t));
        }
        GradientCheck.second(losses.get(0), List.of(p, t));
        GradientCheck.second(losses.get(2), List.of(p, t));
    }
}
