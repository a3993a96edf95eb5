package dev.tenrec.testkit.kernel;

import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.testkit.ConformanceCase;
import dev.tenrec.testkit.ConformanceCase.Purpose;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The gradient of each kind of kernel, made of other kernels of the same backend: a gather's is a scatter, a product's
 * are products with a transposed operand. With L(x) = Σ g·kernel(x), the gradient in a random direction d is compared
 * with (L(x+hd) − L(x−hd)) / 2h in F64, h = 10⁻⁵, within 10⁻⁶ of the larger of both and 1.
 */
public final class AdjointCases {

    private static final double STEP = 1e-5;
    private static final double TOLERANCE = 1e-6;

    private AdjointCases() {}

    private interface Body {
        void run(Rig rig);
    }

    /**
     * Makes the cases.
     *
     * @return one or more per kind of kernel
     */
    public static List<ConformanceCase> all() {
        List<ConformanceCase> cases = new ArrayList<>();
        for (ReduceOp op : List.of(ReduceOp.SUM, ReduceOp.PROD, ReduceOp.MAX, ReduceOp.MIN)) {
            cases.add(of("reduce " + op, Kernel.Reduce.class, rig -> reduce(rig, op)));
        }
        cases.add(of("matmul", Kernel.MatMul.class, AdjointCases::matmul));
        cases.add(of("gather", Kernel.Gather.class, AdjointCases::gather));
        cases.add(of("scatter", Kernel.Scatter.class, AdjointCases::scatter));
        cases.add(of("copy", Kernel.Copy.class, AdjointCases::copy));
        return cases;
    }

    private static ConformanceCase of(String name, Class<? extends Kernel> kernel, Body body) {
        return new ConformanceCase(
                "gradient " + name,
                kernel,
                Optional.empty(),
                Purpose.GRADIENT,
                Set.of(DType.F64),
                (backend, tolerance) -> {
                    try (Rig rig = new Rig(backend, tolerance)) {
                        body.run(rig);
                    }
                });
    }

    private static double[] random(long seed, long count) {
        return new Random(seed).doubles(count, 0.5, 2).toArray();
    }

    private static TestOperand given(Rig rig, Layout layout, double[] values) {
        int[] next = {0};
        return rig.input(DType.F64, layout, dtype -> Samples.real(values[next[0]++], dtype));
    }

    private static TestOperand dense(Rig rig, double[] values, long... sizes) {
        return given(rig, Layout.dense(Shape.of(sizes)), values);
    }

    private static double[] run(Rig rig, Kernel kernel, Shape space, int kept, Shape result, TestOperand... in) {
        TestOperand out = rig.output(DType.F64, Layout.dense(result), dtype -> Samples.real(0, dtype));
        return run(rig, kernel, space, kept, out, in);
    }

    private static double[] run(Rig rig, Kernel kernel, Shape space, int kept, TestOperand out, TestOperand... in) {
        rig.compile(kernel).run(Rig.launch(space, kept, List.of(in), List.of(out)));
        long[] bits = Rig.readOutputs(List.of(in), List.of(out))[0];
        double[] values = new double[bits.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Double.longBitsToDouble(bits[i]);
        }
        return values;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static void compare(
            String what, double[] x, double[] upstream, double[] gradient, UnaryOperator<double[]> forward) {
        double[] direction = new Random(99).doubles(x.length, -1, 1).toArray();
        double[] up = x.clone();
        double[] down = x.clone();
        for (int i = 0; i < x.length; i++) {
            up[i] += STEP * direction[i];
            down[i] -= STEP * direction[i];
        }
        double expected = (dot(forward.apply(up), upstream) - dot(forward.apply(down), upstream)) / (2 * STEP);
        double given = dot(gradient, direction);
        double scale = Math.max(1, Math.max(Math.abs(expected), Math.abs(given)));
        if (!(Math.abs(expected - given) <= TOLERANCE * scale)) {
            throw new AssertionError("gradient of " + what + ": wrong\n  expected " + expected
                    + "   difference quotient in a random direction\n  given    " + given);
        }
    }

    private static void reduce(Rig rig, ReduceOp op) {
        Shape space = Shape.of(5, 7);
        double[] x = random(1, 35);
        double[] upstream = random(2, 5);
        Expr in = Expr.input(0, DType.F64);
        UnaryOperator<double[]> forward = values -> {
            TestOperand operand = dense(rig, values, 5, 7);
            Kernel kernel = new Kernel.Reduce(op, in, Rig.specs(List.of(operand)), 0);
            return run(rig, kernel, space, 1, Shape.of(5), operand);
        };
        Expr y = Expr.input(1, DType.F64);
        Expr g = Expr.input(2, DType.F64);
        Expr slope = switch (op) {
            case SUM -> g;
            case PROD -> g.mul(y).div(in);
            default -> in.eq(y).choose(g, g.like(0));
        };
        Layout repeated = Layout.of(space, new long[] {1, 0}, 0);
        List<TestOperand> operands =
                List.of(dense(rig, x, 5, 7), given(rig, repeated, forward.apply(x)), given(rig, repeated, upstream));
        Kernel kernel = new Kernel.Map(List.of(slope), Rig.specs(operands), 0);
        double[] gradient = run(rig, kernel, space, 2, space, operands.toArray(TestOperand[]::new));
        compare("reduce " + op, x, upstream, gradient, forward);
    }

    private static double[] product(Rig rig, TestOperand a, TestOperand b) {
        long m = a.layout().shape().size(0);
        long k = a.layout().shape().size(1);
        long n = b.layout().shape().size(1);
        Kernel kernel = new Kernel.MatMul(DType.F64, List.of(Expr.input(0, DType.F64)), List.of(), 0);
        return run(rig, kernel, Shape.of(m, n, k), 3, Shape.of(m, n), a, b);
    }

    /** The matrix seen as its transpose: same elements, strides exchanged. */
    private static TestOperand transposed(Rig rig, double[] values, int rows, int columns) {
        double[] exchanged = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            exchanged[i % columns * rows + i / columns] = values[i];
        }
        return given(rig, View.TRANSPOSED.layout(Shape.of(columns, rows)), exchanged);
    }

