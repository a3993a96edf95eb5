package dev.tenrec.cuda;

import static jcuda.driver.JCudaDriver.*;

import dev.tenrec.gpu.Arguments;
import dev.tenrec.gpu.BuildFailure;
import dev.tenrec.gpu.DeviceFailure;
import dev.tenrec.gpu.DeviceInfo;
import dev.tenrec.gpu.Dialect;
import dev.tenrec.gpu.GpuDevice;
import dev.tenrec.gpu.Grid;
import dev.tenrec.gpu.MatrixLibrary;
import dev.tenrec.gpu.ProgramSource;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;

/**
 * A device in its primary context, which it shares with other users of CUDA in the process, with one stream of its own.
 * Every call makes the context current in the calling thread first.
 */
final class CudaDevice implements GpuDevice, MatrixLibrary {

    private final CudaDriver.Found found;
    private final CUcontext context = new CUcontext();
    private final CUstream stream = new CUstream();
    private final CudaCompiler compiler;
    private final CudaHeap heap;
    private final ConcurrentLinkedQueue<CUevent> idleEvents = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<CUmodule> unreachable = new ConcurrentLinkedQueue<>();
    private final Set<CUmodule> modules = ConcurrentHashMap.newKeySet();
    private final Recent recent = new Recent();
    private final CudaDriver.Options options;
    private CublasProducts products;

    private static final class Staging extends Pointer implements Pinned {
        private MemorySegment segment;

        long address() {
            return getNativePointer();
        }

        @Override
        public MemorySegment segment() {
            return segment;
        }
    }

    private record Mark(CUevent event) implements Event {}

