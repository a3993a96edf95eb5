package dev.tenrec.testkit;

import dev.tenrec.backend.Backend;
import dev.tenrec.engine.DeviceContext;
import dev.tenrec.engine.Devices;
import dev.tenrec.ir.Kernel;
import dev.tenrec.memory.Scope;
import dev.tenrec.testkit.device.CountingBackend;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A device on which tests make tensors and learn what that cost: kernels by kind, bytes moved, peak memory, leaks.
 *
 * <pre>{@code
 * device.run(() -> {
 *     Tensor a = Tensor.ones(100);
 *     device.measure(() -> a.mul(2).relu().materialize()).assertKernels("Map 1");
 * });
 * }</pre>
 */
public final class MeasuredDevice implements AutoCloseable {

    private final CountingBackend backend;
    private final DeviceContext context;

    private MeasuredDevice(Backend backend) {
        this.backend = new CountingBackend(backend);
        this.context = Devices.register(this.backend);
    }

    /**
     * Opens a device for tests, in the place of the one of the same name.
     *
     * @param backend what does the work; closed with this
     * @return the device
     */
    public static MeasuredDevice open(Backend backend) {
        return new MeasuredDevice(backend);
    }

    /**
     * What a body cost.
     *
     * @param kernels launches by kind of kernel, in the order in which the kinds first ran
     * @param compiled kernels that were not in the cache
     * @param bytesRead bytes that kernels read
     * @param bytesWritten bytes that kernels wrote
     * @param peakBytes what the pool held at most above what it held before
     * @param leakedBytes what the pool holds more than before
     */
    public record Usage(
            Map<Class<? extends Kernel>, Long> kernels,
            long compiled,
            long bytesRead,
            long bytesWritten,
            long peakBytes,
            long leakedBytes) {

        /**
         * Says which kernels ran.
         *
         * @return such as {@code MatMul 1, Map 2}, empty if none ran; in the order of {@link Kernel}'s kinds
         */
        public String summary() {
            return kernels.entrySet().stream()
                    .map(entry -> entry.getKey().getSimpleName() + " " + entry.getValue())
                    .collect(Collectors.joining(", "));
        }

        /**
         * Demands that just these kernels ran.
         *
         * @param expected such as {@code Map 2, MatMul 1}, in the order of {@link Kernel}'s kinds
         */
        public void assertKernels(String expected) {
            if (!summary().equals(expected)) {
                throw new AssertionError("kernels: wrong count\n  expected " + expected + "\n  given    " + summary());
            }
        }

        /**
         * Demands that kernels moved no more than so much.
         *
         * @param most bytes read and written together
         */
        public void assertBytesMovedAtMost(long most) {
            if (bytesRead + bytesWritten > most) {
                throw new AssertionError("bytes moved: too many\n  expected at most " + most + "\n  given    "
                        + bytesRead + " read, " + bytesWritten + " written");
            }
        }

        /**
         * Demands that no more than so much was held above what was held before.
         *
         * @param most bytes
         */
        public void assertPeakBytesAtMost(long most) {
            if (peakBytes > most) {
                throw new AssertionError(
                        "peak memory: too much\n  expected at most " + most + "\n  given    " + peakBytes);
            }
        }
    }

    /**
     * Returns the engine's side of the device.
     *
     * @return its context, with pool and fusion switch
     */
    public DeviceContext context() {
        return context;
    }

    /**
     * Returns what counts.
     *
     * @return the backend that the device runs on
     */
    public CountingBackend backend() {
        return backend;
    }

    /**
     * Returns the bytes in use.
     *
     * @return of the pool, without what it caches
     */
    public long liveBytes() {
        return context.pool().statistics().liveBytes();
    }

    /**
     * Runs something whose new tensors live on this device, in a scope of its own.
     *
     * @param body what runs
     */
    public void run(Runnable body) {
        Devices.with(context.device(), () -> {
            Scope.run(body);
            return null;
        });
    }

    /**
     * Measures what something costs.
     *
     * @param body what runs, on this device
     * @return the cost
     */
    public Usage measure(Runnable body) {
        context.pool().resetPeak();
        long before = liveBytes();
        backend.reset();
        Devices.with(context.device(), () -> {
            body.run();
            return null;
        });
        Map<Class<? extends Kernel>, Long> kernels = new LinkedHashMap<>();
        for (Class<?> kind : Kernel.class.getPermittedSubclasses()) {
            long count = backend.kernels(kind.asSubclass(Kernel.class));
            if (count > 0) {
                kernels.put(kind.asSubclass(Kernel.class), count);
            }
        }
        return new Usage(
                kernels,
                backend.compiled(),
                backend.bytesRead(),
                backend.bytesWritten(),
                context.pool().statistics().peakBytes() - before,
                liveBytes() - before);
    }

    /**
     * Runs something in a scope of its own and demands that it left no memory in use.
     *
     * @param body what runs, on this device
     */
    public void assertNoLeak(Runnable body) {
        long leaked = measure(() -> Scope.run(body)).leakedBytes();
        if (leaked != 0) {
            throw new AssertionError(
                    "leak: bytes in use after the scope's end\n  expected 0 more than before\n  given    " + leaked);
        }
    }

    /** Closes the backend. */
    @Override
    public void close() {
        backend.close();
    }
}
