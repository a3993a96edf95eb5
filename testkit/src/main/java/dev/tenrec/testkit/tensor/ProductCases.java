package dev.tenrec.testkit.tensor;

import dev.tenrec.ir.HalfFloats;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.testkit.tensor.HostArray.Form;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;

/** Matrix products of every rank, batch and form, with what is fused into them. */
public final class ProductCases {

    private static final long[][][] SHAPES = {
        {{4}, {4}},
        {{4}, {4, 3}},
        {{2, 4}, {4}},
        {{2, 4}, {4, 3}},
        {{1, 1}, {1, 1}},
        {{1, 5}, {5, 1}},
        {{5, 1}, {1, 5}},
        {{17, 33}, {33, 19}},
        {{3, 2, 4}, {4, 5}},
        {{2, 4}, {3, 4, 5}},
        {{3, 2, 4}, {3, 4, 5}},
        {{3, 2, 4}, {1, 4, 5}},
        {{1, 2, 4}, {3, 4, 5}},
        {{2, 1, 3, 4}, {5, 4, 2}},
        {{2, 3, 1, 4}, {2, 1, 4, 3}},
        {{3, 2, 4}, {4}},
        {{4}, {3, 4, 5}},
        {{2, 3, 2, 4}, {4}},
        {{0, 4}, {4, 3}},
        {{2, 4}, {4, 0}},
        {{2, 0}, {0, 3}},
        {{0}, {0}},
        {{0, 2, 3}, {3, 2}},
        {{2, 0, 3}, {2, 3, 2}},
    };

    private ProductCases() {}

