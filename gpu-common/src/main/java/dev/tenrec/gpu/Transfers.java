package dev.tenrec.gpu;

import java.lang.foreign.MemorySegment;

/**
 * Copies between host and device. Where the host addresses the device's memory they are one copy; elsewhere they go
 * through a ring of pinned chunks, so that the host fills one while the device reads another.
 */
final class Transfers {

    private static final int CHUNKS = 4;
    private static final long CHUNK_BYTES = 4L << 20;

    private final GpuContext context;
    private final GpuDevice device;
    private final Chunk[] ring = new Chunk[CHUNKS];
    private int next;

    private static final class Chunk {
        private final GpuDevice.Pinned pinned;
        private GpuDevice.Event busy;

        private Chunk(GpuDevice.Pinned pinned) {
            this.pinned = pinned;
        }
    }

    Transfers(GpuContext context) {
        this.context = context;
        this.device = context.gpu();
    }

    void upload(MemorySegment source, GpuDevice.Memory target, long offset) {
        if (source.byteSize() == 0) {
            return;
        }
        context.guard(() -> {
            if (device.info().hostMemory()) {
                MemorySegment mapped = device.map(target, offset, source.byteSize(), true);
                try {
                    mapped.copyFrom(source);
                } finally {
                    device.unmap(target, mapped);
                }
            } else {
                uploadChunks(source, target, offset);
            }
            return null;
        });
    }

    private synchronized void uploadChunks(MemorySegment source, GpuDevice.Memory target, long offset) {
        for (long done = 0; done < source.byteSize(); ) {
            long bytes = Math.min(CHUNK_BYTES, source.byteSize() - done);
            Chunk chunk = take();
            MemorySegment.copy(source, done, chunk.pinned.segment(), 0, bytes);
            device.upload(chunk.pinned, bytes, target, offset + done);
            chunk.busy = device.recordUpload();
            done += bytes;
        }
    }

    void download(GpuDevice.Memory source, long offset, MemorySegment target) {
        if (target.byteSize() == 0) {
            return;
        }
        context.guard(() -> {
            if (device.info().hostMemory()) {
                MemorySegment mapped = device.map(source, offset, target.byteSize(), false);
                try {
                    target.copyFrom(mapped);
                } finally {
                    device.unmap(source, mapped);
                }
            } else {
                downloadChunks(source, offset, target);
            }
            return null;
        });
    }

    private synchronized void downloadChunks(GpuDevice.Memory source, long offset, MemorySegment target) {
        Chunk before = null;
        long beforeAt = 0;
        long beforeBytes = 0;
        for (long done = 0; done < target.byteSize(); ) {
            long bytes = Math.min(CHUNK_BYTES, target.byteSize() - done);
            Chunk chunk = take();
            device.download(source, offset + done, chunk.pinned, bytes);
            chunk.busy = device.record();
            if (before != null) {
                settle(before);
                MemorySegment.copy(before.pinned.segment(), 0, target, beforeAt, beforeBytes);
            }
            before = chunk;
            beforeAt = done;
            beforeBytes = bytes;
            done += bytes;
        }
        settle(before);
        MemorySegment.copy(before.pinned.segment(), 0, target, beforeAt, beforeBytes);
    }

    private Chunk take() {
        int at = next;
        next = (next + 1) % CHUNKS;
        if (ring[at] == null) {
            ring[at] = new Chunk(device.allocatePinned(CHUNK_BYTES));
        }
        settle(ring[at]);
        return ring[at];
    }

    private void settle(Chunk chunk) {
        if (chunk.busy != null) {
            device.await(chunk.busy);
            device.release(chunk.busy);
            chunk.busy = null;
        }
    }

    synchronized void close() {
        for (int i = 0; i < CHUNKS; i++) {
            if (ring[i] != null) {
                settle(ring[i]);
                device.freePinned(ring[i].pinned);
                ring[i] = null;
            }
        }
    }
}
