package dev.tenrec.benchmarks.work;

/** Something the user asked for cannot be done; the message is one line that says why. */
public final class BadInput extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what is wrong and what to do, in one line
     */
    public BadInput(String message) {
        super(message);
    }
}
