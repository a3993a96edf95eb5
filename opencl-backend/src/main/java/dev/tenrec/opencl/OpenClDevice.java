package dev.tenrec.opencl;

import static org.lwjgl.opencl.CL10.*;
import static org.lwjgl.opencl.CL12.nclEnqueueFillBuffer;
import static org.lwjgl.opencl.CL12.nclEnqueueMarkerWithWaitList;

import dev.tenrec.error.Message;
import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.gpu.Arguments;
import dev.tenrec.gpu.BuildFailure;
import dev.tenrec.gpu.DeviceInfo;
import dev.tenrec.gpu.Dialect;
import dev.tenrec.gpu.GpuDevice;
import dev.tenrec.gpu.Grid;
import dev.tenrec.gpu.ProgramSource;
import java.lang.foreign.MemorySegment;
import java.nio.IntBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.lwjgl.PointerBuffer;
import org.lwjgl.opencl.CL12;
import org.lwjgl.system.MemoryStack;
import org.lwjgl.system.MemoryUtil;

/**
 * An OpenCL device with a context and one in-order queue. Calls are made by one thread at a time, waits excepted: OpenCL
 * allows more, but PoCL 3.1 was seen to crash when kernels of the same program were released by one thread and created
 * by another.
 */
final class OpenClDevice implements GpuDevice {

    /** After so many launches the driver is told to start, if nothing waited meanwhile. */
    private static final int FLUSH_EVERY = 8;

    private static final String OPTIONS = "-cl-std=CL1.2 -w";

    private final DeviceInfo info;
    private final String options;
    private final long device;
    private final long context;
    private final long queue;
    private final ReentrantLock calls = new ReentrantLock();
    private final ConcurrentLinkedQueue<Runnable> unreachable = new ConcurrentLinkedQueue<>();
    private int issued;
    private final boolean pocl;
    private final boolean ownHeader;

    private record Buffer(long handle, long byteSize) implements Memory {}

    private record Staging(long handle, MemorySegment segment) implements Pinned {}

    private record Mark(long handle) implements Event {}

    OpenClDevice(long platform, long device, DeviceInfo info, String moreOptions) {
        this.options = (OPTIONS + " " + moreOptions).strip();
        this.device = device;
        this.info = info;
        try (MemoryStack stack = MemoryStack.stackPush()) {
            IntBuffer code = stack.callocInt(1);
            PointerBuffer properties = stack.pointers(CL_CONTEXT_PLATFORM, platform, 0);
            context = clCreateContext(properties, device, null, 0, code);
            ClError.check("clCreateContext", code.get(0));
            queue = clCreateCommandQueue(context, device, CL_QUEUE_PROFILING_ENABLE, code);
            ClError.check("clCreateCommandQueue", code.get(0));
        }
        pocl = info.version().startsWith("Portable Computing Language");
        ownHeader = pocl && buildsWithOwnHeader();
    }

    private boolean buildsWithOwnHeader() {
        try {
            build(BuiltinHeader.PROBE, options + BuiltinHeader.OPTION);
            return true;
        } catch (BuildFailure _) {
            // Another version of PoCL, which finds its declarations elsewhere.
            return false;
        }
    }

    private <T> T locked(Supplier<T> call) {
        calls.lock();
        try {
            return call.get();
        } finally {
            calls.unlock();
        }
    }

    private void issue(String name, IntSupplier call) {
        ClError.check(name, locked(call::getAsInt));
    }

    /** Has something released by and by, when nothing uses it: what a cleaner found must not be released in its thread. */
    void releaseLater(Runnable release) {
        unreachable.add(release);
    }

    /** PoCL compiles in builds, and again at the first launch of a kernel. */
    private void restoreSignals() {
        if (pocl) {
            JvmSignals.restore();
        }
    }

    /** Called with the lock held. */
    private void releaseUnreachable() {
        if (!unreachable.isEmpty()) {
            clFinish(queue);
            for (Runnable release = unreachable.poll(); release != null; release = unreachable.poll()) {
                release.run();
            }
        }
    }

    @Override
    public DeviceInfo info() {
        return info;
    }

    @Override
    public Dialect dialect() {
        return Dialect.OPENCL;
    }

    long context() {
        return context;
    }

    long device() {
        return device;
    }

