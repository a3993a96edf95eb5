package dev.tenrec.testkit.kernel;

import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.ClassReduction;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Gradients of composites against difference quotients in a random direction, in F64. */
final class CompositeSlopes {

    private static final double STEP = 1e-5;

    private CompositeSlopes() {}

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double[] moved(double[] x, double[] direction, double step) {
        double[] result = x.clone();
        for (int i = 0; i < x.length; i++) {
            result[i] += step * direction[i];
        }
        return result;
    }

    private static void requireNear(String what, double expected, double given) {
        if (!(Math.abs(expected - given) <= 1e-7 * Math.max(1, Math.abs(expected)))) {
            throw new AssertionError("gradient of " + what + ": wrong\n  expected " + expected
                    + "   difference quotient in a random direction\n  given    " + given);
        }
    }

    private static double[] random(long seed, int count) {
        return new Random(seed).doubles(count, -1, 1).toArray();
    }

    static void softmax(Rig rig, boolean log) {
        Shape space = Shape.of(3, 7, 2);
        double[] x = random(1, 42);
        double[] direction = random(2, 42);
        double[] upstream = random(3, 42);
        double[][] results = new double[3][];
        for (int i = 0; i < 3; i++) {
            TestOperand in = CompositeCases.dense(rig, DType.F64, moved(x, direction, (i - 1) * STEP), 3, 7, 2);
            results[i] = CompositeCases.run(
                    rig, new Kernel.Softmax(DType.F64, log), space, 3, List.of(in), List.of(space))[0];
        }
        List<TestOperand> in = List.of(
                CompositeCases.dense(rig, DType.F64, results[1], 3, 7, 2),
                CompositeCases.dense(rig, DType.F64, upstream, 3, 7, 2));
        double[] gradient =
                CompositeCases.run(rig, new Kernel.SoftmaxGradient(DType.F64, log), space, 3, in, List.of(space))[0];
        double expected = (dot(results[2], upstream) - dot(results[0], upstream)) / (2 * STEP);
        requireNear(log ? "logSoftmax" : "softmax", expected, dot(gradient, direction));
    }

    static void crossEntropy(Rig rig) {
        Shape space = Shape.of(5, 4);
        double[] x = random(1, 20);
        double[] direction = random(2, 20);
        long[] params = {Double.doubleToRawLongBits(0.2), 0};
        Kernel.CrossEntropy kernel = new Kernel.CrossEntropy(DType.F64, DType.I32, ClassReduction.MEAN, false, false);
        List<Shape> shapes = List.of(Shape.of(), Shape.of(5, 2), Shape.of());
        double[][][] results = new double[3][][];
        TestOperand labels = rig.input(DType.I32, Shape.of(5), View.CONTIGUOUS, Samples.choice(1, 0, 1, 2, 3));
        for (int i = 0; i < 3; i++) {
            TestOperand in = CompositeCases.dense(rig, DType.F64, moved(x, direction, (i - 1) * STEP), 5, 4);
            results[i] = CompositeCases.run(rig, kernel, space, 2, List.of(in, labels), shapes, params);
        }
        List<TestOperand> in = List.of(
                CompositeCases.dense(rig, DType.F64, x, 5, 4),
                labels,
                CompositeCases.dense(rig, DType.F64, results[1][1], 5, 2),
                CompositeCases.dense(rig, DType.F64, results[1][2]),
                CompositeCases.dense(rig, DType.F64, new double[] {1.5}));
        Kernel slope = new Kernel.CrossEntropyGradient(kernel);
        double[] gradient = CompositeCases.run(rig, slope, space, 2, in, List.of(space), params)[0];
        double expected = 1.5 * (results[2][0][0] - results[0][0][0]) / (2 * STEP);
        requireNear("crossEntropy", expected, dot(gradient, direction));
    }

    /** d Σ(x − mean)² / dx = 2·(x − mean): the mean's own change cancels. */
    static void moments(Rig rig) {
        Shape space = Shape.of(4, 9);
        double[] x = random(1, 36);
        double[] direction = random(2, 36);
        double[][][] results = new double[3][][];
        for (int i = 0; i < 3; i++) {
            TestOperand in = CompositeCases.dense(rig, DType.F64, moved(x, direction, (i - 1) * STEP), 4, 9);
            List<Shape> shapes = List.of(Shape.of(4), Shape.of(4));
            results[i] = CompositeCases.run(rig, new Kernel.Moments(DType.F64), space, 1, List.of(in), shapes);
        }
        double slope = 0;
        for (int i = 0; i < x.length; i++) {
            slope += 2 * (x[i] - results[1][0][i / 9]) * direction[i];
        }
        double expected = (Arrays.stream(results[2][1]).sum()
                        - Arrays.stream(results[0][1]).sum())
                / (2 * STEP);
        requireNear("moments", expected, slope);
    }
}
