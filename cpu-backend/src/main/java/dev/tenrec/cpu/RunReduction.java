package dev.tenrec.cpu;

import dev.tenrec.cpu.Binding.View;
import dev.tenrec.type.Layout;
import java.lang.foreign.MemorySegment;

/**
 * Reduces an operand where it lies, along the memory: the last reduced axis is dense. A kept element's operands are
 * runs, cut into pieces of a fixed length where they are long, and pieces into chunks, so that the order of combination
 * depends neither on threads nor on where a kept element stands among the others.
 */
final class RunReduction {
    /** Pieces that one task combines. */
    private static final long CHUNK = 64;

    private final MemorySegment memory;
    private final long base;
    private final Combiner combiner;
    private final Workers workers;
    private final boolean positions;
    private final Axes kept;
    private final Axes outer;
    private final long length;
    private final int piece;
    private final long perRun;
    private final long units;

    RunReduction(View source, Layout layout, int keptRank, Combiner combiner, boolean positions, Workers workers) {
        int size = source.size();
        Axes reduced = Axes.of(layout, keptRank, layout.shape().rank(), size);
        this.memory = source.segment();
        this.base = source.base();
        this.combiner = combiner;
        this.workers = workers;
        this.positions = positions;
        this.kept = Axes.of(layout, 0, keptRank, size);
        this.outer = reduced.withoutLast();
        this.length = reduced.lastSize();
        this.piece = combiner.pieceBytes() / size;
        this.perRun = Math.ceilDiv(length, piece);
        this.units = outer.count() * perRun;
    }

    /** Whether the last reduced axis is dense, and long enough to be read by itself. */
    static boolean fits(Layout layout, int keptRank) {
        Axes reduced = Axes.of(layout, keptRank, layout.shape().rank(), 1);
        return reduced.lastStride() == 1 && (reduced.sizes().length == 1 || reduced.lastSize() >= 8);
    }

    /** The best element so far: its value, and the unit that holds it. */
    private static final class Best {
        private long value;
        private long unit = -1;
    }

    void run(View output) {
        long elements = kept.count() * outer.count() * length;
        if (units > CHUNK) {
            chunked(output);
        } else if (elements * combiner.dtype().byteSize() < ReduceKernel.PARALLEL_BYTES) {
            rows(output, 0, kept.count());
        } else {
            long bytes = outer.count() * length * combiner.dtype().byteSize();
            long perTask = Math.ceilDiv(Math.max(1, ReduceKernel.TASK_BYTES / bytes), 4) * 4;
            workers.parallel(
                    Math.toIntExact(Math.ceilDiv(kept.count(), perTask)),
                    task -> rows(output, task * perTask, Math.min(kept.count(), (task + 1) * perTask)));
        }
    }

    private static void store(View output, long row, long bits) {
        Elements.put(output.size(), output.segment(), output.base() + row * output.size(), bits);
    }

    /** Long reductions: chunks are tasks. */
    private void chunked(View output) {
        long chunks = Math.ceilDiv(units, CHUNK);
        long[] partial = new long[Math.toIntExact(kept.count() * chunks)];
        long[] places = positions ? new long[partial.length] : null;
        ReduceKernel.parallel(workers, kept.count() * outer.count() * length * output.size(), partial.length, task -> {
            long from = task % chunks * CHUNK;
            long to = Math.min(units, from + CHUNK);
            long row = base + kept.offset(task / chunks);
            if (positions) {
                Best best = search(row, from, to, new long[4]);
                partial[task] = best.value;
                places[task] = best.unit;
            } else {
                partial[task] = combine(row, from, to, combiner.new Pairwise(), new long[4]);
            }
        });
        for (long row = 0; row < kept.count(); row++) {
            int from = (int) (row * chunks);
            store(
                    output,
                    row,
                    positions ? best(row, partial, places, from, (int) chunks) : total(partial, from, chunks));
        }
    }

