package dev.tenrec.cpu;

import dev.tenrec.backend.DeviceBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** Native memory, aligned to 64 bytes and padded to a multiple of them. */
final class CpuBuffer implements DeviceBuffer {
    private static final long ALIGNMENT = 64;

    private final Arena arena;
    private final Optional<MemorySegment> segment;
    private final long bytes;
    private final AtomicBoolean closed = new AtomicBoolean();

    CpuBuffer(long bytes) {
        this.bytes = bytes;
        this.arena = Arena.ofShared();
        try {
            this.segment = Optional.of(arena.allocate(Math.addExact(bytes, ALIGNMENT - 1) & -ALIGNMENT, ALIGNMENT));
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    @Override
    public long byteSize() {
        return bytes;
    }

    @Override
    public Optional<MemorySegment> hostSegment() {
        return segment;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            arena.close();
        }
    }
}
