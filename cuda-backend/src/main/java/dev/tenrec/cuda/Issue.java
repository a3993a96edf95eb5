package dev.tenrec.cuda;

import dev.tenrec.gpu.Arguments;
import dev.tenrec.gpu.GpuDevice;
import dev.tenrec.gpu.Grid;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.Pointer;
import jcuda.driver.CUDA_KERNEL_NODE_PARAMS;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * One piece of work, with all it needs to be issued later or again: a launch with a copy of its arguments, or a
 * {@link Call}. Used again for other work, so that holding work back allocates nothing.
 */
final class Issue {

    /** Work that is no launch of a kernel of ours. Equal if it does the same on the same memory. */
    interface Call {

        /** What it is called in messages. */
        String name();

        /** What it does, but for the places it works on; its form as a graph depends on this alone, mostly. */
        Object shape();

        /** Tells which memory it works on. */
        void use(long batch);

        /** Issues it, to a stream that may be capturing; returns 0, or what {@link #fail} explains. */
        int issue(CUstream stream);

        /** Throws what a code means. */
        default void fail(CudaDevice device, int code) {
            device.check(name(), code);
        }
    }

    private static final int ALIGNMENT = 8;

    private CudaFunction function;
    private Grid grid;
    private Call call;
    private int count;
    private int bytes;
    private MemorySegment block = MemorySegment.NULL;
    private MemorySegment addresses = MemorySegment.NULL;
    private Pointer parameters;

    /** Becomes a launch; the arguments are copied. */
    void set(CudaFunction to, Grid on, Arguments arguments, long batch) {
        function = to;
        grid = on;
        call = null;
        count = arguments.count();
        bytes = 0;
        for (int i = 0; i < count; i++) {
            bytes += room(arguments, i);
        }
        arguments.others().forEach(memory -> ((CudaMemory) memory).use(batch));
        reserve();
        int at = 0;
        for (int i = 0; i < count; i++) {
            if (arguments.buffer(i) instanceof CudaMemory memory) {
                memory.use(batch);
                block.set(ValueLayout.JAVA_LONG, at, memory.address());
            } else {
                MemorySegment.copy(arguments.value(i), 0, block, at, arguments.size(i));
            }
            addresses.setAtIndex(ValueLayout.JAVA_LONG, i, block.address() + at);
            at += room(arguments, i);
        }
    }

    private static int room(Arguments arguments, int index) {
        GpuDevice.Memory buffer = arguments.buffer(index);
        int size = buffer == null ? arguments.size(index) : Long.BYTES;
        return (size + ALIGNMENT - 1) & -ALIGNMENT;
    }

    private void reserve() {
        if (block.byteSize() < bytes) {
            block = Arena.ofAuto().allocate(Math.max(256, 2L * bytes), ALIGNMENT);
        }
        if (addresses.byteSize() < (long) count * Long.BYTES || parameters == null) {
            addresses = Arena.ofAuto().allocate(Math.max(16, 2L * count) * Long.BYTES, ALIGNMENT);
            parameters = Pointer.to(addresses.asByteBuffer());
        }
    }

    /** Becomes a call. */
    void set(Call to, long batch) {
        call = to;
        function = null;
        grid = null;
        to.use(batch);
    }

    Call call() {
        return call;
    }

    String name() {
        return call == null ? function.name() : call.name();
    }

    /** Keeps what it refers to no longer than needed. */
    void clear() {
        call = null;
        function = null;
    }

    /** Whether it is the same work, perhaps on other places and with other values. */
    boolean isLike(Issue other) {
        if (call != null) {
            return other.call != null && call.shape().equals(other.call.shape());
        }
        return other.call == null
                && function.handle().equals(other.function.handle())
                && grid.equals(other.grid)
                && count == other.count
                && bytes == other.bytes;
    }

    /** Equal for two that are like each other. */
    int likeness() {
        return call != null
                ? call.shape().hashCode()
                : 31 * (31 * function.handle().hashCode() + grid.hashCode()) + bytes;
    }

    /** Whether one that is like this one also works on the same places with the same values. */
    boolean isSame(Issue like) {
        if (call != null) {
            return call.equals(like.call);
        }
        return MemorySegment.mismatch(block, 0, bytes, like.block, 0, bytes) < 0;
    }

    /** A copy, to be compared with later ones. */
    Issue copy() {
        Issue copy = new Issue();
        copy.take(this);
        return copy;
    }

    /** Takes over the values of one that is like this one. */
    void take(Issue other) {
        function = other.function;
        grid = other.grid;
        call = other.call;
        count = other.count;
        bytes = other.bytes;
        if (call == null) {
            reserve();
            MemorySegment.copy(other.block, 0, block, 0, bytes);
            for (int i = 0; i < count; i++) {
                long at = other.addresses.getAtIndex(ValueLayout.JAVA_LONG, i) - other.block.address();
                addresses.setAtIndex(ValueLayout.JAVA_LONG, i, block.address() + at);
            }
        }
    }

    /** Throws what a code of {@link #issue} means. */
    void fail(CudaDevice device, int code) {
        if (call != null) {
            call.fail(device, code);
        }
        device.check("cuLaunchKernel", code);
    }

    /** Issues it to a stream; returns 0, or what {@link #fail} explains. */
    int issue(CUstream stream) {
        if (call != null) {
            return call.issue(stream);
        }
        return JCudaDriver.cuLaunchKernel(
                function.handle(),
                Math.toIntExact(grid.groupsX()),
                Math.toIntExact(grid.groupsY()),
                Math.toIntExact(grid.groupsZ()),
                grid.sizeX(),
                grid.sizeY(),
                1,
                0,
                stream,
                parameters,
                null);
    }

    /** What a graph needs of a launch. */
    CUDA_KERNEL_NODE_PARAMS node() {
        CUDA_KERNEL_NODE_PARAMS node = new CUDA_KERNEL_NODE_PARAMS();
        node.func = function.handle();
        node.gridDimX = Math.toIntExact(grid.groupsX());
        node.gridDimY = Math.toIntExact(grid.groupsY());
        node.gridDimZ = Math.toIntExact(grid.groupsZ());
        node.blockDimX = grid.sizeX();
        node.blockDimY = grid.sizeY();
        node.blockDimZ = 1;
        node.kernelParams = parameters;
        return node;
    }
}
