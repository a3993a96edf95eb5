package dev.tenrec.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps native memory for temporaries of running kernels for reuse, the one used last first. */
final class ScratchPool {
    /** All sizes are multiples of this, so that different kernels share. */
    private static final long UNIT = 1 << 18;

    /** Larger pieces are not kept. */
    private static final long LARGEST_KEPT = 1 << 22;

    private static final long ALIGNMENT = 64;

    private final int limit;
    private final ConcurrentLinkedDeque<MemorySegment> free = new ConcurrentLinkedDeque<>();
    private final AtomicInteger count = new AtomicInteger();

    ScratchPool(int limit) {
        this.limit = limit;
    }

    /** Takes at least so many bytes, of unspecified content. */
    MemorySegment acquire(long bytes) {
        MemorySegment segment = free.pollFirst();
        if (segment != null) {
            count.decrementAndGet();
            if (segment.byteSize() >= bytes) {
                return segment;
            }
        }
        // Left to the collector: a task that fails need not give its memory back.
        return Arena.ofAuto().allocate(Math.ceilDiv(Math.max(1, bytes), UNIT) * UNIT, ALIGNMENT);
    }

    /** Gives memory back. */
    void release(MemorySegment segment) {
        if (segment.byteSize() > LARGEST_KEPT || count.incrementAndGet() > limit) {
            if (segment.byteSize() <= LARGEST_KEPT) {
                count.decrementAndGet();
            }
            return;
        }
        free.offerFirst(segment);
    }
}
