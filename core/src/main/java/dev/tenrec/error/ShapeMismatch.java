package dev.tenrec.error;

/** Sizes or ranks do not fit the operation. */
public final class ShapeMismatch extends TensorException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what was expected, what was given and what to do; see {@link Message}
     */
    public ShapeMismatch(String message) {
        super(message);
    }
}
