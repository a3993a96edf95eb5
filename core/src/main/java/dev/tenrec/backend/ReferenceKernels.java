package dev.tenrec.backend;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Interpreter;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.ir.ScatterMode;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/** The kernels of the reference backend, each written as its description in {@link Kernel} reads. */
final class ReferenceKernels {

    private ReferenceKernels() {}

    static CompiledKernel compile(Kernel kernel) {
        return switch (kernel) {
            case Kernel.Map map -> launch -> map(map, launch);
            case Kernel.Reduce reduce -> {
                checkReducible(reduce);
                yield launch -> reduce(reduce, launch);
            }
            case Kernel.MatMul matMul -> {
                checkMultipliable(matMul.dtype());
                yield launch -> matMul(matMul, launch);
            }
            case Kernel.HalfMatMul(DType dtype) -> {
                // Products of two such numbers are exact in F64, where they are summed.
                Kernel.MatMul plain = new Kernel.MatMul(dtype, List.of(Expr.input(0, dtype)), List.of(), 0);
                yield launch -> matMul(plain, launch);
            }
            case Kernel.Gather gather -> launch -> gather(gather, launch);
            case Kernel.Scatter scatter -> {
                if (scatter.mode() == ScatterMode.ADD) {
                    checkAddable(scatter.dtype());
                }
                yield launch -> scatter(scatter, launch);
            }
            case Kernel.Copy copy -> launch -> copy(copy, launch);
            case Kernel.Softmax softmax -> launch -> ReferenceComposites.softmax(softmax, launch);
            case Kernel.SoftmaxGradient gradient -> launch -> ReferenceComposites.softmaxGradient(gradient, launch);
            case Kernel.CrossEntropy loss -> launch -> ReferenceComposites.crossEntropy(loss, launch);
            case Kernel.CrossEntropyGradient gradient ->
                launch -> ReferenceComposites.crossEntropyGradient(gradient.forward(), launch);
            case Kernel.Moments moments -> launch -> ReferenceComposites.moments(launch);
            case Kernel.Convolution convolution -> {
                checkMultipliable(convolution.dtype());
                yield launch -> ReferenceConvolution.run(convolution, launch);
            }
            case Kernel.MaxPool pool -> launch -> ReferenceMaxPool.forward(pool.axes(), launch);
            case Kernel.MaxPoolGradient gradient -> launch -> ReferenceMaxPool.gradient(gradient.axes(), launch);
            case Kernel.Attention attention -> launch -> ReferenceAttention.forward(attention, launch);
            case Kernel.AttentionGradient gradient -> launch -> ReferenceAttention.gradient(gradient.forward(), launch);
        };
    }

    /** What is done at one index of a space. */
    @FunctionalInterface
    interface Step {
        void at(long[] index);
    }

    /** Visits the indexes of a space in row-major order. A space of rank 0 has one. */
    static void forEach(long[] sizes, Step step) {
        for (long size : sizes) {
            if (size == 0) {
                return;
            }
        }
        long[] index = new long[sizes.length];
        while (true) {
            step.at(index);
            int axis = sizes.length - 1;
            while (axis >= 0 && ++index[axis] == sizes[axis]) {
                index[axis--] = 0;
            }
            if (axis < 0) {
                return;
            }
        }
    }

    /** An operand and its memory. */
    record View(MemorySegment memory, DType dtype, Layout layout) {

        static View of(Operand operand) {
            return new View(ReferenceBackend.segment(operand.buffer()), operand.dtype(), operand.layout());
        }

        static View[] of(List<Operand> operands) {
            return operands.stream().map(View::of).toArray(View[]::new);
        }

        long position(long[] index) {
            long position = layout.offset();
            for (int axis = 0; axis < layout.shape().rank(); axis++) {
                position += index[axis] * layout.stride(axis);
            }
            return position;
        }

        long read(long[] index) {
            return Elements.read(memory, dtype, position(index));
        }

        void write(long[] index, long value) {
            Elements.write(memory, dtype, position(index), value);
        }

        double real(long... index) {
            return Double.longBitsToDouble(read(index));
        }

        /** Rounds once. */
        void round(double value, long... index) {
            write(index, Interpreter.convert(Double.doubleToRawLongBits(value), DType.F64, dtype));
        }
    }

    /** What expressions read at the current index. */
    private static final class Point implements Interpreter.Environment {

        private final View[] inputs;
        private final long[] params;
        private final Shape space;
        private long[] index;
        private long product;
        private final boolean readsProduct;

        private Point(View[] inputs, long[] params, Shape space, boolean readsProduct) {
            this.inputs = inputs;
            this.params = params;
            this.space = space;
            this.readsProduct = readsProduct;
        }

