package dev.tenrec.cpu;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.Capabilities;
import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.backend.Operand;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.Message;
import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.DType;
import dev.tenrec.type.Device;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Runs kernels on this machine's processors, with vector instructions where the JVM was started with the module
 * {@code jdk.incubator.vector}. Kernels have finished when {@link CompiledKernel#run} returns. Results do not depend on
 * the number of threads.
 */
public final class CpuBackend implements Backend {
    private static final Set<Class<? extends Kernel>> COMPOSITES = Set.of(
            Kernel.Softmax.class,
            Kernel.SoftmaxGradient.class,
            Kernel.CrossEntropy.class,
            Kernel.CrossEntropyGradient.class,
            Kernel.Moments.class,
            Kernel.Convolution.class,
            Kernel.MaxPool.class,
            Kernel.MaxPoolGradient.class);

    private static final Device DEVICE = new Device(CpuProvider.NAME, 0);

    private final Workers workers;
    private final ScratchPool scratch;
    private final Capabilities capabilities;

    CpuBackend(Workers workers) {
        this.workers = workers;
        this.scratch = new ScratchPool(2 * workers.threads() + 2);
        this.capabilities = new Capabilities(
                CpuProvider.describe(workers.threads()),
                HostMemory.bytes(),
                EnumSet.of(DType.F32, DType.F64, DType.I32, DType.I64, DType.BOOL),
                true,
                // Their loops are vectors only.
                CpuVector.scalar() ? Set.of() : COMPOSITES);
    }

    /**
     * Opens a backend with a number of threads of its own instead of the process's shared pool.
     *
     * @param threads threads that work on a kernel, the calling one included
     * @return the backend; closing it ends its threads
     * @throws IllegalArgumentException if the number is out of range
     */
    public static CpuBackend withThreads(int threads) {
        return new CpuBackend(Workers.of(threads));
    }

    @Override
    public Device device() {
        return DEVICE;
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    @Override
    public DeviceBuffer allocate(long bytes) {
        if (bytes <= 0) {
            throw new InvalidArgument(Message.of("allocate", "not a size")
                    .line("expected", "1 byte or more")
                    .line("given", bytes)
                    .toString());
        }
        try {
            return new CpuBuffer(bytes);
        } catch (OutOfMemoryError | ArithmeticException e) {
            throw new OutOfDeviceMemory(
                    Message.of("allocate", "the operating system has no memory left")
                            .line("requested", bytes, "bytes")
                            .line("machine", capabilities.memoryBytes(), "bytes")
                            .hint("use a smaller batch, or close tensors by working inside a Scope")
                            .toString(),
                    bytes);
        }
    }

    @Override
    public void upload(MemorySegment source, DeviceBuffer target, long offset) {
        changed(target);
        try {
            MemorySegment.copy(source, 0, segment(target), offset, source.byteSize());
        } finally {
            changed(target);
        }
    }

    private static void changed(DeviceBuffer buffer) {
        if (buffer instanceof CpuBuffer own) {
            own.panels().changed();
        }
    }

    @Override
    public void download(DeviceBuffer source, long offset, MemorySegment target) {
        MemorySegment.copy(segment(source), offset, target, 0, target.byteSize());
    }

    private static MemorySegment segment(DeviceBuffer buffer) {
        MemorySegment memory = buffer instanceof CpuBuffer own
                ? own.segment()
                : buffer.hostSegment().orElseThrow(() -> new IllegalArgumentException("not a buffer of the CPU"));
        return memory.asSlice(0, buffer.byteSize());
    }

    @Override
    public void synchronize() {
        // Kernels run on the calling thread and are done when it returns.
    }

    @Override
    public CompiledKernel compile(Kernel kernel) {
        CompiledKernel compiled = switch (kernel) {
            case Kernel.Map map -> new MapKernel(map, workers, scratch);
            case Kernel.Reduce reduce -> new ReduceKernel(reduce, workers, scratch);
            case Kernel.MatMul matMul -> new MatMulKernel(matMul, workers, scratch);
            case Kernel.Gather gather -> new GatherKernel(gather, workers);
            case Kernel.Scatter scatter -> new ScatterKernel(scatter, workers);
            case Kernel.Copy copy -> new CopyKernel(copy, workers);
            case Kernel.Softmax _,
                    Kernel.SoftmaxGradient _,
                    Kernel.CrossEntropy _,
                    Kernel.CrossEntropyGradient _,
                    Kernel.Moments _,
                    Kernel.Convolution _,
                    Kernel.MaxPool _,
                    Kernel.MaxPoolGradient _,
                    Kernel.Attention _,
                    Kernel.AttentionGradient _,
                    Kernel.HalfMatMul _ -> composite(kernel);
        };
        return launch -> {
            changed(launch.outputs());
            try {
                compiled.run(launch);
            } finally {
                changed(launch.outputs());
            }
        };
    }

    private CompiledKernel composite(Kernel kernel) {
        if (!capabilities.composites().contains(kernel.getClass())) {
            throw new KernelCompile(Message.of("compile", "a kernel that this backend does not claim")
                    .line("given", kernel)
                    .hint("see Capabilities.composites")
                    .toString());
        }
        return switch (kernel) {
            case Kernel.Softmax(DType dtype, boolean log) -> new SoftmaxKernel(dtype, log, false, workers, scratch);
            case Kernel.SoftmaxGradient(DType dtype, boolean log) ->
                new SoftmaxKernel(dtype, log, true, workers, scratch);
            case Kernel.CrossEntropy loss -> new CrossEntropyKernel(loss, false, workers, scratch);
            case Kernel.CrossEntropyGradient(Kernel.CrossEntropy loss) ->
                new CrossEntropyKernel(loss, true, workers, scratch);
            case Kernel.Moments(DType dtype) -> new MomentsKernel(dtype, workers, scratch);
            case Kernel.Convolution convolution -> new ConvolutionKernel(convolution, workers);
            case Kernel.MaxPool(DType dtype, int axes) -> new MaxPoolKernel(dtype, axes, false, workers);
            case Kernel.MaxPoolGradient(DType dtype, int axes) -> new MaxPoolKernel(dtype, axes, true, workers);
            default -> throw new IllegalArgumentException(kernel.toString());
        };
    }

    private static void changed(List<Operand> outputs) {
        for (int i = 0; i < outputs.size(); i++) {
            changed(outputs.get(i).buffer());
        }
    }

    @Override
    public void close() {
        workers.close();
    }
}
