package dev.tenrec.ir;

/** What {@link Kernel.Scatter} does to the elements that an index names. */
public enum ScatterMode {
    /** Adds to them; several summands of one element are added in row-major order. Not for BOOL, U8, F16 and BF16. */
    ADD,
    /** Writes over them; of several values for one element the last in row-major order stays. For every type. */
    SET
}
