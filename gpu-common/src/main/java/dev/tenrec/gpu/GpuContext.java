package dev.tenrec.gpu;

import dev.tenrec.backend.Operand;
import dev.tenrec.error.DeviceLost;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Device;
import java.util.Set;
import java.util.function.Supplier;

/** What the kernels of one open device share. */
final class GpuContext {

    private static final int CPU_GROUP = 1024;
    private static final int GPU_GROUP = 256;

    private final Device device;
    private final GpuDevice gpu;
    private final Programs programs;
    private final Set<ScalarOp> lowered;
    private final int group;
    private final ThreadLocal<Arguments> arguments = ThreadLocal.withInitial(Arguments::new);
    private final IndexErrors indexErrors;
    private final ScratchMemory scratch;
    private final JoinedMaps joined = new JoinedMaps(this);
    private volatile String last = "nothing";
    private volatile DeviceFailure lost;
    private volatile boolean closed;

    GpuContext(Device device, GpuDevice gpu, ProgramCache cache, Set<ScalarOp> lowered) {
        this.device = device;
        this.gpu = gpu;
        this.programs = new Programs(gpu, cache);
        this.lowered = lowered;
        int wanted = gpu.info().kind() == DeviceInfo.Kind.CPU ? CPU_GROUP : GPU_GROUP;
        this.group = Integer.highestOneBit(Math.min(wanted, gpu.info().maxGroupSize()));
        this.indexErrors = new IndexErrors(this);
        this.scratch = new ScratchMemory(this);
    }

    Device device() {
        return device;
    }

    GpuDevice gpu() {
        return gpu;
    }

    Dialect dialect() {
        return gpu.dialect();
    }

    /** Functions that are computed by the arithmetic of {@link dev.tenrec.ir.Lowering}. */
    Set<ScalarOp> lowered() {
        return lowered;
    }

    /** Work items of a group where items do not share memory. */
    int group() {
        return group;
    }

    /** Whether neighbouring work items should read neighbouring elements; on a processor each reads its own stretch. */
    boolean prefersGroups() {
        return gpu.info().kind() == DeviceInfo.Kind.GPU;
    }

    /** The tiles of products. */
    TileWriter.Size tiles() {
        return TileWriter.sizeFor(gpu.info(), dialect());
    }

    /** The tiles of products of a type that may be computed on tensor cores. */
    TileWriter.Size tensorTiles(DType dtype) {
        return dtype == DType.F32 && gpu.multipliesTf32() ? TensorTileWriter.SIZE : tiles();
    }

    IndexErrors indexErrors() {
        return indexErrors;
    }

    /** Maps that wait to be launched together. */
    JoinedMaps joined() {
        return joined;
    }

    ScratchMemory scratch() {
        return scratch;
    }

    GpuDevice.Function function(ProgramSource source, String name) {
        last = "build " + source.name();
        return touch(() -> programs.function(source, name));
    }

    /** The calling thread's empty list of arguments. */
    Arguments arguments() {
        return arguments.get().clear();
    }

    /** Runs a body with another list, so that what the thread has collected in its own stays. */
    void withArguments(Arguments other, Runnable body) {
        Arguments own = arguments.get();
        arguments.set(other);
        try {
            body.run();
        } finally {
            arguments.set(own);
        }
    }

    void launch(String name, GpuDevice.Function function, Grid grid, Arguments list) {
        last = name;
        guard(() -> {
            gpu.launch(function, grid, list);
            return null;
        });
    }

    /** Issues what is no launch of a rendered kernel. */
    <T> T issue(String name, Supplier<T> body) {
        last = name;
        return guard(body);
    }

    /** Runs what touches the device, after what was to come before; a lost device is touched no more. */
    <T> T guard(Supplier<T> body) {
        if (!isGone()) {
            joined.flush();
        }
        return touch(body);
    }

    /** Runs what touches the device but none of its memory in use. */
    <T> T touch(Supplier<T> body) {
        if (lost != null) {
            throw new DeviceLost(message(), lost);
        }
        if (closed) {
            throw new IllegalStateException(device + " is closed");
        }
        try {
            return body.get();
        } catch (DeviceFailure e) {
            lost = e;
            throw new DeviceLost(message(), e);
        }
    }

    private String message() {
        return Message.of(device.toString(), "the device is lost")
                .line("device", gpu.info().name())
                .line("issued last", last)
                .line("driver", lost.getMessage())
                .hint("start the process again; if it happens again, run with -Dtenrec.fusion=off to find the kernel")
                .toString();
    }

    /** Whether the device may no longer be touched: it is lost, or was closed. */
    boolean isGone() {
        return lost != null || closed;
    }

    /** Refuses everything from now on. */
    void close() {
        closed = true;
    }

    /** The memory of an operand. */
    GpuDevice.Memory memory(Operand operand) {
        if (operand.buffer() instanceof GpuBuffer own && own.belongsTo(this)) {
            return own.memory();
        }
        throw new InvalidArgument(Message.of("launch", "a buffer of another device")
                .line("expected", "a buffer of " + device)
                .line("given", operand.buffer().getClass().getSimpleName())
                .toString());
    }
}
