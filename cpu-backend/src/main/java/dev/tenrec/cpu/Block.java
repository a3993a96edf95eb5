package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tenrec.cpu.Binding.Access;
import dev.tenrec.cpu.Binding.View;
import dev.tenrec.cpu.Program.Instruction;
import dev.tenrec.cpu.Program.Uniform;
import dev.tenrec.ir.Expr;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Objects;

/**
 * Evaluates a program block by block on one thread. Registers are native memory: dense inputs and outputs where they
 * lie, everything else in scratch memory that stays in the first-level cache.
 */
final class Block implements AutoCloseable {
    // Not a power of two, so that registers do not compete for the same sets of the cache.
    private static final long REGISTER_BYTES = Program.BLOCK * 8L + 192;

    /** Elements of one pass of a loop that needs no blocks; so many that starting it costs nothing. */
    private static final int STREAM = 1 << 20;

    private final Binding binding;
    private final Program program;
    private final ScratchPool pool;
    private final MemorySegment scratch;
    private final MemorySegment[] segments;
    private final long[] offsets;
    private final long[] addresses;
    private final long[] phases;
    private final int[] lengths;
    private final int slack;

    /**
     * Prepares evaluation.
     *
     * @param binding program and memory
     * @param pool where scratch memory comes from
     * @param longest most elements of a block that will be evaluated; at most {@link Program#BLOCK}
     */
    Block(Binding binding, ScratchPool pool, long longest) {
        this(binding, pool, longest, 0);
    }

