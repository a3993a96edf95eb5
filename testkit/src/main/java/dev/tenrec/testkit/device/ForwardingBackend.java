package dev.tenrec.testkit.device;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.Capabilities;
import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.Device;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A backend that hands everything to another one. Its subclasses watch or disturb what passes. Buffers are wrapped, so
 * that their release is seen too; the other backend gets its own buffers back.
 */
public abstract class ForwardingBackend implements Backend {

    private final Backend delegate;

    /**
     * Wraps a backend.
     *
     * @param delegate what does the work; closed with this
     */
    protected ForwardingBackend(Backend delegate) {
        this.delegate = delegate;
    }

    /**
     * Returns the backend that does the work.
     *
     * @return the one given
     */
    public final Backend delegate() {
        return delegate;
    }

    /** A buffer of the wrapped backend. */
    protected static final class Wrapped implements DeviceBuffer {
        private final ForwardingBackend owner;
        private final DeviceBuffer inner;
        private final AtomicBoolean closed = new AtomicBoolean();

        private Wrapped(ForwardingBackend owner, DeviceBuffer inner) {
            this.owner = owner;
            this.inner = inner;
        }

        /**
         * Returns the wrapped backend's buffer.
         *
         * @return the buffer that holds the memory
         */
        DeviceBuffer inner() {
            return inner;
        }

        @Override
        public long byteSize() {
            return inner.byteSize();
        }

        @Override
        public Optional<MemorySegment> hostSegment() {
            return owner.exposesMemory() ? inner.hostSegment() : Optional.empty();
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                owner.release(this);
            }
        }
    }

    /**
     * Says whether buffers show their host memory.
     *
     * @return what the wrapped backend does, unless overridden
     */
    protected boolean exposesMemory() {
        return true;
    }

    /**
     * Frees a buffer. Called once for each.
     *
     * @param buffer the buffer
     */
    protected void release(Wrapped buffer) {
        buffer.inner().close();
    }

    /**
     * Runs a kernel.
     *
     * @param kernel its description
     * @param compiled the wrapped backend's kernel
     * @param launch the launch as it was given, with this backend's buffers
     */
    protected void run(Kernel kernel, CompiledKernel compiled, Launch launch) {
        compiled.run(unwrap(launch));
    }

    /**
     * Turns a launch into one over the wrapped backend's buffers.
     *
     * @param launch over this backend's buffers
     * @return the same over the wrapped backend's
     */
    protected final Launch unwrap(Launch launch) {
        return new Launch(
                launch.space(), launch.keptRank(), unwrap(launch.inputs()), unwrap(launch.outputs()), launch.params());
    }

    private List<Operand> unwrap(List<Operand> operands) {
        return operands.stream()
                .map(operand -> new Operand(inner(operand.buffer()), operand.dtype(), operand.layout()))
                .toList();
    }

    /**
     * Returns the wrapped backend's buffer.
     *
     * @param buffer a buffer of this backend
     * @return what it wraps
     * @throws IllegalArgumentException if it is of another backend or closed
     */
    protected final DeviceBuffer inner(DeviceBuffer buffer) {
        if (!(buffer instanceof Wrapped wrapped) || wrapped.owner != this) {
            throw new IllegalArgumentException("the buffer belongs to another backend: " + buffer);
        }
        if (wrapped.closed.get()) {
            throw new IllegalArgumentException("the buffer of " + wrapped.byteSize() + " bytes was closed before use");
        }
        return wrapped.inner;
    }

    @Override
    public Device device() {
        return delegate.device();
    }

    @Override
    public Capabilities capabilities() {
        return delegate.capabilities();
    }

    @Override
    public DeviceBuffer allocate(long bytes) {
        return new Wrapped(this, delegate.allocate(bytes));
    }

    @Override
    public void upload(MemorySegment source, DeviceBuffer target, long offset) {
        delegate.upload(source, inner(target), offset);
    }

    @Override
    public void download(DeviceBuffer source, long offset, MemorySegment target) {
        delegate.download(inner(source), offset, target);
    }

    @Override
    public void synchronize() {
        delegate.synchronize();
    }

    @Override
    public boolean joinsLaunches() {
        return delegate.joinsLaunches();
    }

    @Override
    public void together(Runnable launches) {
        delegate.together(launches);
    }

    @Override
    public void submit() {
        delegate.submit();
    }

    @Override
    public CompiledKernel compile(Kernel kernel) {
        CompiledKernel compiled = delegate.compile(kernel);
        return launch -> run(kernel, compiled, launch);
    }

    @Override
    public void close() {
        delegate.close();
    }
}
