package dev.tenrec.backend;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.DType;
import dev.tenrec.type.Device;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The specification of all backends: slow, obvious, one element at a time in the calling thread. Every other backend is
 * compared with it.
 *
 * <p>Sums and products of floating numbers, matrix products included, are accumulated in F64 and rounded once. Fresh
 * memory is filled with NaN patterns, so that a read of something never written shows.
 */
public final class ReferenceBackend implements Backend {

    static final String DESCRIPTION = "scalar interpreter, calling thread";

    private static final Device DEVICE = new Device(ReferenceProvider.NAME, 0);
    private static final long ALIGNMENT = 64;

    private final Capabilities capabilities;
    private final Set<HostBuffer> buffers = ConcurrentHashMap.newKeySet();
    private final AtomicLong liveBytes = new AtomicLong();
    private volatile boolean closed;

    /** Opens the backend; its buffers may take as much memory as the Java heap may. */
    public ReferenceBackend() {
        this(Runtime.getRuntime().maxMemory());
    }

    /**
     * Opens the backend with a limit.
     *
     * @param memoryBytes what its buffers may take together
     */
    public ReferenceBackend(long memoryBytes) {
        EnumSet<DType> arithmetic = EnumSet.allOf(DType.class);
        arithmetic.removeIf(dtype -> !dtype.isArithmetic());
        capabilities = new Capabilities(DESCRIPTION, memoryBytes, arithmetic, true);
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
            throw new InvalidArgument(Message.of("allocate", "size is not positive")
                    .line("expected", "1 byte or more")
                    .line("given", bytes)
                    .toString());
        }
        checkOpen();
        if (liveBytes.addAndGet(bytes) > capabilities.memoryBytes() || liveBytes.get() < 0) {
            throw noRoom(bytes, liveBytes.addAndGet(-bytes));
        }
        Arena arena = Arena.ofShared();
        try {
            MemorySegment memory = arena.allocate(bytes, ALIGNMENT).fill((byte) 0xFF);
            HostBuffer buffer = new HostBuffer(arena, memory);
            buffers.add(buffer);
            return buffer;
        } catch (OutOfMemoryError e) {
            arena.close();
            throw noRoom(bytes, liveBytes.addAndGet(-bytes));
        }
    }

    private OutOfDeviceMemory noRoom(long bytes, long live) {
        return new OutOfDeviceMemory(
                Message.of("allocate", "no room on " + DEVICE)
                        .line("requested", bytes + " bytes")
                        .line("live", live + " bytes")
                        .line("limit", capabilities.memoryBytes() + " bytes")
                        .hint("use smaller batches, end scopes earlier, or raise -Xmx, which sets this limit")
                        .toString(),
                bytes);
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException(DEVICE + " is closed");
        }
    }

    @Override
    public void upload(MemorySegment source, DeviceBuffer target, long offset) {
        MemorySegment.copy(source, 0, segment(target), offset, source.byteSize());
    }

    @Override
    public void download(DeviceBuffer source, long offset, MemorySegment target) {
        MemorySegment.copy(segment(source), offset, target, 0, target.byteSize());
    }

    @Override
    public void synchronize() {
        // Everything has finished by the time its call returns.
    }

    @Override
    public CompiledKernel compile(Kernel kernel) {
        return ReferenceKernels.compile(kernel);
    }

    @Override
    public boolean supports(Kernel kernel) {
        return kernel instanceof Kernel.Convolution convolution
                && (convolution.dtype() == DType.F32 || convolution.dtype() == DType.F64);
    }

    @Override
    public void close() {
        closed = true;
        buffers.forEach(HostBuffer::close);
    }

    /** Returns the memory of a buffer that the host can address. */
    static MemorySegment segment(DeviceBuffer buffer) {
        return buffer.hostSegment()
                .orElseThrow(() -> new IllegalArgumentException(DEVICE + " needs buffers in host memory"));
    }

    private final class HostBuffer implements DeviceBuffer {

        private final Arena arena;
        private final MemorySegment memory;

        private HostBuffer(Arena arena, MemorySegment memory) {
            this.arena = arena;
            this.memory = memory;
        }

        @Override
        public long byteSize() {
            return memory.byteSize();
        }

        @Override
        public Optional<MemorySegment> hostSegment() {
            return Optional.of(memory);
        }

        @Override
        public void close() {
            if (buffers.remove(this)) {
                liveBytes.addAndGet(-memory.byteSize());
                arena.close();
            }
        }
    }
}
