package dev.tenrec.memory;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.OutOfDeviceMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The memory of one device. Buffers that were given back are kept, and reused best fit for requests of at least half
 * their size, or all but two pages of it; the least recently used are released to stay within the limit.
 */
public final class BufferPool {

    private static final long ALIGNMENT = 64;
    private static final long SLACK = 2 * 4096;
    private static final int HOLDERS_NAMED = 5;

    /** The buffers of one size. */
    private static final class Shelf {
        private final long size;
        /** How many are in use. */
        private int used;

        /** The cached one that was given back last; the others follow by age. */
        private Slot youngest;

        Shelf(long size) {
            this.size = size;
        }
    }

    /** A buffer, and its neighbours while it is cached. Lives as long as the buffer: using it again makes no garbage. */
    static final class Slot {
        private final DeviceBuffer buffer;
        private final Shelf shelf;
        private Slot olderOfSize;
        private Slot youngerOfSize;
        private Slot last = this;
        private Slot next = this;

        private Slot(DeviceBuffer buffer, Shelf shelf) {
            this.buffer = buffer;
            this.shelf = shelf;
        }

        DeviceBuffer buffer() {
            return buffer;
        }
    }

    private final Backend backend;

    /** The sizes of all buffers, ascending, each with its shelf; the first {@link #shelfCount} count. */
    private long[] sizes = new long[16];

    private Shelf[] shelves = new Shelf[16];
    private int shelfCount;

    /** The cached slots by age: the end of a ring, whose next is the oldest and whose last is the youngest. */
    private final Slot byAge = new Slot(null, null);

    private volatile long limit;
    /** What was asked for, rounded up to the alignment. */
    private long live;

    /** What the buffers of it take: one that is used again may be larger than asked for. */
    private long taken;

    private long peak;
    private long cached;
    private long requests;
    private long deviceAllocations;

    /**
     * Creates the pool of a device.
     *
     * @param backend the device
     * @param limit the most bytes that live and cached buffers may take together
     */
    public BufferPool(Backend backend, long limit) {
        this.backend = backend;
        this.limit = limit;
    }

    /**
     * Gets memory of unspecified content.
     *
     * @param bytes the size, 0 or more
     * @return a storage with one user
     * @throws OutOfDeviceMemory if there is no room even after the cache was released
     */
    public Storage allocate(long bytes) {
        if (bytes > Long.MAX_VALUE / 2) {
            // Rounding it up or doubling it would overflow, and no device has as much.
            throw outOfMemory(bytes);
        }
        long size = rounded(bytes);
        Slot slot = take(size);
        if (slot == null) {
            // Tensors made outside of any scope wait for the garbage collector; this is the one place that asks for it.
            releaseCache();
            UnscopedTensors.collect();
            slot = take(size);
        }
        if (slot == null) {
            throw outOfMemory(bytes);
        }
        return new Storage(this, slot, bytes);
    }

