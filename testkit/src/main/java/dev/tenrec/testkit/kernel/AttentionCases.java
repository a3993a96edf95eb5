package dev.tenrec.testkit.kernel;

import dev.tenrec.ir.Kernel;
import dev.tenrec.testkit.ConformanceCase;
import dev.tenrec.testkit.ConformanceCase.Purpose;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Cases of attention and its gradient, against a calculation in F64 that has all weights of a head at once. Sizes are odd,
 * below, at and above those of tiles; operands lie as heads of a projection do, backwards, and with gaps.
 */
public final class AttentionCases {

    private static final double INF = Double.POSITIVE_INFINITY;

    private AttentionCases() {}

    /** Sizes of a launch. */
    private record Sizes(int batch, int heads, int queries, int keys, int depth, int width) {

        Shape space() {
            return Shape.of(batch, heads, queries, keys);
        }

        Shape q() {
            return Shape.of(batch, heads, queries, depth);
        }

        Shape k() {
            return Shape.of(batch, heads, keys, depth);
        }

        Shape v() {
            return Shape.of(batch, heads, keys, width);
        }

        Shape y() {
            return Shape.of(batch, heads, queries, width);
        }

        Shape statistics() {
            return Shape.of(batch, heads, queries, 2);
        }
    }

    private static final List<Sizes> SIZES = List.of(
            new Sizes(1, 1, 1, 1, 1, 1),
            new Sizes(2, 3, 5, 7, 3, 4),
            new Sizes(1, 2, 33, 70, 16, 17),
            new Sizes(2, 1, 70, 31, 20, 9),
            new Sizes(1, 1, 65, 64, 64, 64),
            new Sizes(1, 1, 9, 40, 150, 5),
            new Sizes(1, 2, 10, 11, 5, 140),
            new Sizes(3, 2, 16, 129, 8, 30));

    private static final List<Sizes> EMPTY = List.of(
            new Sizes(0, 2, 3, 4, 5, 6),
            new Sizes(2, 0, 3, 4, 5, 6),
            new Sizes(2, 1, 0, 4, 5, 6),
            new Sizes(2, 1, 3, 0, 5, 6),
            new Sizes(2, 1, 3, 4, 0, 6),
            new Sizes(2, 1, 3, 4, 5, 0));

    /** How an operand of four axes lies. */
    private static Layout layout(Shape shape, int form) {
        Shape byTime = Shape.of(shape.size(0), shape.size(2), shape.size(1), shape.size(3));
        return switch (form % 4) {
            case 0 -> Layout.dense(byTime).permute(0, 2, 1, 3);
            case 1 -> View.REVERSED.layout(shape);
            case 2 -> View.SLICED.layout(shape);
            default -> View.CONTIGUOUS.layout(shape);
        };
    }

    /** A mask of every score, of every key of a batch, or of every score of a head. */
    private static Layout maskLayout(Shape space, int form) {
        long keys = space.size(3);
        long[] strides = switch (form % 3) {
            case 0 -> space.denseStrides();
            case 1 -> new long[] {keys, 0, 0, 1};
            default -> new long[] {0, 0, keys, 1};
        };
        return Layout.of(space, strides, 0);
    }

    /** One launch's operands and their values. */
    private static final class Problem {

        private final Kernel.Attention kernel;
        private final Sizes sizes;
        private final List<TestOperand> in = new ArrayList<>();
        private final int form;
        private final double scale;
        private final Map<Integer, long[]> bits = new HashMap<>();
        private final Map<Integer, double[]> values = new HashMap<>();

        Problem(Rig rig, DType dtype, Sizes sizes, int form, double range, double scale) {
            this.sizes = sizes;
            this.form = form;
            this.scale = scale;
            List<Shape> shapes = List.of(sizes.q(), sizes.k(), sizes.v());
            for (int i = 0; i < 3; i++) {
                in.add(rig.input(dtype, layout(shapes.get(i), form + i), Samples.uniform(-range, range, 7 + i)));
            }
            List<DType> masks = new ArrayList<>();
            if ((form & 1) != 0) {
                masks.add(dtype);
                in.add(rig.input(dtype, maskLayout(sizes.space(), form / 2), Samples.uniform(-1, 1, 3)));
            }
            if ((form & 2) != 0) {
                masks.add(DType.BOOL);
                in.add(rig.input(DType.BOOL, maskLayout(sizes.space(), form), Samples.choice(5, 0, 0, 1)));
            }
            kernel = new Kernel.Attention(dtype, (form & 4) != 0, masks);
        }

