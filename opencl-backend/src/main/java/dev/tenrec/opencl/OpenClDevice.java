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
import java.util.concurrent.atomic.AtomicInteger;
import org.lwjgl.PointerBuffer;
import org.lwjgl.opencl.CL12;
import org.lwjgl.system.MemoryStack;
import org.lwjgl.system.MemoryUtil;

/** An OpenCL device with a context and one in-order queue. */
final class OpenClDevice implements GpuDevice {

    /** After so many launches the driver is told to start, if nothing waited meanwhile. */
    private static final int FLUSH_EVERY = 8;

    private static final String OPTIONS = "-cl-std=CL1.2";

    private final DeviceInfo info;
    private final long device;
    private final long context;
    private final long queue;
    private final AtomicInteger issued = new AtomicInteger();
    private final boolean ownHeader;

    private record Buffer(long handle, long byteSize) implements Memory {}

    private record Staging(long handle, MemorySegment segment) implements Pinned {}

    private record Mark(long handle) implements Event {}

    OpenClDevice(long platform, long device, DeviceInfo info) {
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
        ownHeader = info.version().startsWith("Portable Computing Language") && buildsWithOwnHeader();
    }

    private boolean buildsWithOwnHeader() {
        try {
            build(BuiltinHeader.PROBE, OPTIONS + BuiltinHeader.OPTION);
            return true;
        } catch (BuildFailure _) {
            // Another version of PoCL, which finds its declarations elsewhere.
            return false;
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
            long handle = clCreateBuffer(context, flags, bytes, code);
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
        ClError.check("clReleaseMemObject", clReleaseMemObject(handle(memory)));
    }

    @Override
    @SuppressWarnings("restricted")
    public MemorySegment map(Memory memory, long offset, long bytes, boolean write) {
        try (MemoryStack stack = MemoryStack.stackPush()) {
            long code = stack.nint(0);
            long flags = write ? CL12.CL_MAP_WRITE_INVALIDATE_REGION : CL_MAP_READ;
            long address = nclEnqueueMapBuffer(queue, handle(memory), CL_TRUE, flags, offset, bytes, 0, 0, 0, code);
            ClError.check("clEnqueueMapBuffer", MemoryUtil.memGetInt(code), bytes);
            return MemorySegment.ofAddress(address).reinterpret(bytes);
        }
    }

    @Override
    public void unmap(Memory memory, MemorySegment segment) {
        ClError.check(
                "clEnqueueUnmapMemObject", nclEnqueueUnmapMemObject(queue, handle(memory), segment.address(), 0, 0, 0));
    }

    @Override
    @SuppressWarnings("restricted")
    public Pinned allocatePinned(long bytes) {
        long handle = buffer(CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR, bytes);
        try (MemoryStack stack = MemoryStack.stackPush()) {
            long status = stack.nint(0);
            long address =
                    nclEnqueueMapBuffer(queue, handle, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0, bytes, 0, 0, 0, status);
            ClError.check("clEnqueueMapBuffer", MemoryUtil.memGetInt(status), bytes);
            return new Staging(handle, MemorySegment.ofAddress(address).reinterpret(bytes));
        }
    }

    @Override
    public void freePinned(Pinned pinned) {
        Staging staging = (Staging) pinned;
        ClError.check(
                "clEnqueueUnmapMemObject",
                nclEnqueueUnmapMemObject(queue, staging.handle, staging.segment.address(), 0, 0, 0));
        ClError.check("clReleaseMemObject", clReleaseMemObject(staging.handle));
    }

    @Override
    public void upload(Pinned source, long bytes, Memory target, long offset) {
        long from = source.segment().address();
        ClError.check(
                "clEnqueueWriteBuffer",
                nclEnqueueWriteBuffer(queue, handle(target), CL_FALSE, offset, bytes, from, 0, 0, 0));
    }

    @Override
    public void download(Memory source, long offset, Pinned target, long bytes) {
        long to = target.segment().address();
        ClError.check(
                "clEnqueueReadBuffer",
                nclEnqueueReadBuffer(queue, handle(source), CL_FALSE, offset, bytes, to, 0, 0, 0));
    }

    @Override
    public void copy(Memory source, long sourceOffset, Memory target, long targetOffset, long bytes) {
        ClError.check(
                "clEnqueueCopyBuffer",
                nclEnqueueCopyBuffer(
                        queue, handle(source), handle(target), sourceOffset, targetOffset, bytes, 0, 0, 0));
    }

    @Override
    public void clear(Memory memory, long offset, long bytes) {
        try (MemoryStack stack = MemoryStack.stackPush()) {
            ClError.check(
                    "clEnqueueFillBuffer",
                    nclEnqueueFillBuffer(queue, handle(memory), stack.nint(0), 4, offset, bytes, 0, 0, 0));
        }
    }

    @Override
    public Program build(ProgramSource source) {
        return ownHeader
                ? build(BuiltinHeader.DECLARATIONS + source.text(), OPTIONS + BuiltinHeader.OPTION)
                : build(source.text(), OPTIONS);
    }

    private Program build(String text, String options) {
        try (MemoryStack stack = MemoryStack.stackPush()) {
            IntBuffer code = stack.callocInt(1);
            long program = clCreateProgramWithSource(context, text, code);
            ClError.check("clCreateProgramWithSource", code.get(0));
            return OpenClProgram.build(this, program, options);
        }
    }

    @Override
    public Program load(ProgramSource source, byte[] binary) {
        return OpenClProgram.load(this, binary, OPTIONS);
    }

    @Override
    public byte[] binary(Program program) {
        return ((OpenClProgram) program).binary();
    }

    @Override
    public Function function(Program program, String name) {
        return new OpenClFunction(this, (OpenClProgram) program, name);
    }

    @Override
    public void launch(Function function, Grid grid, Arguments arguments) {
        OpenClFunction own = (OpenClFunction) function;
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
        } finally {
            own.give(kernel);
        }
        if (issued.incrementAndGet() % FLUSH_EVERY == 0) {
            ClError.check("clFlush", clFlush(queue));
        }
    }

    @Override
    public Event record() {
        try (MemoryStack stack = MemoryStack.stackPush()) {
            long event = stack.npointer(0);
            ClError.check("clEnqueueMarkerWithWaitList", nclEnqueueMarkerWithWaitList(queue, 0, 0, event));
            ClError.check("clFlush", clFlush(queue));
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
        ClError.check("clReleaseEvent", clReleaseEvent(((Mark) event).handle));
    }

    @Override
    public void synchronize() {
        ClError.check("clFinish", clFinish(queue));
    }

    @Override
    public void close() {
        clFinish(queue);
        clReleaseCommandQueue(queue);
        clReleaseContext(context);
    }

    /** The log of a failed build. */
    static BuildFailure failure(String log) {
        return new BuildFailure(log.isBlank() ? "the driver gives no reason" : log);
    }
}