    private static long rounded(long bytes) {
        return Math.max(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    }

    private synchronized Slot take(long size) {
        long most = Math.min(2 * size, size + SLACK);
        Slot slot = bestFit(size, most);
        if (slot != null) {
            forget(slot);
        } else {
            while (cached > limit - taken - size && byAge.next != byAge) {
                close(byAge.next);
            }
            if (taken > limit - size) {
                return null;
            }
            DeviceBuffer buffer;
            try {
                buffer = backend.allocate(size);
            } catch (OutOfDeviceMemory e) {
                return null;
            }
            deviceAllocations++;
            slot = new Slot(buffer, shelf(buffer.byteSize()));
        }
        requests++;
        live += size;
        taken += slot.shelf.size;
        peak = Math.max(peak, live);
        slot.shelf.used++;
        return slot;
    }

    /** The youngest slot of the smallest size that fits, or null. */
    private Slot bestFit(long size, long most) {
        int at = Arrays.binarySearch(sizes, 0, shelfCount, size);
        for (int i = at < 0 ? -at - 1 : at; i < shelfCount && sizes[i] <= most; i++) {
            if (shelves[i].youngest != null) {
                return shelves[i].youngest;
            }
        }
        return null;
    }

    /** The shelf of a size, a new one if need be. */
    private Shelf shelf(long size) {
        int at = Arrays.binarySearch(sizes, 0, shelfCount, size);
        if (at >= 0) {
            return shelves[at];
        }
        int place = -at - 1;
        if (shelfCount == sizes.length) {
            sizes = Arrays.copyOf(sizes, 2 * shelfCount);
            shelves = Arrays.copyOf(shelves, 2 * shelfCount);
        }
        System.arraycopy(sizes, place, sizes, place + 1, shelfCount - place);
        System.arraycopy(shelves, place, shelves, place + 1, shelfCount - place);
        Shelf shelf = new Shelf(size);
        sizes[place] = size;
        shelves[place] = shelf;
        shelfCount++;
        return shelf;
    }

    /** Removes the shelf of a size that no buffer has any more. */
    private void removeIfUnused(Shelf shelf) {
        if (shelf.used > 0 || shelf.youngest != null) {
            return;
        }
        int at = Arrays.binarySearch(sizes, 0, shelfCount, shelf.size);
        shelfCount--;
        System.arraycopy(sizes, at + 1, sizes, at, shelfCount - at);
        System.arraycopy(shelves, at + 1, shelves, at, shelfCount - at);
        shelves[shelfCount] = null;
    }

    private void close(Slot slot) {
        forget(slot);
        removeIfUnused(slot.shelf);
        slot.buffer.close();
    }

    private void forget(Slot slot) {
        Shelf shelf = slot.shelf;
        if (shelf.youngest == slot) {
            shelf.youngest = slot.olderOfSize;
        } else {
            slot.youngerOfSize.olderOfSize = slot.olderOfSize;
        }
        if (slot.olderOfSize != null) {
            slot.olderOfSize.youngerOfSize = slot.youngerOfSize;
        }
        slot.olderOfSize = null;
        slot.youngerOfSize = null;
        slot.last.next = slot.next;
        slot.next.last = slot.last;
        slot.next = slot;
        slot.last = slot;
        cached -= shelf.size;
    }

    synchronized void giveBack(Slot slot, long bytes) {
        Shelf shelf = slot.shelf;
        live -= rounded(bytes);
        taken -= shelf.size;
        shelf.used--;
        // The youngest is taken to be used again, the oldest to be released.
        slot.olderOfSize = shelf.youngest;
        if (shelf.youngest != null) {
            shelf.youngest.youngerOfSize = slot;
        }
        shelf.youngest = slot;
        slot.last = byAge.last;
        slot.next = byAge;
        byAge.last.next = slot;
        byAge.last = slot;
        cached += shelf.size;
    }

    /** Releases every cached buffer to the device. */
    public synchronized void releaseCache() {
        while (byAge.next != byAge) {
            close(byAge.next);
        }
    }

    /**
     * Sets the most bytes that live and cached buffers may take together. What is live stays.
     *
     * @param bytes the limit, above 0
     */
    public synchronized void setLimit(long bytes) {
        if (bytes <= 0) {
            throw new InvalidArgument(Message.of("memory limit", "not above 0")
                    .line("expected", "bytes above 0")
                    .line("given", bytes)
                    .toString());
        }
        limit = bytes;
        if (taken + cached > limit) {
            releaseCache();
        }
    }

    /**
     * Returns the most bytes that live and cached buffers may take together.
     *
     * @return the limit
     */
    public long limit() {
        return limit;
    }

    /**
     * Returns what the pool holds and has done.
     *
     * @return a snapshot
     */
    public synchronized PoolStatistics statistics() {
        return new PoolStatistics(live, peak, cached, limit, requests, deviceAllocations);
    }

    /** Starts counting the peak anew from what is live now. */
    public synchronized void resetPeak() {
        peak = live;
    }

    private synchronized OutOfDeviceMemory outOfMemory(long bytes) {
        List<String> holders = new ArrayList<>();
        for (int i = shelfCount - 1; i >= 0 && holders.size() < HOLDERS_NAMED; i--) {
            if (shelves[i].used > 0) {
                holders.add(shelves[i].used + " x " + count(sizes[i]));
            }
        }
        String largest = String.join(", ", holders);
        return new OutOfDeviceMemory(
                Message.of("allocate", "out of memory on " + backend.device())
                        .line("requested", count(bytes) + " bytes")
                        .line("free", count(Math.max(0, limit - taken)) + " bytes")
                        .line("live", count(live) + " bytes")
                        .line("cached", count(cached) + " bytes")
                        .line("limit", count(limit) + " bytes")
                        .line("largest", largest.isEmpty() ? "none" : largest)
                        .hint("use a smaller batch, close tensors with a Scope, or raise the limit"
                                + " (-Dtenrec.memory.limit)")
                        .toString(),
                bytes);
    }

    private static String count(long bytes) {
        return String.format(java.util.Locale.ROOT, "%,d", bytes);
    }
}
