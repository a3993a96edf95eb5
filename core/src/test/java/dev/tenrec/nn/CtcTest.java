package dev.tenrec.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.error.TensorException;
import dev.tenrec.memory.Scope;
import dev.tenrec.optim.CountedDevice;
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

class CtcTest {

    private static final int T = 5;
    private static final int N = 4;
    private static final int C = 3;
    private static final long[] INPUTS = {5, 3, 4, 5};
    private static final long[] LENGTHS = {3, 1, 0, 2};
    /** What is beyond a target's length is no label at all. */
    private static final long[] TARGETS = {1, 2, 1, 2, -7, 99, 0, 0, 0, 1, 1, 55};

    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static double[] logits() {
        return new SplittableRandom(17).doubles(T * N * C, -2, 2).toArray();
    }

    /** Sums the probabilities of all emissions whose classes collapse to the target. */
    private static double[] reference(double[] logProbabilities, long blank, long[] targets) {
        double[] losses = new double[N];
        for (int n = 0; n < N; n++) {
            long[] target = Arrays.copyOfRange(targets, n * 3, n * 3 + (int) LENGTHS[n]);
            int steps = (int) INPUTS[n];
            double sum = 0;
            for (int code = 0; code < Math.pow(C, steps); code++) {
                long[] path = new long[steps];
                double log = 0;
                int rest = code;
                for (int t = 0; t < steps; t++) {
                    path[t] = rest % C;
                    rest /= C;
                    log += logProbabilities[(t * N + n) * C + (int) path[t]];
                }
                sum += Arrays.equals(collapse(path, blank), target) ? Math.exp(log) : 0;
            }
            losses[n] = -Math.log(sum);
        }
        return losses;
    }

    private static long[] collapse(long[] path, long blank) {
        long[] kept = new long[path.length];
        int count = 0;
        for (int t = 0; t < path.length; t++) {
            if (path[t] != blank && (t == 0 || path[t] != path[t - 1])) {
                kept[count++] = path[t];
            }
        }
        return Arrays.copyOf(kept, count);
    }

    private static Tensor loss(Tensor logits, CtcOptions options) {
        return Losses.ctc(
                logits.logSoftmax(-1), Tensor.of(TARGETS, N, 3), Tensor.of(INPUTS), Tensor.of(LENGTHS), options);
    }

    @Test
    void lossIsThatOfAllPathsTogether() {
        Tensor logits = Tensor.of(logits(), T, N, C);
        double[] expected = reference(logits.logSoftmax(-1).toDoubleArray(), 0, TARGETS);
        CtcOptions none = CtcOptions.DEFAULT.withReduction(Reduction.NONE);
        assertArrayEquals(expected, loss(logits, none).toDoubleArray(), 1e-12);
        assertArrayEquals(expected, loss(logits.to(DType.F32), none).toDoubleArray(), 1e-5);
        assertEquals(
                Arrays.stream(expected).sum(),
                loss(logits, CtcOptions.DEFAULT.withReduction(Reduction.SUM)).item(),
                1e-12);
        double mean = (expected[0] / 3 + expected[1] + expected[2] + expected[3] / 2) / 4;
        assertEquals(mean, loss(logits, CtcOptions.DEFAULT).item(), 1e-12);
        Variable recorded = Variable.parameter("x", logits);
        assertArrayEquals(expected, loss(recorded.value(), none).toDoubleArray(), 1e-12);
    }

    @Test
    void anyClassCanBeTheBlank() {
        long[] targets = {1, 0, 1, 0, -1, -1, 0, 0, 0, 1, 1, 2};
        Tensor logProbabilities = Tensor.of(logits(), T, N, C).logSoftmax(-1);
        double[] expected = reference(logProbabilities.toDoubleArray(), 2, targets);
        int[] narrow = Arrays.stream(targets).mapToInt(label -> (int) label).toArray();
        Tensor found = Losses.ctc(
                logProbabilities,
                Tensor.of(narrow, N, 3),
                Tensor.of(INPUTS).to(DType.I32),
                Tensor.of(LENGTHS).to(DType.I32),
                CtcOptions.DEFAULT.withBlank(2).withReduction(Reduction.NONE));
        assertArrayEquals(expected, found.toDoubleArray(), 1e-12);
    }

    @Test
    void gradientsAreRightToSecondOrder() {
        Variable logits;
        try (Scope _ = Scope.open()) {
            logits = Variable.parameter("x", Tensor.of(logits(), T, N, C));
        }
        for (Reduction reduction : List.of(Reduction.MEAN, Reduction.SUM)) {
            Supplier<Tensor> loss = () -> loss(logits.value(), CtcOptions.DEFAULT.withReduction(reduction));
            GradientCheck.first(loss, List.of(logits));
            GradientCheck.second(loss, List.of(logits));
        }
        Tensor weights = Tensor.of(new double[] {1, -2, 0.5, 3});
        Supplier<Tensor> weighted = () -> loss(logits.value(), CtcOptions.DEFAULT.withReduction(Reduction.NONE))
                .mul(weights)
                .sum();
        GradientCheck.first(weighted, List.of(logits));
        GradientCheck.second(weighted, List.of(logits));
    }

