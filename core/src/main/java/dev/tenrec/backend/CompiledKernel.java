package dev.tenrec.backend;

/** A kernel that a backend has prepared. May be run by several threads at once. */
@FunctionalInterface
public interface CompiledKernel {

    /**
     * Runs the kernel once.
     *
     * @param launch sizes, operands and scalars, checked by the caller
     */
    void run(Launch launch);
}
