package dev.tenrec.gpu;

/** A driver's report that a program cannot be built. */
public final class BuildFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param log what the driver's compiler says
     */
    public BuildFailure(String log) {
        super(log);
    }
}
