package dev.tenrec.gpu;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Memory between the launches of one kernel. It may be taken again as soon as the last launch that uses it was issued,
 * since the stream keeps the order.
 */
final class ScratchMemory {

    private static final long SMALLEST = 1 << 12;

    /** What is kept at most; more is freed when it is given back. */
    private static final long KEPT = 64L << 20;

    private final GpuContext context;
    private final Map<Long, Deque<GpuDevice.Memory>> free = new HashMap<>();
    private long kept;

    ScratchMemory(GpuContext context) {
        this.context = context;
    }

    /** Returns memory of some bytes at least. */
    GpuDevice.Memory take(long bytes) {
        long size = Math.max(SMALLEST, Long.highestOneBit(Math.max(1, bytes - 1)) << 1);
        synchronized (this) {
            Deque<GpuDevice.Memory> list = free.get(size);
            if (list != null && !list.isEmpty()) {
                kept -= size;
                return list.pop();
            }
        }
        return context.touch(() -> context.gpu().allocate(size));
    }

    /** Gives it back after the last launch was issued. */
    void give(GpuDevice.Memory memory) {
        synchronized (this) {
            if (kept + memory.byteSize() <= KEPT) {
                kept += memory.byteSize();
                free.computeIfAbsent(memory.byteSize(), _ -> new ArrayDeque<>()).push(memory);
                return;
            }
        }
        if (!context.isGone()) {
            context.guard(() -> {
                context.gpu().free(memory);
                return null;
            });
        }
    }
}
