package dev.tenrec.cpu;

/** Some instructions as one loop over vectors; implemented by hidden classes that {@link FusedLoopWriter} makes. */
interface FusedLoop {
    /**
     * Evaluates. Addresses are not checked any more: in a loop that reads segments, half of the instructions check.
     *
     * @param addresses where each register lies
     * @param n how many elements, a multiple of {@link Program#GRANULE}
     */
    void run(long[] addresses, int n);
}
