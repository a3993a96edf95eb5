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
import dev.tenrec.nn.MarginLosses.MultiMarginOptions;
import dev.tenrec.nn.MarginLosses.TripletOptions;
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

/** Losses with a margin, and the Kullback-Leibler divergence. */
class MarginLossesTest {

    private static final int N = 5;
    private static final int C = 4;
    private static final double[] SIGNS = {1, -1, -1, 1, -1};
    private static final long[] LABELS = {3, 0, 2, 2, 1};

    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static double[] random(long seed, int size) {
        return new SplittableRandom(seed).doubles(size, -2, 2).toArray();
    }

    private static double[] row(double[] values, int i) {
        return Arrays.copyOfRange(values, i * C, (i + 1) * C);
    }

    private static void assertReduced(
            double[] rows, Supplier<Tensor> none, Supplier<Tensor> sum, Supplier<Tensor> mean) {
        assertArrayEquals(rows, none.get().toDoubleArray(), 1e-12);
        assertEquals(Arrays.stream(rows).sum(), sum.get().item(), 1e-12);
        assertEquals(Arrays.stream(rows).sum() / rows.length, mean.get().item(), 1e-12);
    }

    private static void assertGradients(Supplier<Tensor> loss, Variable... variables) {
        GradientCheck.first(loss, List.of(variables));
        GradientCheck.second(loss, List.of(variables));
    }

    @Test
    void hinges() {
        double[] x = random(1, N);
        double[] hinge = new double[N];
        double[] embedding = new double[N];
        for (int i = 0; i < N; i++) {
            hinge[i] = Math.max(0, 0.7 - SIGNS[i] * x[i]);
            embedding[i] = SIGNS[i] > 0 ? x[i] : Math.max(0, 0.7 - x[i]);
        }
        Tensor scores = Tensor.of(x);
        Tensor targets = Tensor.of(SIGNS);
        assertReduced(
                hinge,
                () -> MarginLosses.hinge(scores, targets, 0.7, Reduction.NONE),
                () -> MarginLosses.hinge(scores, targets, 0.7, Reduction.SUM),
                () -> MarginLosses.hinge(scores, targets, 0.7, Reduction.MEAN));
        assertEquals(
                MarginLosses.hinge(scores, targets, 1, Reduction.MEAN).item(),
                MarginLosses.hinge(scores, targets).item());
        assertReduced(
                embedding,
                () -> MarginLosses.hingeEmbedding(scores, targets, 0.7, Reduction.NONE),
                () -> MarginLosses.hingeEmbedding(scores, targets, 0.7, Reduction.SUM),
                () -> MarginLosses.hingeEmbedding(scores, targets, 0.7, Reduction.MEAN));
        Variable v = GradientCheck.variable(5, N);
        assertGradients(() -> MarginLosses.hinge(v.value(), targets), v);
        assertGradients(() -> MarginLosses.hingeEmbedding(v.value(), targets, 1, Reduction.SUM), v);
    }

    @Test
    void cosines() {
        double[] a = random(2, N * C);
        double[] b = random(3, N * C);
        double[] expected = new double[N];
        for (int i = 0; i < N; i++) {
            double dot = 0;
            double left = 1e-12;
            double right = 1e-12;
            for (int c = 0; c < C; c++) {
                dot += row(a, i)[c] * row(b, i)[c];
                left += row(a, i)[c] * row(a, i)[c];
                right += row(b, i)[c] * row(b, i)[c];
            }
            double cosine = dot / Math.sqrt(left * right);
            expected[i] = SIGNS[i] > 0 ? 1 - cosine : Math.max(0, cosine + 0.4);
        }
        Tensor left = Tensor.of(a, N, C);
        Tensor right = Tensor.of(b, N, C);
        Tensor targets = Tensor.of(SIGNS);
        assertReduced(
                expected,
                () -> MarginLosses.cosineEmbedding(left, right, targets, -0.4, Reduction.NONE),
                () -> MarginLosses.cosineEmbedding(left, right, targets, -0.4, Reduction.SUM),
                () -> MarginLosses.cosineEmbedding(left, right, targets, -0.4, Reduction.MEAN));
        Variable x = GradientCheck.variable(6, N, C);
        Variable y = GradientCheck.variable(7, N, C);
        assertGradients(() -> MarginLosses.cosineEmbedding(x.value(), y.value(), targets, -0.4, Reduction.MEAN), x, y);
        Variable zeros = Variable.parameter("z", Tensor.zeros(DType.F64, left.shape()));
        Tensor loss = MarginLosses.cosineEmbedding(zeros.value(), zeros.value(), targets, 0, Reduction.MEAN);
        assertEquals(0.4, loss.item(), 1e-12);
        for (double slope : loss.backward().get(zeros).toDoubleArray()) {
            assertTrue(Double.isFinite(slope));
        }
    }

