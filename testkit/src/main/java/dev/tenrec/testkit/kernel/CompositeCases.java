package dev.tenrec.testkit.kernel;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.ClassReduction;
import dev.tenrec.testkit.ConformanceCase;
import dev.tenrec.testkit.ConformanceCase.Purpose;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/** Cases of {@link Kernel#COMPOSITES}, against their formulas in F64. Backends that claim none skip them. */
public final class CompositeCases {

    private static final double INF = Double.POSITIVE_INFINITY;

    private CompositeCases() {}

    /** Runs a case and throws if a result is wrong. */
    interface Body {
        void run(Rig rig);
    }

    /**
     * Makes the cases.
     *
     * @return values and gradients of each composite
     */
    public static List<ConformanceCase> all() {
        List<ConformanceCase> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            for (boolean log : new boolean[] {false, true}) {
                String name = (log ? "logSoftmax " : "softmax ") + dtype;
                add(cases, name, Kernel.Softmax.class, Purpose.FORWARD, dtype, rig -> softmax(rig, dtype, log));
                add(
                        cases,
                        name + " gradient",
                        Kernel.SoftmaxGradient.class,
                        Purpose.FORWARD,
                        dtype,
                        rig -> softmaxGradient(rig, dtype, log));
            }
            for (ClassReduction reduction : ClassReduction.values()) {
                String name = "crossEntropy " + reduction + " " + dtype;
                Body forward = rig -> crossEntropy(rig, dtype, reduction, false);
                Body both = rig -> crossEntropy(rig, dtype, reduction, true);
                add(cases, name, Kernel.CrossEntropy.class, Purpose.FORWARD, dtype, forward);
                add(cases, name + " gradient", Kernel.CrossEntropyGradient.class, Purpose.FORWARD, dtype, both);
            }
            add(cases, "labels " + dtype, Kernel.CrossEntropy.class, Purpose.FORWARD, dtype, rig -> labels(rig, dtype));
            add(cases, "moments " + dtype, Kernel.Moments.class, Purpose.FORWARD, dtype, rig -> moments(rig, dtype));
        }
        gradient(cases, "softmax", Kernel.Softmax.class, rig -> CompositeSlopes.softmax(rig, false));
        gradient(cases, "softmaxGradient", Kernel.SoftmaxGradient.class, rig -> CompositeSlopes.softmax(rig, true));
        gradient(cases, "crossEntropy", Kernel.CrossEntropy.class, CompositeSlopes::crossEntropy);
        gradient(cases, "crossEntropyGradient", Kernel.CrossEntropyGradient.class, CompositeSlopes::crossEntropy);
        gradient(cases, "moments", Kernel.Moments.class, CompositeSlopes::moments);
        return cases;
    }

    private static void gradient(List<ConformanceCase> cases, String name, Class<? extends Kernel> kernel, Body body) {
        add(cases, "gradient " + name, kernel, Purpose.GRADIENT, DType.F64, body);
    }

    static void add(
            List<ConformanceCase> cases,
            String name,
            Class<? extends Kernel> kernel,
            Purpose purpose,
            DType dtype,
            Body body) {
        cases.add(new ConformanceCase(name, kernel, Optional.empty(), purpose, Set.of(dtype), (backend, tolerance) -> {
            try (Rig rig = new Rig(backend, tolerance)) {
                body.run(rig);
            }
        }));
    }

    static double[] values(TestOperand operand) {
        return Arrays.stream(operand.values())
                .mapToDouble(Double::longBitsToDouble)
                .toArray();
    }

    static TestOperand dense(Rig rig, DType dtype, double[] values, long... sizes) {
        int[] next = {0};
        return rig.input(dtype, Layout.dense(Shape.of(sizes)), type -> Samples.real(values[next[0]++], type));
    }

    static double[][] run(
            Rig rig, Kernel kernel, Shape space, int kept, List<TestOperand> in, List<Shape> results, long... params) {
        DType dtype = in.get(0).dtype();
        List<TestOperand> out = new ArrayList<>();
        for (Shape shape : results) {
            out.add(rig.output(dtype, shape, View.CONTIGUOUS));
        }
        rig.compile(kernel).run(Rig.launch(space, kept, in, out, params));
        long[][] bits = Rig.readOutputs(in, out);
        return Arrays.stream(bits)
                .map(row ->
                        Arrays.stream(row).mapToDouble(Double::longBitsToDouble).toArray())
                .toArray(double[][]::new);
    }

    /**
     * {@code scale} is the size of the terms of which a result is made, n how many there are: the expected values are
     * sums in F64 themselves.
     */
    private static void compare(String what, DType dtype, double[] expected, double[] actual, double scale, long n) {
        double unit = dtype == DType.F32 ? 0x1p-24 : 0x1p-53;
        for (int i = 0; i < expected.length; i++) {
            double e = expected[i];
            double a = actual[i];
            boolean good = Double.isFinite(e)
                    ? Math.abs(e - a) <= (64 + n) * unit * Math.max(scale, Math.abs(e))
                    : Double.compare(e, a) == 0 || Double.isNaN(e) && Double.isNaN(a);
            if (!good) {
                throw new AssertionError(
                        what + ": wrong value at " + i + "\n  expected " + e + " " + dtype + "\n  given    " + a);
            }
        }
    }

    private static final Shape[] SPACES = {
        Shape.of(1, 1, 1), Shape.of(3, 10, 1), Shape.of(2, 16, 1), Shape.of(5, 33, 1), Shape.of(2, 7, 5),
        Shape.of(2, 3, 40), Shape.of(40, 1000, 1), Shape.of(1, 50, 700), Shape.of(0, 3, 1), Shape.of(2, 3, 0)
    };

    /** Special values where they cost little: what handles them does not depend on the size. */
    private static List<Samples> some(List<Samples> samples, Shape space) {
        return space.elementCount() > 5000 ? samples.subList(0, 2) : samples;
    }

    private static List<Samples> samples() {
        return List.of(
                Samples.uniform(-4, 4, 1),
                Samples.uniform(-300, 300, 2),
                Samples.uniform(1e4, 1.001e4, 3),
                Samples.choice(4, 1, 2, -INF),
                Samples.choice(5, 1, 2, 3, 4, 5, 6, 7, INF),
                Samples.choice(6, 1, 2, 3, 4, 5, 6, 7, Double.NaN),
                Samples.choice(7, -INF));
    }

    /** Softmax of lines of a dense [outer, n, inner]. */
    private static double[] softmax(double[] x, Shape space, boolean log) {
        int n = (int) space.size(1);
        int inner = (int) space.size(2);
        double[] result = new double[x.length];
        for (int line = 0; line < x.length / n; line++) {
            int start = line / inner * n * inner + line % inner;
            double largest = -INF;
            double sum = 0;
            for (int j = 0; j < n; j++) {
                largest = Math.max(largest, x[start + j * inner]);
            }
            for (int j = 0; j < n; j++) {
                sum += Math.exp(x[start + j * inner] - largest);
            }
            for (int j = 0; j < n; j++) {
                double shifted = x[start + j * inner] - largest;
                result[start + j * inner] = log ? shifted - Math.log(sum) : Math.exp(shifted) / sum;
            }
        }
        return result;
    }

    private static double[] softmaxGradient(double[] y, double[] g, Shape space, boolean log) {
        int n = (int) space.size(1);
        int inner = (int) space.size(2);
        double[] result = new double[y.length];
        for (int line = 0; line < y.length / n; line++) {
            int start = line / inner * n * inner + line % inner;
            double sum = 0;
            for (int j = 0; j < n; j++) {
                int at = start + j * inner;
                sum += log ? g[at] : g[at] * y[at];
            }
            for (int j = 0; j < n; j++) {
                int at = start + j * inner;
                result[at] = log ? g[at] - Math.exp(y[at]) * sum : y[at] * (g[at] - sum);
            }
        }
        return result;
    }

    private static void softmax(Rig rig, DType dtype, boolean log) {
        Kernel kernel = new Kernel.Softmax(dtype, log);
        for (Shape space : SPACES) {
            for (View view : View.values()) {
                for (Samples samples : some(samples(), space)) {
                    TestOperand x = rig.input(dtype, space, view, samples);
                    double[] given = values(x);
                    double[] actual = run(rig, kernel, space, 3, List.of(x), List.of(space))[0];
                    double[] expected = softmax(given, space, log);
                    // Results below the smallest normal number may be 0.
                    compare(
                            kernel + " of " + space + " " + view,
                            dtype,
                            expected,
                            actual,
                            log ? 1 : 1e-30,
                            space.size(1));
                    rig.release();
                }
            }
        }
    }

    private static void softmaxGradient(Rig rig, DType dtype, boolean log) {
        Kernel kernel = new Kernel.SoftmaxGradient(dtype, log);
        Samples results = log ? Samples.uniform(-5, 0, 1) : Samples.uniform(0, 1, 1);
        for (Shape space : SPACES) {
            for (View view : View.values()) {
                TestOperand y = rig.input(dtype, space, View.CONTIGUOUS, results);
                TestOperand g = rig.input(dtype, space, view, Samples.uniform(-1, 1, 2));
                double[] actual = run(rig, kernel, space, 3, List.of(y, g), List.of(space))[0];
                double[] expected = softmaxGradient(values(y), values(g), space, log);
                compare(kernel + " of " + space + " " + view, dtype, expected, actual, space.size(1), space.size(1));
                rig.release();
            }
        }
    }

    /** One setting of a cross entropy. */
    private record Loss(ClassReduction reduction, double smoothing, long ignored, double[] weights) {
        double weight(int c) {
            return weights == null ? 1 : weights[c];
        }

        /** Loss or losses, then what they are divided by. */
        double[][] of(double[] x, long[] labels, int classes) {
            double[] losses = new double[labels.length];
            double counted = 0;
            double[] logs = softmax(x, Shape.of(labels.length, classes, 1), true);
            for (int i = 0; i < labels.length; i++) {
                if (labels[i] == ignored) {
                    continue;
                }
                int label = (int) labels[i];
                counted += weight(label);
                losses[i] = smoothing < 1 ? -(1 - smoothing) * weight(label) * logs[i * classes + label] : 0;
                for (int c = 0; c < classes && smoothing > 0; c++) {
                    losses[i] -= smoothing / classes * weight(c) * logs[i * classes + c];
                }
            }
            double divisor = reduction == ClassReduction.MEAN ? counted : 1;
            return new double[][] {
                reduction == ClassReduction.NONE
                        ? losses
                        : new double[] {Arrays.stream(losses).sum() / divisor},
                {divisor}
            };
        }

        double[] gradient(double[] x, long[] labels, int classes, double[] upstream, double divisor) {
            double[] p = softmax(x, Shape.of(labels.length, classes, 1), false);
            double[] result = new double[x.length];
            double total = IntStream.range(0, classes).mapToDouble(this::weight).sum();
            for (int i = 0; i < labels.length; i++) {
                double g = upstream[upstream.length == 1 ? 0 : i] / divisor;
                for (int c = 0; c < classes && labels[i] != ignored; c++) {
                    int at = i * classes + c;
                    double hard = weight((int) labels[i]) * (p[at] - (labels[i] == c ? 1 : 0));
                    double even = (total * p[at] - weight(c)) / classes;
                    result[at] = g * ((1 - smoothing) * hard + smoothing * even);
                }
            }
            return result;
        }

        long[] params() {
            return new long[] {Double.doubleToRawLongBits(smoothing), ignored};
        }

        Kernel.CrossEntropy kernel(DType dtype, DType labels) {
            return new Kernel.CrossEntropy(dtype, labels, reduction, weights != null, ignored >= -100);
        }
    }

    private static double[] weights(int classes) {
        return new Random(3).doubles(classes, 0.5, 1.5).toArray();
    }

    private static void crossEntropy(Rig rig, DType dtype, ClassReduction reduction, boolean backward) {
        for (int[] size : new int[][] {{1, 1}, {7, 10}, {33, 16}, {5, 37}, {150, 200}}) {
            for (double smoothing : new double[] {0, 0.25, 1}) {
                for (boolean weighted : new boolean[] {false, true}) {
                    for (long ignored : new long[] {Long.MIN_VALUE, -100, 0}) {
                        double[] weights = weighted ? weights(size[1]) : null;
                        Loss loss = new Loss(reduction, smoothing, ignored, weights);
                        View view = View.DISTINCT[(int) (Math.abs(ignored % 7) + size[0]) % View.DISTINCT.length];
                        crossEntropy(rig, dtype, loss, size[0], size[1], view, backward);
                        rig.release();
                    }
                }
            }
        }
    }

    private static void crossEntropy(
            Rig rig, DType dtype, Loss loss, int examples, int classes, View view, boolean backward) {
        DType labelType = examples % 2 == 0 ? DType.I32 : DType.I64;
        Random random = new Random(examples);
        boolean ignoring = loss.ignored == -100;
        Shape space = Shape.of(examples, classes);
        Shape result = loss.reduction == ClassReduction.NONE ? Shape.of(examples) : Shape.of();
        TestOperand x = rig.input(dtype, space, view, Samples.uniform(-9, 9, examples));
        // The first counts in any case unless it is ignored by chance.
        TestOperand y = rig.input(
                labelType,
                Shape.of(examples),
                View.CONTIGUOUS,
                _ -> ignoring && random.nextInt(4) == 0 ? -100 : random.nextInt(classes));
        List<TestOperand> in = new ArrayList<>(List.of(x, y));
        TestOperand w = loss.weights == null ? null : dense(rig, dtype, loss.weights, classes);
        Loss exact = w == null ? loss : new Loss(loss.reduction, loss.smoothing, loss.ignored, values(w));
        if (w != null) {
            in.add(w);
        }
        Kernel.CrossEntropy kernel = loss.kernel(dtype, labelType);
        List<Shape> shapes = List.of(result, Shape.of(examples, 2), Shape.of());
        double[][] actual = run(rig, kernel, space, 2, in, shapes, loss.params());
        double[][] expected = exact.of(values(x), y.values(), classes);
        String what = kernel + ", smoothing " + loss.smoothing + ", " + space + " " + view;
        double scale = loss.reduction == ClassReduction.SUM ? 20 * examples : 20;
        compare(what, dtype, expected[0], actual[0], scale, classes);
        compare(what + ", divisor", dtype, expected[1], actual[2], 0, examples);
        if (!backward) {
            return;
        }
        TestOperand statistics = dense(rig, dtype, actual[1], examples, 2);
        TestOperand divisor = dense(rig, dtype, actual[2]);
        TestOperand g = rig.input(dtype, result, View.CONTIGUOUS, Samples.uniform(0.5, 2, 7));
        List<TestOperand> operands = new ArrayList<>(List.of(x, y, statistics, divisor, g));
        if (w != null) {
            operands.add(w);
        }
        Kernel slope = new Kernel.CrossEntropyGradient(kernel);
        double[] gradient = run(rig, slope, space, 2, operands, List.of(space), loss.params())[0];
        double[] wanted = exact.gradient(values(x), y.values(), classes, values(g), actual[2][0]);
        compare(what + ", gradient", dtype, wanted, gradient, 4 / Math.abs(actual[2][0]), classes);
    }

    private static void labels(Rig rig, DType dtype) {
        for (long label : new long[] {-1, 4, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            for (int at : new int[] {0, 5}) {
                int[] next = {0};
                TestOperand x = rig.input(dtype, Shape.of(6, 4), View.CONTIGUOUS, Samples.uniform(-1, 1, 1));
                TestOperand y = rig.input(DType.I32, Shape.of(6), View.CONTIGUOUS, _ -> next[0]++ == at ? label : 3);
                Loss loss = new Loss(ClassReduction.MEAN, 0, Long.MIN_VALUE, null);
                List<Shape> shapes = List.of(Shape.of(), Shape.of(6, 2), Shape.of());
                try {
                    Kernel kernel = loss.kernel(dtype, DType.I32);
                    run(rig, kernel, Shape.of(6, 4), 2, List.of(x, y), shapes, loss.params());
                } catch (InvalidArgument e) {
                    rig.release();
                    continue;
                }
                throw new AssertionError("label " + label + " of 4 classes at " + at + " was accepted");
            }
        }
    }

    private static void moments(Rig rig, DType dtype) {
        double huge = dtype == DType.F32 ? 1e5 : 1e10;
        List<Samples> samples = List.of(
                Samples.uniform(-1, 1, 1),
                Samples.uniform(huge, huge + 1, 2),
                Samples.choice(3, 5),
                Samples.choice(4, 1, 2, 3, Double.NaN),
                Samples.choice(5, 1, 2, 3, INF),
                Samples.choice(6, INF, -INF));
        Shape[] spaces = {
            Shape.of(7),
            Shape.of(1, 1),
            Shape.of(3, 10),
            Shape.of(5, 1000),
            Shape.of(2, 5000),
            Shape.of(3, 4, 5, 6),
            Shape.of(20, 333),
            Shape.of(1, 70_000),
            Shape.of(0, 3),
            Shape.of(3, 0)
        };
        for (Shape space : spaces) {
            int kept = space.rank() / 2;
            Shape result = Shape.of(Arrays.copyOf(space.sizes(), kept));
            for (View view : View.values()) {
                for (Samples sample : some(samples, space)) {
                    TestOperand x = rig.input(dtype, space, view, sample);
                    double[][] actual =
                            run(rig, new Kernel.Moments(dtype), space, kept, List.of(x), List.of(result, result));
                    checkMoments("moments of " + space + " " + view, dtype, values(x), actual);
                    rig.release();
                }
            }
        }
    }

    private static void checkMoments(String what, DType dtype, double[] x, double[][] actual) {
        int rows = actual[0].length;
        int n = rows == 0 ? 0 : x.length / rows;
        for (int row = 0; row < rows; row++) {
            double[] line = Arrays.copyOfRange(x, row * n, (row + 1) * n);
            // Relative to the first, so that this sum loses no digits to a large mean either.
            double first = n > 0 && Double.isFinite(line[0]) ? line[0] : 0;
            double offset = Arrays.stream(line).map(v -> v - first).sum() / n;
            double spread = Arrays.stream(line)
                    .map(v -> (v - first - offset) * (v - first - offset))
                    .sum();
            compare(
                    what + ", mean",
                    dtype,
                    new double[] {first + offset},
                    new double[] {actual[0][row]},
                    Math.sqrt(spread / n),
                    n);
            compare(what + ", squares", dtype, new double[] {spread}, new double[] {actual[1][row]}, 0, n);
        }
    }
}