    CudaDevice(CudaDriver.Found found, CudaDriver.Options options) {
        this.found = found;
        this.options = options;
        this.compiler = new CudaCompiler(found.major(), found.minor());
        this.heap = new CudaHeap(this::allocateNow, this::releaseNow, options.keptBytes());
        CudaError.check("cuDevicePrimaryCtxRetain", cuDevicePrimaryCtxRetain(context, found.device()));
        try {
            enter();
            check("cuStreamCreate", cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
        } catch (RuntimeException e) {
            cuDevicePrimaryCtxRelease(found.device());
            throw e;
        }
    }

    /** Makes the context current in the calling thread, whatever else used CUDA there. */
    void enter() {
        check("cuCtxSetCurrent", cuCtxSetCurrent(context));
    }

    CUstream stream() {
        return stream;
    }

    /** Throws what a code means; of a lost device with the launches since it was last known to be well. */
    void check(String call, int code) {
        if (code != CUresult.CUDA_SUCCESS) {
            CudaError.check(call, code, 0, recent.toString());
        }
    }

    /** Notes what is issued, to be named if the device is lost. */
    void issued(String name) {
        recent.add(name);
    }

    /** What was launched lately, as the end of a message. */
    String recent() {
        return recent.toString();
    }

    @Override
    public DeviceInfo info() {
        return found.info();
    }

    @Override
    public Dialect dialect() {
        return Dialect.CUDA;
    }

    @Override
    public Memory allocate(long bytes) {
        return heap.take(bytes);
    }

    private CudaMemory allocateNow(long bytes) {
        enter();
        CudaMemory memory = new CudaMemory(bytes);
        int code = cuMemAlloc(memory, bytes);
        if (code != CUresult.CUDA_SUCCESS) {
            CudaError.check("cuMemAlloc", code, bytes, recent.toString());
        }
        return memory;
    }

    private void releaseNow(List<CudaMemory> all) {
        synchronize();
        all.forEach(memory -> check("cuMemFree", cuMemFree(memory)));
    }

    @Override
    public void free(Memory memory) {
        heap.give((CudaMemory) memory);
    }

    @Override
    public MemorySegment map(Memory memory, long offset, long bytes, boolean write) {
        throw new UnsupportedOperationException("the host does not address memory of a GPU");
    }

    @Override
    public void unmap(Memory memory, MemorySegment segment) {
        throw new UnsupportedOperationException("the host does not address memory of a GPU");
    }

    @Override
    @SuppressWarnings("restricted")
    public Pinned allocatePinned(long bytes) {
        enter();
        Staging staging = new Staging();
        check("cuMemAllocHost", cuMemAllocHost(staging, bytes));
        staging.segment = MemorySegment.ofAddress(staging.address()).reinterpret(bytes);
        return staging;
    }

    @Override
    public void freePinned(Pinned pinned) {
        enter();
        check("cuMemFreeHost", cuMemFreeHost((Staging) pinned));
    }

    private static CudaMemory own(Memory memory) {
        return (CudaMemory) memory;
    }

    @Override
    public void upload(Pinned source, long bytes, Memory target, long offset) {
        enter();
        check(
                "cuMemcpyHtoDAsync",
                cuMemcpyHtoDAsync(own(target).withByteOffset(offset), (Staging) source, bytes, stream));
    }

    @Override
    public void download(Memory source, long offset, Pinned target, long bytes) {
        enter();
        check(
                "cuMemcpyDtoHAsync",
                cuMemcpyDtoHAsync((Staging) target, own(source).withByteOffset(offset), bytes, stream));
    }

    @Override
    public void copy(Memory source, long sourceOffset, Memory target, long targetOffset, long bytes) {
        enter();
        check(
                "cuMemcpyDtoDAsync",
                cuMemcpyDtoDAsync(
                        own(target).withByteOffset(targetOffset),
                        own(source).withByteOffset(sourceOffset),
                        bytes,
                        stream));
    }

    @Override
    public void clear(Memory memory, long offset, long bytes) {
        enter();
        check("cuMemsetD32Async", cuMemsetD32Async(own(memory).withByteOffset(offset), 0, bytes / 4, stream));
    }

    @Override
    public Program build(ProgramSource source) {
        return load(source, compiler.compile(source));
    }

    @Override
    public Program load(ProgramSource source, byte[] binary) {
        enter();
        unloadUnreachable();
        CUmodule module = new CUmodule();
        int code = cuModuleLoadData(module, binary);
        if (code != CUresult.CUDA_SUCCESS) {
            if (CudaError.isLost(code) || code == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
                check("cuModuleLoadData", code);
            }
            throw new BuildFailure("cuModuleLoadData: " + CUresult.stringFor(code));
        }
        modules.add(module);
        return new CudaProgram(this, module, binary);
    }

    /** Has a module unloaded by and by: a cleaner's thread must not wait for the device. */
    void unloadLater(CUmodule module) {
        unreachable.add(module);
    }

    private void unloadUnreachable() {
        if (!unreachable.isEmpty()) {
            synchronize();
            for (CUmodule module = unreachable.poll(); module != null; module = unreachable.poll()) {
                if (modules.remove(module)) {
                    check("cuModuleUnload", cuModuleUnload(module));
                }
            }
        }
    }

    @Override
    public byte[] binary(Program program) {
        return ((CudaProgram) program).binary();
    }

    @Override
    public Function function(Program program, String name) {
        enter();
        CudaProgram own = (CudaProgram) program;
        CUfunction function = new CUfunction();
        check("cuModuleGetFunction", cuModuleGetFunction(function, own.module(), name));
        int[] most = new int[1];
        check(
                "cuFuncGetAttribute",
                cuFuncGetAttribute(most, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, function));
        return new CudaFunction(own, function, name, most[0]);
    }

    @Override
    public void launch(Function function, Grid grid, Arguments arguments) {
        CudaFunction own = (CudaFunction) function;
        enter();
        recent.add(own.name());
        check(
                "cuLaunchKernel",
                cuLaunchKernel(
                        own.handle(),
                        Math.toIntExact(grid.groupsX()),
                        Math.toIntExact(grid.groupsY()),
                        Math.toIntExact(grid.groupsZ()),
                        grid.sizeX(),
                        grid.sizeY(),
                        1,
                        0,
                        stream,
                        LaunchBlock.of(arguments),
                        null));
    }

    @Override
    public long smallest() {
        return options.smallestProduct();
    }

    @Override
    public boolean multiply(DType dtype, long m, long n, long k, long batches, Matrices a, Matrices b, Matrices c) {
        return products().multiply(dtype, m, n, k, batches, a, b, c);
    }

    private synchronized CublasProducts products() {
        if (products == null) {
            products = new CublasProducts(this, found.major() == 9, options.tf32());
        }
        return products;
    }

    @Override
    public Event record() {
        enter();
        CUevent event = idleEvents.poll();
        if (event == null) {
            event = new CUevent();
            check("cuEventCreate", cuEventCreate(event, CUevent_flags.CU_EVENT_DEFAULT));
        }
        check("cuEventRecord", cuEventRecord(event, stream));
        return new Mark(event);
    }

    @Override
    public boolean isDone(Event event) {
        enter();
        int code = cuEventQuery(((Mark) event).event);
        if (code == CUresult.CUDA_ERROR_NOT_READY) {
            return false;
        }
        check("cuEventQuery", code);
        return true;
    }

    @Override
    public void await(Event event) {
        enter();
        check("cuEventSynchronize", cuEventSynchronize(((Mark) event).event));
    }

    @Override
    public double seconds(Event start, Event end) {
        enter();
        float[] milliseconds = new float[1];
        check("cuEventElapsedTime", cuEventElapsedTime(milliseconds, ((Mark) start).event, ((Mark) end).event));
        return milliseconds[0] * 1e-3;
    }

    @Override
    public void release(Event event) {
        idleEvents.add(((Mark) event).event);
    }

    @Override
    public void synchronize() {
        enter();
        check("cuStreamSynchronize", cuStreamSynchronize(stream));
        recent.clear();
    }

    /** Releases everything; of a lost device what the driver still takes back. */
    @Override
    public void close() {
        if (cuCtxSetCurrent(context) == CUresult.CUDA_SUCCESS) {
            if (cuStreamSynchronize(stream) == CUresult.CUDA_SUCCESS) {
                releaseAll();
            }
            idleEvents.forEach(event -> cuEventDestroy(event));
            cuStreamDestroy(stream);
        }
        cuDevicePrimaryCtxRelease(found.device());
    }

    private void releaseAll() {
        try {
            if (products != null) {
                products.close();
            }
            heap.close();
            modules.forEach(module -> cuModuleUnload(module));
            modules.clear();
        } catch (DeviceFailure | IllegalStateException _) {
            // Lost meanwhile: what is left goes with the context.
        }
    }
}