    /** The same; values may be read {@code slack} elements beyond the end of a padded block, up to one granule. */
    Block(Binding binding, ScratchPool pool, long longest, int slack) {
        this.slack = slack;
        this.binding = binding;
        this.program = binding.program();
        this.pool = pool;
        this.scratch = pool.acquire(program.registers() * REGISTER_BYTES);
        this.segments = new MemorySegment[program.registers()];
        this.offsets = new long[program.registers()];
        this.addresses = new long[program.registers()];
        Arrays.fill(segments, scratch);
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = home(i);
        }
        this.phases = new long[program.inputs()];
        this.lengths = new int[program.inputs()];
        int n = padded((int) Math.min(longest, Program.BLOCK));
        for (Uniform uniform : program.uniforms()) {
            Expr expr = uniform.expr();
            int copies = uniform.whole() ? n : 1;
            Elements.fill(expr.dtype().byteSize(), scratch, home(uniform.register()), binding.bits(expr), copies);
        }
        for (int i = 0; i < program.inputs(); i++) {
            if (program.reads(i) && binding.input(i).access() == Access.UNIFORM) {
                int copies = program.input(i).whole() ? n : 1;
                binding.input(i).walker().gather(0, copies, scratch, home(i));
            }
        }
    }

    private static long home(int register) {
        return register * REGISTER_BYTES;
    }

    private static int padded(int n) {
        return n + Program.GRANULE - 1 & -Program.GRANULE;
    }

    /** Gives the scratch memory back. */
    @Override
    public void close() {
        pool.release(scratch);
    }

    /**
     * Evaluates some elements and writes the outputs, if the binding has any.
     *
     * @param position the first, counted row-major in the space
     * @param n how many, 1 to {@link Program#BLOCK}; more if the binding streams and no granule is cut
     */
    void evaluate(long position, int n) {
        int count = padded(n);
        for (int i = 0; i < program.inputs(); i++) {
            if (program.reads(i)) {
                load(i, position, n, count);
            }
        }
        for (int i = 0; i < binding.outputs(); i++) {
            place(i, position, n == count);
        }
        for (Instruction instruction : program.instructions()) {
            execute(instruction, position, count);
        }
        for (int i = 0; i < binding.outputs(); i++) {
            writeBack(i, position, n);
        }
    }

    /** Evaluates a range of any length, the blocks cut at multiples of {@link Program#BLOCK} from its start. */
    void evaluateRange(long start, long end) {
        long position = start;
        if (binding.streams()) {
            while (end - position >= Program.GRANULE) {
                int n = (int) Math.min(STREAM, end - position & -Program.GRANULE);
                evaluate(position, n);
                position += n;
            }
        }
        for (; position < end; position += Program.BLOCK) {
            evaluate(position, (int) Math.min(Program.BLOCK, end - position));
        }
    }

    /** Where an output's values are after {@link #evaluate}, if the binding has no outputs. */
    MemorySegment segment(int output) {
        return segments[program.outputRegister(output)];
    }

    /** Byte offset of an output's values in {@link #segment}. */
    long offset(int output) {
        return offsets[program.outputRegister(output)];
    }

    private void load(int input, long position, int n, int count) {
        View view = binding.input(input);
        switch (view.access()) {
            case UNIFORM -> {}
            case DENSE -> {
                long at = view.base() + position * view.size();
                if (at + (long) (count + slack) * view.size() <= view.segment().byteSize()) {
                    segments[input] = view.segment();
                    offsets[input] = at;
                } else {
                    // The padding of the last block would lie beyond the buffer.
                    segments[input] = scratch;
                    offsets[input] = home(input);
                    MemorySegment.copy(view.segment(), at, scratch, home(input), (long) n * view.size());
                }
            }
            case WALKED -> gather(input, view.walker(), position, n);
        }
    }

    private void gather(int input, Walker walker, long position, int n) {
        long period = walker.period();
        if (period == 0) {
            walker.gather(position, n, scratch, home(input));
            return;
        }
        // A bias whose length divides the block's is the same in every block.
        long phase = position % period;
        if (lengths[input] < n || phases[input] != phase) {
            walker.gather(position, n, scratch, home(input));
            phases[input] = phase;
            lengths[input] = n;
        }
    }

    private void place(int output, long position, boolean full) {
        int register = program.outputRegister(output);
        View view = binding.output(output);
        if (full && binding.isInPlace(output)) {
            segments[register] = view.segment();
            offsets[register] = view.base() + position * view.size();
        } else {
            segments[register] = scratch;
            offsets[register] = home(register);
        }
    }

    private void writeBack(int output, long position, int n) {
        int register = program.outputRegister(output);
        if (segments[register] != scratch) {
            return;
        }
        View view = binding.output(output);
        if (view.access() == Access.DENSE) {
            long at = view.base() + position * view.size();
            MemorySegment.copy(scratch, offsets[register], view.segment(), at, (long) n * view.size());
        } else {
            view.walker().scatter(position, n, scratch, offsets[register]);
        }
    }

    private void execute(Instruction i, long position, int n) {
        Primitives p = Primitives.INSTANCE;
        int[] args = i.args();
        int a = args.length > 0 ? args[0] : 0;
        int b = args.length > 1 ? args[1] : a;
        int r = i.target();
        MemorySegment[] s = segments;
        long[] o = offsets;
        switch (i.code()) {
            case UNARY -> p.unary(i.op(), i.type(), s[a], o[a], s[r], o[r], n);
            case BINARY -> p.binary(i.op(), i.type(), s[a], o[a], s[b], o[b], s[r], o[r], n);
            case COMPARE -> p.compare(i.op(), i.type(), s[a], o[a], s[b], o[b], s[r], o[r], n);
            case LOGIC -> BoolBytes.logic(i.op(), s[a], o[a], s[b], o[b], s[r], o[r], n);
            case CONVERT -> p.convert(i.type(), i.result(), s[a], o[a], s[r], o[r], n);
            case MOVE ->
                MemorySegment.copy(s[a], o[a], s[r], o[r], (long) n * i.type().byteSize());
            case FMA -> p.fma(i.type(), s[a], o[a], s[b], o[b], s[args[2]], o[args[2]], s[r], o[r], n);
            case SELECT -> select(i, n);
            case CHOOSE -> choose(i, n);
            case INDEX -> index(i.axis(), r, position, n);
            case LOOP -> loop(i, n);
        }
    }

    /** Checks what a loop reads and writes, for it does not. */
    private void loop(Instruction i, int n) {
        int[] places = i.args();
        for (int k = 0; k < places.length; k += 2) {
            int register = places[k];
            MemorySegment segment = segments[register];
            Objects.checkFromIndexSize(offsets[register], Math.max(1, (long) n * places[k + 1]), segment.byteSize());
            addresses[register] = segment.address() + offsets[register];
        }
        i.loop().run(addresses, n);
        Reference.reachabilityFence(segments);
        Reference.reachabilityFence(binding);
    }

    private void select(Instruction i, int n) {
        int m = i.args()[0];
        int a = i.args()[1];
        int b = i.args()[2];
        int r = i.target();
        int size = i.type().byteSize();
        MemorySegment[] s = segments;
        long[] o = offsets;
        Primitives.INSTANCE.select(size, s[m], o[m], s[a], o[a], s[b], o[b], s[r], o[r], n);
    }

    private void choose(Instruction i, int n) {
        int a = i.args()[0];
        int b = i.args()[1];
        int c = i.args()[2];
        int d = i.args()[3];
        int r = i.target();
        MemorySegment[] s = segments;
        long[] o = offsets;
        Primitives.INSTANCE.choose(i.op(), i.type(), s[a], o[a], s[b], o[b], s[c], o[c], s[d], o[d], s[r], o[r], n);
    }

    private void index(int axis, int register, long position, int n) {
        long inner = 1;
        long size = Long.MAX_VALUE;
        if (axis != Expr.Index.FLAT) {
            size = binding.space().size(axis);
            for (int i = axis + 1; i < binding.space().rank(); i++) {
                inner *= binding.space().size(i);
            }
        }
        MemorySegment target = segments[register];
        long at = offsets[register];
        if (inner == 1) {
            count(target, at, position % size, size, n);
        } else {
            repeat(target, at, position / inner % size, inner - position % inner, inner, size, n);
        }
    }

    private static void count(MemorySegment target, long at, long start, long size, int n) {
        long value = start;
        for (int i = 0; i < n; i++) {
            target.set(JAVA_LONG_UNALIGNED, at + (long) i * Long.BYTES, value);
            value = value + 1 == size ? 0 : value + 1;
        }
    }

    private static void repeat(MemorySegment target, long at, long start, long firstRun, long run, long size, int n) {
        long value = start;
        long left = firstRun;
        for (int i = 0; i < n; i++) {
            target.set(JAVA_LONG_UNALIGNED, at + (long) i * Long.BYTES, value);
            if (--left == 0) {
                left = run;
                value = value + 1 == size ? 0 : value + 1;
            }
        }
    }
}