        /** With operands that are given; nothing is causal. */
        Problem(DType dtype, Sizes sizes, List<TestOperand> operands, double scale) {
            this.sizes = sizes;
            this.form = 0;
            this.scale = scale;
            in.addAll(operands);
            kernel = new Kernel.Attention(
                    dtype,
                    false,
                    operands.stream().skip(3).map(TestOperand::dtype).toList());
        }

        double[][] run(Rig rig) {
            List<Shape> results = List.of(sizes.y(), sizes.statistics());
            return run(rig, kernel, in, results);
        }

        double[][] gradient(Rig rig, TestOperand y, TestOperand statistics, TestOperand upstream) {
            List<TestOperand> all = new ArrayList<>(in);
            all.addAll(List.of(y, statistics, upstream));
            List<Shape> results = List.of(sizes.q(), sizes.k(), sizes.v());
            return run(rig, new Kernel.AttentionGradient(kernel), all, results);
        }

        /** Results lie in turn as heads of a projection do, backwards, with gaps, and densely. */
        private double[][] run(Rig rig, Kernel launched, List<TestOperand> operands, List<Shape> results) {
            List<TestOperand> out = new ArrayList<>();
            for (Shape shape : results) {
                out.add(rig.output(kernel.dtype(), layout(shape, form + out.size()), null));
            }
            long bits = Double.doubleToRawLongBits(scale);
            rig.compile(launched).run(Rig.launch(sizes.space(), 4, operands, out, bits));
            return Arrays.stream(Rig.readOutputs(operands, out))
                    .map(row -> Arrays.stream(row)
                            .mapToDouble(Double::longBitsToDouble)
                            .toArray())
                    .toArray(double[][]::new);
        }

        private long[] bits(int operand) {
            return bits.computeIfAbsent(operand, i -> in.get(i).values());
        }

        double[] values(int operand) {
            return values.computeIfAbsent(
                    operand,
                    i -> Arrays.stream(bits(i))
                            .mapToDouble(Double::longBitsToDouble)
                            .toArray());
        }

        int heads() {
            return sizes.batch * sizes.heads;
        }

        /** The scores of all heads. */
        double[][][] scores() {
            double[] q = values(0);
            double[] k = values(1);
            double[][][] scores = new double[heads()][sizes.queries][sizes.keys];
            for (int head = 0; head < heads(); head++) {
                for (int i = 0; i < sizes.queries; i++) {
                    for (int j = 0; j < sizes.keys; j++) {
                        double sum = 0;
                        for (int d = 0; d < sizes.depth; d++) {
                            sum += q[(head * sizes.queries + i) * sizes.depth + d]
                                    * k[(head * sizes.keys + j) * sizes.depth + d];
                        }
                        scores[head][i][j] = masked(sum * scale, head, i, j);
                    }
                }
            }
            return scores;
        }

        private double masked(double score, int head, int i, int j) {
            double result = score;
            for (int mask = 3; mask < in.size(); mask++) {
                long value = bits(mask)[(head * sizes.queries + i) * sizes.keys + j];
                if (in.get(mask).dtype() != DType.BOOL) {
                    result += Double.longBitsToDouble(value);
                } else if (value != 0) {
                    result = -INF;
                }
            }
            return kernel.causal() && j > i ? -INF : result;
        }

        /** Weights of all heads; rows of hidden keys alone are 0. */
        double[][][] weights() {
            double[][][] weights = scores();
            for (double[][] head : weights) {
                for (double[] row : head) {
                    double largest = Arrays.stream(row).max().orElse(0);
                    double shift = largest == -INF ? 0 : largest;
                    double sum =
                            Arrays.stream(row).map(s -> Math.exp(s - shift)).sum();
                    Arrays.setAll(row, j -> sum == 0 ? 0 : Math.exp(row[j] - shift) / sum);
                }
            }
            return weights;
        }

        double[] expected(double[][][] weights) {
            double[] v = values(2);
            double[] y = new double[heads() * sizes.queries * sizes.width];
            for (int at = 0; at < y.length; at++) {
                int e = at % sizes.width;
                int i = at / sizes.width % sizes.queries;
                int head = at / sizes.width / sizes.queries;
                for (int j = 0; j < sizes.keys; j++) {
                    y[at] += weights[head][i][j] * v[(head * sizes.keys + j) * sizes.width + e];
                }
            }
            return y;
        }

