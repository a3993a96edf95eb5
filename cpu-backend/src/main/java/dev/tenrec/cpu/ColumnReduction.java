package dev.tenrec.cpu;

import dev.tenrec.cpu.Binding.View;
import java.lang.foreign.MemorySegment;

/**
 * Reduces by adding rows of kept elements to each other. The binding's space has the reduced axes first. Columns are
 * cut into blocks and rows into chunks of fixed sizes; within a chunk groups of rows are added one after the other and
 * groups in pairs, so that the rounding error of sums grows with the logarithm of the number of groups.
 */
final class ColumnReduction {
    /** Rows that are added one after the other. */
    private static final int GROUP = 32;

    /** Elements of a chunk. */
    private static final long CHUNK = 1 << 18;

    private final Binding binding;
    private final Combiner combiner;
    private final Workers workers;
    private final ScratchPool scratch;
    private final long columns;
    private final long rows;
    private final int size;
    private final long levelBytes;

    ColumnReduction(Binding binding, Combiner combiner, Workers workers, ScratchPool scratch, long columns, long rows) {
        this.binding = binding;
        this.combiner = combiner;
        this.workers = workers;
        this.scratch = scratch;
        this.columns = columns;
        this.rows = rows;
        this.size = combiner.dtype().byteSize();
        this.levelBytes = (Program.BLOCK + Program.GRANULE) * (long) size;
    }

    void run(View output) {
        long width = Math.min(columns, Program.BLOCK);
        int blocks = Math.toIntExact(Math.ceilDiv(columns, Program.BLOCK));
        long perChunk = Math.ceilDiv(CHUNK, width * GROUP) * GROUP;
        int chunks = Math.toIntExact(Math.ceilDiv(rows, perChunk));
        if (chunks == 1) {
            parallel(blocks, task -> chunk(task, 0, rows, output.segment(), output.base() + start(task) * size));
            return;
        }
        MemorySegment partial = scratch.acquire(blocks * (long) chunks * levelBytes);
        parallel(blocks * chunks, task -> {
            long from = task % chunks * perChunk;
            long to = Math.min(rows, from + perChunk);
            chunk(task / chunks, from, to, partial, task * levelBytes);
        });
        parallel(blocks, block -> combine(block, chunks, partial, output));
        scratch.release(partial);
    }

    private void parallel(int tasks, Workers.Task task) {
        if (rows * columns < RowReduction.PARALLEL_ELEMENTS) {
            for (int i = 0; i < tasks; i++) {
                task.run(i);
            }
        } else {
            workers.parallel(tasks, task);
        }
    }

    private static long start(int block) {
        return (long) block * Program.BLOCK;
    }

    private int width(int block) {
        return (int) Math.min(Program.BLOCK, columns - start(block));
    }

    private static int padded(int n) {
        return n + Program.GRANULE - 1 & -Program.GRANULE;
    }

    /** Combines the chunks' results of a block of columns, in pairs, over the first of them. */
    private void combine(int block, int chunks, MemorySegment partial, View output) {
        long base = (long) block * chunks * levelBytes;
        int n = padded(width(block));
        for (int step = 1; step < chunks; step *= 2) {
            for (int i = 0; i + step < chunks; i += 2 * step) {
                combiner.accumulate(partial, base + (i + step) * levelBytes, partial, base + i * levelBytes, n);
            }
        }
        long at = output.base() + start(block) * size;
        MemorySegment.copy(partial, base, output.segment(), at, (long) width(block) * size);
    }

    /** Combines some rows of a block of columns and writes the result. */
    private void chunk(int block, long from, long to, MemorySegment target, long at) {
        int width = width(block);
        MemorySegment levels = scratch.acquire(levelBytes * (Long.SIZE - Long.numberOfLeadingZeros(to - from) + 1));
        long slack = Program.GRANULE;
        try (Block evaluation = new Block(binding, scratch, Program.BLOCK, (int) slack)) {
            // Several narrow rows are one block; wide ones are cut.
            int together = columns > Program.BLOCK ? 1 : Math.min(GROUP, Program.BLOCK / width);
            int group = combiner.rounds() ? Math.max(together, GROUP / together * together) : Integer.MAX_VALUE;
            long groups = 0;
            int depth = 0;
            for (long row = from; row < to; groups++) {
                long end = group < to - row ? row + group : to;
                long level = depth * levelBytes;
                for (boolean first = true; row < end; row += together, first = false) {
                    int count = (int) Math.min(together, end - row);
                    evaluation.evaluate(row * columns + start(block), columns > width ? width : count * width);
                    addRows(evaluation, count, width, levels, level, first);
                }
                row = end;
                depth++;
                for (long bits = groups; (bits & 1) != 0; bits >>>= 1) {
                    depth = merge(levels, depth, width);
                }
            }
            while (depth > 1) {
                depth = merge(levels, depth, width);
            }
        }
        MemorySegment.copy(levels, 0, target, at, (long) width * size);
        scratch.release(levels);
    }

    private int merge(MemorySegment levels, int depth, int width) {
        combiner.accumulate(levels, (depth - 1) * levelBytes, levels, (depth - 2) * levelBytes, padded(width));
        return depth - 1;
    }

    private void addRows(Block evaluation, int count, int width, MemorySegment levels, long level, boolean first) {
        MemorySegment values = evaluation.segment(0);
        long at = evaluation.offset(0);
        long rowBytes = (long) width * size;
        int start = 0;
        if (first) {
            MemorySegment.copy(values, at, levels, level, rowBytes);
            start = 1;
        }
        for (int i = start; i < count; i++) {
            combiner.accumulate(values, at + i * rowBytes, levels, level, padded(width));
        }
    }
}
