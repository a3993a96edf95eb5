package dev.tenrec.benchmarks.work;

/**
 * A library that is measured. Other libraries are found with {@link java.util.ServiceLoader}, one in a JVM: their
 * dependencies exclude each other.
 */
public interface Library {

    /**
     * Says what runs.
     *
     * @return version, instruction set and threads, in one line
     */
    String describe();

    /**
     * Moves operands to where the library wants them.
     *
     * @param problem what to do
     * @return the work, ready to be timed
     * @throws UnsupportedOperationException if the library has nothing for it
     */
    Task prepare(Problem problem);
}
