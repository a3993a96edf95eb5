package dev.tenrec.memory;

import dev.tenrec.backend.DeviceBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/** A buffer of a pool with a count of its users. The last one to release it gives it back. */
public final class Storage {

    private final BufferPool pool;
    private final DeviceBuffer buffer;
    private final long bytes;
    private final AtomicInteger users = new AtomicInteger(1);

    Storage(BufferPool pool, DeviceBuffer buffer, long bytes) {
        this.pool = pool;
        this.buffer = buffer;
        this.bytes = bytes;
    }

    /**
     * Returns the memory.
     *
     * @return valid while the caller is a user
     */
    public DeviceBuffer buffer() {
        return buffer;
    }

    /**
     * Returns the size that was asked for.
     *
     * @return bytes; the buffer may be larger
     */
    public long bytes() {
        return bytes;
    }

    /**
     * Adds a user.
     *
     * @return this
     */
    public Storage retain() {
        if (users.getAndIncrement() <= 0) {
            users.decrementAndGet();
            throw new IllegalStateException("storage was given back already");
        }
        return this;
    }

    /** Removes a user. */
    public void release() {
        int left = users.decrementAndGet();
        if (left == 0) {
            pool.giveBack(this);
        } else if (left < 0) {
            throw new IllegalStateException("storage was given back already");
        }
    }

    /**
     * Returns how many users there are. One that is its only user may write.
     *
     * @return the count
     */
    public int users() {
        return users.get();
    }
}
