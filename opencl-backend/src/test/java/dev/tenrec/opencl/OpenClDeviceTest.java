package dev.tenrec.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.backend.Backend;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.backend.Probe;
import dev.tenrec.error.BackendUnavailable;
import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.gpu.Families;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.LayoutClass;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.tensor.Window;
import dev.tenrec.testkit.MeasuredDevice;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class OpenClDeviceTest {

    @BeforeAll
    static void aDevice() {
        TestDevice.require();
    }

    @Test
    void devicesAreFoundAndNamed() {
        Probe probe = new OpenClProvider().probe();
        Probe.Available available = assertInstanceOf(Probe.Available.class, probe, probe.toString());
        assertTrue(available.devices().size() > 0);
        assertTrue(available.version().startsWith("OpenCL, "), available.version());
    }

    @Test
    void anIndexOutOfRangeNamesTheDevices() {
        BackendUnavailable e = assertThrows(BackendUnavailable.class, () -> new OpenClProvider().open(99));
        assertTrue(e.getMessage().contains("99"), e.getMessage());
        assertTrue(e.getMessage().contains("devices"), e.getMessage());
        assertThrows(BackendUnavailable.class, () -> new OpenClProvider().open(-1));
    }

    @Test
    void anUnknownNameListsWhatThereIs() {
        BackendUnavailable e =
                assertThrows(BackendUnavailable.class, () -> new OpenClDriver("no such thing").devices());
        assertTrue(e.getMessage().contains("no such thing"), e.getMessage());
        assertTrue(e.getMessage().contains("-D" + OpenClDriver.DEVICE_PROPERTY), e.getMessage());
    }

    /** Places of a padded image that take more than 32 bits; the program for all others computes in 32. */
    @Test
    void aConvolutionReachesFarIntoItsPadding() {
        long far = 1L << 32;
        try (MeasuredDevice device = MeasuredDevice.open(new OpenClProvider().open(0))) {
            device.run(() -> {
                try (Scope _ = Scope.open();
                        Variable x = Variable.parameter("x", Tensor.of(new float[] {3, 4, 5}, 1, 1, 3));
                        Variable w = Variable.parameter("w", Tensor.of(new float[] {2}, 1, 1, 1))) {
                    Tensor y =
                            x.value().conv(w.value(), Window.of(1).stride(far).padding(far), 1);
                    Gradients gradients = Autograd.grad(y.sum(), List.of(x, w));
                    assertArrayEquals(new double[] {0, 6, 0}, y.toDoubleArray());
                    assertArrayEquals(new double[] {2, 0, 0}, gradients.get(x).toDoubleArray());
                    assertArrayEquals(new double[] {3}, gradients.get(w).toDoubleArray());
                }
            });
        }
    }

    @Test
    void aMapAndACopyRun() {
        try (Backend backend = new OpenClProvider().open(0);
                Arena arena = Arena.ofConfined()) {
            Shape space = Shape.of(10_000);
            Layout layout = Layout.dense(space);
            MemorySegment host = arena.allocate(40_000, 8);
            for (int i = 0; i < 10_000; i++) {
                host.setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
            }
            try (DeviceBuffer a = backend.allocate(40_000);
                    DeviceBuffer b = backend.allocate(40_000);
                    DeviceBuffer c = backend.allocate(40_000)) {
                backend.upload(host, a, 0);
                Expr x = Expr.input(0, DType.F32);
                Kernel map = new Kernel.Map(
                        List.of(x.mul(2).add(1)), List.of(new Kernel.InputSpec(DType.F32, LayoutClass.CONTIGUOUS)), 0);
                Operand from = new Operand(a, DType.F32, layout);
                Operand middle = new Operand(b, DType.F32, layout);
                Operand to = new Operand(c, DType.F32, layout);
                backend.compile(map).run(new Launch(space, 1, List.of(from), List.of(middle), new long[0]));
                backend.compile(new Kernel.Copy(DType.F32))
                        .run(new Launch(space, 1, List.of(middle), List.of(to), new long[0]));
                MemorySegment result = arena.allocate(40_000, 8);
                backend.download(c, 0, result);
                float[] expected = new float[10_000];
                for (int i = 0; i < expected.length; i++) {
                    expected[i] = 2 * i + 1;
                }
                assertArrayEquals(expected, result.toArray(ValueLayout.JAVA_FLOAT));
            }
        }
    }

    /** A compiler inside of the driver may take the JVM's signal handlers away. */
    @Test
    void theJvmKeepsItsSignalHandlers() {
        try (Backend backend = TestDevice.openUnoptimized()) {
            Families.all().get("softmax").run(backend);
            backend.synchronize();
            Families.all().get("copy-F32").run(backend);
            assertEquals(0, JvmSignals.changed());
        }
    }

    @Test
    void aBufferLargerThanTheDeviceAllowsIsRefused() {
        try (Backend backend = new OpenClProvider().open(0)) {
            OutOfDeviceMemory e = assertThrows(OutOfDeviceMemory.class, () -> backend.allocate(1L << 50));
            assertTrue(e.getMessage().contains("largest"), e.getMessage());
            backend.allocate(16).close();
        }
    }
}
