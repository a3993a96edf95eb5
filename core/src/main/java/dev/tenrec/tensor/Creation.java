package dev.tenrec.tensor;

import dev.tenrec.engine.DeviceContext;
import dev.tenrec.engine.Devices;
import dev.tenrec.engine.Node;
import dev.tenrec.engine.Operations;
import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.ir.Expr;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.type.DType;
import dev.tenrec.type.Device;
import dev.tenrec.type.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Makes tensors of numbers, formulas and host memory. */
final class Creation {

    private static final double[] ONE_SCALAR = {0};
    private static final double[] TWO_SCALARS = {0, 0};

    private static final ElementwiseOp FULL = ElementwiseOp.of("full", 0, Accepts.ANY, ONE_SCALAR, args -> args.get(0));

    private static final ElementwiseOp RANGE = ElementwiseOp.of("range", 0, Accepts.NUMERIC, TWO_SCALARS, args -> {
        Expr index = Expr.index(Expr.Index.FLAT).cast(args.get(0).dtype());
        return args.get(0).add(index.mul(args.get(1)));
    });

    /** Counted from the nearer end, so that both ends are exact: of start, end, step and the last position. */
    private static final ElementwiseOp LINE =
            ElementwiseOp.of("linspace", 0, Accepts.FLOATING, new double[] {0, 1, 1, 1}, args -> {
                Expr index = Expr.index(Expr.Index.FLAT).cast(args.get(0).dtype());
                Expr left = args.get(3).sub(index);
                return index.lt(left)
                        .choose(
                                args.get(0).add(index.mul(args.get(2))),
                                args.get(1).sub(left.mul(args.get(2))));
            });

    private static final ElementwiseOp EYE = ElementwiseOp.of(
            "eye",
            0,
            Accepts.ANY,
            TWO_SCALARS,
            args -> Expr.index(0).eq(Expr.index(1)).choose(args.get(0), args.get(1)));

    private Creation() {}

    private static DeviceContext here() {
        return Devices.context(Devices.current());
    }

    static Tensor full(DType dtype, Shape shape, double value) {
        return full(here(), dtype, shape, value);
    }

    static Tensor full(DeviceContext context, DType dtype, Shape shape, double value) {
        if (!dtype.isArithmetic()) {
            // Storage types are no operands of kernels' arithmetic, but a cast may write them.
            DType wide = dtype.isFloating() ? DType.F32 : DType.I32;
            return full(context, wide, shape, value).to(dtype);
        }
        return Tensor.constant(Elementwise.create(context, FULL, dtype, shape, value));
    }

    static Tensor generate(ElementwiseOp op, DType dtype, Shape shape, double... scalars) {
        if (op.arity() != 0 || op.scalarCount() != scalars.length) {
            throw new InvalidArgument(Message.of("generate", "operation does not fit")
                    .line("expected", "no tensor operands, " + scalars.length + " scalars")
                    .line("given", op.name() + ": " + op.arity() + " operands, " + op.scalarCount() + " scalars")
                    .toString());
        }
        return Tensor.constant(Elementwise.create(here(), op, dtype, shape, scalars));
    }

    static Tensor arange(DType dtype, double start, double end, double step) {
        checkNumeric("arange", dtype);
        double count = Math.ceil((end - start) / step);
        if (step == 0 || !Double.isFinite(start) || !Double.isFinite(end) || !Double.isFinite(step)) {
            throw new InvalidArgument(Message.of("arange", "no such range")
                    .line("expected", "finite bounds and a step other than 0")
                    .line("given", "from " + start + " to " + end + " by " + step)
                    .toString());
        }
        Checks.scalars("arange", dtype, start, step);
        Shape shape = Shape.of((long) Math.max(0, count));
        return Tensor.constant(Elementwise.create(here(), RANGE, dtype, shape, start, step));
    }

    static Tensor linspace(DType dtype, double start, double end, long count) {
        Checks.type("linspace", "type", dtype, DType.F32, DType.F64);
        if (count < 1) {
            throw new InvalidArgument(Message.of("linspace", "no elements")
                    .line("expected", "a count of at least 1")
                    .line("given", count)
                    .toString());
        }
        if (count == 1) {
            return full(dtype, Shape.of(1), start);
        }
        double step = (end - start) / (count - 1);
        return Tensor.constant(Elementwise.create(here(), LINE, dtype, Shape.of(count), start, end, step, count - 1));
    }

    static Tensor eye(DType dtype, long size) {
        if (!dtype.isArithmetic()) {
            return eye(dtype.isFloating() ? DType.F32 : DType.I32, size).to(dtype);
        }
        return Tensor.constant(Elementwise.create(here(), EYE, dtype, Shape.of(size, size), 1, 0));
    }

    private static void checkNumeric(String operation, DType dtype) {
        if (dtype == DType.BOOL || !dtype.isArithmetic()) {
            throw new DTypeMismatch(Message.of(operation, "element type does not fit")
                    .line("expected", "F32, F64, I32 or I64")
                    .line("given", dtype)
                    .toString());
        }
    }

    static Tensor of(DType dtype, MemorySegment heap, long count, long... sizes) {
        Shape shape = sizes.length == 0 ? Shape.of(count) : Shape.of(sizes);
        return of(dtype, shape, heap);
    }

    static Tensor of(float[][] rows) {
        long columns = rows.length == 0 ? 0 : rows[0].length;
        float[] flat = new float[Math.toIntExact(rows.length * columns)];
        for (int i = 0; i < rows.length; i++) {
            if (rows[i].length != columns) {
                throw new ShapeMismatch(Message.of("tensor", "rows differ in length")
                        .line("row 0", columns + " elements")
                        .line("row " + i, rows[i].length + " elements")
                        .toString());
            }
            System.arraycopy(rows[i], 0, flat, (int) (i * columns), rows[i].length);
        }
        return of(DType.F32, Shape.of(rows.length, columns), MemorySegment.ofArray(flat));
    }

    static Tensor of(DType dtype, Shape shape, MemorySegment elements) {
        long expected = Math.multiplyExact(shape.elementCount(), dtype.byteSize());
        if (elements.byteSize() != expected) {
            throw new ShapeMismatch(Message.of("tensor", "shape and number of elements differ")
                    .line("shape", shape, "holds " + shape.elementCount() + " elements")
                    .line("given", elements.byteSize() / dtype.byteSize() + " elements of " + dtype)
                    .toString());
        }
        return Tensor.constant(Operations.fromHost(here(), dtype, shape, elements));
    }

    /** Copies a value to another device through the host. */
    static Tensor move(Tensor tensor, DeviceContext target) {
        Node moved;
        try (Arena arena = Arena.ofConfined()) {
            long bytes = Math.multiplyExact(
                    tensor.shape().elementCount(), tensor.dtype().byteSize());
            MemorySegment host = arena.allocate(Math.max(bytes, 1), ValueLayout.JAVA_DOUBLE.byteAlignment())
                    .asSlice(0, bytes);
            Operations.toHost(tensor.node(), host);
            moved = Operations.fromHost(target, tensor.dtype(), tensor.shape(), host);
        }
        Device origin = tensor.device();
        return GradientFunction.record("to", moved, List.of(tensor), List.of(), false, call ->
                new Tensor[] {call.upstream().to(origin)});
    }
}
