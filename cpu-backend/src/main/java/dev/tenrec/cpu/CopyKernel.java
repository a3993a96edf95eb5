package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.Layout;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Runs {@link Kernel.Copy}. Axes are put in the order of the target's strides and merged; then rows are copied, or, where
 * source and target are dense along different axes, square tiles that fit in the cache.
 */
final class CopyKernel implements CompiledKernel {
    /** Elements that are worth a task. */
    private static final long TASK_ELEMENTS = 1 << 15;

    /** Side of a tile: a cache line of 32-bit elements. */
    private static final int TILE = 16;

    private final int size;
    private final Workers workers;

    CopyKernel(Kernel.Copy kernel, Workers workers) {
        this.size = kernel.dtype().byteSize();
        this.workers = workers;
    }

    /** Axes in common, outermost first, with strides in bytes; at least two of them. */
    private record Plan(
            MemorySegment source,
            long from,
            long[] read,
            MemorySegment target,
            long to,
            long[] written,
            long[] sizes) {}

    @Override
    public void run(Launch launch) {
        long count = launch.space().elementCount();
        if (count == 0) {
            return;
        }
        Plan plan = plan(launch.inputs().get(0), launch.outputs().get(0));
        int last = plan.sizes().length - 1;
        long inner = plan.sizes()[last];
        long rows = count / inner;
        int across = tileAxis(plan);
        if (across >= 0) {
            tiles(plan, across, rows);
        } else if (rows == 1) {
            pieces(plan, inner);
        } else {
            long perTask = Math.max(1, TASK_ELEMENTS / inner);
            workers.parallel(
                    Math.toIntExact(Math.ceilDiv(rows, perTask)),
                    task -> rows(plan, task * perTask, Math.min(rows, (task + 1) * perTask)));
        }
    }

    private Plan plan(Operand source, Operand target) {
        Layout a = source.layout();
        Layout r = target.layout();
        Integer[] order = IntStream.range(0, r.shape().rank())
                .filter(axis -> r.shape().size(axis) != 1)
                .boxed()
                .sorted(Comparator.comparingLong(axis -> -Math.abs(r.stride(axis))))
                .toArray(Integer[]::new);
        long[] sizes = new long[order.length + 2];
        long[] read = new long[sizes.length];
        long[] written = new long[sizes.length];
        // Two axes of size 1 in front spare special cases.
        Arrays.fill(sizes, 1);
        int count = 2;
        for (int axis : order) {
            long length = r.shape().size(axis);
            long stepA = a.stride(axis) * size;
            long stepR = r.stride(axis) * size;
            boolean joins = count > 2 && read[count - 1] == stepA * length && written[count - 1] == stepR * length;
            int at = joins ? count - 1 : count++;
            sizes[at] = joins ? sizes[at] * length : length;
            read[at] = stepA;
            written[at] = stepR;
        }
        return new Plan(
                Binding.memory(source),
                a.offset() * size,
                Arrays.copyOf(read, count),
                Binding.memory(target),
                r.offset() * size,
                Arrays.copyOf(written, count),
                Arrays.copyOf(sizes, count));
    }

    /** The axis along which the source is dense, if that is not the last and a tile is worth it; else −1. */
    private int tileAxis(Plan plan) {
        int last = plan.sizes().length - 1;
        if (plan.read()[last] == size || plan.sizes()[last] < TILE / 4) {
            return -1;
        }
        for (int i = last - 1; i >= 0; i--) {
            if (plan.read()[i] == size && plan.sizes()[i] >= TILE / 4) {
                return i;
            }
        }
        return -1;
    }

    private void pieces(Plan plan, long inner) {
        int last = plan.sizes().length - 1;
        long read = plan.read()[last];
        long written = plan.written()[last];
        workers.parallel(Math.toIntExact(Math.ceilDiv(inner, TASK_ELEMENTS)), task -> {
            long start = task * TASK_ELEMENTS;
            long n = Math.min(TASK_ELEMENTS, inner - start);
            long from = plan.from() + start * read;
            long to = plan.to() + start * written;
            Elements.copy(size, plan.source(), from, read, plan.target(), to, written, n);
        });
    }