        /** The three gradients, by the Jacobian of each row's softmax. */
        double[][] expectedGradients(double[][][] weights, double[] g) {
            double[][] result = {
                new double[heads() * sizes.queries * sizes.depth],
                new double[heads() * sizes.keys * sizes.depth],
                new double[heads() * sizes.keys * sizes.width]
            };
            for (int head = 0; head < heads(); head++) {
                for (int i = 0; i < sizes.queries; i++) {
                    row(result, weights[head][i], g, head * sizes.queries + i, head * sizes.keys);
                }
            }
            return result;
        }

        private void row(double[][] result, double[] weights, double[] g, int query, int key0) {
            double[] ofWeights = new double[sizes.keys];
            double[] v = values(2);
            for (int j = 0; j < sizes.keys; j++) {
                for (int e = 0; e < sizes.width; e++) {
                    double upstream = g[query * sizes.width + e];
                    ofWeights[j] += upstream * v[(key0 + j) * sizes.width + e];
                    result[2][(key0 + j) * sizes.width + e] += weights[j] * upstream;
                }
            }
            double mean = 0;
            for (int j = 0; j < sizes.keys; j++) {
                mean += weights[j] * ofWeights[j];
            }
            double[] q = values(0);
            double[] k = values(1);
            for (int j = 0; j < sizes.keys; j++) {
                double ofProduct = scale * weights[j] * (ofWeights[j] - mean);
                for (int d = 0; d < sizes.depth; d++) {
                    result[0][query * sizes.depth + d] += ofProduct * k[(key0 + j) * sizes.depth + d];
                    result[1][(key0 + j) * sizes.depth + d] += ofProduct * q[query * sizes.depth + d];
                }
            }
        }
    }

