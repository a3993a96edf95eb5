package dev.tenrec.error;

/** The backend that was asked for cannot be used here; the message lists each one tried, why, and the remedy. */
public final class BackendUnavailable extends TensorException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what was expected, what was given and what to do; see {@link Message}
     */
    public BackendUnavailable(String message) {
        super(message);
    }
}
