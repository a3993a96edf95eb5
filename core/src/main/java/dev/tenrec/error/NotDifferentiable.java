package dev.tenrec.error;

/** A gradient was asked for where none is defined, or its record was already released. */
public final class NotDifferentiable extends TensorException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what was expected, what was given and what to do; see {@link Message}
     */
    public NotDifferentiable(String message) {
        super(message);
    }
}
