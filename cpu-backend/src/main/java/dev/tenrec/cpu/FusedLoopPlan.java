package dev.tenrec.cpu;

import dev.tenrec.cpu.Program.Instruction;
import dev.tenrec.ir.Expr;
import dev.tenrec.type.DType;
import java.util.List;
import java.util.Map;

/**
 * What a {@link FusedLoop} computes. Values are numbered; each is assigned once.
 *
 * @param size bytes of the elements it works on, 4 or 8; truth values go along with either
 * @param body instructions on values, in order
 * @param inputs values read from registers
 * @param outputs values written to registers
 * @param constants values that are part of the loop
 */
record FusedLoopPlan(
        int size, List<Instruction> body, List<Place> inputs, List<Place> outputs, Map<Integer, Expr.Const> constants) {

    /**
     * A value in a register.
     *
     * @param value its number
     * @param register where it is
     * @param type its type
     * @param scalar whether the register's first element stands for all
     */
    record Place(int value, int register, DType type, boolean scalar) {}
}
