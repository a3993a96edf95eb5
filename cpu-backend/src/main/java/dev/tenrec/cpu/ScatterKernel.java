package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ScatterMode;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import java.lang.foreign.MemorySegment;

/**
 * Runs {@link Kernel.Scatter}. Threads share no element of the output: they take different positions on the axes before
 * the indexed one, or different columns of the runs; so each element's additions and values keep their order.
 */
final class ScatterKernel implements CompiledKernel {
    /** Elements that are worth a task. */
    private static final long TASK_ELEMENTS = 1 << 15;

    /** Columns that are worth reading the indexes once more. */
    private static final long TASK_COLUMNS = 64;

    private final Kernel.Scatter kernel;
    private final Workers workers;

    ScatterKernel(Kernel.Scatter kernel, Workers workers) {
        boolean addable = kernel.dtype().isArithmetic() && kernel.dtype() != DType.BOOL;
        if (kernel.mode() == ScatterMode.ADD && !addable) {
            throw new KernelCompile(Message.of("scatter", "not defined on " + kernel.dtype())
                    .line("expected", "F32, F64, I32 or I64")
                    .toString());
        }
        this.kernel = kernel;
        this.workers = workers;
    }

    @Override
    public void run(Launch launch) {
        long count = launch.space().elementCount();
        if (count == 0) {
            return;
        }
        Operand output = launch.outputs().get(0);
        IndexedAccess access = new IndexedAccess(
                "scatter",
                launch.space(),
                kernel.axis(),
                output.layout().shape().size(kernel.axis()),
                launch.inputs().get(1));
        long length = access.runLength();
        long perOuter = access.runsPerOuter();
        long outer = access.runs() / perOuter;
        Layout run = access.run(launch.inputs().get(0).layout()).collapse();
        int rank = run.shape().rank();
        if (outer == 1 && rank <= 1 && count > TASK_ELEMENTS && length > TASK_COLUMNS) {
            workers.parallel(Math.toIntExact(Math.ceilDiv(length, TASK_COLUMNS)), task -> {
                long start = task * TASK_COLUMNS;
                range(launch, access, 0, access.runs(), start, Math.min(TASK_COLUMNS, length - start));
            });
            return;
        }
        long perTask = Math.max(1, TASK_ELEMENTS / (perOuter * length));
        workers.parallel(Math.toIntExact(Math.ceilDiv(outer, perTask)), task -> {
            long from = task * perTask * perOuter;
            long to = Math.min(outer, (task + 1) * perTask) * perOuter;
            range(launch, access, from, to, 0, length);
        });
    }

    private void range(Launch launch, IndexedAccess access, long from, long to, long column, long columns) {
        Operand source = launch.inputs().get(0);
        Operand output = launch.outputs().get(0);
        MemorySegment read = Binding.memory(source);
        MemorySegment written = Binding.memory(output);
        Layout run = access.run(source.layout()).collapse();
        int rank = run.shape().rank();
        long stride = rank == 1 ? run.stride(0) : 1;
        int size = kernel.dtype().byteSize();
        IndexedAccess.Cursor cursor = access.new Cursor(from, output.layout(), source.layout());
        for (long i = from; i < to; i++) {
            long target = (cursor.indexedOffset() + column) * size;
            long at = cursor.plainOffset();
            if (rank <= 1) {
                put(read, (at + column * stride) * size, stride * size, written, target, columns);
            } else {
                putWalked(read, run, at, written, target);
            }
            cursor.next();
        }
    }

    /** Adds or writes a run of several axes row by row. */
    private void putWalked(MemorySegment read, Layout run, long at, MemorySegment written, long target) {
        int size = kernel.dtype().byteSize();
        int last = run.shape().rank() - 1;
        long inner = run.shape().size(last);
        long rows = run.shape().elementCount() / inner;
        for (long row = 0; row < rows; row++) {
            long rest = row;
            long offset = at;
            for (int i = last - 1; i >= 0; i--) {
                offset += rest % run.shape().size(i) * run.stride(i);
                rest /= run.shape().size(i);
            }
            put(read, offset * size, run.stride(last) * size, written, target + row * inner * size, inner);
        }
    }

    private void put(MemorySegment a, long ao, long stride, MemorySegment r, long ro, long n) {
        int size = kernel.dtype().byteSize();
        if (kernel.mode() == ScatterMode.ADD) {
            add(a, ao, stride, r, ro, n);
        } else if (stride == size) {
            MemorySegment.copy(a, ao, r, ro, n * size);
        } else {
            for (long i = 0; i < n; i++) {
                MemorySegment.copy(a, ao + i * stride, r, ro + i * size, size);
            }
        }
    }

    private void add(MemorySegment a, long ao, long stride, MemorySegment r, long ro, long n) {
        switch (kernel.dtype()) {
            case F32 -> addFloats(a, ao, stride, r, ro, n);
            case F64 -> addDoubles(a, ao, stride, r, ro, n);
            case I32 -> addInts(a, ao, stride, r, ro, n);
            default -> addLongs(a, ao, stride, r, ro, n);
        }
    }

    private static void addFloats(MemorySegment a, long ao, long stride, MemorySegment r, long ro, long n) {
        for (long i = 0; i < n; i++) {
            long at = ro + i * Float.BYTES;
            r.set(
                    JAVA_FLOAT_UNALIGNED,
                    at,
                    r.get(JAVA_FLOAT_UNALIGNED, at) + a.get(JAVA_FLOAT_UNALIGNED, ao + i * stride));
        }
    }

    private static void addDoubles(MemorySegment a, long ao, long stride, MemorySegment r, long ro, long n) {
        for (long i = 0; i < n; i++) {
            long at = ro + i * Double.BYTES;
            double sum = r.get(JAVA_DOUBLE_UNALIGNED, at) + a.get(JAVA_DOUBLE_UNALIGNED, ao + i * stride);
            r.set(JAVA_DOUBLE_UNALIGNED, at, sum);
        }
    }

    private static void addInts(MemorySegment a, long ao, long stride, MemorySegment r, long ro, long n) {
        for (long i = 0; i < n; i++) {
            long at = ro + i * Integer.BYTES;
            r.set(JAVA_INT_UNALIGNED, at, r.get(JAVA_INT_UNALIGNED, at) + a.get(JAVA_INT_UNALIGNED, ao + i * stride));
        }
    }

    private static void addLongs(MemorySegment a, long ao, long stride, MemorySegment r, long ro, long n) {
        for (long i = 0; i < n; i++) {
            long at = ro + i * Long.BYTES;
            r.set(
                    JAVA_LONG_UNALIGNED,
                    at,
                    r.get(JAVA_LONG_UNALIGNED, at) + a.get(JAVA_LONG_UNALIGNED, ao + i * stride));
        }
    }
}