    @Test
    void gradientsByLogProbabilitiesAreRight() {
        // Not through a softmax: each class and time for itself.
        Variable x = Variable.parameter("x", Tensor.of(logits(), T, N, C).sub(3));
        Supplier<Tensor> loss =
                () -> Losses.ctc(x.value(), Tensor.of(TARGETS, N, 3), Tensor.of(INPUTS), Tensor.of(LENGTHS));
        GradientCheck.first(loss, List.of(x));
        GradientCheck.second(loss, List.of(x));
    }

    @Test
    void theGradientOutlivesTheScopeOfTheLoss() {
        Variable x = Variable.parameter("x", Tensor.of(logits(), T, N, C));
        double[] expected =
                loss(x.value(), CtcOptions.DEFAULT).backward().get(x).toDoubleArray();
        Tensor kept = Scope.call(() -> loss(x.value(), CtcOptions.DEFAULT));
        assertArrayEquals(expected, kept.backward().get(x).toDoubleArray(), 0);
        Tensor again = Scope.call(() -> loss(x.value(), CtcOptions.DEFAULT));
        assertArrayEquals(
                expected,
                Autograd.grad(again, List.of(x), Autograd.Graph.CREATE).get(x).toDoubleArray(),
                1e-12);
    }

    @Test
    void targetsThatDoNotFitAreInfiniteWithoutGradient() {
        Variable x = Variable.parameter("x", Tensor.of(logits(), T, N, C));
        // Equal labels need a blank between them: three times in three steps do not fit.
        Supplier<Tensor> lengths = () -> Tensor.of(new long[] {3, 3, 0, 2});
        Tensor targets = Tensor.of(new long[] {1, 2, 1, 2, 2, 2, 0, 0, 0, 1, 1, 1}, N, 3);
        CtcOptions none = CtcOptions.DEFAULT.withReduction(Reduction.NONE);
        Tensor losses =
                Losses.ctc(x.value().logSoftmax(-1), targets, Tensor.of(new long[] {5, 3, 0, 5}), lengths.get(), none);
        double[] found = losses.toDoubleArray();
        assertEquals(Double.POSITIVE_INFINITY, found[1]);
        assertEquals(0, found[2], 1e-300, "nothing expected, nothing emitted");
        double[] gradient = losses.sum().backward().get(x).toDoubleArray();
        for (int i = 0; i < gradient.length; i++) {
            boolean none1 = i / C % N == 1 || i / C % N == 2;
            assertEquals(none1, gradient[i] == 0, "element " + i);
            assertTrue(Double.isFinite(gradient[i]));
        }
        Tensor zero = Losses.ctc(
                x.value().logSoftmax(-1),
                targets,
                Tensor.of(new long[] {5, 3, 0, 5}),
                lengths.get(),
                none.withZeroInfinity(true));
        assertArrayEquals(new double[] {found[0], 0, 0, found[3]}, zero.toDoubleArray(), 1e-13);
        assertArrayEquals(gradient, zero.sum().backward().get(x).toDoubleArray(), 1e-15);
    }

