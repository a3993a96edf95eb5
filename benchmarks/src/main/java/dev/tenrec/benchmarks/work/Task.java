package dev.tenrec.benchmarks.work;

/** Work that a library has been prepared for: operands are where it wants them. */
public interface Task extends AutoCloseable {

    /** Does the work once and returns when it is done, whether or not the library is lazy or asynchronous. */
    void run();

    /**
     * Returns what the last {@link #run} came to, in row-major order.
     *
     * @return a copy
     */
    float[] result();

    /** Frees the operands. */
    @Override
    void close();
}