    private void rows(Plan plan, long first, long end) {
        int last = plan.sizes().length - 1;
        for (long row = first; row < end; row++) {
            long from = plan.from();
            long to = plan.to();
            long rest = row;
            for (int i = last - 1; i >= 0; i--) {
                long at = rest % plan.sizes()[i];
                rest /= plan.sizes()[i];
                from += at * plan.read()[i];
                to += at * plan.written()[i];
            }
            Elements.copy(
                    size,
                    plan.source(),
                    from,
                    plan.read()[last],
                    plan.target(),
                    to,
                    plan.written()[last],
                    plan.sizes()[last]);
        }
    }

    /** A task is one strip of tiles: {@link #TILE} positions of the axis the source is dense along, the whole last axis. */
    private void tiles(Plan plan, int across, long rows) {
        long length = plan.sizes()[across];
        long strips = Math.ceilDiv(length, TILE);
        long others = rows / length;
        long perTask = Math.max(1, TASK_ELEMENTS / (TILE * plan.sizes()[plan.sizes().length - 1]));
        long all = strips * others;
        workers.parallel(Math.toIntExact(Math.ceilDiv(all, perTask)), task -> {
            for (long i = task * perTask; i < Math.min(all, (task + 1) * perTask); i++) {
                strip(plan, across, i / strips, i % strips * TILE);
            }
        });
    }

    private void strip(Plan plan, int across, long other, long start) {
        int last = plan.sizes().length - 1;
        long from = plan.from() + start * plan.read()[across];
        long to = plan.to() + start * plan.written()[across];
        long rest = other;
        for (int i = last - 1; i >= 0; i--) {
            if (i != across) {
                long at = rest % plan.sizes()[i];
                rest /= plan.sizes()[i];
                from += at * plan.read()[i];
                to += at * plan.written()[i];
            }
        }
        long height = Math.min(TILE, plan.sizes()[across] - start);
        long width = plan.sizes()[last];
        long[] line = new long[TILE * TILE];
        for (long col = 0; col < width; col += TILE) {
            int n = (int) Math.min(TILE, width - col);
            long read = from + col * plan.read()[last];
            long written = to + col * plan.written()[last];
            readTile(plan.source(), read, plan.read()[last], (int) height, n, line);
            for (int row = 0; row < height; row++) {
                writeLine(plan.target(), written + row * plan.written()[across], plan.written()[last], n, line, row);
            }
        }
    }

    /** Reads along the axis the source is dense along, so that each of its cache lines is used up at once. */
    private void readTile(MemorySegment source, long from, long stride, int height, int n, long[] tile) {
        for (int col = 0; col < n; col++) {
            long at = from + col * stride;
            switch (size) {
                case 4 -> readInts(source, at, height, tile, col);
                case 8 -> readLongs(source, at, height, tile, col);
                default -> readOthers(source, at, height, tile, col);
            }
        }
    }

    private static void readInts(MemorySegment source, long at, int height, long[] tile, int col) {
        for (int row = 0; row < height; row++) {
            tile[row * TILE + col] = source.get(JAVA_INT_UNALIGNED, at + (long) row * Integer.BYTES);
        }
    }

    private static void readLongs(MemorySegment source, long at, int height, long[] tile, int col) {
        for (int row = 0; row < height; row++) {
            tile[row * TILE + col] = source.get(JAVA_LONG_UNALIGNED, at + (long) row * Long.BYTES);
        }
    }

    private void readOthers(MemorySegment source, long at, int height, long[] tile, int col) {
        for (int row = 0; row < height; row++) {
            tile[row * TILE + col] = Elements.get(size, source, at + (long) row * size);
        }
    }

    private void writeLine(MemorySegment target, long to, long stride, int n, long[] tile, int row) {
        if (size == Integer.BYTES && stride == size) {
            writeInts(target, to, n, tile, row * TILE);
        } else if (size == Long.BYTES && stride == size) {
            MemorySegment.copy(tile, row * TILE, target, JAVA_LONG_UNALIGNED, to, n);
        } else {
            for (int col = 0; col < n; col++) {
                Elements.put(size, target, to + col * stride, tile[row * TILE + col]);
            }
        }
    }

    private static void writeInts(MemorySegment target, long to, int n, long[] tile, int start) {
        for (int col = 0; col < n; col++) {
            target.set(JAVA_INT_UNALIGNED, to + (long) col * Integer.BYTES, (int) tile[start + col]);
        }
    }
}
