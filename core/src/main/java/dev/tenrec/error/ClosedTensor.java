package dev.tenrec.error;

/** A tensor was used after its scope ended or after it was closed. */
public final class ClosedTensor extends TensorException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what was expected, what was given and what to do; see {@link Message}
     */
    public ClosedTensor(String message) {
        super(message);
    }
}
