package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Interpreter;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Matrix products with epilogues against one-by-one evaluation. */
class MatMulTest {

    /** A matrix operand: plain or transposed, batch axes dense or repeated. */
    private static Operand matrix(Fixture fixture, DType dtype, long[] batch, long rows, long cols) {
        int rank = batch.length + 2;
        long[] sizes = Arrays.copyOf(batch, rank);
        sizes[rank - 2] = rows;
        sizes[rank - 1] = cols;
        long[] strides = new long[rank];
        boolean transposed = fixture.random.nextBoolean();
        strides[rank - 2] = transposed ? 1 : cols;
        strides[rank - 1] = transposed ? rows : 1;
        long step = rows * cols;
        for (int i = rank - 3; i >= 0; i--) {
            boolean repeated = fixture.random.nextInt(3) == 0;
            strides[i] = repeated ? 0 : step;
            step *= repeated ? 1 : batch[i];
        }
        Operand operand = fixture.operand(dtype, Layout.of(Shape.of(sizes), strides, fixture.random.nextInt(9)));
        for (long i = 0; i < operand.buffer().byteSize() / dtype.byteSize(); i++) {
            long value = Double.doubleToRawLongBits((float) fixture.random.nextGaussian());
            Elements.setValue(dtype, Fixture.memory(operand), i * dtype.byteSize(), value);
        }
        return operand;
    }

    @Test
    void randomProducts() {
        for (int seed = 0; seed < 150; seed++) {
            try (Fixture fixture = new Fixture(1 + seed % 2, seed)) {
                DType dtype = seed % 2 == 0 ? DType.F32 : DType.F64;
                long[] batch = new long[fixture.random.nextInt(3)];
                for (int i = 0; i < batch.length; i++) {
                    batch[i] = 1 + fixture.random.nextInt(3);
                }
                long m = 1 + fixture.random.nextInt(40);
                long n = 1 + fixture.random.nextInt(60);
                long k = seed % 17 == 0 ? 0 : 1 + fixture.random.nextInt(50);
                check(fixture, "seed " + seed, dtype, batch, m, n, k);
            }
        }
    }

    @Test
    void largeProducts() {
        try (Fixture fixture = new Fixture(2, 7)) {
            check(fixture, "large", DType.F32, new long[0], 300, 270, 150);
            check(fixture, "deep", DType.F32, new long[0], 64, 50, 784);
        }
    }

    private static void check(Fixture fixture, String what, DType dtype, long[] batch, long m, long n, long k) {
        Operand a = matrix(fixture, dtype, batch, m, k);
        Operand b = matrix(fixture, dtype, batch, k, n);
        int rank = batch.length;
        long[] sizes = Arrays.copyOf(batch, rank + 3);
        sizes[rank] = m;
        sizes[rank + 1] = n;
        sizes[rank + 2] = k;
        Shape space = Shape.of(sizes);
        Shape result = space.without(rank + 2);
        long[] biasStrides = new long[rank + 2];
        biasStrides[rank + 1] = 1;
        Operand bias = fixture.operand(dtype, Layout.of(result, biasStrides, 3));
        Operand extra = fixture.operand(DType.F32, fixture.layout(result));
        Expr product = Expr.input(0, dtype);
        List<List<Expr>> epilogues = List.of(
                List.of(product),
                List.of(product.add(Expr.input(1, dtype)).max(product.like(0))),
                List.of(
                        product.add(Expr.input(1, dtype)).max(product.like(0)),
                        product.add(Expr.input(1, dtype)).gt(0),
                        product.mul(Expr.input(2, DType.F32).cast(dtype))),
                List.of(product.gt(0.5)));
        for (List<Expr> epilogue : epilogues) {
            List<Operand> outputs = new ArrayList<>();
            epilogue.forEach(e -> outputs.add(fixture.blank(e.dtype(), Fixture.guarded(result))));
            Kernel kernel = new Kernel.MatMul(dtype, epilogue, Fixture.specs(List.of(bias, extra)), 0);
            fixture.run(kernel, space, space.rank(), List.of(a, b, bias, extra), outputs);
            outputs.forEach(output -> Fixture.checkGuards(output, what));
            compare(what, dtype, space, epilogue, List.of(a, b, bias, extra), outputs);
        }
    }

    private static void compare(
            String what, DType dtype, Shape space, List<Expr> epilogue, List<Operand> inputs, List<Operand> outputs) {
        int rank = space.rank();
        long k = space.size(rank - 1);
        long n = space.size(rank - 2);
        long m = space.size(rank - 3);
        Interpreter interpreter = new Interpreter(epilogue);
        for (long flat = 0; flat < space.without(rank - 1).elementCount(); flat++) {
            double sum = 0;
            double magnitude = 0;
            for (long i = 0; i < k; i++) {
                double x = Double.longBitsToDouble(Fixture.read(inputs.get(0), flat / n * k + i));
                double y = Double.longBitsToDouble(Fixture.read(inputs.get(1), (flat / n / m * k + i) * n + flat % n));
                sum += x * y;
                magnitude += Math.abs(x * y);
            }
            double unit = dtype == DType.F32 ? 0x1p-22 : 0x1p-51;
            double error = unit * magnitude * Math.sqrt(k + 1);
            long at = flat;
            double product = sum;
            interpreter.evaluate(new Interpreter.Environment() {
                @Override
                public long input(int index) {
                    return index == 0
                            ? Double.doubleToRawLongBits(dtype == DType.F32 ? (float) product : product)
                            : Fixture.read(inputs.get(index + 1), at);
                }

                @Override
                public long param(int index) {
                    throw new IllegalStateException();
                }

                @Override
                public long index(int axis) {
                    throw new IllegalStateException();
                }
            });
            for (int i = 0; i < epilogue.size(); i++) {
                if (!epilogue.get(i).dtype().isFloating()) {
                    double margin = i == 1
                            ? Math.abs(product + Double.longBitsToDouble(Fixture.read(inputs.get(2), at)))
                            : Math.abs(product - 0.5);
                    assertTrue(
                            margin <= error * 2 || interpreter.result(i) == Fixture.read(outputs.get(i), flat), what);
                    continue;
                }
                double expected = Double.longBitsToDouble(interpreter.result(i));
                double actual = Double.longBitsToDouble(Fixture.read(outputs.get(i), flat));
                double scale = i == 2 ? Math.abs(Double.longBitsToDouble(Fixture.read(inputs.get(3), at))) : 1;
                double allowed = error * Math.max(1, scale) + 4 * unit * Math.abs(expected) + Float.MIN_NORMAL;
                boolean good = Double.isNaN(expected)
                        ? Double.isNaN(actual)
                        : expected == actual || Math.abs(expected - actual) <= allowed;
                assertTrue(
                        good,
                        what + " output " + i + " of " + epilogue + " at " + flat + ": expected " + expected + ", got "
                                + actual);
            }
        }
    }
}
