package dev.tenrec.error;

/** A backend could not turn a kernel description into something it can run. */
public final class KernelCompile extends TensorException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what was expected, what was given and what to do; see {@link Message}
     */
    public KernelCompile(String message) {
        super(message);
    }

    /**
     * Creates the exception.
     *
     * @param message the kernel and what the backend reported
     * @param cause the backend's own failure
     */
    public KernelCompile(String message, Throwable cause) {
        super(message, cause);
    }
}
