package dev.tenrec.testkit.kernel;

import dev.tenrec.ir.Kernel;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One launch of attention: its operands, their values, and what it must come to. */
final class AttentionProblem {

    /** Sizes of a launch. */
    record Sizes(int batch, int heads, int queries, int keys, int depth, int width) {

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

    private final Kernel.Attention kernel;
    private final Sizes sizes;
    private final List<TestOperand> in = new ArrayList<>();
    private final int form;
    private final double scale;
    private final Map<Integer, long[]> bits = new HashMap<>();
    private final Map<Integer, double[]> values = new HashMap<>();

    AttentionProblem(Rig rig, DType dtype, Sizes sizes, int form, double range, double scale) {
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
    AttentionProblem(DType dtype, Sizes sizes, List<TestOperand> operands, double scale) {
        this.sizes = sizes;
        this.form = 0;
        this.scale = scale;
        in.addAll(operands);
        kernel = new Kernel.Attention(
                dtype, false, operands.stream().skip(3).map(TestOperand::dtype).toList());
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
                .map(row ->
                        Arrays.stream(row).mapToDouble(Double::longBitsToDouble).toArray())
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
                result = Double.NEGATIVE_INFINITY;
            }
        }
        return kernel.causal() && j > i ? Double.NEGATIVE_INFINITY : result;
    }

    Kernel.Attention kernel() {
        return kernel;
    }

    Sizes sizes() {
        return sizes;
    }

    /** Weights of all heads; rows of hidden keys alone are 0. */
    double[][][] weights() {
        double[][][] weights = scores();
        for (double[][] head : weights) {
            for (double[] row : head) {
                double largest = Arrays.stream(row).max().orElse(0);
                double shift = largest == Double.NEGATIVE_INFINITY ? 0 : largest;
                double sum = Arrays.stream(row).map(s -> Math.exp(s - shift)).sum();
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

    /** How an operand of four axes lies. */
    static Layout layout(Shape shape, int form) {
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
}
