package dev.tenrec.error;

/**
 * A device failed in a way that leaves nothing on it usable: it was reset, unplugged, or a kernel on it crashed. Its
 * backend refuses all further work with this; other devices go on.
 */
public final class DeviceLost extends TensorException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message the device, what was issued last and what to do; see {@link Message}
     * @param cause the driver's own failure
     */
    public DeviceLost(String message, Throwable cause) {
        super(message, cause);
    }
}
