package dev.tenrec.engine;

/** How far a pending computation may grow before it is run. */
final class Limits {

    /** Expression nodes: beyond this a kernel runs out of registers or scratch. */
    static final int EXPRESSION_NODES = 64;

    /** Buffers read: address streams that a processor's prefetchers and a kernel's arguments can follow. */
    static final int INPUTS = 8;

    /** Outputs of one kernel. */
    static final int OUTPUTS = 4;

    /** The part of a device's memory that one pending node may keep from being released. */
    static final double PINNED_SHARE = 0.1;

    /** Kernels kept per device; a training program has a few dozen. */
    static final int CACHED_KERNELS = 1024;

    private Limits() {}
}