    @Test
    void aBrokenSequenceLeavesTheOthersAlone() {
        for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            double[] values = Tensor.of(logits(), T, N, C).logSoftmax(-1).toDoubleArray();
            double[] expected = reference(values, 0, TARGETS);
            for (int t = 0; t < T; t++) {
                Arrays.fill(values, (t * N + 1) * C, (t * N + 2) * C, bad);
            }
            Variable x = Variable.parameter("x", Tensor.of(values, T, N, C));
            Tensor losses = Losses.ctc(
                    x.value(),
                    Tensor.of(TARGETS, N, 3),
                    Tensor.of(INPUTS),
                    Tensor.of(LENGTHS),
                    CtcOptions.DEFAULT.withReduction(Reduction.NONE));
            expected[1] = Double.NaN;
            assertArrayEquals(expected, losses.toDoubleArray(), 1e-12);
            double[] gradient = losses.sum().backward().get(x).toDoubleArray();
            assertTrue(Double.isNaN(gradient[C]));
            for (int i = 0; i < gradient.length; i++) {
                assertTrue(i / C % N == 1 || Double.isFinite(gradient[i]), "element " + i);
            }
        }
    }

    @Test
    void longSequencesDoNotUnderflow() {
        int steps = 600;
        Tensor logProbabilities =
                Tensor.full(DType.F32, Tensor.zeros(steps, 2, 40).shape(), -Math.log(40));
        long[] targets = new long[2 * 100];
        Arrays.setAll(targets, i -> 1 + i % 39);
        Tensor loss = Losses.ctc(
                logProbabilities,
                Tensor.of(targets, 2, 100),
                Tensor.of(new long[] {600, 300}),
                Tensor.of(new long[] {100, 100}),
                CtcOptions.DEFAULT.withReduction(Reduction.NONE));
        double[] found = loss.toDoubleArray();
        // The number of paths is C(T + L, 2L) for labels without repetitions, each of probability 40^−T.
        assertEquals(600 * Math.log(40) - logBinomial(700, 200), found[0], 1e-2);
        assertEquals(300 * Math.log(40) - logBinomial(400, 200), found[1], 1e-2);
    }

    private static double logBinomial(int n, int k) {
        double sum = 0;
        for (int i = 1; i <= k; i++) {
            sum += Math.log(n - k + i) - Math.log(i);
        }
        return sum;
    }

    @Test
    void oneMapAdvancesAllSequencesByAStep() {
        CountedDevice device = CountedDevice.open();
        device.on(() -> Scope.run(() -> {
            Tensor short5 = Tensor.of(logits(), T, N, C).logSoftmax(-1).materialize();
            Tensor long10 = Tensor.concat(0, short5, short5);
            int difference = maps(device, long10) - maps(device, short5);
            assertEquals(T, difference);
        }));
    }

    private static int maps(CountedDevice device, Tensor logProbabilities) {
        String runs = device.count(
                () -> Losses.ctc(logProbabilities, Tensor.of(TARGETS, N, 3), Tensor.of(INPUTS), Tensor.of(LENGTHS))
                        .item());
        return Integer.parseInt(runs.replaceAll(".*Map=(\\d+).*", "$1"));
    }

    @Test
    void wrongInputsAreRefused() {
        Tensor x = Tensor.of(logits(), T, N, C);
        Tensor targets = Tensor.of(TARGETS, N, 3);
        Tensor inputs = Tensor.of(INPUTS);
        Tensor lengths = Tensor.of(LENGTHS);
        InvalidArgument label = assertThrows(
                InvalidArgument.class,
                () -> Losses.ctc(x, Tensor.of(new long[] {1, 2, 1, 3, 0, 0, 0, 0, 0, 1, 1, 1}, N, 3), inputs, lengths));
        assertEquals(
                "ctc: label out of range\n  expected 0 to 2\n  given    3        at position [1, 0]",
                label.getMessage());
        assertMessage(
                InvalidArgument.class,
                "a label is the blank",
                () -> Losses.ctc(x, targets, inputs, lengths, CtcOptions.DEFAULT.withBlank(1)));
        assertMessage(
                InvalidArgument.class,
                "blank out of range",
                () -> Losses.ctc(x, targets, inputs, lengths, CtcOptions.DEFAULT.withBlank(3)));
        assertMessage(
                InvalidArgument.class,
                "input length out of range",
                () -> Losses.ctc(x, targets, Tensor.of(new long[] {5, 6, 4, 5}), lengths));
        assertMessage(
                InvalidArgument.class,
                "target length out of range",
                () -> Losses.ctc(x, targets, inputs, Tensor.of(new long[] {3, -1, 0, 2})));
        assertMessage(
                ShapeMismatch.class,
                "input lengths do not fit",
                () -> Losses.ctc(x, targets, Tensor.of(new long[] {5}), lengths));
        assertMessage(
                ShapeMismatch.class, "targets do not fit", () -> Losses.ctc(x, targets.flatten(), inputs, lengths));
        assertMessage(
                ShapeMismatch.class, "targets do not fit", () -> Losses.ctc(x, targets.transpose(), inputs, lengths));
        assertMessage(
                ShapeMismatch.class,
                "[steps, batch, classes]",
                () -> Losses.ctc(x.select(0, 0), targets, inputs, lengths));
        assertMessage(
                ShapeMismatch.class,
                "[steps, batch, classes]",
                () -> Losses.ctc(x.slice(0, 0, 0), targets, inputs, lengths));
        assertMessage(
                DTypeMismatch.class,
                "targets does not fit",
                () -> Losses.ctc(x, targets.to(DType.F32), inputs, lengths));
        assertMessage(
                DTypeMismatch.class, "log-probabilities", () -> Losses.ctc(x.to(DType.I32), targets, inputs, lengths));
    }

    private static void assertMessage(Class<? extends TensorException> type, String part, Runnable body) {
        TensorException error = assertThrows(type, body::run);
        assertTrue(error.getMessage().startsWith("ctc: "), error.getMessage());
        assertTrue(error.getMessage().contains(part), error.getMessage());
    }
}