    private long total(long[] partial, int from, long count) {
        Combiner.Pairwise sum = combiner.new Pairwise();
        for (int i = 0; i < count; i++) {
            sum.add(partial[from + i]);
        }
        return sum.total();
    }

    private long best(long row, long[] partial, long[] places, int from, int count) {
        int best = from;
        for (int i = from + 1; i < from + count; i++) {
            best = combiner.beats(partial[i], partial[best]) ? i : best;
        }
        return position(base + kept.offset(row), places[best], partial[best]);
    }

    private void rows(View output, long from, long to) {
        long[] out = new long[4];
        if (units == 1) {
            singles(output, from, to, out);
            return;
        }
        Combiner.Pairwise sum = combiner.new Pairwise();
        for (long row = from; row < to; row++) {
            long start = base + kept.offset(row);
            if (positions) {
                Best best = search(start, 0, units, out);
                store(output, row, position(start, best.unit, best.value));
            } else {
                store(output, row, combine(start, 0, units, sum, out));
            }
        }
    }

    /** Kept elements of one piece each, four at a time. */
    private void singles(View output, long from, long to, long[] out) {
        int n = (int) length;
        long row = from;
        while (row < to) {
            long start = base + kept.offset(row);
            long left = Math.min(to - row, kept.lastSize() - row % kept.lastSize());
            // One that is left over is combined as its neighbours were; the same bytes four times cost little.
            int count = left >= 4 ? 4 : 1;
            long stride = count == 4 ? kept.lastStride() : 0;
            combiner.runs(memory, start, stride, n, out);
            for (int i = 0; i < count; i++) {
                long value = positions ? combiner.first(memory, start + i * stride, n, out[i]) : out[i];
                store(output, row + i, value);
            }
            row += count;
        }
    }

    private int unitLength(long unit) {
        return (int) (perRun == 1 ? length : Math.min(piece, length - unit % perRun * piece));
    }

    private long unitOffset(long unit) {
        long bytes = (long) piece * combiner.dtype().byteSize();
        return perRun == 1 ? outer.offset(unit) : outer.offset(unit / perRun) + unit % perRun * bytes;
    }

    /** How many units from this one on are of one length and spacing, so that four may go together. */
    private long alike(long unit) {
        return perRun == 1 ? outer.lastSize() - unit % outer.lastSize() : length / piece - unit % perRun;
    }

    private long spacing() {
        return perRun == 1
                ? outer.lastStride()
                : (long) piece * combiner.dtype().byteSize();
    }

    /** Combines units {@code from} to {@code to}; returns how many were, the values in {@code out}. */
    private int next(long start, long unit, long to, long[] out) {
        long at = start + unitOffset(unit);
        if (Math.min(to - unit, alike(unit)) >= 4) {
            combiner.runs(memory, at, spacing(), unitLength(unit), out);
            return 4;
        }
        out[0] = combiner.reduce(memory, at, unitLength(unit));
        return 1;
    }

    private long combine(long start, long from, long to, Combiner.Pairwise sum, long[] out) {
        for (long unit = from; unit < to; ) {
            int count = next(start, unit, to, out);
            for (int i = 0; i < count; i++) {
                sum.add(out[i]);
            }
            unit += count;
        }
        return sum.total();
    }

    private Best search(long start, long from, long to, long[] out) {
        Best best = new Best();
        for (long unit = from; unit < to; ) {
            int count = next(start, unit, to, out);
            for (int i = 0; i < count; i++) {
                if (best.unit < 0 || combiner.beats(out[i], best.value)) {
                    best.value = out[i];
                    best.unit = unit + i;
                }
            }
            unit += count;
        }
        return best;
    }

    /** Where a value is, counted within the reduced axes. */
    private long position(long start, long unit, long value) {
        long before = perRun == 1 ? unit * length : unit / perRun * length + unit % perRun * piece;
        return before + combiner.first(memory, start + unitOffset(unit), unitLength(unit), value);
    }
}
