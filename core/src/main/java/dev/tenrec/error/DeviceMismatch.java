package dev.tenrec.error;

/** Operands live on different devices. */
public final class DeviceMismatch extends TensorException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what was expected, what was given and what to do; see {@link Message}
     */
    public DeviceMismatch(String message) {
        super(message);
    }
}
