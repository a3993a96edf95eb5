package dev.tenrec.cpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.cpu.Binding.View;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;

/**
 * Runs {@link dev.tenrec.ir.Kernel.Softmax} and its gradient. Dense lines are worked on where they lie; others are
 * brought into dense lines of scratch memory, {@value #TILE} next to each other at a time, so that each cache line is
 * read once.
 */
final class SoftmaxKernel implements CompiledKernel {
    /** Elements that are worth waking a thread for. */
    static final long PARALLEL_ELEMENTS = 1 << 15;

    /** Elements of a task, at least. */
    static final long TASK_ELEMENTS = 1 << 13;

    private static final int TILE = 16;

    private final DType dtype;
    private final boolean log;
    private final boolean gradient;
    private final Lines lines;
    private final Workers workers;
    private final ScratchPool scratch;

    SoftmaxKernel(DType dtype, boolean log, boolean gradient, Workers workers, ScratchPool scratch) {
        this.dtype = dtype;
        this.log = log;
        this.gradient = gradient;
        this.lines = Lines.of(dtype);
        this.workers = workers;
        this.scratch = scratch;
    }

    /** Cuts work on a number of lines into tasks; little of it is done on the calling thread alone. */
    static void parallel(Workers workers, long lines, long length, Range range) {
        if (lines * length < PARALLEL_ELEMENTS) {
            range.run(0, lines);
            return;
        }
        long perTask = Math.max(1, TASK_ELEMENTS / length);
        int tasks = Math.toIntExact(Math.ceilDiv(lines, perTask));
        workers.parallel(tasks, task -> range.run(task * perTask, Math.min(lines, (task + 1) * perTask)));
    }

    /** Lines from one number to below another. */
    @FunctionalInterface
    interface Range {
        void run(long from, long to);
    }

    @Override
    public void run(Launch launch) {
        long outer = launch.space().size(0);
        int n = Math.toIntExact(launch.space().size(1));
        long inner = launch.space().size(2);
        if (outer * n * inner == 0) {
            return;
        }
        int size = dtype.byteSize();
        View out = View.of(launch.outputs().get(0));
        boolean dense = inner == 1;
        for (Operand operand : launch.inputs()) {
            dense &= operand.layout().stride(1) == 1 || n == 1;
        }
        if (dense) {
            parallel(workers, outer, n, (from, to) -> {
                try (Tail tail = new Tail(scratch, dtype, n)) {
                    rows(launch, from, to, n, out, tail);
                }
            });
            return;
        }
        long tiles = Math.ceilDiv(inner, TILE);
        parallel(workers, outer * tiles, (long) n * Math.min(TILE, inner), (from, to) -> {
            long room = (long) (n + Program.GRANULE) * size;
            MemorySegment memory = scratch.acquire(3 * TILE * room);
            try (Tail tail = new Tail(scratch, dtype, n)) {
                for (long tile = from; tile < to; tile++) {
                    tile(launch, tile / tiles, tile % tiles * TILE, memory, room, out, tail);
                }
            }
            scratch.release(memory);
        });
    }

    private void rows(Launch launch, long from, long to, int n, View out, Tail tail) {
        Operand first = launch.inputs().get(0);
        Operand second = launch.inputs().get(launch.inputs().size() - 1);
        MemorySegment a = Binding.memory(first);
        MemorySegment b = Binding.memory(second);
        int size = dtype.byteSize();
        for (long row = from; row < to; row++) {
            long ao = (first.layout().offset() + row * first.layout().stride(0)) * size;
            long bo = (second.layout().offset() + row * second.layout().stride(0)) * size;
            line(a, ao, b, bo, out.segment(), out.base() + row * n * size, n, tail);
        }
    }

    /** Adjacent lines: brought in, worked on, brought back. */
    private void tile(Launch launch, long outer, long inner, MemorySegment memory, long room, View out, Tail tail) {
        int n = (int) launch.space().size(1);
        int size = dtype.byteSize();
        int width = (int) Math.min(TILE, launch.space().size(2) - inner);
        for (int k = 0; k < launch.inputs().size(); k++) {
            Operand operand = launch.inputs().get(k);
            long[] strides = operand.layout().strides();
            long start = operand.layout().offset() + outer * strides[0] + inner * strides[2];
            MemorySegment source = Binding.memory(operand);
            for (int j = 0; j < n; j++) {
                long at = (start + j * strides[1]) * size;
                long target = k * TILE * room + (long) j * size;
                Elements.copy(size, source, at, strides[2] * size, memory, target, room, width);
            }
        }
        long second = launch.inputs().size() == 1 ? 0 : TILE * room;
        long result = 2 * TILE * room;
        for (int i = 0; i < width; i++) {
            line(memory, i * room, memory, second + i * room, memory, result + i * room, n, tail);
        }
        long columns = launch.space().size(2);
        for (int j = 0; j < n; j++) {
            long at = out.base() + ((outer * n + j) * columns + inner) * size;
            Elements.copy(size, memory, result + (long) j * size, room, out.segment(), at, size, width);
        }
    }

    private void line(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n, Tail tail) {
        if (gradient) {
            backward(a, ao, b, bo, r, ro, tail);
        } else if (log) {
            logarithm(a, ao, r, ro, n, tail);
        } else {
            forward(a, ao, r, ro, n, tail);
        }
    }

    private void forward(MemorySegment x, long xo, MemorySegment r, long ro, int n, Tail tail) {
        double largest = lines.largest(x, xo, n);
        MemorySegment t = tail.memory;
        double sum = lines.exponentials(x, xo, largest, r, ro, tail.whole);
        if (tail.rest > 0) {
            tail.load(x, xo, 0, Double.NEGATIVE_INFINITY);
            sum += lines.exponentials(t, 0, largest, t, 0, Program.GRANULE);
            lines.scale(t, 0, 1 / sum, Program.GRANULE);
            tail.store(r, ro);
        }
        lines.scale(r, ro, 1 / sum, tail.whole);
    }

    private void logarithm(MemorySegment x, long xo, MemorySegment r, long ro, int n, Tail tail) {
        double largest = lines.largest(x, xo, n);
        double log = tail.logOfSum(lines, x, xo, largest, r, ro);
        lines.shift(x, xo, largest, log, r, ro, tail.whole);
        if (tail.rest > 0) {
            tail.load(x, xo, 0, 0);
            lines.shift(tail.memory, 0, largest, log, tail.memory, 0, Program.GRANULE);
            tail.store(r, ro);
        }
    }

    private void backward(MemorySegment y, long yo, MemorySegment g, long go, MemorySegment r, long ro, Tail tail) {
        int whole = tail.whole;
        MemorySegment t = tail.memory;
        double sum = log ? lines.sum(g, go, 0, whole) : lines.product(y, yo, 0, g, go, whole);
        if (tail.rest > 0) {
            tail.load(y, yo, 0, 0);
            tail.load(g, go, 1, 0);
            long second = tail.slot(1);
            sum += log ? lines.sum(t, second, 0, Program.GRANULE) : lines.product(t, 0, 0, t, second, Program.GRANULE);
            gradient(t, 0, t, second, sum, t, 0, Program.GRANULE);
            tail.store(r, ro);
        }
        gradient(y, yo, g, go, sum, r, ro, whole);
    }

    private void gradient(
            MemorySegment y, long yo, MemorySegment g, long go, double sum, MemorySegment r, long ro, int n) {
        if (log) {
            lines.logSoftmaxGradient(y, yo, g, go, sum, r, ro, n);
        } else {
            lines.softmaxGradient(y, yo, g, go, sum, r, ro, n);
        }
    }
}