    private static double distance(double[] a, double[] b, double p) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Math.pow(Math.abs(a[i] - b[i] + 1e-6), p);
        }
        return Math.pow(sum, 1 / p);
    }

    @Test
    void triplets() {
        double[] a = random(2, N * C);
        double[] b = random(3, N * C);
        double[] c = random(4, N * C);
        Tensor anchors = Tensor.of(a, N, C);
        Tensor positives = Tensor.of(b, N, C);
        Tensor negatives = Tensor.of(c, N, C);
        Variable x = GradientCheck.variable(6, N, C);
        Variable y = GradientCheck.variable(7, N, C);
        Variable z = GradientCheck.variable(8, N, C);
        for (double p : new double[] {1, 2, 3}) {
            for (boolean swap : new boolean[] {false, true}) {
                double[] expected = new double[N];
                for (int i = 0; i < N; i++) {
                    double far = distance(row(a, i), row(c, i), p);
                    far = swap ? Math.min(far, distance(row(b, i), row(c, i), p)) : far;
                    expected[i] = Math.max(0, distance(row(a, i), row(b, i), p) - far + 0.8);
                }
                TripletOptions none = new TripletOptions(0.8, p, swap, Reduction.NONE);
                TripletOptions sum = new TripletOptions(0.8, p, swap, Reduction.SUM);
                TripletOptions mean = new TripletOptions(0.8, p, swap, Reduction.MEAN);
                assertReduced(
                        expected,
                        () -> MarginLosses.tripletMargin(anchors, positives, negatives, none),
                        () -> MarginLosses.tripletMargin(anchors, positives, negatives, sum),
                        () -> MarginLosses.tripletMargin(anchors, positives, negatives, mean));
                assertGradients(() -> MarginLosses.tripletMargin(x.value(), y.value(), z.value(), mean), x, y, z);
            }
        }
        Variable same = Variable.parameter("s", anchors);
        Tensor loss = MarginLosses.tripletMargin(same.value(), same.value(), negatives);
        for (double slope : loss.backward().get(same).toDoubleArray()) {
            assertTrue(Double.isFinite(slope));
        }
    }

    @Test
    void multiMargins() {
        double[] x = random(2, N * C);
        double[] weights = {0.5, 2, 1.5, 0.25};
        Tensor scores = Tensor.of(x, N, C);
        Variable v = GradientCheck.variable(6, N, C);
        for (boolean squared : new boolean[] {false, true}) {
            for (boolean weighted : new boolean[] {false, true}) {
                double[] expected = new double[N];
                for (int i = 0; i < N; i++) {
                    int label = (int) LABELS[i];
                    for (int c = 0; c < C; c++) {
                        double d = c == label ? 0 : Math.max(0, 0.8 - x[i * C + label] + x[i * C + c]);
                        expected[i] += (squared ? d * d : d) * (weighted ? weights[label] : 1) / C;
                    }
                }
                Tensor factors = weighted ? Tensor.of(weights) : null;
                MultiMarginOptions none = new MultiMarginOptions(0.8, squared, Reduction.NONE, factors);
                MultiMarginOptions sum = new MultiMarginOptions(0.8, squared, Reduction.SUM, factors);
                MultiMarginOptions mean = new MultiMarginOptions(0.8, squared, Reduction.MEAN, factors);
                assertReduced(
                        expected,
                        () -> MarginLosses.multiMargin(scores, Tensor.of(LABELS), none),
                        () -> MarginLosses.multiMargin(scores, Tensor.of(LABELS).to(DType.I32), sum),
                        () -> MarginLosses.multiMargin(scores, Tensor.of(LABELS), mean));
                assertGradients(() -> MarginLosses.multiMargin(v.value(), Tensor.of(LABELS), mean), v);
            }
        }
        Tensor deep = scores.reshape(1, N, C);
        Tensor losses = MarginLosses.multiMargin(
                deep, Tensor.of(LABELS, 1, N), new MultiMarginOptions(1, false, Reduction.NONE, null));
        assertEquals(deep.shape().without(-1), losses.shape());
    }

    @Test
    void divergences() {
        double[] x = Tensor.of(random(2, N * C), N, C).logSoftmax(-1).toDoubleArray();
        double[] p = Tensor.of(random(3, N * C), N, C).softmax(-1).toDoubleArray();
        p[1] = 0;
        double[] expected = new double[N];
        for (int i = 0; i < N * C; i++) {
            expected[i / C] += p[i] == 0 ? 0 : p[i] * (Math.log(p[i]) - x[i]);
        }
        Tensor logs = Tensor.of(x, N, C);
        Tensor targets = Tensor.of(p, N, C);
        assertReduced(
                expected,
                () -> Losses.klDivergence(logs, targets, false, Reduction.NONE),
                () -> Losses.klDivergence(logs, targets, false, Reduction.SUM),
                () -> Losses.klDivergence(logs, targets));
        assertReduced(
                expected,
                () -> Losses.klDivergence(logs, targets.log(), true, Reduction.NONE),
                () -> Losses.klDivergence(logs, targets.log(), true, Reduction.SUM),
                () -> Losses.klDivergence(logs, targets.log(), true, Reduction.MEAN));
        Variable v = GradientCheck.variable(6, N, C);
        Variable w = GradientCheck.variable(7, N, C);
        assertGradients(
                () -> Losses.klDivergence(v.value().logSoftmax(-1), w.value().softmax(-1)), v, w);
        assertGradients(() -> Losses.klDivergence(v.value(), w.value(), true, Reduction.MEAN), v, w);
    }

    @Test
    void impossibleClassesCountForNothing() {
        double[] certain = {0, Double.NEGATIVE_INFINITY};
        Variable logs = Variable.parameter("q", Tensor.of(certain));
        Variable targets = Variable.parameter("p", Tensor.of(new double[] {1, 0}));
        Tensor loss = Losses.klDivergence(logs.value(), targets.value());
        assertEquals(0, loss.item());
        var gradients = loss.backward();
        assertArrayEquals(new double[] {-1, 0}, gradients.get(logs).toDoubleArray(), 1e-300);
        assertArrayEquals(new double[] {1, 0}, gradients.get(targets).toDoubleArray(), 1e-300);
        assertEquals(
                0,
                Losses.klDivergence(Tensor.of(certain), Tensor.of(certain), true, Reduction.SUM)
                        .item());
    }

    @Test
    void wrongInputsAreRefused() {
        Tensor x = Tensor.zeros(N, C);
        Tensor signs = Tensor.ones(N);
        ShapeMismatch error = assertThrows(
                ShapeMismatch.class, () -> MarginLosses.cosineEmbedding(x, x, Tensor.ones(N, 1), 0, Reduction.MEAN));
        assertEquals(
                "cosineEmbedding: targets do not fit the vectors\n  expected F32 [5]\n  given    F32 [5, 1]",
                error.getMessage());
        assertMessage(ShapeMismatch.class, "vectors do not fit", () -> MarginLosses.tripletMargin(x, x, x.transpose()));
        assertMessage(DTypeMismatch.class, "negatives", () -> MarginLosses.tripletMargin(x, x, x.to(DType.F64)));
        assertMessage(
                InvalidArgument.class,
                "margin out of range",
                () -> MarginLosses.cosineEmbedding(x, x, signs, 1.5, Reduction.MEAN));
        assertMessage(ShapeMismatch.class, "shapes differ", () -> MarginLosses.hinge(signs, Tensor.ones(N, 1)));
        assertMessage(
                InvalidArgument.class,
                "margin out of range",
                () -> MarginLosses.hinge(signs, signs, 0, Reduction.MEAN));
        assertMessage(
                InvalidArgument.class,
                "margin out of range",
                () -> MarginLosses.hingeEmbedding(signs, signs, -1, Reduction.MEAN));
        assertMessage(InvalidArgument.class, "exponent", () -> new TripletOptions(1, 0.5, false, Reduction.MEAN));
        assertMessage(InvalidArgument.class, "margin", () -> new TripletOptions(0, 2, false, Reduction.MEAN));
        assertMessage(
                InvalidArgument.class, "margin", () -> new MultiMarginOptions(Double.NaN, false, Reduction.MEAN, null));
        assertMessage(
                InvalidArgument.class,
                "label out of range",
                () -> MarginLosses.multiMargin(x, Tensor.of(new long[] {0, 1, 2, 3, 4})));
        assertMessage(
                ShapeMismatch.class, "labels do not fit", () -> MarginLosses.multiMargin(x, Tensor.of(new long[] {0})));
        assertMessage(DTypeMismatch.class, "I32 or I64", () -> MarginLosses.multiMargin(x, Tensor.ones(N)));
        assertMessage(
                ShapeMismatch.class,
                "class weights do not fit",
                () -> MarginLosses.multiMargin(
                        x, Tensor.of(LABELS), new MultiMarginOptions(1, false, Reduction.MEAN, Tensor.ones(3))));
        assertMessage(ShapeMismatch.class, "shapes differ", () -> Losses.klDivergence(x, x.transpose()));
        assertMessage(ShapeMismatch.class, "no classes", () -> Losses.klDivergence(Tensor.scalar(1), Tensor.scalar(1)));
    }

    private static void assertMessage(Class<? extends TensorException> type, String part, Runnable body) {
        TensorException error = assertThrows(type, body::run);
        assertTrue(error.getMessage().contains(part), error.getMessage());
    }
}
