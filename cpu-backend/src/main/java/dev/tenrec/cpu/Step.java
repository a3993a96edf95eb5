package dev.tenrec.cpu;

import dev.tenrec.cpu.Program.Instruction;
import java.util.List;

/** Part of a program before values have registers. */
sealed interface Step {

    /** Values read. */
    int[] reads();

    /** Values written that others read. */
    int[] writes();

    /**
     * An instruction with a loop of its own.
     *
     * @param instruction on values
     */
    record One(Instruction instruction) implements Step {
        @Override
        public int[] reads() {
            return instruction.args();
        }

        @Override
        public int[] writes() {
            return new int[] {instruction.target()};
        }
    }

    /**
     * Instructions that share a loop.
     *
     * @param size bytes of their elements
     * @param body on values, in order
     * @param reads values from before, constants and parameters included
     * @param writes values that others read
     */
    record Group(int size, List<Instruction> body, int[] reads, int[] writes) implements Step {}
}
