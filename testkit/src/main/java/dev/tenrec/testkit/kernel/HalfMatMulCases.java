package dev.tenrec.testkit.kernel;

import dev.tenrec.ir.HalfFloats;
import dev.tenrec.ir.Kernel;
import dev.tenrec.testkit.ConformanceCase;
import dev.tenrec.testkit.ConformanceCase.Purpose;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Cases of {@link Kernel.HalfMatMul}. Sums of products of small whole numbers are exact in F32 in any order, and too large for
 * 16 bits: one rounding of the exact sum is demanded, which no sum in 16 bits gives. Of other numbers the result may be
 * off by half a unit in the last place and what sums in F32 are off.
 */
public final class HalfMatMulCases {

    private HalfMatMulCases() {}

    /**
     * Makes the cases.
     *
     * @return for BF16 and F16: sizes, transposes, batches, fractions, and the product as its own gradient
     */
    public static List<ConformanceCase> all() {
        List<ConformanceCase> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.BF16, DType.F16)) {
            String name = "halfMatMul " + dtype;
            for (int transposes = 0; transposes < 4; transposes++) {
                boolean a = (transposes & 1) != 0;
                boolean b = (transposes & 2) != 0;
                String of = name + (a ? " Aᵀ" : " A") + (b ? "Bᵀ" : "B");
                add(cases, of, Purpose.FORWARD, rig -> sizes(rig, dtype, a, b));
                add(cases, of + " batched", Purpose.FORWARD, rig -> batches(rig, dtype, a, b));
            }
            add(cases, name + " fractions", Purpose.FORWARD, rig -> fractions(rig, dtype));
            add(cases, "gradient " + name, Purpose.GRADIENT, rig -> adjoints(rig, dtype));
        }
        return cases;
    }

    private static void add(List<ConformanceCase> cases, String name, Purpose purpose, CompositeCases.Body body) {
        CompositeCases.add(cases, name, Kernel.HalfMatMul.class, purpose, DType.F32, body);
    }

    private static void sizes(Rig rig, DType dtype, boolean ta, boolean tb) {
        long[][] list = {
            {1, 1, 1}, {1, 7, 5}, {5, 1, 7}, {7, 5, 1}, {3, 4, 0}, {0, 4, 3}, {8, 8, 8}, {17, 23, 170}, {33, 9, 65}
        };
        for (long[] size : list) {
            whole(rig, dtype, Shape.of(), size, ta, tb, false, false);
        }
    }

    private static void batches(Rig rig, DType dtype, boolean ta, boolean tb) {
        long[] size = {5, 6, 90};
        whole(rig, dtype, Shape.of(3), size, ta, tb, false, false);
        whole(rig, dtype, Shape.of(2, 3), size, ta, tb, true, false);
        whole(rig, dtype, Shape.of(3), size, ta, tb, false, true);
        whole(rig, dtype, Shape.of(0), size, ta, tb, false, false);
    }

    private static Shape shape(Shape batch, long rows, long columns) {
        return batch.insert(-1, rows).insert(-1, columns);
    }

    private static double[][] run(Rig rig, DType dtype, Shape batch, long[] size, TestOperand a, TestOperand b) {
        Shape space = shape(batch, size[0], size[1]).insert(-1, size[2]);
        return CompositeCases.run(
                rig,
                new Kernel.HalfMatMul(dtype),
                space,
                space.rank(),
                List.of(a, b),
                List.of(shape(batch, size[0], size[1])));
    }

    private static void whole(
            Rig rig,
            DType dtype,
            Shape batch,
            long[] size,
            boolean ta,
            boolean tb,
            boolean repeatsA,
            boolean repeatsB) {
        Layout left = MatMulCases.matrix(shape(batch, size[0], size[2]), ta, repeatsA, 3, 2);
        Layout right = MatMulCases.matrix(shape(batch, size[2], size[1]), tb, repeatsB, 1, 1);
        TestOperand a = rig.input(dtype, left, Samples.whole(9, 1));
        TestOperand b = rig.input(dtype, right, Samples.whole(9, 2));
        double[] given = run(rig, dtype, batch, size, a, b)[0];
        double[] sums = sums(a, b, batch.elementCount(), size);
        for (int i = 0; i < sums.length; i++) {
            double expected = HalfFloats.round(sums[i], dtype);
            if (given[i] != expected) {
                throw new AssertionError(String.format(
                        Locale.ROOT,
                        "%s %s %s: element %d of %s is %s, the exact sum %s rounded once is %s",
                        dtype,
                        a.layout(),
                        b.layout(),
                        i,
                        shape(batch, size[0], size[1]),
                        given[i],
                        sums[i],
                        expected));
            }
        }
    }

    private static double[] sums(TestOperand a, TestOperand b, long batches, long[] size) {
        double[] left = CompositeCases.values(a);
        double[] right = CompositeCases.values(b);
        int m = (int) size[0];
        int n = (int) size[1];
        int k = (int) size[2];
        double[] sums = new double[(int) batches * m * n];
        for (int i = 0; i < sums.length; i++) {
            int matrix = i / (m * n);
            for (int p = 0; p < k; p++) {
                sums[i] += left[(matrix * m + i / n % m) * k + p] * right[(matrix * k + p) * n + i % n];
            }
        }
        return sums;
    }

    private static void fractions(Rig rig, DType dtype) {
        long[] size = {19, 21, 130};
        Shape none = Shape.of();
        TestOperand a = rig.input(dtype, Layout.dense(shape(none, 19, 130)), Samples.uniform(-1, 1, 3));
        TestOperand b = rig.input(dtype, Layout.dense(shape(none, 130, 21)), Samples.uniform(-1, 1, 4));
        double[] given = run(rig, dtype, none, size, a, b)[0];
        double[] sums = sums(a, b, 1, size);
        // Half a unit in the last place, of 8 or 11 bits, and of F32 the bound of a sum of products below 1.
        double relative = dtype == DType.BF16 ? 0x1p-8 : 0x1p-11;
        double absolute = 130 * 130 * 0x1p-24;
        for (int i = 0; i < sums.length; i++) {
            if (!(Math.abs(given[i] - sums[i]) <= relative * Math.abs(sums[i]) + absolute)) {
                throw new AssertionError(dtype + ": element " + i + " is " + given[i] + ", expected " + sums[i]);
            }
        }
    }

    /** ⟨G, A·B⟩ = ⟨G·Bᵀ, A⟩ = ⟨Aᵀ·G, B⟩: the gradients are products too; small sums are exact. */
    private static void adjoints(Rig rig, DType dtype) {
        Shape none = Shape.of();
        TestOperand a = rig.input(dtype, Layout.dense(shape(none, 3, 4)), Samples.whole(3, 5));
        TestOperand b = rig.input(dtype, Layout.dense(shape(none, 4, 5)), Samples.whole(3, 6));
        TestOperand g = rig.input(dtype, Layout.dense(shape(none, 3, 5)), Samples.whole(2, 7));
        TestOperand bt = transposed(rig, dtype, b, 4, 5);
        TestOperand at = transposed(rig, dtype, a, 3, 4);
        double product = inner(run(rig, dtype, none, new long[] {3, 5, 4}, a, b)[0], CompositeCases.values(g));
        double byA = inner(run(rig, dtype, none, new long[] {3, 4, 5}, g, bt)[0], CompositeCases.values(a));
        double byB = inner(run(rig, dtype, none, new long[] {4, 5, 3}, at, g)[0], CompositeCases.values(b));
        if (product != byA || product != byB) {
            throw new AssertionError(dtype + ": " + product + ", by A " + byA + ", by B " + byB);
        }
    }

    private static TestOperand transposed(Rig rig, DType dtype, TestOperand operand, int rows, int columns) {
        double[] values = CompositeCases.values(operand);
        double[] turned = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            turned[i % columns * rows + i / columns] = values[i];
        }
        return CompositeCases.dense(rig, dtype, turned, columns, rows);
    }

    private static double inner(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += x[i] * y[i];
        }
        return sum;
    }
}
