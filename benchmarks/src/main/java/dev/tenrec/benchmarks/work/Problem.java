package dev.tenrec.benchmarks.work;

/** Something to compute: its size, its operands and what must come out. */
public sealed interface Problem
        permits MatMul, Elementwise, Reduction, Softmax, TrainStep, CnnStep, RecurrentStep, Predict {

    /** What limits a computation at best. */
    enum Bound {
        /** Multiply-adds of all processors; counted in GFLOP. */
        ARITHMETIC,
        /** The memory's bandwidth; counted in GB. */
        MEMORY,
        /** Neither: time that passes. */
        LATENCY
    }

    /**
     * Returns how much is done in one go.
     *
     * @return an amount, in the unit of {@link #unit} times seconds
     */
    double amount();

    /**
     * Returns the unit of amounts a second.
     *
     * @return such as GFLOP/s
     */
    String unit();

    /**
     * Returns what limits the work at best.
     *
     * @return the bound
     */
    Bound bound();

    /**
     * Returns how much of what the bound counts is needed in one go: GFLOP or GB; 0 for latency.
     *
     * @return the amount
     */
    double boundAmount();

    /**
     * Returns what a run takes at most, with the Java arrays it is filled from and checked with.
     *
     * @return bytes
     * @throws ArithmeticException if that is more than a {@code long} holds
     */
    long memoryBytes();

    /**
     * Runs a task as often as is needed to see that it is right.
     *
     * @param library who does it, for the message
     * @param task this problem, prepared
     * @throws IllegalStateException if a result differs from double precision by more than rounding explains
     */
    void check(String library, Task task);
}
