package dev.tenrec.memory;

import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.memory.BufferPool.Slot;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/** A buffer of a pool with a count of its users. The last one to release it gives it back. */
public final class Storage {

    // One is made for every result; an updater saves it an object of its own.
    private static final AtomicIntegerFieldUpdater<Storage> USERS =
            AtomicIntegerFieldUpdater.newUpdater(Storage.class, "users");

    private final BufferPool pool;
    private final Slot slot;
    private final long bytes;
    private volatile int users = 1;

    Storage(BufferPool pool, Slot slot, long bytes) {
        this.pool = pool;
        this.slot = slot;
        this.bytes = bytes;
    }

    /**
     * Returns the memory.
     *
     * @return valid while the caller is a user
     */
    public DeviceBuffer buffer() {
        return slot.buffer();
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
        if (USERS.getAndIncrement(this) <= 0) {
            USERS.decrementAndGet(this);
            throw new IllegalStateException("storage was given back already");
        }
        return this;
    }

    /** Removes a user. */
    public void release() {
        int left = USERS.decrementAndGet(this);
        if (left == 0) {
            pool.giveBack(slot, bytes);
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
        return users;
    }
}
