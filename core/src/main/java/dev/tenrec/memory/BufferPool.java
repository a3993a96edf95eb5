package dev.tenrec.memory;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.OutOfDeviceMemory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The memory of one device. Buffers that were given back are kept, and reused best fit for requests of at least half
 * their size, or all but two pages of it; the least recently used are released to stay within the limit.
 */
public final class BufferPool {

    private static final long ALIGNMENT = 64;
    private static final long SLACK = 2 * 4096;
    private static final int HOLDERS_NAMED = 5;

    private record Cached(DeviceBuffer buffer) {
        // Identity, so that two buffers of one size are two members of the set.
        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }
    }

    private final Backend backend;
    private final TreeMap<Long, Deque<Cached>> bySize = new TreeMap<>();
    private final LinkedHashSet<Cached> byAge = new LinkedHashSet<>();
    private final TreeMap<Long, Integer> holders = new TreeMap<>();
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
        DeviceBuffer buffer = take(size);
        if (buffer == null) {
            // Tensors made outside of any scope wait for the garbage collector; this is the one place that asks for it.
            releaseCache();
            UnscopedTensors.collect();
            buffer = take(size);
        }
        if (buffer == null) {
            throw outOfMemory(bytes);
        }
        return new Storage(this, buffer, bytes);
    }

    private static long rounded(long bytes) {
        return Math.max(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    }

    private synchronized DeviceBuffer take(long size) {
        long most = Math.min(2 * size, size + SLACK);
        Map.Entry<Long, Deque<Cached>> fit = bySize.ceilingEntry(size);
        DeviceBuffer buffer;
        if (fit != null && fit.getKey() <= most) {
            Cached entry = fit.getValue().peekLast();
            forget(entry);
            buffer = entry.buffer;
        } else {
            while (cached > limit - taken - size && !byAge.isEmpty()) {
                Cached oldest = byAge.iterator().next();
                forget(oldest);
                oldest.buffer.close();
            }
            if (taken > limit - size) {
                return null;
            }
            try {
                buffer = backend.allocate(size);
            } catch (OutOfDeviceMemory e) {
                return null;
            }
            deviceAllocations++;
        }
        requests++;
        live += size;
        taken += buffer.byteSize();
        peak = Math.max(peak, live);
        holders.merge(buffer.byteSize(), 1, Integer::sum);
        return buffer;
    }

    private void forget(Cached entry) {
        long size = entry.buffer.byteSize();
        Deque<Cached> same = bySize.get(size);
        // The youngest is taken to be used again, the oldest to be released.
        if (same.peekLast() == entry) {
            same.pollLast();
        } else {
            same.remove(entry);
        }
        if (same.isEmpty()) {
            bySize.remove(size);
        }
        byAge.remove(entry);
        cached -= size;
    }

    synchronized void giveBack(Storage storage) {
        DeviceBuffer buffer = storage.buffer();
        long size = buffer.byteSize();
        live -= rounded(storage.bytes());
        taken -= size;
        holders.computeIfPresent(size, (_, count) -> count == 1 ? null : count - 1);
        Cached entry = new Cached(buffer);
        bySize.computeIfAbsent(size, _ -> new ArrayDeque<>()).addLast(entry);
        byAge.add(entry);
        cached += size;
    }

    /** Releases every cached buffer to the device. */
    public synchronized void releaseCache() {
        byAge.forEach(entry -> entry.buffer.close());
        byAge.clear();
        bySize.clear();
        cached = 0;
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
        String largest = holders.descendingMap().entrySet().stream()
                .limit(HOLDERS_NAMED)
                .map(entry -> entry.getValue() + " x " + count(entry.getKey()))
                .collect(Collectors.joining(", "));
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
