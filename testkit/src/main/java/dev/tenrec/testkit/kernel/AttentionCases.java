package dev.tenrec.testkit.kernel;

import dev.tenrec.ir.Kernel;
import dev.tenrec.testkit.ConformanceCase;
import dev.tenrec.testkit.ConformanceCase.Purpose;
import dev.tenrec.testkit.kernel.AttentionProblem.Sizes;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Cases of attention and its gradient, against a calculation in F64 that has all weights of a head at once. Sizes are odd,
 * below, at and above those of tiles; operands lie as heads of a projection do, backwards, and with gaps.
 */
public final class AttentionCases {

    private static final double INF = Double.POSITIVE_INFINITY;

    private AttentionCases() {}

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
            AttentionProblem problem =
                    new AttentionProblem(rig, dtype, sizes, form % 8, 1, 1 / Math.sqrt(sizes.depth()));
            double[][][] weights = problem.weights();
            String what = (gradient ? "gradient of " : "") + problem.kernel() + " of " + sizes;
            double error = 64 + 2 * (sizes.depth() + sizes.width() + sizes.keys());
            if (!gradient) {
                double[][] found = problem.run(rig);
                compare(what, dtype, problem.expected(weights), found[0], error);
                requireStatistics(what, dtype, problem.scores(), found[1], error);
            } else {
                gradients(rig, problem, what, dtype, weights, form, error + 2 * sizes.queries());
            }
            rig.release();
        }
    }

    private static void gradients(
            Rig rig, AttentionProblem problem, String what, DType dtype, double[][][] weights, int form, double error) {
        Sizes sizes = problem.sizes();
        TestOperand upstream =
                rig.input(dtype, AttentionProblem.layout(sizes.y(), form + 3), Samples.uniform(-1, 1, 11));
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
            compare(what + " by input " + i, dtype, expected[i], found[i], error * Math.sqrt(sizes.width()));
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
        AttentionProblem problem = new AttentionProblem(dtype, sizes, in, 1);
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
        AttentionProblem problem = new AttentionProblem(rig, dtype, sizes, 4, 32, 1);
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
            AttentionProblem problem = new AttentionProblem(rig, dtype, sizes, 0, 1, 0.5);
            double[][][] weights = problem.weights();
            String what = problem.kernel() + " of " + sizes;
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
            double[][] found = new AttentionProblem(DType.F64, sizes, in, 0.7).run(rig);
            y[k] = found[0];
            statistics = found[1];
            middle = in;
        }
        double[] g = new Random(20).doubles(y[1].length, -1, 1).toArray();
        double[][] gradients = new AttentionProblem(DType.F64, sizes, middle, 0.7)
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
