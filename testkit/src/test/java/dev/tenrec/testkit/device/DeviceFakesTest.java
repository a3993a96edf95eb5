package dev.tenrec.testkit.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.backend.ReferenceBackend;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.LayoutClass;
import dev.tenrec.op.Ops;
import dev.tenrec.testkit.BackendConformance;
import dev.tenrec.testkit.ConformanceCase;
import dev.tenrec.testkit.Tolerance;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class DeviceFakesTest {

    private static final Kernel.Map DOUBLE = new Kernel.Map(
            List.of(Expr.input(0, DType.F32).mul(2)),
            List.of(new Kernel.InputSpec(DType.F32, LayoutClass.CONTIGUOUS)),
            0);

    private static Launch launch(DeviceBuffer in, DeviceBuffer out, long count) {
        Layout layout = Layout.dense(Shape.of(count));
        return new Launch(
                Shape.of(count),
                1,
                List.of(new Operand(in, DType.F32, layout)),
                List.of(new Operand(out, DType.F32, layout)),
                new long[0]);
    }

    private static void upload(Backend backend, DeviceBuffer buffer, float... values) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
            backend.upload(host, buffer, 0);
            host.fill((byte) 0);
        }
    }

    private static float[] download(Backend backend, DeviceBuffer buffer) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(buffer.byteSize(), 8);
            backend.download(buffer, 0, host);
            return host.toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    @Test
    void countsKernelsBytesAndBuffers() {
        try (CountingBackend backend = new CountingBackend(new ReferenceBackend())) {
            DeviceBuffer in = backend.allocate(16);
            DeviceBuffer out = backend.allocate(16);
            upload(backend, in, 1, 2, 3, 4);
            CompiledKernel kernel = backend.compile(DOUBLE);
            kernel.run(launch(in, out, 4));
            kernel.run(launch(in, out, 3));
            assertEquals(4, download(backend, out)[1]);
            backend.assertKernels(2);
            backend.assertKernels(Kernel.Map.class, 2);
            backend.assertKernels(Kernel.MatMul.class, 0);
            assertEquals(28, backend.bytesRead());
            assertEquals(28, backend.bytesWritten());
            assertEquals(16, backend.bytesUploaded());
            assertEquals(16, backend.bytesDownloaded());
            assertEquals(1, backend.compiled());
            backend.assertPeakBytesAtMost(32);
            in.close();
            in.close();
            assertEquals(16, backend.liveBytes());
            backend.reset();
            backend.assertKernels(0);
            assertEquals(16, backend.peakBytes());
            out.close();
            backend.assertNoLeaks();
        }
    }

    @Test
    void aRepeatedElementCountsOnce() {
        try (CountingBackend backend = new CountingBackend(new ReferenceBackend())) {
            DeviceBuffer in = backend.allocate(64);
            DeviceBuffer out = backend.allocate(64);
            Shape shape = Shape.of(4, 4);
            backend.compile(new Kernel.Copy(DType.F32))
                    .run(new Launch(
                            shape,
                            2,
                            List.of(new Operand(in, DType.F32, Layout.of(shape, new long[] {0, 1}, 0))),
                            List.of(new Operand(out, DType.F32, Layout.dense(shape))),
                            new long[0]));
            assertEquals(16, backend.bytesRead());
            assertEquals(64, backend.bytesWritten());
        }
    }

    @Test
    void failedDemandsNameWhatWasCounted() {
        try (CountingBackend backend = new CountingBackend(new ReferenceBackend())) {
            DeviceBuffer buffer = backend.allocate(16);
            backend.compile(DOUBLE).run(launch(buffer, buffer, 4));
            String kernels = message(() -> backend.assertKernels(2));
            assertTrue(kernels.contains("expected 2") && kernels.contains("given    1"), kernels);
            assertTrue(kernels.contains("mul(in0, 2.0)"), kernels);
            assertTrue(message(backend::assertNoLeaks).contains("1 of 16 bytes"));
            assertTrue(message(() -> backend.assertPeakBytesAtMost(15)).contains("at most 15"));
            assertTrue(message(() -> backend.assertBytesMovedAtMost(31)).contains("32"));
            assertTrue(
                    message(() -> backend.assertKernels(Kernel.Copy.class, 1)).contains("Copy"));
        }
    }

    private static String message(Runnable demand) {
        return assertThrows(AssertionError.class, demand::run).getMessage();
    }

    @Test
    void buffersOfAnotherBackendAndClosedOnesAreRefused() {
        try (CountingBackend one = new CountingBackend(new ReferenceBackend());
                CountingBackend other = new CountingBackend(new ReferenceBackend())) {
            DeviceBuffer foreign = other.allocate(16);
            DeviceBuffer closed = one.allocate(16);
            closed.close();
            CompiledKernel kernel = one.compile(DOUBLE);
            assertThrows(IllegalArgumentException.class, () -> kernel.run(launch(foreign, foreign, 4)));
            assertThrows(IllegalArgumentException.class, () -> kernel.run(launch(closed, closed, 4)));
        }
    }

    @Test
    void failsTheChosenAllocationOnce() {
        try (FaultyBackend backend = new FaultyBackend(new ReferenceBackend()).failAllocation(2)) {
            backend.allocate(8).close();
            OutOfDeviceMemory error = assertThrows(OutOfDeviceMemory.class, () -> backend.allocate(24));
            assertEquals(24, error.requestedBytes());
            backend.allocate(24).close();
        }
    }

    @Test
    void keepsALimitOfMemory() {
        try (FaultyBackend backend = new FaultyBackend(new ReferenceBackend()).limitMemory(100)) {
            DeviceBuffer buffer = backend.allocate(64);
            assertThrows(OutOfDeviceMemory.class, () -> backend.allocate(40));
            assertThrows(OutOfDeviceMemory.class, () -> backend.allocate(Long.MAX_VALUE));
            buffer.close();
            backend.allocate(100).close();
        }
    }

    @Test
    void failsTheChosenCompilationAndLaunch() {
        try (FaultyBackend backend = new FaultyBackend(new ReferenceBackend()).failCompilation(1)) {
            assertThrows(KernelCompile.class, () -> backend.compile(DOUBLE));
            CompiledKernel kernel = backend.compile(DOUBLE);
            DeviceBuffer buffer = backend.allocate(16);
            upload(backend, buffer, 1, 2, 3, 4);
            IllegalStateException planted = new IllegalStateException("planted");
            Supplier<IllegalStateException> failure = () -> planted;
            backend.failLaunch(2, failure);
            kernel.run(launch(buffer, buffer, 4));
            assertSame(planted, assertThrows(IllegalStateException.class, () -> kernel.run(launch(buffer, buffer, 4))));
            assertEquals(2, download(backend, buffer)[0], "a failed launch has no effect");
            kernel.run(launch(buffer, buffer, 4));
            assertEquals(4, download(backend, buffer)[0]);
        }
    }

    @Test
    void launchesReturnBeforeTheyRun() {
        try (DelayedBackend backend = new DelayedBackend(new ReferenceBackend(), Duration.ofMillis(1))) {
            DeviceBuffer a = backend.allocate(16);
            DeviceBuffer b = backend.allocate(16);
            assertEquals(Optional.empty(), a.hostSegment());
            CompiledKernel kernel = backend.compile(DOUBLE);
            backend.pause();
            upload(backend, a, 1, 2, 3, 4);
            for (int i = 0; i < 5; i++) {
                kernel.run(launch(a, b, 4));
                kernel.run(launch(b, a, 4));
            }
            assertEquals(10, backend.mostQueued());
            a.close();
            assertEquals(1, backend.earlyReleases());
            backend.resume();
            assertEquals(512, download(backend, b)[0], "what was issued before the release must still see the buffer");
            b.close();
            assertEquals(1, backend.earlyReleases());
        }
    }

    @Test
    void failuresAreReportedWhenWaitedFor() {
        FaultyBackend faulty = new FaultyBackend(new ReferenceBackend());
        try (DelayedBackend backend = new DelayedBackend(faulty, Duration.ZERO)) {
            faulty.failLaunch(1, () -> new InvalidArgument("planted"));
            DeviceBuffer buffer = backend.allocate(16);
            upload(backend, buffer, 1, 2, 3, 4);
            backend.compile(DOUBLE).run(launch(buffer, buffer, 4));
            assertThrows(InvalidArgument.class, backend::synchronize);
            backend.synchronize();
            assertEquals(1, download(backend, buffer)[0]);
        }
    }

    /** The suite itself must wait where an asynchronous backend needs it, and leave nothing behind. */
    @Test
    void theSuiteProvesAnAsynchronousBackend() {
        Set<String> chosen = Set.of(
                "map add F32",
                "map in place",
                "reduce SUM F32",
                "matmul F32 AB",
                "gather index out of range",
                "scatter F32",
                "copy U8",
                "repeat map",
                "repeat scatter",
                "gradient matmul");
        CountingBackend counting = new CountingBackend(new ReferenceBackend());
        AtomicInteger ran = new AtomicInteger();
        try (DelayedBackend backend = new DelayedBackend(counting, Duration.ZERO)) {
            for (ConformanceCase c : BackendConformance.cases(Ops.all())) {
                if (chosen.contains(c.name())) {
                    c.check().run(backend, Tolerance.STRICT);
                    ran.incrementAndGet();
                }
            }
            backend.synchronize();
            counting.assertNoLeaks();
            assertTrue(counting.peakBytes() > 0);
        }
        assertEquals(chosen.size(), ran.get());
    }
}