    /**
     * Makes the cases.
     *
     * @return one per pair of shapes and type, then epilogues and dot
     */
    public static List<TensorCase> all() {
        List<TensorCase> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            for (long[][] shapes : SHAPES) {
                String name = "matmul " + Shape.of(shapes[0]) + " " + Shape.of(shapes[1]) + " " + dtype;
                cases.add(new TensorCase(name, () -> product(dtype, shapes[0], shapes[1])));
            }
            cases.add(new TensorCase("matmul epilogue " + dtype, () -> epilogue(dtype)));
            cases.add(new TensorCase("dot " + dtype, () -> {
                HostArray a = HostArray.random(1, dtype, 9);
                product(a, a).assertEqualTo(a.tensor(dtype).dot(a.tensor(dtype)), HostArray.tolerance(dtype));
            }));
        }
        for (DType half : List.of(DType.BF16, DType.F16)) {
            for (long[][] shapes : SHAPES) {
                String name = "matmul " + Shape.of(shapes[0]) + " " + Shape.of(shapes[1]) + " " + half;
                cases.add(new TensorCase(name, () -> halves(half, shapes[0], shapes[1])));
            }
            cases.add(new TensorCase("matmul gradient " + half, () -> gradientOfHalves(half)));
        }
        return cases;
    }

    /** Half a unit in the last place of 8 or 11 bits, and as much for what F32 is off. */
    private static double halfTolerance(DType half) {
        return half == DType.BF16 ? 0x1p-7 : 0x1p-10;
    }

    private static HostArray rounded(HostArray array, DType half) {
        int[] next = {0};
        return HostArray.generate(array.sizes(), _ -> HalfFloats.round(array.values()[next[0]++], half));
    }

    private static void halves(DType half, long[] left, long[] right) {
        HostArray a = rounded(HostArray.random(1, DType.F32, left), half);
        HostArray b = rounded(HostArray.random(2, DType.F32, right), half);
        HostArray expected = product(a, b);
        for (Form form : Form.values()) {
            Tensor given = a.tensor(DType.F32, form)
                    .to(half)
                    .matmul(b.tensor(DType.F32).to(half));
            if (given.dtype() != half) {
                throw new AssertionError("a product of " + half + " has type " + given.dtype());
            }
            expected.assertEqualTo(given.to(DType.F32), halfTolerance(half));
        }
        if (left.length > 1) {
            Tensor turned = a.tensor(DType.F32).transpose().to(half).transpose();
            expected.assertEqualTo(turned.matmul(b.tensor(DType.F32).to(half)).to(DType.F32), halfTolerance(half));
        }
    }

    /** Mixed precision: weights of F32 that are rounded for the product get gradients of F32; the batch is broadcast. */
    private static void gradientOfHalves(DType half) {
        HostArray a = rounded(HostArray.random(3, DType.F32, 3, 4, 5), half);
        HostArray b = rounded(HostArray.random(4, DType.F32, 1, 5, 6), half);
        HostArray g = rounded(HostArray.random(5, DType.F32, 3, 4, 6), half);
        try (Variable x = Variable.parameter("x", a.tensor(DType.F32));
                Variable w = Variable.parameter("w", b.tensor(DType.F32))) {
            Tensor narrow = x.value().to(half).matmul(w.value().to(half)).to(DType.F32);
            Gradients given = narrow.mul(g.tensor(DType.F32)).sum().backward();
            Gradients expected =
                    x.value().matmul(w.value()).mul(g.tensor(DType.F32)).sum().backward();
            for (Variable variable : List.of(x, w)) {
                double off = given.get(variable)
                        .sub(expected.get(variable))
                        .abs()
                        .max()
                        .item();
                double size = expected.get(variable).abs().max().item();
                if (!(off <= 2 * halfTolerance(half) * size)) {
                    throw new AssertionError(half + ": the gradient of " + variable.name() + " is off by " + off);
                }
            }
        }
    }

    private static void product(DType dtype, long[] left, long[] right) {
        HostArray a = HostArray.random(1, dtype, left);
        HostArray b = HostArray.random(2, dtype, right);
        HostArray expected = product(a, b);
        for (Form leftForm : Form.values()) {
            for (Form rightForm : List.of(Form.DENSE, Form.TRANSPOSED, leftForm)) {
                Tensor given = a.tensor(dtype, leftForm).matmul(b.tensor(dtype, rightForm));
                expected.assertEqualTo(given, HostArray.tolerance(dtype) * 10);
            }
        }
        if (left.length > 1 && right.length > 1) {
            int[] order = new int[left.length];
            java.util.Arrays.setAll(order, i -> i < left.length - 2 ? i : 2 * left.length - 3 - i);
            expected.assertEqualTo(
                    a.permute(order).tensor(dtype).transpose().matmul(b.tensor(dtype)),
                    HostArray.tolerance(dtype) * 10);
        }
        expected.assertEqualTo(
                a.tensor(dtype).expand(broadcastable(a, 2)).select(0, 1).matmul(b.tensor(dtype)),
                HostArray.tolerance(dtype) * 10);
    }

    private static Shape broadcastable(HostArray a, long size) {
        return Shape.of(a.sizes()).insert(0, size);
    }

    /** Sums of products in double, by the rules of matmul. */
    static HostArray product(HostArray left, HostArray right) {
        HostArray a = left.rank() == 1 ? new HostArray(new long[] {1, left.size(0)}, left.values()) : left;
        HostArray b = right.rank() == 1 ? new HostArray(new long[] {right.size(0), 1}, right.values()) : right;
        Shape batch = Shape.broadcast("test", batch(a), batch(b));
        long inner = a.size(a.rank() - 1);
        Shape shape = batch.insert(-1, a.size(a.rank() - 2)).insert(-1, b.size(b.rank() - 1));
        HostArray product = HostArray.generate(shape.sizes(), i -> {
            double sum = 0;
            for (long k = 0; k < inner; k++) {
                long[] row = i.clone();
                row[i.length - 1] = k;
                long[] column = i.clone();
                column[i.length - 2] = k;
                sum += matrixAt(a, row) * matrixAt(b, column);
            }
            return sum;
        });
        Shape result = right.rank() == 1 ? shape.without(-1) : shape;
        result = left.rank() == 1 ? result.without(right.rank() == 1 ? -1 : -2) : result;
        return new HostArray(result.sizes(), product.values());
    }

    private static Shape batch(HostArray x) {
        return Shape.of(java.util.Arrays.copyOf(x.sizes(), x.rank() - 2));
    }

    /** Broadcasts batch axes only: an inner axis of size 1 is in range already. */
    private static double matrixAt(HostArray x, long[] index) {
        return x.broadcastAt(index);
    }

    private static void epilogue(DType dtype) {
        HostArray a = HostArray.random(1, dtype, 5, 7);
        HostArray b = HostArray.random(2, dtype, 7, 6);
        HostArray bias = HostArray.random(3, dtype, 6);
        HostArray column = HostArray.random(4, dtype, 5, 1);
        HostArray full = HostArray.random(5, dtype, 5, 6);
        HostArray p = product(a, b);
        for (Form form : Form.values()) {
            Tensor product = a.tensor(dtype, form).matmul(b.tensor(dtype));
            Tensor given = product.add(bias.tensor(dtype, form))
                    .relu()
                    .mul(column.tensor(dtype, form))
                    .sub(full.tensor(dtype, form));
            HostArray.generate(p.sizes(), i -> Math.max(0, p.at(i) + bias.at(i[1])) * column.at(i[0], 0) - full.at(i))
                    .assertEqualTo(given, HostArray.tolerance(dtype) * 10);
            p.map(v -> v * v).assertEqualTo(product.mul(product), HostArray.tolerance(dtype) * 100);
            p.assertEqualTo(product, HostArray.tolerance(dtype) * 10);
        }
        HostArray square = product(p, HostArray.generate(new long[] {6, 5}, i -> p.at(i[1], i[0])));
        Tensor product = a.tensor(dtype).matmul(b.tensor(dtype));
        square.assertEqualTo(product.matmul(product.transpose()), HostArray.tolerance(dtype) * 100);
        Tensor both =
                a.tensor(dtype).matmul(b.tensor(dtype)).add(a.tensor(dtype).matmul(b.tensor(dtype)));
        p.map(v -> 2 * v).assertEqualTo(both, HostArray.tolerance(dtype) * 10);
    }
}
