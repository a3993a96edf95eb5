package dev.tenrec.cpu;

import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Expr;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/** A program together with the memory of one launch. Shared by the threads that run it; immutable. */
final class Binding {

    /** How a register gets its input. */
    enum Access {
        /** Read where it lies. */
        DENSE,
        /** One element for all. */
        UNIFORM,
        /** Gathered block by block. */
        WALKED
    }

    /** One operand. The walker is there unless the operand is dense. */
    record View(MemorySegment segment, int size, long base, Access access, Walker walker) {
        static View of(Operand operand) {
            return of(memory(operand), operand.dtype(), operand.layout());
        }

        /** The views of operands, in order. */
        static List<View> all(List<Operand> operands) {
            View[] views = new View[operands.size()];
            for (int i = 0; i < views.length; i++) {
                views[i] = of(operands.get(i));
            }
            return Arrays.asList(views);
        }

        static View of(MemorySegment segment, DType dtype, Layout layout) {
            int size = dtype.byteSize();
            Access access = layout.isContiguous() ? Access.DENSE : layout.isScalar() ? Access.UNIFORM : Access.WALKED;
            Walker walker = access == Access.DENSE ? null : new Walker(segment, size, layout);
            return new View(segment, size, layout.offset() * size, access, walker);
        }
    }

    private final Program program;
    private final Shape space;
    private final View[] inputs;
    private final View[] outputs;
    private final boolean[] inPlace;
    private final long[] params;
    private final boolean streams;

    /**
     * Binds.
     *
     * @param program what to run
     * @param space the iteration space
     * @param inputs one view per input, over the space
     * @param outputs one view per output, over the space; or none, then results stay in registers
     * @param params run-time scalars
     */
    Binding(Program program, Shape space, List<View> inputs, List<View> outputs, long[] params) {
        this.program = program.launch(space.elementCount());
        this.space = space;
        this.inputs = inputs.toArray(View[]::new);
        this.outputs = outputs.toArray(View[]::new);
        this.params = params;
        this.inPlace = new boolean[this.outputs.length];
        for (int i = 0; i < inPlace.length; i++) {
            inPlace[i] = this.outputs[i].access() == Access.DENSE && !isReadLater(i);
        }
        this.streams = isStream();
    }

    /** Whether one loop may run from the inputs' memory to the outputs' without cutting it into blocks. */
    private boolean isStream() {
        boolean result = program.isOneLoop() && outputs.length > 0;
        for (int i = 0; i < inputs.length; i++) {
            boolean inMemory = inputs[i].access() == Access.DENSE
                    || inputs[i].access() == Access.UNIFORM && !program.input(i).whole();
            result &= inMemory || !program.reads(i);
        }
        for (boolean direct : inPlace) {
            result &= direct;
        }
        return result;
    }

    /** The memory of an operand. */
    static MemorySegment memory(Operand operand) {
        if (operand.buffer() instanceof CpuBuffer buffer) {
            return buffer.segment();
        }
        return operand.buffer()
                .hostSegment()
                .orElseThrow(
                        () -> new IllegalArgumentException("a kernel of the CPU was given another device's buffer"));
    }

    /** Whether some input lies where an output does and is read after the output is written. */
    private boolean isReadLater(int output) {
        MemorySegment memory = outputs[output].segment();
        for (int i = 0; i < inputs.length; i++) {
            boolean later = program.input(i).lastRead() > program.output(output).writtenAt();
            if (later && memory.asOverlappingSlice(inputs[i].segment()).isPresent()) {
                return true;
            }
        }
        return false;
    }

    Program program() {
        return program;
    }

    Shape space() {
        return space;
    }

    View input(int input) {
        return inputs[input];
    }

    View output(int output) {
        return outputs[output];
    }

    int outputs() {
        return outputs.length;
    }

    /** Whether an output's register may be the output's memory. */
    boolean isInPlace(int output) {
        return inPlace[output];
    }

    /** Whether ranges of any length may be evaluated at once. */
    boolean streams() {
        return streams;
    }

    /** The bits in memory of a constant or parameter. */
    long bits(Expr expr) {
        return Elements.bits(
                expr.dtype(), expr instanceof Expr.Param param ? params[param.index()] : ((Expr.Const) expr).bits());
    }
}
