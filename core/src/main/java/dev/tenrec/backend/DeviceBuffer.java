package dev.tenrec.backend;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** A piece of device memory. */
public interface DeviceBuffer extends AutoCloseable {

    /**
     * Returns the size.
     *
     * @return bytes that may be used
     */
    long byteSize();

    /**
     * Returns the memory itself, where the host can address it.
     *
     * @return a native segment of at least {@link #byteSize()} bytes, or empty
     */
    default Optional<MemorySegment> hostSegment() {
        return Optional.empty();
    }

    /** Gives the memory back to the device. Idempotent. */
    @Override
    void close();
}
