package dev.tenrec.ir;

import dev.tenrec.type.DType;

/** How a reduction combines elements. */
public enum ReduceOp {
    /** Sum; 0 for no elements. */
    SUM,
    /** Product; 1 for no elements. */
    PROD,
    /** Largest; NaN if any is NaN. On BOOL: any. */
    MAX,
    /** Smallest; NaN if any is NaN. On BOOL: all. */
    MIN,
    /** Row-major position of the first largest element among those reduced; a NaN counts as largest. */
    ARGMAX,
    /** Row-major position of the first smallest element among those reduced; a NaN counts as smallest. */
    ARGMIN;

    /**
     * Says whether the result is a position.
     *
     * @return true for ARGMAX and ARGMIN
     */
    public boolean isIndex() {
        return this == ARGMAX || this == ARGMIN;
    }

    /**
     * Returns the result's type.
     *
     * @param operand the type of what is reduced
     * @return I64 for positions, the operand's type otherwise
     */
    public DType resultType(DType operand) {
        return isIndex() ? DType.I64 : operand;
    }
}
