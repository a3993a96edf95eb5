package dev.tenrec.gpu;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.Capabilities;
import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Device;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;

/**
 * Runs Tenrec's kernels on a device that a {@link GpuDriver} opened. Work is asynchronous, in one stream. An index out
 * of range in a gather or scatter is reported by {@link #download} or {@link #synchronize}, whichever comes first.
 */
public final class GpuBackend implements Backend {

    private final GpuContext context;
    private final Transfers transfers;
    private final Capabilities capabilities;
    private boolean closed;

    /**
     * Takes over an open device.
     *
     * @param device how users name it
     * @param gpu the device; closed with this
     * @param lowered functions of F32 that the device's own are not exact enough for: they are computed by arithmetic
     */
    public GpuBackend(Device device, GpuDevice gpu, Set<ScalarOp> lowered) {
        this(device, gpu, DiskProgramCache.standard(gpu.info(), gpu.dialect()), lowered);
    }

    GpuBackend(Device device, GpuDevice gpu, ProgramCache cache, Set<ScalarOp> lowered) {
        this.context = new GpuContext(device, gpu, cache, lowered);
        this.transfers = new Transfers(context);
        DeviceInfo info = gpu.info();
        EnumSet<DType> arithmetic = EnumSet.of(DType.F32, DType.I32, DType.I64, DType.BOOL);
        if (info.fp64()) {
            arithmetic.add(DType.F64);
        }
        this.capabilities = new Capabilities(
                info.name() + ", " + info.version(), info.memoryBytes(), arithmetic, false, composites(gpu));
    }

    /** The others are composed by core, numbers of 16 bits as F32. */
    private static Set<Class<? extends Kernel>> composites(GpuDevice gpu) {
        Set<Class<? extends Kernel>> all = new HashSet<>(Kernel.COMPOSITES);
        if (!AttentionTiles.suit(gpu.info())) {
            all.removeAll(Set.of(Kernel.Attention.class, Kernel.AttentionGradient.class));
        }
        if (!(gpu instanceof MatrixLibrary)) {
            all.remove(Kernel.HalfMatMul.class);
        }
        return all;
    }

    @Override
    public Device device() {
        return context.device();
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    @Override
    public DeviceBuffer allocate(long bytes) {
        if (bytes <= 0) {
            throw new InvalidArgument(Message.of("allocate", "size is not positive")
                    .line("expected", "1 byte or more")
                    .line("given", bytes)
                    .toString());
        }
        return new GpuBuffer(context, context.touch(() -> context.gpu().allocate(bytes)), bytes);
    }

    private GpuDevice.Memory checked(DeviceBuffer buffer, long offset, long bytes) {
        if (!(buffer instanceof GpuBuffer own) || !own.belongsTo(context)) {
            throw new InvalidArgument(Message.of("copy", "a buffer of another device")
                    .line("expected", "a buffer of " + device())
                    .line("given", buffer.getClass().getSimpleName())
                    .toString());
        }
        if (offset < 0 || bytes > own.byteSize() - offset) {
            throw new IndexOutOfBoundsException(
                    bytes + " bytes from " + offset + " of a buffer of " + own.byteSize() + " bytes");
        }
        return own.memory();
    }

    @Override
    public void upload(MemorySegment source, DeviceBuffer target, long offset) {
        transfers.upload(source, checked(target, offset, source.byteSize()), offset);
    }

    @Override
    public void download(DeviceBuffer source, long offset, MemorySegment target) {
        GpuDevice.Memory memory = checked(source, offset, target.byteSize());
        context.indexErrors().check(transfers);
        transfers.download(memory, offset, target);
    }

    @Override
    public void synchronize() {
        context.guard(() -> {
            context.gpu().synchronize();
            return null;
        });
        context.indexErrors().check(transfers);
    }

    @Override
    public boolean joinsLaunches() {
        return context.gpu().hasAddresses();
    }

    @Override
    public void together(Runnable launches) {
        context.joined().together(launches);
    }

    @Override
    public void submit() {
        context.guard(() -> {
            context.gpu().submit();
            return null;
        });
    }

    @Override
    public CompiledKernel compile(Kernel kernel) {
        return switch (kernel) {
            case Kernel.Map map -> new GpuMap(context, map);
            case Kernel.Reduce reduce -> new GpuReduce(context, reduce);
            case Kernel.MatMul matMul -> new GpuMatMul(context, matMul);
            case Kernel.Gather gather -> new GpuGather(context, gather);
            case Kernel.Scatter scatter -> new GpuScatter(context, scatter);
            case Kernel.Copy copy -> new GpuCopy(context, copy);
            case Kernel.Softmax(DType dtype, boolean log) -> new GpuSoftmax(context, dtype, log, false);
            case Kernel.SoftmaxGradient(DType dtype, boolean log) -> new GpuSoftmax(context, dtype, log, true);
            case Kernel.CrossEntropy loss -> new GpuCrossEntropy(context, loss);
            case Kernel.CrossEntropyGradient gradient -> new GpuCrossEntropyGradient(context, gradient);
            case Kernel.Moments(DType dtype) -> new GpuMoments(context, dtype);
            case Kernel.Convolution convolution -> new GpuConvolution(context, convolution);
            case Kernel.MaxPool(DType dtype, int axes) -> new GpuMaxPool(context, dtype, axes, false);
            case Kernel.MaxPoolGradient(DType dtype, int axes) -> new GpuMaxPool(context, dtype, axes, true);
            case Kernel.Attention attention -> new GpuAttention(context, attention);
            case Kernel.AttentionGradient(Kernel.Attention attention) -> new GpuAttentionGradient(context, attention);
            case Kernel.HalfMatMul(DType dtype) -> new GpuHalfMatMul(context, dtype);
        };
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            if (!context.isGone()) {
                transfers.close();
            }
            context.close();
            context.gpu().close();
        }
    }
}
