package dev.tenrec.cpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.cpu.Binding.View;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Runs {@link dev.tenrec.ir.Kernel.Moments}: pieces that fit a first-level cache are read twice, memory once. In a piece
 * all is relative to its first element, so that a large mean costs no digits; pieces combine in F64 as Chan, Golub and
 * LeVeque describe (The American Statistician 37, 1983), in an order that depends on their number alone.
 */
final class MomentsKernel implements CompiledKernel {
    /** Elements of a piece. */
    private static final int PIECE = 1024;

    /** Pieces that one task combines. */
    private static final long CHUNK = 64;

    /** Adjacent kept elements that are brought into dense pieces together. */
    private static final int TILE = 16;

    private final DType dtype;
    private final int size;
    private final Lines lines;
    private final Workers workers;
    private final ScratchPool scratch;

    MomentsKernel(DType dtype, Workers workers, ScratchPool scratch) {
        this.dtype = dtype;
        this.size = dtype.byteSize();
        this.lines = Lines.of(dtype);
        this.workers = workers;
        this.scratch = scratch;
    }

    /** Number, mean and sum of squared deviations of the elements so far, in pairs of equally many pieces. */
    private static final class State {
        private final double[] stack = new double[3 * Long.SIZE];
        private int depth;
        private long pieces;

        void add(double count, double mean, double squares) {
            push(count, mean, squares);
            for (long bits = pieces++; (bits & 1) != 0; bits >>>= 1) {
                merge();
            }
        }

        private void push(double count, double mean, double squares) {
            stack[3 * depth] = count;
            stack[3 * depth + 1] = mean;
            stack[3 * depth + 2] = squares;
            depth++;
        }

        private void merge() {
            int b = 3 * --depth;
            int a = b - 3;
            double count = stack[a] + stack[b];
            double delta = stack[b + 1] - stack[a + 1];
            // Not mean + delta·share: infinite means would become NaN.
            double mean = stack[a + 1] * (stack[a] / count) + stack[b + 1] * (stack[b] / count);
            stack[a + 2] += stack[b + 2] + delta * delta * (stack[a] * stack[b] / count);
            stack[a] = count;
            stack[a + 1] = mean;
        }

        /** Combines all into the first entry of the stack. */
        double[] total() {
            while (depth > 1) {
                merge();
            }
            return stack;
        }

        void clear() {
            depth = 0;
            pieces = 0;
        }
    }

    @Override
    public void run(Launch launch) {
        Operand operand = launch.inputs().get(0);
        int keptRank = launch.keptRank();
        Axes kept = Axes.of(operand.layout(), 0, keptRank, size);
        Axes reduced = Axes.of(operand.layout(), keptRank, launch.space().rank(), size);
        View means = View.of(launch.outputs().get(0));
        View squares = View.of(launch.outputs().get(1));
        if (kept.count() == 0) {
            return;
        }
        if (reduced.count() == 0) {
            for (long k = 0; k < kept.count(); k++) {
                store(means, k, Double.NaN);
                store(squares, k, 0);
            }
            return;
        }
        Source source =
                new Source(Binding.memory(operand), operand.layout().offset() * size, kept, reduced, means, squares);
        if (reduced.lastStride() == size && (reduced.sizes().length == 1 || reduced.lastSize() >= TILE)) {
            source.alongMemory();
        } else {
            source.acrossMemory();
        }
    }

    private void store(View view, long at, double value) {
        Elements.setValue(dtype, view.segment(), view.base() + at * size, Double.doubleToRawLongBits(value));
    }

    private double real(MemorySegment memory, long at) {
        return Double.longBitsToDouble(Elements.value(dtype, memory, at));
    }

    /** What elements are taken relative to; infinities would make all of them NaN. */
    private double origin(MemorySegment memory, long at) {
        double first = real(memory, at);
        return Double.isFinite(first) ? first : 0;
    }

    /** Adds a dense piece of n elements, relative to the first one reduced. */
    private void piece(MemorySegment memory, long at, int n, double first, State state) {
        int whole = n & -Program.GRANULE;
        double sum = lines.sum(memory, at, first, whole);
        for (int i = whole; i < n; i++) {
            sum += real(memory, at + (long) i * size) - first;
        }
        // Rounded, so that the vectors' subtrahend is this very number.
        double offset = dtype == DType.F32 ? (float) (sum / n) : sum / n;
        double squares = lines.squares(memory, at, first, offset, whole);
        for (int i = whole; i < n; i++) {
            double x = real(memory, at + (long) i * size) - first - offset;
            squares += x * x;
        }
        state.add(n, offset, squares);
    }

