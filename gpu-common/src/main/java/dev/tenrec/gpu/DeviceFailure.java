package dev.tenrec.gpu;

/** A driver's report that a device is lost: nothing issued to it from now on can work. */
public final class DeviceFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message the call and the driver's error
     */
    public DeviceFailure(String message) {
        super(message);
    }
}
