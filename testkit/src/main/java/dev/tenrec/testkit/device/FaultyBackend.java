package dev.tenrec.testkit.device;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.backend.Launch;
import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.Message;
import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.ir.Kernel;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Fails on demand: an allocation, a compilation or a launch, counted from now, or every allocation beyond a limit of
 * memory. What failed has had no effect; what comes after works again.
 */
public final class FaultyBackend extends ForwardingBackend {

    private static final long NEVER = Long.MAX_VALUE;

    private final AtomicLong allocationsLeft = new AtomicLong(NEVER);
    private final AtomicLong compilationsLeft = new AtomicLong(NEVER);
    private final AtomicLong launchesLeft = new AtomicLong(NEVER);
    private final AtomicLong liveBytes = new AtomicLong();
    private volatile long limit = Long.MAX_VALUE;
    private volatile Supplier<? extends RuntimeException> launchFailure =
            () -> new IllegalStateException("launch failed");

    /**
     * Wraps a backend; nothing fails yet.
     *
     * @param delegate what does the work; closed with this
     */
    public FaultyBackend(Backend delegate) {
        super(delegate);
    }

    /**
     * Makes an allocation throw {@link OutOfDeviceMemory}, once.
     *
     * @param which 1 is the next
     * @return this
     */
    public FaultyBackend failAllocation(long which) {
        allocationsLeft.set(which);
        return this;
    }

    /**
     * Makes a compilation throw {@link KernelCompile}, once.
     *
     * @param which 1 is the next
     * @return this
     */
    public FaultyBackend failCompilation(long which) {
        compilationsLeft.set(which);
        return this;
    }

    /**
     * Makes a launch throw, once.
     *
     * @param which 1 is the next
     * @param failure makes what is thrown
     * @return this
     */
    public FaultyBackend failLaunch(long which, Supplier<? extends RuntimeException> failure) {
        launchFailure = failure;
        launchesLeft.set(which);
        return this;
    }

    /**
     * Makes every allocation throw {@link OutOfDeviceMemory} that would exceed a limit.
     *
     * @param bytes what live buffers may have together
     * @return this
     */
    public FaultyBackend limitMemory(long bytes) {
        limit = bytes;
        return this;
    }

    private static boolean isDue(AtomicLong left) {
        return left.getAndUpdate(n -> n == NEVER || n <= 1 ? NEVER : n - 1) == 1;
    }

    @Override
    public DeviceBuffer allocate(long bytes) {
        if (isDue(allocationsLeft)) {
            throw outOfMemory(bytes);
        }
        if (liveBytes.addAndGet(bytes) > limit || liveBytes.get() < 0) {
            liveBytes.addAndGet(-bytes);
            throw outOfMemory(bytes);
        }
        boolean done = false;
        try {
            DeviceBuffer buffer = super.allocate(bytes);
            // What is counted at release is the size the buffer reports.
            liveBytes.addAndGet(buffer.byteSize() - bytes);
            done = true;
            return buffer;
        } finally {
            if (!done) {
                liveBytes.addAndGet(-bytes);
            }
        }
    }

    private OutOfDeviceMemory outOfMemory(long bytes) {
        return new OutOfDeviceMemory(
                Message.of("allocate", "no room on " + device())
                        .line("requested", bytes + " bytes")
                        .line("live", liveBytes.get() + " bytes")
                        .line("limit", limit == Long.MAX_VALUE ? "none" : limit + " bytes")
                        .hint("this failure was asked for by a test")
                        .toString(),
                bytes);
    }

    @Override
    protected void release(Wrapped buffer) {
        liveBytes.addAndGet(-buffer.byteSize());
        super.release(buffer);
    }

    @Override
    public CompiledKernel compile(Kernel kernel) {
        if (isDue(compilationsLeft)) {
            throw new KernelCompile(Message.of("compile", "refused")
                    .line("kernel", kernel)
                    .hint("this failure was asked for by a test")
                    .toString());
        }
        return super.compile(kernel);
    }

    @Override
    protected void run(Kernel kernel, CompiledKernel compiled, Launch launch) {
        if (isDue(launchesLeft)) {
            throw launchFailure.get();
        }
        super.run(kernel, compiled, launch);
    }
}