    private final class Source {
        private final MemorySegment memory;
        private final long base;
        private final Axes kept;
        private final Axes reduced;
        private final View means;
        private final View squares;

        Source(MemorySegment memory, long base, Axes kept, Axes reduced, View means, View squares) {
            this.memory = memory;
            this.base = base;
            this.kept = kept;
            this.reduced = reduced;
            this.means = means;
            this.squares = squares;
        }

        private void finish(long k, double first, State state) {
            double[] total = state.total();
            store(means, k, first + total[1]);
            store(squares, k, total[2]);
            state.clear();
        }

        /** Pieces of runs, read where they lie. */
        void alongMemory() {
            Axes outer = reduced.withoutLast();
            long length = reduced.lastSize();
            long perRun = Math.ceilDiv(length, PIECE);
            long pieces = outer.count() * perRun;
            if (pieces > CHUNK) {
                long chunks = Math.ceilDiv(pieces, CHUNK);
                State[] states = new State[Math.toIntExact(kept.count() * chunks)];
                workers.parallel(states.length, task -> {
                    State state = new State();
                    long from = task % chunks * CHUNK;
                    long start = base + kept.offset(task / chunks);
                    run(start, outer, length, perRun, from, Math.min(pieces, from + CHUNK), state);
                    state.total();
                    states[task] = state;
                });
                State all = new State();
                for (long k = 0; k < kept.count(); k++) {
                    for (long c = 0; c < chunks; c++) {
                        double[] part = states[(int) (k * chunks + c)].stack;
                        all.add(part[0], part[1], part[2]);
                    }
                    finish(k, origin(memory, base + kept.offset(k)), all);
                }
                return;
            }
            SoftmaxKernel.parallel(workers, kept.count(), reduced.count(), (from, to) -> {
                State state = new State();
                for (long k = from; k < to; k++) {
                    long start = base + kept.offset(k);
                    run(start, outer, length, perRun, 0, pieces, state);
                    finish(k, origin(memory, start), state);
                }
            });
        }

        private void run(long start, Axes outer, long length, long perRun, long from, long to, State state) {
            double first = origin(memory, start);
            for (long p = from; p < to; p++) {
                long within = p % perRun * PIECE;
                long at = start + outer.offset(p / perRun) + within * size;
                piece(memory, at, (int) Math.min(PIECE, length - within), first, state);
            }
        }

        /** Some adjacent kept elements at a time, brought into dense pieces. */
        void acrossMemory() {
            Axes outer = kept.withoutLast();
            long columns = kept.lastSize();
            long tiles = Math.ceilDiv(columns, TILE);
            long work = reduced.count() * Math.min(columns, TILE);
            SoftmaxKernel.parallel(workers, outer.count() * tiles, work, (from, to) -> {
                long room = (PIECE + Program.GRANULE) * (long) size;
                MemorySegment dense = scratch.acquire(TILE * room);
                State[] states = new State[TILE];
                Arrays.setAll(states, _ -> new State());
                for (long tile = from; tile < to; tile++) {
                    long column = tile % tiles * TILE;
                    int width = (int) Math.min(TILE, columns - column);
                    long start = base + outer.offset(tile / tiles) + column * kept.lastStride();
                    tile(start, width, dense, room, states);
                    for (int i = 0; i < width; i++) {
                        double first = origin(memory, start + i * kept.lastStride());
                        finish(tile / tiles * columns + column + i, first, states[i]);
                    }
                }
                scratch.release(dense);
            });
        }

        private void tile(long start, int width, MemorySegment dense, long room, State[] states) {
            for (long row = 0; row < reduced.count(); row += PIECE) {
                int n = (int) Math.min(PIECE, reduced.count() - row);
                for (int i = 0; i < n; i++) {
                    long at = start + reduced.offset(row + i);
                    Elements.copy(size, memory, at, kept.lastStride(), dense, (long) i * size, room, width);
                }
                for (int i = 0; i < width; i++) {
                    piece(dense, i * room, n, origin(memory, start + i * kept.lastStride()), states[i]);
                }
            }
        }
    }
}
