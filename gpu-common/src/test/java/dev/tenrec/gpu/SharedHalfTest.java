package dev.tenrec.gpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.error.DeviceLost;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Device;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The shared half over a driver that only writes down what it is asked for. */
class SharedHalfTest {

    private static final Device DEVICE = new Device("fake", 0);
    private static final Set<ScalarOp> LOWERED = Set.of(ScalarOp.EXP, ScalarOp.LOG, ScalarOp.TANH);

    private static Backend open(FakeDriver driver) {
        return new GpuBackend(DEVICE, driver.open(0), ProgramCache.NONE, LOWERED);
    }

    private static FakeDriver gpu() {
        return new FakeDriver(Dialect.CUDA, DeviceInfo.Kind.GPU, false);
    }

    /** Every family launches with as many arguments as its kernel takes and leaves no memory behind. */
    @TestFactory
    Stream<DynamicTest> everyFamilyLaunches() {
        return Stream.of(DeviceInfo.Kind.values())
                .flatMap(kind -> Families.all().entrySet().stream()
                        .map(one -> DynamicTest.dynamicTest(kind + " " + one.getKey(), () -> launches(kind, one))));
    }

    private static void launches(DeviceInfo.Kind kind, Map.Entry<String, Families.Example> one) {
        FakeDriver driver = new FakeDriver(Dialect.OPENCL, kind, kind == DeviceInfo.Kind.CPU);
        try (Backend backend = open(driver)) {
            one.getValue().run(backend);
            int scratch = driver.live.get();
            one.getValue().run(backend);
            assertEquals(scratch, driver.live.get(), "scratch memory is used again");
            backend.synchronize();
        }
        boolean copied = one.getValue().kernel() instanceof Kernel.Copy && driver.launches.isEmpty();
        assertTrue(copied || driver.launches.size() >= 2, "launches " + driver.launches);
    }

    @Test
    void everyKindOfKernelHasAnExample() {
        Set<Class<?>> kinds = new HashSet<>();
        Families.all().values().forEach(example -> kinds.add(example.kernel().getClass()));
        assertEquals(Set.of(Kernel.class.getPermittedSubclasses()), kinds);
    }

    @Test
    void transfersOfManyChunksArriveWhole() {
        for (boolean hostMemory : new boolean[] {false, true}) {
            FakeDriver driver = new FakeDriver(Dialect.CUDA, DeviceInfo.Kind.GPU, hostMemory);
            int count = 5_000_001;
            try (Backend backend = open(driver);
                    Arena arena = Arena.ofConfined();
                    DeviceBuffer buffer = backend.allocate(4L * count + 12)) {
                MemorySegment host = arena.allocate(4L * count, 4);
                for (int i = 0; i < count; i++) {
                    host.setAtIndex(ValueLayout.JAVA_INT, i, i * 31);
                }
                backend.upload(host, buffer, 12);
                MemorySegment back = arena.allocate(4L * count, 4);
                backend.download(buffer, 12, back);
                assertEquals(-1, host.mismatch(back));
                assertThrows(IndexOutOfBoundsException.class, () -> backend.upload(host, buffer, 13));
                assertThrows(IndexOutOfBoundsException.class, () -> backend.download(buffer, -1, back));
            }
            assertEquals(0, driver.events.get(), "events given back");
            assertEquals(0, driver.pinned.get(), "pinned memory given back");
        }
    }

    @Test
    void programsThatRenderAlikeAreBuiltOnce() {
        FakeDriver driver = gpu();
        try (Backend backend = open(driver)) {
            for (int axis = 0; axis < 2; axis++) {
                Families.all().get("gather-F32").run(backend);
                Families.all().get("gather-F32").run(backend);
            }
        }
        assertEquals(1, driver.sources.size());
    }