    private static void matmul(Rig rig) {
        int m = 6;
        int n = 9;
        int k = 5;
        double[] a = random(1, (long) m * k);
        double[] b = random(2, (long) k * n);
        double[] upstream = random(3, (long) m * n);
        double[] byA = product(rig, dense(rig, upstream, m, n), transposed(rig, b, k, n));
        compare("matmul by A", a, upstream, byA, x -> product(rig, dense(rig, x, m, k), dense(rig, b, k, n)));
        double[] byB = product(rig, transposed(rig, a, m, k), dense(rig, upstream, m, n));
        compare("matmul by B", b, upstream, byB, x -> product(rig, dense(rig, a, m, k), dense(rig, x, k, n)));
    }

    private static TestOperand indexes(Rig rig, Shape shape, int size) {
        Random random = new Random(8);
        return rig.input(DType.I32, shape, View.CONTIGUOUS, _ -> random.nextInt(size));
    }

    private static double[] gathered(Rig rig, double[] table) {
        Shape space = Shape.of(11, 3);
        Kernel kernel = new Kernel.Gather(DType.F64, DType.I32, 0);
        return run(rig, kernel, space, 2, space, dense(rig, table, 4, 3), indexes(rig, space, 4));
    }

    private static double[] scattered(Rig rig, double[] base, double[] source) {
        Shape space = Shape.of(11, 3);
        int[] next = {0};
        TestOperand out =
                rig.output(DType.F64, Layout.dense(Shape.of(4, 3)), dtype -> Samples.real(base[next[0]++], dtype));
        Kernel kernel = new Kernel.Scatter(DType.F64, DType.I32, 0);
        return run(rig, kernel, space, 2, out, dense(rig, source, 11, 3), indexes(rig, space, 4));
    }

    private static void gather(Rig rig) {
        double[] table = random(1, 12);
        double[] upstream = random(2, 33);
        compare("gather", table, upstream, scattered(rig, new double[12], upstream), x -> gathered(rig, x));
    }

    private static void scatter(Rig rig) {
        double[] base = random(1, 12);
        double[] source = random(2, 33);
        double[] upstream = random(3, 12);
        compare("scatter by the source", source, upstream, gathered(rig, upstream), x -> scattered(rig, base, x));
        compare("scatter by what it adds to", base, upstream, upstream, x -> scattered(rig, x, source));
    }

    private static void copy(Rig rig) {
        Shape shape = Shape.of(4, 6);
        Shape back = Shape.of(6, 4);
        double[] x = random(1, 24);
        double[] upstream = random(2, 24);
        Kernel kernel = new Kernel.Copy(DType.F64);
        // Forward transposes [4, 6] to [6, 4]; the gradient transposes back.
        double[] gradient = run(rig, kernel, shape, 2, shape, transposed(rig, upstream, 6, 4));
        compare(
                "copy",
                x,
                upstream,
                gradient,
                values -> run(rig, kernel, back, 2, back, transposed(rig, values, 4, 6)));
    }
}
