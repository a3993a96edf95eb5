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
    private final MemorySegment segment;
    private final long bytes;
    private final KeptPanels panels = new KeptPanels();
    private final AtomicBoolean closed = new AtomicBoolean();

    CpuBuffer(long bytes) {
        this.bytes = bytes;
        this.arena = Arena.ofShared();
        try {
            this.segment = arena.allocate(Math.addExact(bytes, ALIGNMENT - 1) & -ALIGNMENT, ALIGNMENT);
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
        // Whoever has it may write to it unseen.
        panels.close();
        return Optional.of(segment);
    }

    /** The memory, for kernels of this backend: what writes calls {@link KeptPanels#changed} before and after. */
    MemorySegment segment() {
        return segment;
    }

    /** What products keep of this buffer in packed form. */
    KeptPanels panels() {
        return panels;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            panels.close();
            arena.close();
        }
    }
}
