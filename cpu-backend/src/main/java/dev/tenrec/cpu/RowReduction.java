package dev.tenrec.cpu;

import dev.tenrec.cpu.Binding.View;

/**
 * Reduces runs of the flat space, one per kept element. A run is cut into chunks and a chunk into blocks, both of fixed
 * length, so that the order of combination does not depend on threads.
 */
final class RowReduction {
    /** Elements of a run that one task combines. */
    static final long CHUNK = 64L * Program.BLOCK;

    /** Elements that are worth waking a thread for. */
    static final long PARALLEL_ELEMENTS = 1 << 16;

    private final Binding binding;
    private final Combiner combiner;
    private final Workers workers;
    private final ScratchPool scratch;
    private final long kept;
    private final long reduced;

    RowReduction(Binding binding, Combiner combiner, Workers workers, ScratchPool scratch, long kept, long reduced) {
        this.binding = binding;
        this.combiner = combiner;
        this.workers = workers;
        this.scratch = scratch;
        this.kept = kept;
        this.reduced = reduced;
    }

    void run(View output) {
        if (reduced > CHUNK) {
            long chunks = Math.ceilDiv(reduced, CHUNK);
            long[] partial = new long[Math.toIntExact(kept * chunks)];
            workers.parallel(partial.length, task -> partial[task] = chunk(task / chunks, task % chunks));
            for (long row = 0; row < kept; row++) {
                store(output, row, total(partial, (int) (row * chunks), (int) chunks));
            }
        } else if (kept * reduced < PARALLEL_ELEMENTS) {
            rows(output, 0, kept);
        } else {
            long perTask = Math.max(1, PARALLEL_ELEMENTS / 4 / reduced);
            workers.parallel(
                    Math.toIntExact(Math.ceilDiv(kept, perTask)),
                    task -> rows(output, task * perTask, Math.min(kept, (task + 1) * perTask)));
        }
    }

    private void store(View output, long row, long bits) {
        Elements.put(output.size(), output.segment(), output.base() + row * output.size(), bits);
    }

    private long total(long[] partial, int from, int count) {
        Combiner.Pairwise sum = combiner.new Pairwise();
        for (int i = 0; i < count; i++) {
            sum.add(partial[from + i]);
        }
        return sum.total();
    }

    private long chunk(long row, long chunk) {
        long start = row * reduced + chunk * CHUNK;
        long end = row * reduced + Math.min(reduced, (chunk + 1) * CHUNK);
        try (Block block = new Block(binding, scratch, Program.BLOCK)) {
            return combine(block, start, end, combiner.new Pairwise());
        }
    }

    private long combine(Block block, long start, long end, Combiner.Pairwise sum) {
        for (long position = start; position < end; position += Program.BLOCK) {
            int n = (int) Math.min(Program.BLOCK, end - position);
            block.evaluate(position, n);
            sum.add(combiner.reduce(block.segment(0), block.offset(0), n));
        }
        return sum.total();
    }

    /** Rows that need no chunks; short ones are evaluated several at a time. */
    private void rows(View output, long from, long to) {
        long longest = Math.min(Program.BLOCK, (to - from) * reduced);
        try (Block block = new Block(binding, scratch, longest)) {
            if (reduced > Program.BLOCK) {
                Combiner.Pairwise sum = combiner.new Pairwise();
                for (long row = from; row < to; row++) {
                    store(output, row, combine(block, row * reduced, (row + 1) * reduced, sum));
                }
                return;
            }
            int length = (int) reduced;
            int perBlock = Program.BLOCK / length;
            for (long row = from; row < to; row += perBlock) {
                int count = (int) Math.min(perBlock, to - row);
                block.evaluate(row * reduced, count * length);
                shortRows(output, block, row, count, length);
            }
        }
    }

    private void shortRows(View output, Block block, long row, int count, int length) {
        long rowBytes = (long) length * combiner.dtype().byteSize();
        for (int i = 0; i < count; i++) {
            store(output, row + i, combiner.reduce(block.segment(0), block.offset(0) + i * rowBytes, length));
        }
    }
}
