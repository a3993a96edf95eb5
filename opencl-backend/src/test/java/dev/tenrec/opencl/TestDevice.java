package dev.tenrec.opencl;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.Probe;
import dev.tenrec.gpu.DeviceInfo;
import dev.tenrec.gpu.GpuBackend;
import dev.tenrec.gpu.GpuDevice;
import dev.tenrec.type.Device;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;

/** The device that the tests use: OpenCL's first. Without one they are skipped, with one line that says so. */
final class TestDevice {

    private static final AtomicBoolean SAID = new AtomicBoolean();

    private TestDevice() {}

    /** Skips the calling test, visibly, where OpenCL has no device. */
    static void require() {
        if (new OpenClProvider().probe() instanceof Probe.Unavailable no) {
            if (SAID.compareAndSet(false, true)) {
                System.err.println("SKIPPED: the tests of the OpenCL backend: " + no.reason() + "; " + no.remedy());
            }
            Assumptions.abort(no.reason());
        }
    }

    /**
     * The device with the optimizer of its compiler left out, which is most of the time that PoCL takes for the thousands
     * of kernels of the whole suites. {@code -Dtenrec.opencl.test.options=} runs them as users do.
     */
    static Backend openUnoptimized() {
        require();
        GpuDevice device = unoptimized().open(0);
        return new GpuBackend(new Device(OpenClDriver.NAME, 0), device, OpenClProvider.LOWERED);
    }

    private static OpenClDriver unoptimized() {
        return new OpenClDriver("", System.getProperty("tenrec.opencl.test.options", "-cl-opt-disable"));
    }

    /** The same device as it would be if it were a GPU with memory of its own: groups that share, staged transfers. */
    static Backend openAsGpu() {
        require();
        GpuDevice device = unoptimized().open(0);
        DeviceInfo own = device.info();
        DeviceInfo asGpu = new DeviceInfo(
                own.name(),
                own.version(),
                DeviceInfo.Kind.GPU,
                own.memoryBytes(),
                own.maxBufferBytes(),
                own.sharedBytes(),
                own.maxGroupSize(),
                own.maxArgumentBytes(),
                own.computeUnits(),
                own.fp64(),
                false);
        GpuDevice disguised = (GpuDevice) Proxy.newProxyInstance(
                TestDevice.class.getClassLoader(), new Class<?>[] {GpuDevice.class}, (_, method, arguments) -> {
                    if (method.getName().equals("info")) {
                        return asGpu;
                    }
                    try {
                        return method.invoke(device, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        return new GpuBackend(new Device(OpenClDriver.NAME, 0), disguised, OpenClProvider.LOWERED);
    }
}
