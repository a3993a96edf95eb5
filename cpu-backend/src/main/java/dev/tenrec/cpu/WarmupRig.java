package dev.tenrec.cpu;

import dev.tenrec.cpu.Binding.View;
import dev.tenrec.cpu.Program.Code;
import dev.tenrec.cpu.Program.Instruction;
import dev.tenrec.cpu.Program.Uniform;
import dev.tenrec.ir.Expr;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A program on memory of its own, to be run for the sake of running. */
final class WarmupRig implements AutoCloseable {
    private static final ScratchPool SCRATCH = new ScratchPool(2);

    private final Arena arena = Arena.ofShared();
    private final Block block;

    /** Makes operands of the program's types: one half, or one where there are no fractions. */
    WarmupRig(Program program) {
        Shape space = space(program);
        List<View> inputs = new ArrayList<>();
        for (int i = 0; i < program.inputs(); i++) {
            DType type = program.input(i).type();
            boolean whole = program.input(i).whole();
            Layout layout = whole ? Layout.dense(space) : Layout.of(space, new long[space.rank()], 0);
            inputs.add(View.of(memory(type), type, layout));
        }
        List<View> outputs = new ArrayList<>();
        for (int i = 0; i < program.outputs(); i++) {
            DType type = program.output(i).type();
            outputs.add(View.of(memory(type), type, Layout.dense(space)));
        }
        Binding binding = new Binding(program.untiered(), space, inputs, outputs, params(program));
        this.block = new Block(binding, SCRATCH, Program.BLOCK);
    }

    private static Shape space(Program program) {
        int rank = 1;
        for (Instruction instruction : program.instructions()) {
            rank = instruction.code() == Code.INDEX ? Math.max(rank, instruction.axis() + 1) : rank;
        }
        long[] sizes = new long[rank];
        Arrays.fill(sizes, 1);
        sizes[rank - 1] = Program.BLOCK;
        return Shape.of(sizes);
    }

    private MemorySegment memory(DType type) {
        MemorySegment segment = arena.allocate((long) Program.BLOCK * Long.BYTES, 64);
        Elements.fill(type.byteSize(), segment, 0, Elements.bits(type, value(type)), Program.BLOCK);
        return segment;
    }

    private static long value(DType type) {
        return type.isFloating() ? Double.doubleToRawLongBits(0.5) : 1;
    }

    private static long[] params(Program program) {
        int count = 0;
        for (Uniform uniform : program.uniforms()) {
            count = uniform.expr() instanceof Expr.Param param ? Math.max(count, param.index() + 1) : count;
        }
        long[] params = new long[count];
        for (Uniform uniform : program.uniforms()) {
            if (uniform.expr() instanceof Expr.Param param) {
                params[param.index()] = value(param.dtype());
            }
        }
        return params;
    }

    /** Nanoseconds that some runs over n elements take. */
    long time(int n, int runs) {
        long start = System.nanoTime();
        for (int i = 0; i < runs; i++) {
            block.evaluate(0, n);
        }
        return System.nanoTime() - start;
    }

    @Override
    public void close() {
        block.close();
        arena.close();
    }
}
