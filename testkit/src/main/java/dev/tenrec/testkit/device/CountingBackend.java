package dev.tenrec.testkit.device;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.Layout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * Counts what passes: kernels by kind, bytes they read and write, bytes copied to and from the host, buffers. The
 * assertions throw {@link AssertionError} with what was expected, what was counted and the last kernels.
 */
public final class CountingBackend extends ForwardingBackend {

    private static final int REMEMBERED = 40;

    private final Map<Class<? extends Kernel>, Long> kernels = new HashMap<>();
    private final Deque<Kernel> last = new ArrayDeque<>();
    private long compiled;
    private long read;
    private long written;
    private long uploaded;
    private long downloaded;
    private long allocations;
    private long liveBuffers;
    private long liveBytes;
    private long peakBytes;

    /**
     * Wraps a backend.
     *
     * @param delegate what does the work; closed with this
     */
    public CountingBackend(Backend delegate) {
        super(delegate);
    }

    @Override
    public DeviceBuffer allocate(long bytes) {
        DeviceBuffer buffer = super.allocate(bytes);
        synchronized (this) {
            allocations++;
            liveBuffers++;
            liveBytes += buffer.byteSize();
            peakBytes = Math.max(peakBytes, liveBytes);
        }
        return buffer;
    }

    @Override
    protected void release(Wrapped buffer) {
        synchronized (this) {
            liveBuffers--;
            liveBytes -= buffer.byteSize();
        }
        super.release(buffer);
    }

    @Override
    public void upload(MemorySegment source, DeviceBuffer target, long offset) {
        super.upload(source, target, offset);
        synchronized (this) {
            uploaded += source.byteSize();
        }
    }

    @Override
    public void download(DeviceBuffer source, long offset, MemorySegment target) {
        super.download(source, offset, target);
        synchronized (this) {
            downloaded += target.byteSize();
        }
    }

    @Override
    public CompiledKernel compile(Kernel kernel) {
        synchronized (this) {
            compiled++;
        }
        return super.compile(kernel);
    }

    @Override
    protected void run(Kernel kernel, CompiledKernel prepared, Launch launch) {
        synchronized (this) {
            kernels.merge(kernel.getClass(), 1L, Long::sum);
            read += bytes(launch.inputs());
            written += bytes(launch.outputs());
            last.addLast(kernel);
            if (last.size() > REMEMBERED) {
                last.removeFirst();
            }
        }
        super.run(kernel, prepared, launch);
    }

    /** Bytes of distinct elements: an axis of stride 0 counts once. */
    private static long bytes(Collection<Operand> operands) {
        long sum = 0;
        for (Operand operand : operands) {
            Layout layout = operand.layout();
            long elements = 1;
            for (int axis = 0; axis < layout.shape().rank(); axis++) {
                boolean repeated = layout.stride(axis) == 0 && layout.shape().size(axis) > 0;
                elements *= repeated ? 1 : layout.shape().size(axis);
            }
            sum += elements * operand.dtype().byteSize();
        }
        return sum;
    }

    /** Sets every count to 0, except that of live buffers; the peak becomes what is live. */
    public synchronized void reset() {
        kernels.clear();
        last.clear();
        compiled = 0;
        read = 0;
        written = 0;
        uploaded = 0;
        downloaded = 0;
        allocations = 0;
        peakBytes = liveBytes;
    }

    /**
     * Returns how many kernels ran.
     *
     * @return launches since the start or the last reset
     */
    public synchronized long kernels() {
        return kernels.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * Returns how many kernels of a kind ran.
     *
     * @param kind such as {@code Kernel.Map.class}
     * @return launches
     */
    public synchronized long kernels(Class<? extends Kernel> kind) {
        return kernels.getOrDefault(kind, 0L);
    }

    /**
     * Returns how many kernels were compiled.
     *
     * @return calls of {@link #compile}
     */
    public synchronized long compiled() {
        return compiled;
    }

    /**
     * Returns what kernels read.
     *
     * @return bytes of distinct elements, for every launch and input
     */
    public synchronized long bytesRead() {
        return read;
    }

    /**
     * Returns what kernels wrote.
     *
     * @return bytes, for every launch and output
     */
    public synchronized long bytesWritten() {
        return written;
    }

    /**
     * Returns what was copied from the host.
     *
     * @return bytes
     */
    public synchronized long bytesUploaded() {
        return uploaded;
    }

    /**
     * Returns what was copied to the host.
     *
     * @return bytes
     */
    public synchronized long bytesDownloaded() {
        return downloaded;
    }

    /**
     * Returns how many buffers were allocated.
     *
     * @return calls of {@link #allocate} that succeeded
     */
    public synchronized long allocations() {
        return allocations;
    }

    /**
     * Returns how many buffers are allocated and not closed.
     *
     * @return buffers
     */
    public synchronized long liveBuffers() {
        return liveBuffers;
    }

    /**
     * Returns the size of the live buffers.
     *
     * @return bytes
     */
    public synchronized long liveBytes() {
        return liveBytes;
    }

    /**
     * Returns the largest size the live buffers had together.
     *
     * @return bytes
     */
    public synchronized long peakBytes() {
        return peakBytes;
    }

    /**
     * Demands that so many kernels ran, of all kinds.
     *
     * @param expected launches
     */
    public void assertKernels(long expected) {
        demand(kernels() == expected, "kernels", expected, kernels());
    }

    /**
     * Demands that so many kernels of a kind ran.
     *
     * @param kind such as {@code Kernel.Map.class}
     * @param expected launches
     */
    public void assertKernels(Class<? extends Kernel> kind, long expected) {
        demand(kernels(kind) == expected, kind.getSimpleName() + " kernels", expected, kernels(kind));
    }

    /**
     * Demands that kernels moved no more than so much.
     *
     * @param most bytes read and written together
     */
    public void assertBytesMovedAtMost(long most) {
        long moved = bytesRead() + bytesWritten();
        demand(moved <= most, "bytes read and written", "at most " + most, moved);
    }

    /**
     * Demands that no more than so much was live at once.
     *
     * @param most bytes
     */
    public void assertPeakBytesAtMost(long most) {
        demand(peakBytes() <= most, "peak bytes", "at most " + most, peakBytes());
    }

    /** Demands that every buffer was closed. */
    public void assertNoLeaks() {
        demand(liveBuffers() == 0, "buffers not closed", 0, liveBuffers() + " of " + liveBytes() + " bytes");
    }

    private synchronized void demand(boolean met, String what, Object expected, Object given) {
        if (!met) {
            StringBuilder text = new StringBuilder(what + ": wrong count\n  expected " + expected + "\n  given    "
                    + given + "\n  kernels, the last " + last.size() + ":");
            last.forEach(kernel -> text.append("\n    ").append(kernel));
            throw new AssertionError(text.toString());
        }
    }
}
