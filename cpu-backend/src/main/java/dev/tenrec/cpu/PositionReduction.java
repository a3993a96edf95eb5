package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tenrec.cpu.Binding.View;
import java.lang.foreign.MemorySegment;

/** Finds the first largest or smallest element of runs of the flat space, one run per kept element. */
final class PositionReduction {
    private final Binding binding;
    private final Combiner combiner;
    private final Workers workers;
    private final ScratchPool scratch;
    private final long kept;
    private final long reduced;

    PositionReduction(
            Binding binding, Combiner combiner, Workers workers, ScratchPool scratch, long kept, long reduced) {
        this.binding = binding;
        this.combiner = combiner;
        this.workers = workers;
        this.scratch = scratch;
        this.kept = kept;
        this.reduced = reduced;
    }

    /** The best element so far. */
    private static final class Best {
        private long value;
        private long position = -1;
    }

    void run(View output) {
        if (reduced > RowReduction.CHUNK) {
            long chunks = Math.ceilDiv(reduced, RowReduction.CHUNK);
            Best[] found = new Best[Math.toIntExact(kept * chunks)];
            workers.parallel(found.length, task -> found[task] = chunk(task / chunks, task % chunks));
            for (long row = 0; row < kept; row++) {
                Best best = found[(int) (row * chunks)];
                for (int i = 1; i < chunks; i++) {
                    Best next = found[(int) (row * chunks) + i];
                    best = combiner.beats(next.value, best.value) ? next : best;
                }
                store(output, row, best.position);
            }
            return;
        }
        long perTask = Math.max(1, RowReduction.PARALLEL_ELEMENTS / 4 / reduced);
        workers.parallel(
                Math.toIntExact(Math.ceilDiv(kept, perTask)),
                task -> rows(output, task * perTask, Math.min(kept, (task + 1) * perTask)));
    }

    private static void store(View output, long row, long position) {
        output.segment().set(JAVA_LONG_UNALIGNED, output.base() + row * Long.BYTES, position);
    }

    private Best chunk(long row, long chunk) {
        Best best = new Best();
        long start = chunk * RowReduction.CHUNK;
        long end = Math.min(reduced, start + RowReduction.CHUNK);
        try (Block block = new Block(binding, scratch, Program.BLOCK)) {
            search(block, row, start, end, best);
        }
        return best;
    }

    private void rows(View output, long from, long to) {
        try (Block block = new Block(binding, scratch, Math.min(Program.BLOCK, (to - from) * reduced))) {
            if (reduced > Program.BLOCK) {
                for (long row = from; row < to; row++) {
                    Best best = new Best();
                    search(block, row, 0, reduced, best);
                    store(output, row, best.position);
                }
                return;
            }
            int length = (int) reduced;
            int perBlock = Program.BLOCK / length;
            for (long row = from; row < to; row += perBlock) {
                int count = (int) Math.min(perBlock, to - row);
                block.evaluate(row * reduced, count * length);
                for (int i = 0; i < count; i++) {
                    long at = block.offset(0)
                            + (long) i * length * combiner.dtype().byteSize();
                    long value = combiner.reduce(block.segment(0), at, length);
                    store(output, row + i, first(block.segment(0), at, value));
                }
            }
        }
    }

    private void search(Block block, long row, long start, long end, Best best) {
        for (long position = start; position < end; position += Program.BLOCK) {
            int n = (int) Math.min(Program.BLOCK, end - position);
            block.evaluate(row * reduced + position, n);
            long value = combiner.reduce(block.segment(0), block.offset(0), n);
            if (best.position < 0 || combiner.beats(value, best.value)) {
                best.value = value;
                best.position = position + first(block.segment(0), block.offset(0), value);
            }
        }
    }

    /** The first place of a value that is known to be there. */
    private int first(MemorySegment segment, long at, long value) {
        int size = combiner.dtype().byteSize();
        int i = 0;
        while (!combiner.isSame(Elements.get(size, segment, at + (long) i * size), value)) {
            i++;
        }
        return i;
    }
}
