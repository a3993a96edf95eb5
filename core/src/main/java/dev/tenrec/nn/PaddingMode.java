package dev.tenrec.nn;

/** What a convolution reads beyond the edges of its input. */
public enum PaddingMode {
    /** Zeros. */
    ZEROS,
    /** The input mirrored at its first and last element, which are not repeated. */
    REFLECT,
    /** The first and the last element over and over. */
    REPLICATE,
    /** The input from its other end. */
    CIRCULAR
}
