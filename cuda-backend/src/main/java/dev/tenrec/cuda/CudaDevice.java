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
 * A device in its primary context, which it shares with other users of CUDA in the process. Kernels and copies within the
 * device and to the host go to one stream, in order, after being held back for a while ({@link HeldWork}); copies to the
 * device go to another, beside the kernels that are running: they wait for the last work that uses their target, and what
 * is issued later waits for them. Every call makes the context current in the calling thread first.
 */
final class CudaDevice implements GpuDevice, MatrixLibrary {

    private final CudaDriver.Found found;
    private final CUcontext context = new CUcontext();
    private final CUstream stream = new CUstream();
    private final CUstream uploads = new CUstream();
    private final CUstream spare = new CUstream();
    private final Object lock = new Object();
    private final HeldWork held;
    // Under the lock.
    private final CUevent uploaded = new CUevent();
    private boolean uploadsAhead;
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
        this.held = new HeldWork(this, stream, spare, options.graphs());
        CudaError.check("cuDevicePrimaryCtxRetain", cuDevicePrimaryCtxRetain(context, found.device()));
        try {
            enter();
            for (CUstream each : List.of(stream, uploads, spare)) {
                check("cuStreamCreate", cuStreamCreate(each, CUstream_flags.CU_STREAM_NON_BLOCKING));
            }
            check("cuEventCreate", cuEventCreate(uploaded, CUevent_flags.CU_EVENT_DISABLE_TIMING));
        } catch (RuntimeException e) {
            cuDevicePrimaryCtxRelease(found.device());
            throw e;
        }
    }

    /** Makes the context current in the calling thread, whatever else used CUDA there. */
    void enter() {
        check("cuCtxSetCurrent", cuCtxSetCurrent(context));
    }

    /** The stream of kernels. */
    CUstream stream() {
        return stream;
    }

    /** A stream on which nothing runs; work is captured on it. */
    CUstream spare() {
        return spare;
    }

    /** Has a call made in order with launches. */
    void call(Issue.Call call) {
        enter();
        synchronized (lock) {
            awaitUploads();
            held.call(call);
        }
    }

    /** What is issued to the stream of kernels from now on runs after the copies to the device so far. */
    private void awaitUploads() {
        if (uploadsAhead) {
            uploadsAhead = false;
            check("cuStreamWaitEvent", cuStreamWaitEvent(stream, uploaded, 0));
        }
    }

    /** Issues what is held back, so that the stream has all work there is. */
    @Override
    public void submit() {
        synchronized (lock) {
            if (!held.isEmpty()) {
                enter();
                held.issue();
            }
        }
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
        CudaMemory to = own(target);
        synchronized (lock) {
            if (held.uses(to)) {
                held.issue();
            }
            held.awaitUse(to, uploads);
            check("cuMemcpyHtoDAsync", cuMemcpyHtoDAsync(to.withByteOffset(offset), (Staging) source, bytes, uploads));
            check("cuEventRecord", cuEventRecord(uploaded, uploads));
            uploadsAhead = true;
        }
    }

    @Override
    public void download(Memory source, long offset, Pinned target, long bytes) {
        enter();
        synchronized (lock) {
            held.issue();
            awaitUploads();
            check(
                    "cuMemcpyDtoHAsync",
                    cuMemcpyDtoHAsync((Staging) target, own(source).withByteOffset(offset), bytes, stream));
        }
    }

    /** A copy within the device. */
    private record Copy(CudaMemory source, long sourceOffset, CudaMemory target, long targetOffset, long bytes)
            implements Issue.Call {
        @Override
        public String name() {
            return "cuMemcpyDtoDAsync";
        }

        @Override
        public Object shape() {
            return bytes;
        }

        @Override
        public void use(long batch) {
            source.use(batch);
            target.use(batch);
        }

        @Override
        public int issue(CUstream to) {
            return cuMemcpyDtoDAsync(
                    target.withByteOffset(targetOffset), source.withByteOffset(sourceOffset), bytes, to);
        }
    }

    /** Zeros. */
    private record Clear(CudaMemory target, long offset, long bytes) implements Issue.Call {
        @Override
        public String name() {
            return "cuMemsetD32Async";
        }

        @Override
        public Object shape() {
            return -bytes;
        }

        @Override
        public void use(long batch) {
            target.use(batch);
        }

        @Override
        public int issue(CUstream to) {
            return cuMemsetD32Async(target.withByteOffset(offset), 0, bytes / 4, to);
        }
    }

    @Override
    public void copy(Memory source, long sourceOffset, Memory target, long targetOffset, long bytes) {
        call(new Copy(own(source), sourceOffset, own(target), targetOffset, bytes));
    }

    @Override
    public void clear(Memory memory, long offset, long bytes) {
        call(new Clear(own(memory), offset, bytes));
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
        enter();
        synchronized (lock) {
            awaitUploads();
            held.launch((CudaFunction) function, grid, arguments);
        }
    }

    @Override
    public boolean hasAddresses() {
        return true;
    }

    @Override
    public boolean multipliesTf32() {
        return options.tf32() && found.major() >= CublasProducts.AMPERE;
    }

    @Override
    public long address(Memory memory) {
        return own(memory).address();
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
            products = new CublasProducts(this, found.major(), multipliesTf32());
        }
        return products;
    }

    @Override
    public Event record() {
        submit();
        return record(stream);
    }

    @Override
    public Event recordUpload() {
        return record(uploads);
    }

    private Event record(CUstream of) {
        enter();
        CUevent event = idleEvents.poll();
        if (event == null) {
            event = new CUevent();
            check("cuEventCreate", cuEventCreate(event, CUevent_flags.CU_EVENT_DEFAULT));
        }
        check("cuEventRecord", cuEventRecord(event, of));
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
        submit();
        enter();
        check("cuStreamSynchronize", cuStreamSynchronize(uploads));
        check("cuStreamSynchronize", cuStreamSynchronize(stream));
        recent.clear();
    }

    /** Releases everything; of a lost device what the driver still takes back. */
    @Override
    public void close() {
        if (cuCtxSetCurrent(context) == CUresult.CUDA_SUCCESS) {
            boolean well = cuStreamSynchronize(uploads) == CUresult.CUDA_SUCCESS
                    && cuStreamSynchronize(stream) == CUresult.CUDA_SUCCESS;
            synchronized (lock) {
                held.close();
            }
            if (well) {
                releaseAll();
            }
            idleEvents.forEach(event -> cuEventDestroy(event));
            for (CUstream each : List.of(stream, uploads, spare)) {
                cuStreamDestroy(each);
            }
            cuEventDestroy(uploaded);
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
