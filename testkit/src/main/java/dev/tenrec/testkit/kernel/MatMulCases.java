package dev.tenrec.testkit.kernel;

import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.testkit.ConformanceCase;
import dev.tenrec.testkit.ConformanceCase.Purpose;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Cases of {@link Kernel.MatMul}. An element of the product may be off by γₖ·Σ|aᵢ·bᵢ| with γₖ = k·u/(1−k·u), the bound
 * for any order of summation with or without fused multiply-add (Higham, 3.1); what the epilogue makes of that is
 * followed by {@link Oracle}. Matrices of small whole numbers are multiplied exactly in every order: there equality is
 * demanded.
 */
public final class MatMulCases {

    private MatMulCases() {}

    /** The sizes of a product; {@code aRepeats} and {@code bRepeats}: the matrix is the same for the whole batch. */
    private record Sizes(long[] batch, long m, long n, long k, boolean aRepeats, boolean bRepeats) {
        static Sizes of(long m, long n, long k) {
            return new Sizes(new long[0], m, n, k, false, false);
        }

        Shape shape(long... last) {
            long[] all = Arrays.copyOf(batch, batch.length + last.length);
            System.arraycopy(last, 0, all, batch.length, last.length);
            return Shape.of(all);
        }
    }

    /**
     * Makes the cases.
     *
     * @return for F32 and F64: sizes, transposes, batches, epilogues, special values
     */
    public static List<ConformanceCase> all() {
        List<ConformanceCase> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            for (int transposes = 0; transposes < 4; transposes++) {
                boolean a = (transposes & 1) != 0;
                boolean b = (transposes & 2) != 0;
                String name = dtype + (a ? " Aᵀ" : " A") + (b ? "Bᵀ" : "B");
                add(cases, name, dtype, rig -> sizes(rig, dtype, a, b));
                add(cases, name + " batched", dtype, rig -> batches(rig, dtype, a, b));
                add(cases, name + " epilogues", dtype, rig -> epilogues(rig, dtype, a, b));
            }
            add(cases, dtype + " empty", dtype, rig -> empty(rig, dtype));
            add(cases, dtype + " special values", dtype, rig -> specials(rig, dtype));
        }
        return cases;
    }

    private interface Body {
        void run(Rig rig);
    }

    private static void add(List<ConformanceCase> cases, String name, DType dtype, Body body) {
        cases.add(new ConformanceCase(
                "matmul " + name,
                Kernel.MatMul.class,
                Optional.empty(),
                Purpose.FORWARD,
                Set.of(dtype),
                (backend, tolerance) -> {
                    try (Rig rig = new Rig(backend, tolerance)) {
                        body.run(rig);
                        rig.requireMeaning();
                    }
                }));
    }

    /** A matrix [rows, columns] per batch entry, with rows padded by {@code pad}, stored transposed or not. */
    static Layout matrix(Shape shape, boolean transposed, boolean repeats, int pad, int offset) {
        int rank = shape.rank();
        long rows = shape.size(rank - 2);
        long columns = shape.size(rank - 1);
        long[] strides = new long[rank];
        long pitch = (transposed ? rows : columns) + pad;
        strides[rank - 1] = transposed ? pitch : 1;
        strides[rank - 2] = transposed ? 1 : pitch;
        long stride = pitch * (transposed ? columns : rows) + 5L * pad;
        for (int axis = rank - 3; axis >= 0; axis--) {
            strides[axis] = repeats ? 0 : stride;
            stride *= shape.size(axis);
        }
        return Layout.of(shape, strides, offset);
    }

    private static void sizes(Rig rig, DType dtype, boolean ta, boolean tb) {
        long[][] list = {
            {1, 1, 1},
            {1, 7, 5},
            {5, 1, 7},
            {7, 5, 1},
            {2, 2, 2},
            {3, 4, 5},
            {8, 8, 8},
            {9, 17, 33},
            {16, 16, 16},
            {31, 33, 15},
            {1, 70, 70},
            {70, 1, 70},
            {64, 10, 65},
            {17, 23, 70},
            {67, 69, 61},
            {70, 70, 3},
            {4, 70, 1},
            {1, 1, 1025},
            {3, 130, 19},
            {130, 3, 19}
        };
        for (long[] size : list) {
            Sizes sizes = Sizes.of(size[0], size[1], size[2]);
            plain(rig, dtype, sizes, ta, tb, 0, Samples.whole(4, 1));
            plain(rig, dtype, sizes, ta, tb, 3, Samples.uniform(-2, 2, 2));
        }
    }

    private static void batches(Rig rig, DType dtype, boolean ta, boolean tb) {
        for (int repeats = 0; repeats < 4; repeats++) {
            boolean a = (repeats & 1) != 0;
            boolean b = (repeats & 2) != 0;
            plain(rig, dtype, new Sizes(new long[] {3}, 5, 9, 7, a, b), ta, tb, 0, Samples.whole(4, 1));
            plain(rig, dtype, new Sizes(new long[] {2, 3}, 9, 17, 8, a, b), ta, tb, 2, Samples.uniform(-2, 2, 2));
            plain(rig, dtype, new Sizes(new long[] {33}, 1, 4, 3, a, b), ta, tb, 0, Samples.whole(4, 3));
            plain(rig, dtype, new Sizes(new long[] {1}, 33, 18, 20, a, b), ta, tb, 1, Samples.whole(4, 3));
        }
    }

    private static void plain(Rig rig, DType dtype, Sizes s, boolean ta, boolean tb, int pad, Samples samples) {
        run(rig, dtype, s, ta, tb, pad, samples, List.of(Expr.input(0, dtype)), List.of());
    }

    private static void epilogues(Rig rig, DType dtype, boolean ta, boolean tb) {
        Expr product = Expr.input(0, dtype);
        Expr extra = Expr.input(1, dtype);
        Expr second = Expr.input(2, dtype);
        List<Expr> biasRelu = List.of(product.add(extra).max(product.like(0)));
        List<Expr> twoOutputs =
                List.of(product.add(extra), product.add(extra).tanh().mul(second));
        List<Expr> scaled = List.of(product.mul(Expr.param(0, dtype)).add(extra.mul(Expr.param(1, dtype))));
        List<Expr> mask = List.of(product.lt(extra), product);
        for (Sizes s : List.of(
                Sizes.of(5, 7, 3),
                Sizes.of(33, 65, 17),
                Sizes.of(1, 70, 9),
                Sizes.of(70, 1, 9),
                new Sizes(new long[] {2, 2}, 6, 9, 5, false, true))) {
            for (View view : List.of(View.ROW, View.COLUMN, View.CONTIGUOUS, View.SCALAR, View.TRANSPOSED)) {
                run(rig, dtype, s, ta, tb, 0, Samples.whole(4, 1), biasRelu, List.of(view));
                run(rig, dtype, s, ta, tb, 1, Samples.uniform(-1, 1, 2), twoOutputs, List.of(view, View.CONTIGUOUS));
            }
            run(rig, dtype, s, ta, tb, 0, Samples.whole(4, 4), mask, List.of(View.CONTIGUOUS));
            run(
                    rig,
                    dtype,
                    s,
                    ta,
                    tb,
                    0,
                    Samples.uniform(-1, 1, 3),
                    scaled,
                    List.of(View.CONTIGUOUS),
                    Samples.real(0.3, dtype),
                    Samples.real(-1.7, dtype));
        }
    }

    private static void empty(Rig rig, DType dtype) {
        Expr product = Expr.input(0, dtype);
        List<Expr> bias = List.of(product.add(Expr.input(1, dtype)));
        long[][] list = {{3, 5, 0}, {0, 5, 4}, {3, 0, 4}, {1, 1, 0}};
        for (long[] size : list) {
            Sizes sizes = Sizes.of(size[0], size[1], size[2]);
            plain(rig, dtype, sizes, false, false, 0, Samples.whole(4, 1));
            run(rig, dtype, sizes, false, true, 0, Samples.whole(4, 1), bias, List.of(View.ROW));
        }
        plain(rig, dtype, new Sizes(new long[] {0}, 3, 4, 5, false, false), false, false, 0, Samples.whole(4, 1));
    }

    private static void specials(Rig rig, DType dtype) {
        Samples rare = Samples.choice(5, 1, 2, -1, 3, 1, 1, 2, -2, 1, 1, 1, Double.NaN);
        Samples infinite = Samples.choice(6, 1, 2, 0, 3, 1, 1, 2, -2, 1, 1, 1, Double.POSITIVE_INFINITY);
        for (boolean tb : new boolean[] {false, true}) {
            for (Samples samples : List.of(rare, infinite)) {
                plain(rig, dtype, Sizes.of(17, 19, 4), false, tb, 0, samples);
                plain(rig, dtype, Sizes.of(1, 19, 4), false, tb, 0, samples);
                plain(rig, dtype, Sizes.of(40, 33, 2), true, tb, 1, samples);
            }
        }
    }

    private static void run(
            Rig rig,
            DType dtype,
            Sizes s,
            boolean ta,
            boolean tb,
            int pad,
            Samples samples,
            List<Expr> epilogue,
            List<View> extraViews,
            long... params) {
        Shape outShape = s.shape(s.m, s.n);
        TestOperand a = rig.input(dtype, matrix(s.shape(s.m, s.k), ta, s.aRepeats, pad, pad), samples);
        TestOperand b = rig.input(dtype, matrix(s.shape(s.k, s.n), tb, s.bRepeats, pad, 2 * pad), samples);
        List<TestOperand> extras = new ArrayList<>();
        for (View view : extraViews) {
            extras.add(rig.input(dtype, outShape, view, samples));
        }
        List<TestOperand> out = new ArrayList<>();
        for (Expr expr : epilogue) {
            out.add(rig.output(expr.dtype(), outShape, pad == 0 ? View.CONTIGUOUS : View.OFFSET));
        }
        List<TestOperand> in = new ArrayList<>(List.of(a, b));
        in.addAll(extras);
        Kernel.MatMul kernel = new Kernel.MatMul(dtype, epilogue, Rig.specs(extras), params.length);
        Shape space = s.shape(s.m, s.n, s.k);
        rig.compile(kernel).run(Rig.launch(space, space.rank(), in, out, params));
        compare(rig, kernel, s, in, Rig.readOutputs(in, out), params);
        rig.release();
    }

    private static void compare(
            Rig rig, Kernel.MatMul kernel, Sizes s, List<TestOperand> in, long[][] actual, long... params) {
        Shape outShape = s.shape(s.m, s.n);
        long[] a = in.get(0).values();
        long[] b = in.get(1).values();
        Reader extras = new Reader(outShape, in.subList(2, in.size()), params);
        Oracle oracle = new Oracle(kernel.epilogue(), rig.tolerance());
        Interval product = new Interval();
        Oracle.Environment environment = new Oracle.Environment() {
            @Override
            public void input(int index, Interval into) {
                if (index == 0) {
                    into.set(product);
                } else {
                    extras.input(index - 1, into);
                }
            }

            @Override
            public long param(int index) {
                return params[index];
            }

            @Override
            public long index(int axis) {
                return extras.index(axis);
            }
        };
        String what = "matmul " + outShape + " over " + s.k + ", A " + in.get(0).layout() + ", B "
                + in.get(1).layout();
        for (int i = 0; i < outShape.elementCount(); i++) {
            product(kernel.dtype(), s, a, b, i, product);
            extras.moveTo(i);
            oracle.evaluate(environment);
            for (int o = 0; o < actual.length; o++) {
                Expr expr = kernel.epilogue().get(o);
                rig.compare(oracle.result(o), actual[o][i], expr.dtype(), () -> what + ", output " + expr, extras);
            }
        }
    }

    private static void product(DType dtype, Sizes s, long[] a, long[] b, int position, Interval out) {
        int n = (int) (position % s.n);
        long row = position / s.n;
        long batch = row / s.m;
        int fromA = (int) (row * s.k);
        int fromB = (int) (batch * s.k * s.n) + n;
        double sum = 0;
        double magnitude = 0;
        boolean whole = true;
        for (int k = 0; k < s.k; k++) {
            double x = Double.longBitsToDouble(a[fromA + k]);
            double y = Double.longBitsToDouble(b[fromB + (int) (k * s.n)]);
            sum += x * y;
            magnitude += Math.abs(x * y);
            whole &= x == Math.rint(x) && y == Math.rint(y);
        }
        double unit = dtype == DType.F32 ? 0x1p-24 : 0x1p-53;
        if (Double.isNaN(sum) || Double.isInfinite(sum)) {
            out.real(sum);
        } else if (whole && magnitude * unit <= 1) {
            out.range(sum == 0 ? -0.0 : sum, sum == 0 ? 0.0 : sum);
        } else {
            // The sum here is itself made in double precision, with as many steps.
            double slack = magnitude * (gamma(s.k, unit) + gamma(s.k, 0x1p-53));
            boolean single = dtype == DType.F32;
            out.range(single ? (float) (sum - slack) : sum - slack, single ? (float) (sum + slack) : sum + slack);
        }
    }

    private static double gamma(long steps, double unit) {
        return steps * unit / (1 - steps * unit);
    }
}
