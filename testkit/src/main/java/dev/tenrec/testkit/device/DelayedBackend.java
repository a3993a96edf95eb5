package dev.tenrec.testkit.device;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.Capabilities;
import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.backend.Launch;
import dev.tenrec.ir.Kernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * An asynchronous device, as GPUs are: kernels, uploads and releases only queue, and one thread does them in order, each
 * after a delay. Buffers hide their memory, so that it can be read by a download alone.
 *
 * <p>It finds those who rely on a kernel having run when its launch returns. A released buffer is filled with ones,
 * which are NaN, before it goes. A release while kernels that use the buffer are queued is in order and harmless here;
 * {@link #earlyReleases} counts them for tests of those who must not do that. What a kernel throws is thrown by the next
 * download or synchronize, once.
 */
public final class DelayedBackend extends ForwardingBackend {

    private final ExecutorService queue = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "delayed-backend");
        thread.setDaemon(true);
        return thread;
    });
    private final long delayNanos;
    private final Object lock = new Object();
    private final java.util.Map<DeviceBuffer, Integer> queuedUses = new java.util.IdentityHashMap<>();
    private CompletableFuture<Void> resumed = CompletableFuture.completedFuture(null);
    private RuntimeException failure;
    private long earlyReleases;
    private long queued;
    private long mostQueued;

    /**
     * Wraps a backend.
     *
     * @param delegate what does the work; closed with this
     * @param delay waited before each kernel
     */
    public DelayedBackend(Backend delegate, Duration delay) {
        super(delegate);
        delayNanos = delay.toNanos();
    }

    /** Stops the device: what is issued from now on waits for {@link #resume}. */
    public void pause() {
        synchronized (lock) {
            if (resumed.isDone()) {
                resumed = new CompletableFuture<>();
                CompletableFuture<Void> gate = resumed;
                queue.execute(gate::join);
            }
        }
    }

    /** Lets a paused device go on. */
    public void resume() {
        synchronized (lock) {
            resumed.complete(null);
        }
    }

    /**
     * Returns how often a buffer was released while a kernel that uses it was queued.
     *
     * @return releases
     */
    public long earlyReleases() {
        synchronized (lock) {
            return earlyReleases;
        }
    }

    /**
     * Returns how many kernels waited at once.
     *
     * @return the largest number so far
     */
    public long mostQueued() {
        synchronized (lock) {
            return mostQueued;
        }
    }

    @Override
    protected boolean exposesMemory() {
        return false;
    }

    @Override
    public Capabilities capabilities() {
        Capabilities own = super.capabilities();
        return new Capabilities(
                own.description() + ", asynchronous", own.memoryBytes(), own.arithmetic(), false, own.composites());
    }

    @Override
    protected void run(Kernel kernel, CompiledKernel compiled, Launch launch) {
        Launch inner = unwrap(launch);
        List<DeviceBuffer> used = Stream.concat(inner.inputs().stream(), inner.outputs().stream())
                .map(dev.tenrec.backend.Operand::buffer)
                .toList();
        long[] params = launch.params().clone();
        Launch kept = new Launch(inner.space(), inner.keptRank(), inner.inputs(), inner.outputs(), params);
        synchronized (lock) {
            used.forEach(buffer -> queuedUses.merge(buffer, 1, Integer::sum));
            queued++;
            mostQueued = Math.max(mostQueued, queued);
            queue.execute(() -> execute(compiled, kept, used));
        }
    }

    private void execute(CompiledKernel compiled, Launch launch, List<DeviceBuffer> used) {
        long end = System.nanoTime() + delayNanos;
        for (long left = delayNanos; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
        try {
            compiled.run(launch);
        } catch (RuntimeException e) {
            synchronized (lock) {
                failure = failure == null ? e : failure;
            }
        }
        synchronized (lock) {
            used.forEach(buffer -> queuedUses.computeIfPresent(buffer, (_, n) -> n == 1 ? null : n - 1));
            queued--;
        }
    }

    @Override
    public void upload(MemorySegment source, DeviceBuffer target, long offset) {
        DeviceBuffer inner = inner(target);
        // The caller may change the source as soon as this returns.
        Arena arena = Arena.ofShared();
        MemorySegment copy = arena.allocate(Math.max(source.byteSize(), 1), 64).asSlice(0, source.byteSize());
        copy.copyFrom(source);
        queue.execute(() -> {
            try (arena) {
                delegate().upload(copy, inner, offset);
            }
        });
    }

    @Override
    public void download(DeviceBuffer source, long offset, MemorySegment target) {
        DeviceBuffer inner = inner(source);
        synchronize();
        delegate().download(inner, offset, target);
    }

    @Override
    public void synchronize() {
        try {
            CompletableFuture.runAsync(delegate()::synchronize, queue).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
        synchronized (lock) {
            RuntimeException thrown = failure;
            failure = null;
            if (thrown != null) {
                throw thrown;
            }
        }
    }

    @Override
    protected void release(Wrapped buffer) {
        DeviceBuffer inner = buffer.inner();
        synchronized (lock) {
            if (queuedUses.containsKey(inner)) {
                earlyReleases++;
            }
            if (!queue.isShutdown()) {
                queue.execute(() -> {
                    inner.hostSegment()
                            .ifPresent(memory ->
                                    memory.asSlice(0, inner.byteSize()).fill((byte) 0xFF));
                    inner.close();
                });
            }
        }
    }

    @Override
    public void close() {
        resume();
        synchronized (lock) {
            queue.shutdown();
        }
        try {
            if (!queue.awaitTermination(1, TimeUnit.MINUTES)) {
                throw new IllegalStateException("kernels were still queued a minute after close");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        super.close();
    }
}
