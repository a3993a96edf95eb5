package dev.tenrec.error;

/**
 * A device has no room for a buffer, even after its cache was released. The state stays usable: catch it, shrink the
 * batch, go on.
 */
public final class OutOfDeviceMemory extends TensorException {

    private static final long serialVersionUID = 1L;

    /** Bytes that were asked for. */
    private final long requestedBytes;

    /**
     * Creates the exception.
     *
     * @param message requested, live, cached and limit in bytes, the largest holders, and what to do
     * @param requestedBytes the size in bytes that could not be allocated
     */
    public OutOfDeviceMemory(String message, long requestedBytes) {
        super(message);
        this.requestedBytes = requestedBytes;
    }

    /**
     * Returns the size that could not be allocated.
     *
     * @return bytes
     */
    public long requestedBytes() {
        return requestedBytes;
    }
}
