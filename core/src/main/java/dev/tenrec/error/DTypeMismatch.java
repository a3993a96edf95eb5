package dev.tenrec.error;

/** An element type does not fit the operation, or two operands differ in theirs. */
public final class DTypeMismatch extends TensorException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what was expected, what was given and what to do; see {@link Message}
     */
    public DTypeMismatch(String message) {
        super(message);
    }
}