        @Override
        public long input(int number) {
            if (!readsProduct) {
                return inputs[number].read(index);
            }
            // In an epilogue input 0 is the product; the extras follow the two matrices.
            return number == 0 ? product : inputs[number + 1].read(index);
        }

        @Override
        public long param(int number) {
            return params[number];
        }

        @Override
        public long index(int axis) {
            if (axis != Expr.Index.FLAT) {
                return index[axis];
            }
            long position = 0;
            for (int i = 0; i < index.length; i++) {
                position = position * space.size(i) + index[i];
            }
            return position;
        }
    }

    private static void map(Kernel.Map kernel, Launch launch) {
        Point point = new Point(View.of(launch.inputs()), launch.params(), launch.space(), false);
        View[] outputs = View.of(launch.outputs());
        Interpreter interpreter = new Interpreter(kernel.outputs());
        forEach(launch.space().sizes(), index -> {
            point.index = index;
            interpreter.evaluate(point);
            for (int k = 0; k < outputs.length; k++) {
                outputs[k].write(index, interpreter.result(k));
            }
        });
    }

    private static void checkReducible(Kernel.Reduce kernel) {
        DType dtype = kernel.body().dtype();
        boolean adds = kernel.op() == ReduceOp.SUM || kernel.op() == ReduceOp.PROD;
        if (!dtype.isArithmetic() || adds && dtype == DType.BOOL) {
            throw new KernelCompile(Message.of("reduce", "element type cannot be combined")
                    .line("expected", adds ? "F32, F64, I32 or I64" : "F32, F64, I32, I64 or BOOL")
                    .line("given", kernel.op() + " of " + dtype)
                    .hint("cast first")
                    .toString());
        }
    }

    private static void reduce(Kernel.Reduce kernel, Launch launch) {
        int kept = launch.keptRank();
        long[] sizes = launch.space().sizes();
        long[] keptSizes = Arrays.copyOf(sizes, kept);
        long[] reducedSizes = Arrays.copyOfRange(sizes, kept, sizes.length);
        Point point = new Point(View.of(launch.inputs()), launch.params(), launch.space(), false);
        View output = View.of(launch.outputs().get(0));
        Interpreter interpreter = new Interpreter(List.of(kernel.body()));
        forEach(keptSizes, keptIndex -> {
            Reduction reduction = new Reduction(kernel.op(), kernel.body().dtype());
            long[] index = Arrays.copyOf(keptIndex, sizes.length);
            point.index = index;
            forEach(reducedSizes, reducedIndex -> {
                System.arraycopy(reducedIndex, 0, index, kept, reducedIndex.length);
                interpreter.evaluate(point);
                reduction.accept(interpreter.result(0));
            });
            output.write(keptIndex, reduction.result());
        });
    }

    /** Combines values one after the other. */
    private static final class Reduction {

        private final ReduceOp op;
        private final DType dtype;
        private long count;
        private long best;
        private long whole;
        private double real;

        private Reduction(ReduceOp op, DType dtype) {
            this.op = op;
            this.dtype = dtype;
            whole = op == ReduceOp.PROD || op == ReduceOp.MIN && dtype == DType.BOOL ? 1 : 0;
            real = whole;
        }

        void accept(long value) {
            if (dtype.isFloating()) {
                acceptReal(Double.longBitsToDouble(value));
            } else {
                acceptWhole(value);
            }
            count++;
        }

        private void acceptReal(double value) {
            switch (op) {
                case SUM -> real += value;
                case PROD -> real *= value;
                case MAX -> real = count == 0 ? value : Math.max(real, value);
                case MIN -> real = count == 0 ? value : Math.min(real, value);
                case ARGMAX, ARGMIN -> {
                    boolean beats = op == ReduceOp.ARGMAX ? value > real : value < real;
                    if (count == 0 || beats || Double.isNaN(value) && !Double.isNaN(real)) {
                        real = value;
                        best = count;
                    }
                }
            }
        }

        private void acceptWhole(long value) {
            switch (op) {
                case SUM -> whole += value;
                case PROD -> whole *= value;
                case MAX -> whole = count == 0 ? value : Math.max(whole, value);
                case MIN -> whole = count == 0 ? value : Math.min(whole, value);
                case ARGMAX, ARGMIN -> {
                    if (count == 0 || (op == ReduceOp.ARGMAX ? value > whole : value < whole)) {
                        whole = value;
                        best = count;
                    }
                }
            }
        }

