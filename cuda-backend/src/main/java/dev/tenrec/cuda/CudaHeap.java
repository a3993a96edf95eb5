package dev.tenrec.cuda;

import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.gpu.GpuDevice;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/**
 * Memory that was given back, by size. It may be given out again at once, because all work is in one stream; the driver
 * gets it back only when more than it may keep lies idle, or when there is no room: that waits for the device.
 */
final class CudaHeap {

    private final LongFunction<CudaMemory> allocate;
    private final Consumer<List<CudaMemory>> release;
    private final Map<Long, Deque<CudaMemory>> idle = new HashMap<>();
    private final Set<CudaMemory> used = new HashSet<>();
    private final long keptBytes;
    private long idleBytes;

    /**
     * Creates an empty heap.
     *
     * @param allocate asks the driver for memory
     * @param release gives the driver memory back, after waiting for the stream
     * @param keptBytes what may lie idle
     */
    CudaHeap(LongFunction<CudaMemory> allocate, Consumer<List<CudaMemory>> release, long keptBytes) {
        this.keptBytes = keptBytes;
        this.allocate = allocate;
        this.release = release;
    }

    synchronized GpuDevice.Memory take(long bytes) {
        Deque<CudaMemory> list = idle.get(bytes);
        if (list != null) {
            CudaMemory memory = list.pop();
            idleBytes -= bytes;
            if (list.isEmpty()) {
                idle.remove(bytes);
            }
            used.add(memory);
            return memory;
        }
        CudaMemory memory = allocateOrMakeRoom(bytes);
        used.add(memory);
        return memory;
    }

    private CudaMemory allocateOrMakeRoom(long bytes) {
        try {
            return allocate.apply(bytes);
        } catch (OutOfDeviceMemory e) {
            if (idleBytes == 0) {
                throw e;
            }
            releaseIdle();
            return allocate.apply(bytes);
        }
    }

    synchronized void give(CudaMemory memory) {
        if (!used.remove(memory)) {
            throw new IllegalStateException("memory is freed twice, or after its device was closed");
        }
        idle.computeIfAbsent(memory.byteSize(), _ -> new ArrayDeque<>()).push(memory);
        idleBytes += memory.byteSize();
        if (idleBytes > keptBytes) {
            releaseIdle();
        }
    }

    /** Gives everything back to the driver, what is in use too. */
    synchronized void close() {
        List<CudaMemory> all = List.copyOf(used);
        used.clear();
        releaseIdle();
        if (!all.isEmpty()) {
            release.accept(all);
        }
    }

    /** Gives everything that lies idle back to the driver. */
    synchronized void releaseIdle() {
        List<CudaMemory> all = new ArrayList<>();
        idle.values().forEach(all::addAll);
        idle.clear();
        idleBytes = 0;
        if (!all.isEmpty()) {
            release.accept(all);
        }
    }
}
