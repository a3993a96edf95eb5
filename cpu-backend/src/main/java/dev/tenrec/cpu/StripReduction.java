package dev.tenrec.cpu;

import dev.tenrec.cpu.Binding.View;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import java.lang.foreign.MemorySegment;

/**
 * Reduces an operand where it lies, across the memory: the last kept axis is dense. Strips of adjacent kept elements
 * are combined row by row, eight rows at a time. Strips and chunks of rows have fixed sizes, so that the order of
 * combination does not depend on threads.
 */
final class StripReduction {
    /** Bytes of a strip: it stays in the first-level cache while rows pass by. */
    private static final int STRIP_BYTES = 4096;

    /** Rows that are combined without halving. */
    private static final long CHUNK = 512;

    /** Fewer elements next to each other are not worth a loop. */
    private static final long NARROWEST = 4;

    private final MemorySegment memory;
    private final long base;
    private final int size;
    private final Combiner combiner;
    private final Workers workers;
    private final ScratchPool scratch;
    private final Axes outer;
    private final Axes reduced;
    private final long columns;
    private final int width;
    private final long strips;
    private final long chunks;

    StripReduction(View source, Layout layout, int keptRank, Combiner combiner, Workers workers, ScratchPool scratch) {
        this.memory = source.segment();
        this.base = source.base();
        this.size = source.size();
        this.combiner = combiner;
        this.workers = workers;
        this.scratch = scratch;
        Axes kept = Axes.of(layout, 0, keptRank, size);
        this.outer = kept.withoutLast();
        this.reduced = Axes.of(layout, keptRank, layout.shape().rank(), size);
        this.columns = kept.lastSize();
        this.width = (int) Math.min(columns, STRIP_BYTES / size);
        this.strips = Math.ceilDiv(columns, width);
        this.chunks = Math.ceilDiv(reduced.count(), CHUNK);
    }

    /** Whether the last kept axis is dense and long enough. */
    static boolean fits(Layout layout, int keptRank) {
        Axes kept = Axes.of(layout, 0, keptRank, 1);
        return kept.lastStride() == 1 && kept.lastSize() >= NARROWEST;
    }

    /** What is done with a chunk of rows of a strip. */
    @FunctionalInterface
    private interface Chunk {
        void run(long strip, long chunk);
    }

    private void forEachChunk(Chunk work) {
        long all = outer.count() * strips * chunks;
        long bytes = width * (long) size * Math.min(CHUNK, reduced.count());
        long perTask = Math.max(1, ReduceKernel.TASK_BYTES / bytes);
        int tasks = Math.toIntExact(Math.ceilDiv(all, perTask));
        ReduceKernel.parallel(workers, all * bytes, tasks, task -> {
            long to = Math.min(all, (task + 1) * perTask);
            for (long i = task * perTask; i < to; i++) {
                work.run(i / chunks, i % chunks);
            }
        });
    }

    private long source(long strip) {
        return base + outer.offset(strip / strips) + strip % strips * width * size;
    }

    private int width(long strip) {
        return (int) Math.min(width, columns - strip % strips * width);
    }

    /** Where a strip's results go, counted in elements. */
    private long target(long strip) {
        return strip / strips * columns + strip % strips * width;
    }

    /** Combines by {@link Combiner#op}. */
    void run(View output) {
        long start = output.base();
        if (chunks == 1) {
            forEachChunk((strip, chunk) ->
                    accumulate(strip, 0, reduced.count(), output.segment(), start + target(strip) * size));
            return;
        }
        long room = (long) width * size;
        MemorySegment partial = scratch.acquire(outer.count() * strips * chunks * room);
        forEachChunk((strip, chunk) -> accumulate(
                strip,
                chunk * CHUNK,
                Math.min(reduced.count(), (chunk + 1) * CHUNK),
                partial,
                (strip * chunks + chunk) * room));
        int tasks = Math.toIntExact(outer.count() * strips);
        ReduceKernel.parallel(workers, tasks * chunks * room, tasks, strip -> {
            long first = strip * chunks * room;
            combine(partial, first, room, width(strip));
            long at = start + target(strip) * size;
            MemorySegment.copy(partial, first, output.segment(), at, (long) width(strip) * size);
        });
        scratch.release(partial);
    }

    private void accumulate(long strip, long from, long to, MemorySegment target, long at) {
        DType dtype = combiner.dtype();
        int n = width(strip);
        long start = source(strip);
        Elements.fill(size, target, at, combiner.neutral(), n);
        long last = reduced.lastSize();
        for (long row = from; row < to; ) {
            long offset = start + reduced.offset(row);
            if (Math.min(to - row, last - row % last) >= 8) {
                Folds.rows(combiner.op(), dtype, memory, offset, reduced.lastStride(), target, at, n);
                row += 8;
            } else {
                Folds.row(combiner.op(), dtype, memory, offset, target, at, n);
                row++;
            }
        }
    }

    /** Combines the chunks' results in pairs, over the first of them. */
    private void combine(MemorySegment partial, long first, long room, int n) {
        for (long step = 1; step < chunks; step *= 2) {
            for (long i = 0; i + step < chunks; i += 2 * step) {
                long from = first + (i + step) * room;
                Folds.row(combiner.op(), combiner.dtype(), partial, from, partial, first + i * room, n);
            }
        }
    }

    /** Finds the rows of the best elements. */
    void runPositions(View output) {
        // Of each chunk the best elements, then their rows within the chunk, in numbers as wide as the elements.
        long room = 2L * width * size;
        MemorySegment found = scratch.acquire(outer.count() * strips * chunks * room);
        forEachChunk((strip, chunk) -> search(strip, chunk, found, (strip * chunks + chunk) * room));
        for (long strip = 0; strip < outer.count() * strips; strip++) {
            for (int column = 0; column < width(strip); column++) {
                long position = best(found, strip * chunks * room + (long) column * size, room);
                Elements.put(Long.BYTES, output.segment(), output.base() + (target(strip) + column) * 8, position);
            }
        }
        scratch.release(found);
    }

    private void search(long strip, long chunk, MemorySegment found, long at) {
        int n = width(strip);
        long start = source(strip);
        long from = chunk * CHUNK;
        long positions = at + (long) width * size;
        MemorySegment.copy(memory, start + reduced.offset(from), found, at, (long) n * size);
        Elements.fill(size, found, positions, 0, n);
        int rows = (int) Math.min(CHUNK, reduced.count() - from);
        for (int row = 1; row < rows; row++) {
            long offset = start + reduced.offset(from + row);
            Folds.better(combiner.op(), combiner.dtype(), memory, offset, found, at, found, positions, n, row);
        }
    }

    private long best(MemorySegment found, long at, long room) {
        long best = 0;
        for (long chunk = 1; chunk < chunks; chunk++) {
            long candidate = Elements.get(size, found, at + chunk * room);
            if (combiner.beats(candidate, Elements.get(size, found, at + best * room))) {
                best = chunk;
            }
        }
        return best * CHUNK + Elements.get(size, found, at + best * room + (long) width * size);
    }
}