    @Override
    public Memory allocate(long bytes) {
        if (bytes > info.maxBufferBytes()) {
            throw new OutOfDeviceMemory(
                    Message.of("allocate", "larger than a buffer of this device may be")
                            .line("requested", bytes + " bytes")
                            .line("largest", info.maxBufferBytes() + " bytes")
                            .line("device", info.name())
                            .hint("use a smaller batch")
                            .toString(),
                    bytes);
        }
        return new Buffer(buffer(CL_MEM_READ_WRITE | (info.hostMemory() ? CL_MEM_ALLOC_HOST_PTR : 0), bytes), bytes);
    }

    private long buffer(long flags, long bytes) {
        try (MemoryStack stack = MemoryStack.stackPush()) {
            IntBuffer code = stack.callocInt(1);
            long handle = locked(() -> clCreateBuffer(context, flags, bytes, code));
            ClError.check("clCreateBuffer", code.get(0), bytes);
            return handle;
        }
    }

    private static long handle(Memory memory) {
        return ((Buffer) memory).handle;
    }

    @Override
    public void free(Memory memory) {
        // OpenCL keeps the memory until commands that were issued with it have finished.
        issue("clReleaseMemObject", () -> clReleaseMemObject(handle(memory)));
    }

    @Override
    public MemorySegment map(Memory memory, long offset, long bytes, boolean write) {
        return map(handle(memory), offset, bytes, write ? CL12.CL_MAP_WRITE_INVALIDATE_REGION : CL_MAP_READ);
    }

    @SuppressWarnings("restricted")
    private MemorySegment map(long handle, long offset, long bytes, long flags) {
        try (MemoryStack stack = MemoryStack.stackPush()) {
            long code = stack.nint(0);
            long event = stack.npointer(0);
            long address =
                    locked(() -> nclEnqueueMapBuffer(queue, handle, CL_FALSE, flags, offset, bytes, 0, 0, event, code));
            ClError.check("clEnqueueMapBuffer", MemoryUtil.memGetInt(code), bytes);
            ClError.check("clWaitForEvents", nclWaitForEvents(1, event));
            issue("clReleaseEvent", () -> clReleaseEvent(MemoryUtil.memGetAddress(event)));
            return MemorySegment.ofAddress(address).reinterpret(bytes);
        }
    }

    @Override
    public void unmap(Memory memory, MemorySegment segment) {
        unmap(handle(memory), segment);
    }

    private void unmap(long handle, MemorySegment segment) {
        issue("clEnqueueUnmapMemObject", () -> nclEnqueueUnmapMemObject(queue, handle, segment.address(), 0, 0, 0));
    }

    @Override
    public Pinned allocatePinned(long bytes) {
        long handle = buffer(CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR, bytes);
        return new Staging(handle, map(handle, 0, bytes, CL_MAP_READ | CL_MAP_WRITE));
    }

    @Override
    public void freePinned(Pinned pinned) {
        Staging staging = (Staging) pinned;
        unmap(staging.handle, staging.segment);
        issue("clReleaseMemObject", () -> clReleaseMemObject(staging.handle));
    }

    @Override
    public void upload(Pinned source, long bytes, Memory target, long offset) {
        long from = source.segment().address();
        issue(
                "clEnqueueWriteBuffer",
                () -> nclEnqueueWriteBuffer(queue, handle(target), CL_FALSE, offset, bytes, from, 0, 0, 0));
    }

    @Override
    public void download(Memory source, long offset, Pinned target, long bytes) {
        long to = target.segment().address();
        issue(
                "clEnqueueReadBuffer",
                () -> nclEnqueueReadBuffer(queue, handle(source), CL_FALSE, offset, bytes, to, 0, 0, 0));
    }

    @Override
    public void copy(Memory source, long sourceOffset, Memory target, long targetOffset, long bytes) {
        issue(
                "clEnqueueCopyBuffer",
                () -> nclEnqueueCopyBuffer(
                        queue, handle(source), handle(target), sourceOffset, targetOffset, bytes, 0, 0, 0));
    }

    @Override
    public void clear(Memory memory, long offset, long bytes) {
        try (MemoryStack stack = MemoryStack.stackPush()) {
            long zero = stack.nint(0);
            issue(
                    "clEnqueueFillBuffer",
                    () -> nclEnqueueFillBuffer(queue, handle(memory), zero, 4, offset, bytes, 0, 0, 0));
        }
    }

    @Override
    public Program build(ProgramSource source) {
        return ownHeader
                ? build(BuiltinHeader.DECLARATIONS + source.text(), options + BuiltinHeader.OPTION)
                : build(source.text(), options);
    }