    /**
     * Makes the cases.
     *
     * @return values of both kernels in F32 and F64, special values, and slopes
     */
    public static List<ConformanceCase> all() {
        List<ConformanceCase> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            for (int i = 0; i < SIZES.size(); i++) {
                int number = i;
                forward(cases, "attention " + dtype + " " + i, dtype, rig -> values(rig, dtype, number, false));
                backward(
                        cases, "attention gradient " + dtype + " " + i, dtype, rig -> values(rig, dtype, number, true));
            }
            forward(cases, "attention hidden " + dtype, dtype, rig -> hidden(rig, dtype));
            forward(cases, "attention large scores " + dtype, dtype, rig -> large(rig, dtype));
            forward(cases, "attention empty " + dtype, dtype, rig -> empty(rig, dtype, false));
            backward(cases, "attention gradient empty " + dtype, dtype, rig -> empty(rig, dtype, true));
        }
        CompositeCases.add(
                cases, "slope attention", Kernel.Attention.class, Purpose.GRADIENT, DType.F64, AttentionCases::slope);
        CompositeCases.add(
                cases,
                "slope attention gradient",
                Kernel.AttentionGradient.class,
                Purpose.GRADIENT,
                DType.F64,
                AttentionCases::slope);
        return cases;
    }

    private static void forward(List<ConformanceCase> cases, String name, DType dtype, CompositeCases.Body body) {
        CompositeCases.add(cases, name, Kernel.Attention.class, Purpose.FORWARD, dtype, body);
    }

    private static void backward(List<ConformanceCase> cases, String name, DType dtype, CompositeCases.Body body) {
        CompositeCases.add(cases, name, Kernel.AttentionGradient.class, Purpose.FORWARD, dtype, body);
    }

    private static void compare(String what, DType dtype, double[] expected, double[] given, double scale) {
        double unit = dtype == DType.F32 ? 0x1p-24 : 0x1p-53;
        for (int i = 0; i < expected.length; i++) {
            boolean good = Double.isFinite(expected[i])
                    ? Math.abs(expected[i] - given[i]) <= unit * scale
                    : Double.compare(expected[i], given[i]) == 0;
            if (!good) {
                throw new AssertionError(
                        what + ": wrong value at " + i + "\n  expected " + expected[i] + "\n  given    " + given[i]);
            }
        }
    }

    private static void values(Rig rig, DType dtype, int number, boolean gradient) {
        Sizes sizes = SIZES.get(number);
        // Each mask, alone and with the others, meets several sizes.
        for (int form : new int[] {number, number + 3, number + 6}) {
            Problem problem = new Problem(rig, dtype, sizes, form % 8, 1, 1 / Math.sqrt(sizes.depth));
            double[][][] weights = problem.weights();
            String what = (gradient ? "gradient of " : "") + problem.kernel + " of " + sizes;
            double error = 64 + 2 * (sizes.depth + sizes.width + sizes.keys);
            if (!gradient) {
                double[][] found = problem.run(rig);
                compare(what, dtype, problem.expected(weights), found[0], error);
                requireStatistics(what, dtype, problem.scores(), found[1], error);
            } else {
                gradients(rig, problem, what, dtype, weights, form, error + 2 * sizes.queries);
            }
            rig.release();
        }
    }

    private static void gradients(
            Rig rig, Problem problem, String what, DType dtype, double[][][] weights, int form, double error) {
        Sizes sizes = problem.sizes;
        TestOperand upstream = rig.input(dtype, layout(sizes.y(), form + 3), Samples.uniform(-1, 1, 11));
        double[] g = Arrays.stream(upstream.values())
                .mapToDouble(Double::longBitsToDouble)
                .toArray();
        TestOperand y = ConvolutionCases.operand(rig, dtype, sizes.y(), problem.expected(weights), form % 2 == 0);
        double[] numbers = statistics(problem.scores());
        TestOperand statistics = ConvolutionCases.operand(rig, dtype, sizes.statistics(), numbers, form % 3 == 0);
        double[][] found = problem.gradient(rig, y, statistics, upstream);
        double[][] again = problem.gradient(rig, y, statistics, upstream);
        if (!Arrays.deepEquals(found, again)) {
            throw new AssertionError(what + ": other bits the second time");
        }
        double[][] expected = problem.expectedGradients(weights, g);
        for (int i = 0; i < 3; i++) {
            compare(what + " by input " + i, dtype, expected[i], found[i], error * Math.sqrt(sizes.width));
        }
    }

    /** The largest score and the sum of each row. */
    private static double[] statistics(double[][][] scores) {
        List<Double> all = new ArrayList<>();
        for (double[][] head : scores) {
            for (double[] row : head) {
                double largest = Arrays.stream(row).max().orElse(-INF);
                double shift = largest == -INF ? 0 : largest;
                double sum = Arrays.stream(row).map(s -> Math.exp(s - shift)).sum();
                all.add(shift);
                all.add(sum == 0 ? 1 : sum);
            }
        }
        return all.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static void requireStatistics(String what, DType dtype, double[][][] scores, double[] given, double error) {
        double[] expected = statistics(scores);
        for (int i = 0; i < expected.length; i++) {
            double[] one = {expected[i]};
            double size = Math.max(1, Math.abs(expected[i]));
            compare(what + ", statistics " + i, dtype, one, new double[] {given[i]}, error * size);
        }
    }

    /** Rows without a key, with one key, with a NaN and with an infinite score. */
    private static void hidden(Rig rig, DType dtype) {
        Sizes sizes = new Sizes(1, 1, 5, 70, 2, 3);
        double[] added = new double[5 * 70];
        boolean[] shown = new boolean[5 * 70];
        Arrays.fill(shown, 70, 350, true);
        Arrays.fill(shown, 70, 140, false);
        shown[70 + 66] = true;
        added[2 * 70 + 69] = Double.NaN;
        added[3 * 70 + 1] = INF;
        Arrays.fill(added, 4 * 70, 5 * 70 - 1, -INF);
        int[] next = {0};
        List<TestOperand> in = List.of(
                rig.input(dtype, sizes.q(), View.CONTIGUOUS, Samples.uniform(-1, 1, 1)),
                rig.input(dtype, sizes.k(), View.CONTIGUOUS, Samples.uniform(-1, 1, 2)),
                rig.input(dtype, sizes.v(), View.CONTIGUOUS, Samples.uniform(-1, 1, 3)),
                ConvolutionCases.operand(rig, dtype, sizes.space(), added, false),
                rig.input(DType.BOOL, sizes.space(), View.CONTIGUOUS, _ -> shown[next[0]++] ? 0 : 1));
        Problem problem = new Problem(dtype, sizes, in, 1);
        double[][] found = problem.run(rig);
        double[] v = problem.values(2);
        double[] expected = new double[15];
        System.arraycopy(v, 66 * 3, expected, 3, 3);
        Arrays.fill(expected, 6, 12, Double.NaN);
        System.arraycopy(v, 69 * 3, expected, 12, 3);
        compare("attention with hidden keys", dtype, expected, found[0], 8);
        compare("statistics of a row without keys", dtype, new double[] {0, 1}, found[1], 0);
        TestOperand y = ConvolutionCases.operand(rig, dtype, sizes.y(), new double[15], false);
        double[] numbers = found[1].clone();
        TestOperand statistics = ConvolutionCases.operand(rig, dtype, sizes.statistics(), numbers, false);
        TestOperand upstream = rig.input(dtype, sizes.y(), View.CONTIGUOUS, Samples.uniform(-1, 1, 4));
        double[][] gradients = problem.gradient(rig, y, statistics, upstream);
        compare("gradient of a query without keys", dtype, new double[2], gradients[0], 0);
        rig.release();
    }

    /** Scores of thousands: a sum that is not relative to the largest would overflow. */
    private static void large(Rig rig, DType dtype) {
        Sizes sizes = new Sizes(1, 1, 40, 90, 8, 5);
        Problem problem = new Problem(rig, dtype, sizes, 4, 32, 1);
        double largest = Arrays.stream(problem.scores()[0])
                .flatMapToDouble(Arrays::stream)
                .filter(Double::isFinite)
                .map(Math::abs)
                .max()
                .orElseThrow();
        // A score of this size is rounded to as much as the logarithm of a weight is off.
        double[] found = problem.run(rig)[0];
        compare("attention of large scores", dtype, problem.expected(problem.weights()), found, 32 * 16 * largest);
        rig.release();
    }

    private static void empty(Rig rig, DType dtype, boolean gradient) {
        for (Sizes sizes : EMPTY) {
            Problem problem = new Problem(rig, dtype, sizes, 0, 1, 0.5);
            double[][][] weights = problem.weights();
            String what = problem.kernel + " of " + sizes;
            if (gradient) {
                gradients(rig, problem, what, dtype, weights, 3, 200);
            } else {
                compare(what, dtype, problem.expected(weights), problem.run(rig)[0], 64);
            }
            rig.release();
        }
    }

    /** The gradients against difference quotients in a random direction of all three operands. */
    private static void slope(Rig rig) {
        Sizes sizes = new Sizes(1, 2, 9, 11, 4, 3);
        double step = 1e-5;
        List<Shape> shapes = List.of(sizes.q(), sizes.k(), sizes.v());
        double[][] directions = new double[3][];
        double[][] y = new double[3][];
        double[] statistics = null;
        List<TestOperand> middle = null;
        for (int k : new int[] {0, 2, 1}) {
            List<TestOperand> in = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                int count = Math.toIntExact(shapes.get(i).elementCount());
                double[] x = new Random(i).doubles(count, -1, 1).toArray();
                double[] direction = new Random(10 + i).doubles(count, -1, 1).toArray();
                directions[i] = direction;
                Arrays.setAll(x, at -> x[at] + (k - 1) * step * direction[at]);
                in.add(ConvolutionCases.operand(rig, DType.F64, shapes.get(i), x, false));
            }
            double[][] found = new Problem(DType.F64, sizes, in, 0.7).run(rig);
            y[k] = found[0];
            statistics = found[1];
            middle = in;
        }
        double[] g = new Random(20).doubles(y[1].length, -1, 1).toArray();
        double[][] gradients = new Problem(DType.F64, sizes, middle, 0.7)
                .gradient(
                        rig,
                        ConvolutionCases.operand(rig, DType.F64, sizes.y(), y[1], false),
                        ConvolutionCases.operand(rig, DType.F64, sizes.statistics(), statistics, false),
                        ConvolutionCases.operand(rig, DType.F64, sizes.y(), g, false));
        double expected = 0;
        for (int i = 0; i < g.length; i++) {
            expected += g[i] * (y[2][i] - y[0][i]) / (2 * step);
        }
        double given = 0;
        for (int i = 0; i < 3; i++) {
            for (int at = 0; at < gradients[i].length; at++) {
                given += gradients[i][at] * directions[i][at];
            }
        }
        if (!(Math.abs(expected - given) <= 1e-7 * Math.max(1, Math.abs(expected)))) {
            throw new AssertionError("gradient of attention: wrong\n  expected " + expected
                    + "   difference quotient in a random direction\n  given    " + given);
        }
        rig.release();
    }
}
