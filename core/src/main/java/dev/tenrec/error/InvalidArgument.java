package dev.tenrec.error;

/** An argument is outside of what the operation accepts: an axis, an index, a rate, a count. */
public final class InvalidArgument extends TensorException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what was expected, what was given and what to do; see {@link Message}
     */
    public InvalidArgument(String message) {
        super(message);
    }
}
