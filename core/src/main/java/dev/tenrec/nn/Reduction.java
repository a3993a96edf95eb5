package dev.tenrec.nn;

/** What a loss makes of the losses of the single examples or elements. */
public enum Reduction {
    /** Their mean; weighted, if there are weights. NaN if there are none. */
    MEAN,
    /** Their sum. */
    SUM,
    /** Each for itself. */
    NONE
}
