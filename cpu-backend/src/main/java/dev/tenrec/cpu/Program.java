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
        INDEX
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
     * @param args registers read
     */
    record Instruction(Code code, ScalarOp op, DType type, DType result, int axis, int target, int[] args) {}

    /**
     * A value that is the same for all elements.
     *
     * @param register where it is
     * @param expr a constant or a parameter
     */
    record Uniform(int register, Expr expr) {}

    private final Instruction[] instructions;
    private final DType[] inputTypes;
    private final int[] lastRead;
    private final List<Uniform> uniforms;
    private final DType[] outputTypes;
    private final int[] outputRegisters;
    private final int[] writtenAt;
    private final int registers;
    private final boolean usesIndex;

    Program(
            List<Instruction> instructions,
            DType[] inputTypes,
            int[] lastRead,
            List<Uniform> uniforms,
            DType[] outputTypes,
            int[] outputRegisters,
            int[] writtenAt,
            int registers) {
        this.instructions = instructions.toArray(Instruction[]::new);
        this.inputTypes = inputTypes;
        this.lastRead = lastRead;
        this.uniforms = List.copyOf(uniforms);
        this.outputTypes = outputTypes;
        this.outputRegisters = outputRegisters;
        this.writtenAt = writtenAt;
        this.registers = registers;
        this.usesIndex = instructions.stream().anyMatch(i -> i.code() == Code.INDEX);
    }

    /** The steps in order; not to be changed. */
    Instruction[] instructions() {
        return instructions;
    }

    /** Number of inputs; input k is register k. */
    int inputs() {
        return inputTypes.length;
    }

    /** Type of an input. */
    DType inputType(int input) {
        return inputTypes[input];
    }

    /** Whether any instruction reads an input. */
    boolean reads(int input) {
        return lastRead[input] >= 0;
    }

    /** The last instruction that reads an input; −1 if none. */
    int lastRead(int input) {
        return lastRead[input];
    }

    /** Constants and parameters. */
    List<Uniform> uniforms() {
        return uniforms;
    }

    /** Number of outputs. */
    int outputs() {
        return outputTypes.length;
    }

    /** Type of an output. */
    DType outputType(int output) {
        return outputTypes[output];
    }

    /** Where the values of an output are after a run. */
    int outputRegister(int output) {
        return outputRegisters[output];
    }

    /** The instruction that writes an output; −1 if it is an input or a constant. */
    int writtenAt(int output) {
        return writtenAt[output];
    }

    /** Number of registers. */
    int registers() {
        return registers;
    }

    /** Whether values depend on the position. */
    boolean usesIndex() {
        return usesIndex;
    }
}