    private Program build(String text, String allOptions) {
        calls.lock();
        try (MemoryStack stack = MemoryStack.stackPush()) {
            releaseUnreachable();
            IntBuffer code = stack.callocInt(1);
            long program = clCreateProgramWithSource(context, text, code);
            ClError.check("clCreateProgramWithSource", code.get(0));
            return OpenClProgram.build(this, program, allOptions);
        } finally {
            restoreSignals();
            calls.unlock();
        }
    }

    @Override
    public Program load(ProgramSource source, byte[] binary) {
        return locked(() -> OpenClProgram.load(this, binary, options));
    }

    @Override
    public byte[] binary(Program program) {
        // PoCL keeps what it compiled itself, and would compile again to make a binary that fits all sizes of groups.
        return pocl ? new byte[0] : ((OpenClProgram) program).binary();
    }

    @Override
    public Function function(Program program, String name) {
        return locked(() -> new OpenClFunction(this, (OpenClProgram) program, name));
    }

    @Override
    public void launch(Function function, Grid grid, Arguments arguments) {
        OpenClFunction own = (OpenClFunction) function;
        calls.lock();
        long kernel = own.take();
        try (MemoryStack stack = MemoryStack.stackPush()) {
            for (int i = 0; i < arguments.count(); i++) {
                Memory buffer = arguments.buffer(i);
                int code = buffer == null
                        ? nclSetKernelArg(kernel, i, arguments.size(i), arguments.address(i))
                        : nclSetKernelArg(kernel, i, Long.BYTES, stack.npointer(handle(buffer)));
                ClError.check("clSetKernelArg " + i, code);
            }
            long sizes = stack.nmalloc(8, 6 * Long.BYTES);
            MemoryUtil.memPutLong(sizes, grid.groupsX() * grid.sizeX());
            MemoryUtil.memPutLong(sizes + 8, grid.groupsY() * grid.sizeY());
            MemoryUtil.memPutLong(sizes + 16, grid.groupsZ());
            MemoryUtil.memPutLong(sizes + 24, grid.sizeX());
            MemoryUtil.memPutLong(sizes + 32, grid.sizeY());
            MemoryUtil.memPutLong(sizes + 40, 1);
            int axes = grid.groupsZ() > 1 ? 3 : grid.groupsY() * grid.sizeY() > 1 ? 2 : 1;
            ClError.check(
                    "clEnqueueNDRangeKernel",
                    nclEnqueueNDRangeKernel(queue, kernel, axes, 0, sizes, sizes + 24, 0, 0, 0));
            if (++issued % FLUSH_EVERY == 0) {
                ClError.check("clFlush", clFlush(queue));
            }
        } finally {
            own.give(kernel);
            restoreSignals();
            calls.unlock();
        }
    }

    @Override
    public Event record() {
        try (MemoryStack stack = MemoryStack.stackPush()) {
            long event = stack.npointer(0);
            issue("clEnqueueMarkerWithWaitList", () -> nclEnqueueMarkerWithWaitList(queue, 0, 0, event));
            issue("clFlush", () -> clFlush(queue));
            return new Mark(MemoryUtil.memGetAddress(event));
        }
    }

    @Override
    public boolean isDone(Event event) {
        int[] status = new int[1];
        ClError.check(
                "clGetEventInfo",
                clGetEventInfo(((Mark) event).handle, CL_EVENT_COMMAND_EXECUTION_STATUS, status, null));
        ClError.check("event", Math.min(status[0], 0));
        return status[0] == CL_COMPLETE;
    }

    @Override
    public void await(Event event) {
        try (MemoryStack stack = MemoryStack.stackPush()) {
            ClError.check("clWaitForEvents", nclWaitForEvents(1, stack.npointer(((Mark) event).handle)));
        }
    }

    @Override
    public double seconds(Event start, Event end) {
        return (time(end) - time(start)) * 1e-9;
    }

    private static long time(Event event) {
        long[] nanoseconds = new long[1];
        ClError.check(
                "clGetEventProfilingInfo",
                clGetEventProfilingInfo(((Mark) event).handle, CL_PROFILING_COMMAND_END, nanoseconds, null));
        return nanoseconds[0];
    }

    @Override
    public void release(Event event) {
        issue("clReleaseEvent", () -> clReleaseEvent(((Mark) event).handle));
    }

    @Override
    public void synchronize() {
        ClError.check("clFinish", clFinish(queue));
    }

    @Override
    public void close() {
        locked(() -> {
            clFinish(queue);
            releaseUnreachable();
            clReleaseCommandQueue(queue);
            clReleaseContext(context);
            return null;
        });
    }

    /** The log of a failed build. */
    static BuildFailure failure(String log) {
        return new BuildFailure(log.isBlank() ? "the driver gives no reason" : log);
    }
}
