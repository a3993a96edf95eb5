package dev.tenrec.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.backend.Probe;
import dev.tenrec.error.BackendUnavailable;
import dev.tenrec.error.DeviceLost;
import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.gpu.BuildFailure;
import dev.tenrec.gpu.GpuDevice;
import dev.tenrec.gpu.ProgramSource;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.LayoutClass;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.FutureTask;
import jcuda.driver.CUdevice;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** What users see when something fails, each failure made on the emulator. */
@Isolated("the emulator's settings and the state of its context are the process's")
class FaultTest {

    private static final int COUNT = 4;

    /** An element where no memory is: 64 GiB away. */
    private static final long FAR = 1L << 34;

    private static final String[] SETTINGS = {"devices", "memory", "fail_alloc"};

    private final long[] before = new long[SETTINGS.length];

    @BeforeEach
    void keepSettings() {
        TestDevice.requireEmulator();
        for (int i = 0; i < SETTINGS.length; i++) {
            before[i] = Emulator.get(SETTINGS[i]);
        }
    }

    @AfterEach
    void restoreSettings() {
        if (Emulator.isPresent()) {
            for (int i = 0; i < SETTINGS.length; i++) {
                Emulator.set(SETTINGS[i], before[i]);
            }
        }
    }

    /** Doubles {@link #COUNT} numbers from an offset on, and returns them. */
    private static float[] doubled(Backend backend, long offset) {
        Layout layout = Layout.dense(Shape.of(COUNT));
        Layout from = Layout.of(Shape.of(COUNT), new long[] {1}, offset);
        Kernel map = new Kernel.Map(
                List.of(Expr.input(0, DType.F32).mul(2)),
                List.of(new Kernel.InputSpec(DType.F32, LayoutClass.CONTIGUOUS)),
                0);
        try (DeviceBuffer a = backend.allocate(4 * COUNT);
                DeviceBuffer b = backend.allocate(4 * COUNT);
                Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3, 4);
            backend.upload(host, a, 0);
            backend.compile(map)
                    .run(new Launch(
                            Shape.of(COUNT),
                            1,
                            List.of(new Operand(a, DType.F32, from)),
                            List.of(new Operand(b, DType.F32, layout)),
                            new long[0]));
            backend.download(b, 0, host);
            return host.toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    private static void assertWorks(Backend backend) {
        float[] result = doubled(backend, 0);
        assertEquals(List.of(2f, 4f, 6f, 8f), List.of(result[0], result[1], result[2], result[3]));
    }

    @Test
    void noDevice() {
        Emulator.set("devices", 0);
        Probe.Unavailable no = assertInstanceOf(Probe.Unavailable.class, new CudaProvider().probe());
        assertTrue(no.reason().contains("no device"), no.reason());
        assertTrue(no.remedy().contains("nvidia-smi"), no.remedy());
        assertThrows(BackendUnavailable.class, () -> new CudaProvider().open(0));
    }

    @Test
    void anIndexOutOfRangeNamesTheDevices() {
        String name = new CudaDriver().devices().get(0).name();
        BackendUnavailable e = assertThrows(BackendUnavailable.class, () -> new CudaProvider().open(99));
        assertTrue(e.getMessage().contains("99") && e.getMessage().contains(name), e.getMessage());
        assertThrows(BackendUnavailable.class, () -> new CudaProvider().open(-1));
    }

    @Test
    void anUnknownNameListsWhatThereIs() {
        String name = new CudaDriver().devices().get(0).name();
        BackendUnavailable e = assertThrows(BackendUnavailable.class, () -> new CudaDriver("no such thing").devices());
        assertTrue(e.getMessage().contains(name), e.getMessage());
        assertTrue(e.getMessage().contains("-D" + CudaDriver.DEVICE_PROPERTY), e.getMessage());
        assertEquals(
                1,
                new CudaDriver(name.substring(0, 4).toUpperCase(java.util.Locale.ROOT))
                        .devices()
                        .size());
    }

    @Test
    void outOfMemoryLeavesTheDeviceUsable() {
        try (Backend backend = TestDevice.open()) {
            OutOfDeviceMemory e = assertThrows(OutOfDeviceMemory.class, () -> backend.allocate(1L << 50));
            assertEquals(1L << 50, e.requestedBytes());
            assertTrue(e.getMessage().contains("CUDA_ERROR_OUT_OF_MEMORY"), e.getMessage());
            Emulator.set("fail_alloc", 0);
            assertThrows(OutOfDeviceMemory.class, () -> backend.allocate(1 << 20));
            assertWorks(backend);
        }
    }

    @Test
    void idleMemoryIsGivenBackBeforeThereIsNoRoom() {
        long megabyte = 1 << 20;
        try (GpuDevice device =
                new CudaDriver("", new CudaDriver.Options(64 * megabyte, false, 1, 1024, true)).open(0)) {
            Emulator.set("memory", Emulator.get("live_bytes") + 3 * megabyte);
            device.free(device.allocate(2 * megabyte));
            GpuDevice.Memory same = device.allocate(2 * megabyte);
            device.free(same);
            assertSame(same, device.allocate(2 * megabyte), "memory of one size is given out again");
            device.free(same);
            device.free(device.allocate(3 * megabyte));
        }
    }

    @Test
    void aFaultInAKernelLosesTheDeviceAndNamesTheLaunch() {
        try (Backend backend = TestDevice.open()) {
            DeviceLost e = assertThrows(DeviceLost.class, () -> doubled(backend, FAR));
            assertTrue(e.getMessage().contains("CUDA_ERROR_ILLEGAL_ADDRESS"), e.getMessage());
            assertTrue(e.getMessage().contains("latest first: map"), e.getMessage());
            DeviceLost again = assertThrows(DeviceLost.class, () -> doubled(backend, 0));
            assertTrue(again.getMessage().contains("start the process again"), again.getMessage());
            assertThrows(DeviceLost.class, backend::synchronize);
        } finally {
            // The emulator's only; a real device stays lost for the process.
            CUdevice device = new CUdevice();
            JCudaDriver.cuDeviceGet(device, 0);
            JCudaDriver.cuDevicePrimaryCtxReset(device);
        }
        try (Backend backend = TestDevice.open()) {
            assertWorks(backend);
        }
    }

    @Test
    void aProgramThatCannotBeBuiltGivesTheLog() {
        try (GpuDevice device = TestDevice.openDevice(false)) {
            BuildFailure e = assertThrows(
                    BuildFailure.class,
                    () -> device.build(new ProgramSource("broken", "extern \"C\" __global__ void f() { missing(); }")));
            assertTrue(e.getMessage().contains("NVRTC_ERROR_COMPILATION"), e.getMessage());
            assertTrue(e.getMessage().contains("missing"), e.getMessage());
        }
    }

    @Test
    void spoiltBinariesAreRefused() {
        try (GpuDevice device = TestDevice.openDevice(false)) {
            byte[] garbage = "no program\0".getBytes(StandardCharsets.US_ASCII);
            assertThrows(BuildFailure.class, () -> device.load(new ProgramSource("spoilt", ""), garbage));
        }
    }

    @Test
    void aClosedDeviceRefuses() {
        Backend backend = TestDevice.open();
        backend.close();
        IllegalStateException e = assertThrows(IllegalStateException.class, () -> backend.allocate(16));
        assertTrue(e.getMessage().contains("closed"), e.getMessage());
        backend.close();
    }

    /** The driver knows contexts by thread. */
    @Test
    void newThreadsMayCall() throws Exception {
        try (Backend backend = TestDevice.open()) {
            for (Thread.Builder builder : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
                FutureTask<Void> task = new FutureTask<>(() -> assertWorks(backend), null);
                builder.start(task);
                task.get();
            }
            assertWorks(backend);
        }
    }

    @Test
    void nothingIsLeftBehind() {
        long live = Emulator.get("live_allocations");
        try (Backend backend = TestDevice.open()) {
            assertWorks(backend);
            backend.allocate(1 << 16);
        }
        assertEquals(live, Emulator.get("live_allocations"));
    }
}
