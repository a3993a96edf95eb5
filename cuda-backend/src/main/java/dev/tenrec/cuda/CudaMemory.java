package dev.tenrec.cuda;

import dev.tenrec.gpu.GpuDevice;
import jcuda.driver.CUdeviceptr;

/** Memory of the device, with the address that kernels get. */
final class CudaMemory extends CUdeviceptr implements GpuDevice.Memory {

    private final long bytes;
    private volatile long lastBatch;

    /** Describes memory that is still to be allocated. */
    CudaMemory(long bytes) {
        this.bytes = bytes;
    }

    @Override
    public long byteSize() {
        return bytes;
    }

    long address() {
        return getNativePointer();
    }

    /** Notes that a batch of held work uses it. */
    void use(long batch) {
        lastBatch = batch;
    }

    /** The last batch of held work that uses it; 0 if none does. */
    long lastBatch() {
        return lastBatch;
    }

    /** Each is a block of its own; the superclass compares addresses, which the driver gives out again. */
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
