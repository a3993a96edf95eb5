package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.LayoutClass;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random operands on a backend, with guard zones, and naive reads of them. */
final class Fixture implements AutoCloseable {
    private static final int GUARD = 32;
    private static final byte GUARD_BYTE = 0x5A;

    final CpuBackend backend;
    final Random random;
    private final List<DeviceBuffer> buffers = new ArrayList<>();

    Fixture(int threads, long seed) {
        this.backend = CpuBackend.withThreads(threads);
        this.random = new Random(seed);
    }

    @Override
    public void close() {
        buffers.forEach(DeviceBuffer::close);
        backend.close();
    }

    static MemorySegment memory(Operand operand) {
        return operand.buffer().hostSegment().orElseThrow();
    }

    /** An operand of a layout whose buffer holds random values. */
    Operand operand(DType dtype, Layout layout) {
        Operand result = blank(dtype, layout);
        long elements = result.buffer().byteSize() / dtype.byteSize();
        for (long i = 0; i < elements; i++) {
            Elements.setValue(dtype, memory(result), i * dtype.byteSize(), randomValue(dtype));
        }
        return result;
    }

    /** An operand of a layout, all its buffer filled with one byte. */
    Operand blank(DType dtype, Layout layout) {
        long elements = Math.max(0, layout.bounds()[1]) + 1 + GUARD;
        DeviceBuffer buffer = backend.allocate(elements * dtype.byteSize());
        buffers.add(buffer);
        buffer.hostSegment().orElseThrow().fill(GUARD_BYTE);
        return new Operand(buffer, dtype, layout);
    }

    /** A dense layout that starts behind a guard zone. */
    static Layout guarded(Shape shape) {
        return Layout.of(shape, shape.denseStrides(), GUARD);
    }

    /** Fails if a kernel wrote outside of a dense operand. */
    static void checkGuards(Operand operand, String what) {
        MemorySegment memory = memory(operand);
        int size = operand.dtype().byteSize();
        long begin = operand.layout().offset() * size;
        long end = begin + operand.layout().shape().elementCount() * size;
        for (long i = 0; i < memory.byteSize(); i++) {
            if (i < begin || i >= end) {
                assertEquals(GUARD_BYTE, memory.get(java.lang.foreign.ValueLayout.JAVA_BYTE, i), what + " byte " + i);
            }
        }
    }

    long randomValue(DType dtype) {
        return switch (dtype) {
            case BOOL -> random.nextInt(2);
            case U8 -> random.nextInt(256);
            case I32 -> random.nextInt(8) == 0 ? random.nextInt() : random.nextInt(41) - 20;
            case I64 -> random.nextInt(8) == 0 ? random.nextLong() : random.nextInt(41) - 20;
            case F16, BF16 -> {
                short bits = (short) random.nextInt();
                yield Double.doubleToRawLongBits(
                        dtype == DType.F16
                                ? Float.float16ToFloat(bits)
                                : dev.tenrec.ir.HalfFloats.bfloat16ToFloat(bits));
            }
            case F32 -> Double.doubleToRawLongBits((float) randomReal());
            case F64 -> Double.doubleToRawLongBits(randomReal());
        };
    }

    private double randomReal() {
        return switch (random.nextInt(24)) {
            case 0 -> Float.intBitsToFloat(random.nextInt());
            case 1 ->
                new double[] {0, -0.0, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1e-40, 0.5}
                        [random.nextInt(7)];
            case 2 -> random.nextInt(9) - 4;
            default -> (random.nextDouble() - 0.5) * 8;
        };
    }

    /** A random view of a shape: dense, shifted, permuted, stepped, backwards or repeated. */
    Layout layout(Shape shape) {
        int rank = shape.rank();
        switch (random.nextInt(6)) {
            case 0, 1 -> {
                return Layout.of(shape, shape.denseStrides(), random.nextInt(20));
            }
            case 2 -> {
                return Layout.of(shape, new long[rank], random.nextInt(5));
            }
            default -> {}
        }
        long[] strides = new long[rank];
        long offset = random.nextInt(3);
        long step = 1 + (random.nextInt(3) == 0 ? random.nextInt(3) : 0);
        List<Integer> axes = new ArrayList<>();
        for (int i = rank - 1; i >= 0; i--) {
            axes.add(i);
        }
        if (random.nextBoolean()) {
            java.util.Collections.shuffle(axes, random);
        }
        for (int axis : axes) {
            int kind = random.nextInt(8);
            if (kind == 0) {
                strides[axis] = 0;
                continue;
            }
            strides[axis] = kind == 1 ? -step : step;
            offset += kind == 1 ? step * Math.max(0, shape.size(axis) - 1) : 0;
            step *= Math.max(1, shape.size(axis)) + (random.nextInt(4) == 0 ? 1 : 0);
        }
        return Layout.of(shape, strides, offset);
    }

    /** Row-major position to element position. */
    static long position(Layout layout, long flat) {
        long at = layout.offset();
        long rest = flat;
        for (int i = layout.shape().rank() - 1; i >= 0; i--) {
            at += rest % layout.shape().size(i) * layout.stride(i);
            rest /= layout.shape().size(i);
        }
        return at;
    }

    static long read(Operand operand, long flat) {
        return Elements.value(
                operand.dtype(),
                memory(operand),
                position(operand.layout(), flat) * operand.dtype().byteSize());
    }

    static void write(Operand operand, long flat, long value) {
        long at = position(operand.layout(), flat) * operand.dtype().byteSize();
        Elements.setValue(operand.dtype(), memory(operand), at, value);
    }

    static List<Kernel.InputSpec> specs(List<Operand> operands) {
        return operands.stream()
                .map(o -> new Kernel.InputSpec(o.dtype(), LayoutClass.of(o.layout())))
                .toList();
    }

    void run(Kernel kernel, Shape space, int kept, List<Operand> inputs, List<Operand> outputs, long... params) {
        backend.compile(kernel).run(new Launch(space, kept, inputs, outputs, params));
    }

    Shape shape(int most) {
        int rank = random.nextInt(5);
        long[] sizes = new long[rank];
        long count = 1;
        for (int i = 0; i < rank; i++) {
            sizes[i] = 1 + random.nextInt((int) Math.max(1, Math.min(most / count, random.nextBoolean() ? 9 : 2000)));
            count *= sizes[i];
        }
        return Shape.of(sizes);
    }

    /** Distance of a result from the exact value in units in the last place of the type. */
    static double ulps(DType dtype, double expected, double actual) {
        if (Double.isNaN(expected) || Double.isNaN(actual)) {
            return Double.isNaN(expected) && Double.isNaN(actual) ? 0 : Double.POSITIVE_INFINITY;
        }
        double rounded = dtype == DType.F32 ? (float) expected : expected;
        if (rounded == actual) {
            return 0;
        }
        double unit = dtype == DType.F32 ? Math.ulp((float) rounded) : Math.ulp(rounded);
        return Double.isInfinite(rounded) || Double.isInfinite(actual)
                ? Double.POSITIVE_INFINITY
                : Math.abs(actual - expected) / unit;
    }
}