    @Test
    void aRefusedProgramShowsLogAndNumberedSource() {
        FakeDriver driver = gpu();
        driver.refusesBuilds = true;
        try (Backend backend = open(driver)) {
            KernelCompile e = assertThrows(
                    KernelCompile.class, () -> Families.all().get("softmax").run(backend));
            assertTrue(e.getMessage().contains("line 3: the fake compiler"), e.getMessage());
            assertTrue(e.getMessage().contains("   1  typedef float f32;"), e.getMessage());
            driver.refusesBuilds = false;
            Families.all().get("softmax").run(backend);
        }
    }

    @Test
    void aLostDevicePoisonsItsOwnBackendOnly() {
        FakeDriver driver = gpu();
        FakeDriver other = gpu();
        Backend backend = open(driver);
        try (Backend healthy = open(other)) {
            DeviceBuffer buffer = backend.allocate(64);
            Families.all().get("softmax").run(backend);
            driver.broken = true;
            DeviceLost e = assertThrows(DeviceLost.class, backend::synchronize);
            assertTrue(e.getMessage().contains("issued last softmax"), e.getMessage());
            assertTrue(e.getMessage().contains("told to break"), e.getMessage());
            driver.broken = false;
            assertThrows(DeviceLost.class, () -> backend.allocate(64), "it stays lost");
            assertThrows(DeviceLost.class, () -> Families.all().get("moments").run(backend));
            buffer.close();
            backend.close();
            Families.all().get("softmax").run(healthy);
            healthy.synchronize();
        }
    }

    @Test
    void memoryThatRunsOutLeavesTheBackendUsable() {
        FakeDriver driver = gpu();
        driver.room = 1 << 20;
        try (Backend backend = open(driver)) {
            assertThrows(OutOfDeviceMemory.class, () -> backend.allocate(2 << 20));
            driver.lateOutOfMemory = true;
            assertThrows(
                    OutOfDeviceMemory.class,
                    () -> Families.all().get("reduce-SUM-chunks").run(backend));
            driver.lateOutOfMemory = false;
            Families.all().get("reduce-SUM").run(backend);
            backend.allocate(1 << 10).close();
        }
    }

    @Test
    void whatDoesNotBelongIsRefused() {
        try (Backend backend = open(gpu());
                Backend other = open(gpu());
                DeviceBuffer foreign = other.allocate(64);
                Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(64);
            assertThrows(InvalidArgument.class, () -> backend.upload(host, foreign, 0));
            assertThrows(InvalidArgument.class, () -> backend.allocate(0));
            assertThrows(InvalidArgument.class, () -> backend.allocate(-1));
            DeviceBuffer closed = backend.allocate(64);
            closed.close();
            closed.close();
            assertThrows(IllegalStateException.class, () -> backend.download(closed, 0, host));
            assertThrows(KernelCompile.class, () -> backend.compile(new Kernel.Scatter(DType.F16, DType.I32, 0)));
            assertThrows(
                    KernelCompile.class,
                    () -> backend.compile(new Kernel.MatMul(DType.I32, java.util.List.of(), java.util.List.of(), 0)));
        }
    }

    @Test
    void nothingTouchesADeviceThatWasClosed() {
        Backend backend = open(gpu());
        DeviceBuffer buffer = backend.allocate(64);
        backend.close();
        backend.close();
        buffer.close();
        assertThrows(IllegalStateException.class, () -> backend.allocate(64));
        assertThrows(IllegalStateException.class, backend::synchronize);
    }

    @Test
    void argumentsKeepTheirOrderAndGrow() {
        Arguments arguments = new Arguments();
        for (int round = 0; round < 2; round++) {
            arguments.clear();
            for (int i = 0; i < 40; i++) {
                arguments.i32(i).f64(i + 0.5);
            }
            assertEquals(80, arguments.count());
            assertEquals(39, arguments.value(78).get(ValueLayout.JAVA_INT, 0));
            assertEquals(39.5, arguments.value(79).get(ValueLayout.JAVA_DOUBLE, 0));
            assertArrayEquals(new int[] {4, 8}, new int[] {arguments.size(78), arguments.size(79)});
        }
        assertThrows(IllegalArgumentException.class, () -> arguments.struct(8000));
        assertFalse(arguments.address(0) == 0);
    }
}
