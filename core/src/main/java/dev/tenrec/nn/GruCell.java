package dev.tenrec.nn;

import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.RecurrentCell;
import dev.tenrec.type.DType;

/** One step of {@link Gru}, with weights of its own; see {@link StepCell}. */
public final class GruCell extends StepCell {

    /**
     * Makes a cell of F32 that starts from the process's stream of keys; see {@link Module}.
     *
     * @param in size of an input
     * @param units size of the state
     * @throws dev.tenrec.error.InvalidArgument if a size is below 1
     */
    public GruCell(long in, long units) {
        this(in, units, DType.F32, null);
    }

    /**
     * Makes a cell.
     *
     * @param in size of an input
     * @param units size of the state
     * @param dtype F32 or F64
     * @param key where its first values come from; null for the process's stream
     * @throws dev.tenrec.error.InvalidArgument if a size is below 1
     */
    public GruCell(long in, long units, DType dtype, RandomKey key) {
        super("GruCell", RecurrentCell.GRU, in, units, dtype, key);
    }
}
