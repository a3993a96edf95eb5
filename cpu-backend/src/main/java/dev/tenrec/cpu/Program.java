package dev.tenrec.cpu;

import dev.tenrec.ir.Expr;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.util.List;

/**
 * Some expressions as a list of instructions on registers. A register is a place for one block of elements: an input, a
 * constant, a temporary or an output. Immutable; made by {@link ProgramBuilder}, run by {@link Block}.
 */
final class Program {
    /** Elements in a block: three or four operands fit in a first-level cache. */
    static final int BLOCK = 1024;

    /** Instructions run over multiples of this many elements, the most lanes a vector has; no loop has a tail. */
    static final int GRANULE = 16;

    /** What an instruction does. */
    enum Code {
        /** A primitive of one operand. */
        UNARY,
        /** A primitive of two operands of a numeric type. */
        BINARY,
        /** A primitive on BOOL. */
        LOGIC,
        /** A comparison of numbers. */
        COMPARE,
        /** a·b + c. */
        FMA,
        /** c where a, else b, by bytes. */
        SELECT,
        /** c where a op b, else d. */
        CHOOSE,
        /** A conversion. */
        CONVERT,
        /** A copy. */
        MOVE,
        /** The index along an axis. */
        INDEX,
        /** Several of the above as one loop. */
        LOOP
    }

    /**
     * One step.
     *
     * @param code what to do
     * @param op the primitive, where there is one
     * @param type of the operands
     * @param result type of the result
     * @param axis of INDEX
     * @param target register written
     * @param args registers read; of LOOP all it touches, each followed by the bytes an element takes there
     * @param loop what LOOP runs
     */
    record Instruction(
            Code code, ScalarOp op, DType type, DType result, int axis, int target, int[] args, FusedLoop loop) {

        /** The same on other registers. */
        Instruction on(int newTarget, int[] newArgs) {
            return new Instruction(code, op, type, result, axis, newTarget, newArgs, loop);
        }
    }

    /**
     * A value that is the same for all elements.
     *
     * @param register where it is
     * @param expr a constant or a parameter
     * @param whole whether it is read as a block; else its first element is all that is read
     */
    record Uniform(int register, Expr expr, boolean whole) {}

    /**
     * An input.
     *
     * @param type its element type
     * @param lastRead the last instruction that reads it; −1 if none
     * @param whole whether it is read as a block even where one element stands for all
     */
    record Input(DType type, int lastRead, boolean whole) {}

    /**
     * An output.
     *
     * @param type its element type
     * @param register where its values are after a run
     * @param writtenAt the instruction that writes it; −1 if it is an input or a constant
     */
    record Output(DType type, int register, int writtenAt) {}

    private final Instruction[] instructions;
    private final Input[] inputs;
    private final List<Uniform> uniforms;
    private final Output[] outputs;
    private final int registers;
    private final int weight;
    private final boolean usesIndex;
    private Tiers tiers;

    Program(
            List<Instruction> instructions,
            List<Input> inputs,
            List<Uniform> uniforms,
            List<Output> outputs,
            int registers,
            int weight) {
        this.instructions = instructions.toArray(Instruction[]::new);
        this.inputs = inputs.toArray(Input[]::new);
        this.uniforms = List.copyOf(uniforms);
        this.outputs = outputs.toArray(Output[]::new);
        this.registers = registers;
        this.weight = weight;
        this.usesIndex = instructions.stream().anyMatch(i -> i.code() == Code.INDEX);
    }

    /** Lets a faster program of the same results take over later. Called once, before the first launch. */
    void attach(Tiers faster) {
        tiers = faster;
    }

    /** Counts a launch over so many elements, and returns the program to run: this one or a faster one. */
    Program launch(long elements) {
        return tiers == null ? this : tiers.launch(elements);
    }

    /** This program for launches that are not counted. */
    Program untiered() {
        return new Program(List.of(instructions), List.of(inputs), uniforms, List.of(outputs), registers, weight);
    }

    /** Whether launches run fused loops now. */
    boolean isFused() {
        return tiers != null && tiers.isFused();
    }

    /** The steps in order; not to be changed. */
    Instruction[] instructions() {
        return instructions;
    }

    /** Number of inputs; input k is register k. */
    int inputs() {
        return inputs.length;
    }

    /** An input. */
    Input input(int input) {
        return inputs[input];
    }

    /** Whether any instruction reads an input. */
    boolean reads(int input) {
        return inputs[input].lastRead() >= 0;
    }

    /** Constants and parameters that have a register. */
    List<Uniform> uniforms() {
        return uniforms;
    }

    /** Number of outputs. */
    int outputs() {
        return outputs.length;
    }

    /** An output. */
    Output output(int output) {
        return outputs[output];
    }

    /** Type of an output. */
    DType outputType(int output) {
        return outputs[output].type();
    }

    /** Where the values of an output are after a run. */
    int outputRegister(int output) {
        return outputs[output].register();
    }

    /** Number of registers. */
    int registers() {
        return registers;
    }

    /** Number of primitives, of which each element takes all. */
    int weight() {
        return weight;
    }

    /** Whether values depend on the position. */
    boolean usesIndex() {
        return usesIndex;
    }

    /** Whether one loop does all, so that it may run over more than a block at once. */
    boolean isOneLoop() {
        return instructions.length == 1 && !usesIndex && uniforms.stream().noneMatch(Uniform::whole);
    }
}