        long result() {
            boolean neutral = op == ReduceOp.SUM || op == ReduceOp.PROD || !op.isIndex() && dtype == DType.BOOL;
            if (count == 0 && !neutral) {
                throw new InvalidArgument(Message.of("reduce", op + " of no elements")
                        .line("expected", "reduced axes of size 1 or more")
                        .line("given", "an empty axis")
                        .toString());
            }
            if (op.isIndex()) {
                return best;
            }
            // Rounds or wraps once, at the end.
            return dtype.isFloating()
                    ? Interpreter.convert(Double.doubleToRawLongBits(real), DType.F64, dtype)
                    : Interpreter.convert(whole, DType.I64, dtype);
        }
    }

    private static void checkMultipliable(DType dtype) {
        if (dtype != DType.F32 && dtype != DType.F64) {
            throw new KernelCompile(Message.of("matmul", "element type cannot be multiplied")
                    .line("expected", "F32 or F64")
                    .line("given", dtype)
                    .hint("cast first")
                    .toString());
        }
    }

    private static void matMul(Kernel.MatMul kernel, Launch launch) {
        long[] space = launch.space().sizes();
        int batch = space.length - 3;
        long inner = space[batch + 2];
        Shape product = launch.space().without(batch + 2);
        View[] inputs = View.of(launch.inputs());
        View[] outputs = View.of(launch.outputs());
        Point point = new Point(inputs, launch.params(), product, true);
        Interpreter epilogue = new Interpreter(kernel.epilogue());
        forEach(product.sizes(), index -> {
            long[] left = index.clone();
            long[] right = index.clone();
            double sum = 0;
            for (long k = 0; k < inner; k++) {
                left[batch + 1] = k;
                right[batch] = k;
                sum += Double.longBitsToDouble(inputs[0].read(left)) * Double.longBitsToDouble(inputs[1].read(right));
            }
            point.index = index;
            point.product = Interpreter.convert(Double.doubleToRawLongBits(sum), DType.F64, kernel.dtype());
            epilogue.evaluate(point);
            for (int k = 0; k < outputs.length; k++) {
                outputs[k].write(index, epilogue.result(k));
            }
        });
    }

    private static void gather(Kernel.Gather kernel, Launch launch) {
        View source = View.of(launch.inputs().get(0));
        View indexes = View.of(launch.inputs().get(1));
        View output = View.of(launch.outputs().get(0));
        int axis = kernel.axis();
        forEach(launch.space().sizes(), index -> {
            long[] from = index.clone();
            from[axis] = checked("gather", indexes.read(index), source.layout().shape(), axis, index);
            Elements.copy(
                    source.memory(), source.position(from), output.memory(), output.position(index), kernel.dtype());
        });
    }

    private static void checkAddable(DType dtype) {
        if (!ScalarOp.ADD.accepts(dtype)) {
            throw new KernelCompile(Message.of("scatter", "element type cannot be added")
                    .line("expected", "F32, F64, I32 or I64")
                    .line("given", dtype)
                    .hint("cast first")
                    .toString());
        }
    }

    private static void scatter(Kernel.Scatter kernel, Launch launch) {
        View source = View.of(launch.inputs().get(0));
        View indexes = View.of(launch.inputs().get(1));
        View output = View.of(launch.outputs().get(0));
        int axis = kernel.axis();
        forEach(launch.space().sizes(), index -> {
            long[] to = index.clone();
            to[axis] = checked("scatter", indexes.read(index), output.layout().shape(), axis, index);
            if (kernel.mode() == ScatterMode.SET) {
                Elements.copy(
                        source.memory(), source.position(index), output.memory(), output.position(to), kernel.dtype());
            } else {
                output.write(to, add(kernel.dtype(), output.read(to), source.read(index)));
            }
        });
    }

    private static long add(DType dtype, long a, long b) {
        if (!dtype.isFloating()) {
            return ScalarOp.ADD.evaluate(dtype, a, b);
        }
        double sum = ScalarOp.ADD.evaluate(Double.longBitsToDouble(a), Double.longBitsToDouble(b), 0);
        return Interpreter.convert(Double.doubleToRawLongBits(sum), DType.F64, dtype);
    }

    private static long checked(String operation, long value, Shape shape, int axis, long[] at) {
        long size = shape.size(axis);
        if (value < 0 || value >= size) {
            throw new InvalidArgument(Message.of(operation, "index out of range")
                    .line("expected", size == 0 ? "none: the axis is empty" : "0 to " + (size - 1))
                    .line("given", value, "at " + Arrays.toString(at) + " of the index tensor")
                    .line("shape", shape, "size of axis " + axis + " = " + size)
                    .toString());
        }
        return value;
    }

    private static void copy(Kernel.Copy kernel, Launch launch) {
        View source = View.of(launch.inputs().get(0));
        View target = View.of(launch.outputs().get(0));
        forEach(
                launch.space().sizes(),
                index -> Elements.copy(
                        source.memory(),
                        source.position(index),
                        target.memory(),
                        target.position(index),
                        kernel.dtype()));
    }
}
