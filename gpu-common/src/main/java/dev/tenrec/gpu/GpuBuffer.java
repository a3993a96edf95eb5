package dev.tenrec.gpu;

import dev.tenrec.backend.DeviceBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/** Memory of a device, as core holds it. */
final class GpuBuffer implements DeviceBuffer {

    private final GpuContext context;
    private final GpuDevice.Memory memory;
    private final long bytes;
    private final AtomicBoolean closed = new AtomicBoolean();

    GpuBuffer(GpuContext context, GpuDevice.Memory memory, long bytes) {
        this.context = context;
        this.memory = memory;
        this.bytes = bytes;
    }

    boolean belongsTo(GpuContext other) {
        return context == other;
    }

    GpuDevice.Memory memory() {
        if (closed.get()) {
            throw new IllegalStateException("a buffer of " + context.device() + " was used after it was closed");
        }
        return memory;
    }

    @Override
    public long byteSize() {
        return bytes;
    }

    @Override
    public void close() {
        if (!closed.get() && !context.isGone()) {
            // What waits to be launched may still name this buffer.
            context.joined().flush();
        }
        if (closed.compareAndSet(false, true) && !context.isGone()) {
            context.guard(() -> {
                context.gpu().free(memory);
                return null;
            });
        }
    }
}
