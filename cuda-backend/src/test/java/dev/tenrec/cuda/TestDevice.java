package dev.tenrec.cuda;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.Probe;
import dev.tenrec.gpu.GpuBackend;
import dev.tenrec.gpu.GpuDevice;
import dev.tenrec.type.Device;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;

/** The device that the tests use: CUDA's first, or the emulator. Without one they are skipped, with one line. */
final class TestDevice {

    private static final long KEPT = 1 << 16;

    private static final AtomicBoolean SAID = new AtomicBoolean();

    private TestDevice() {}

    /** Skips the calling test, visibly, where CUDA has no device. */
    static void require() {
        if (new CudaProvider().probe() instanceof Probe.Unavailable no) {
            skip(no.reason() + "; " + no.remedy());
        }
    }

    /** Skips the calling test, visibly, where the device is not the emulator. */
    static void requireEmulator() {
        require();
        if (!Emulator.isPresent()) {
            Assumptions.abort("faults are made on the emulator only");
        }
    }

    private static void skip(String why) {
        if (SAID.compareAndSet(false, true)) {
            System.err.println("SKIPPED: the tests of the CUDA backend: " + why);
        }
        Assumptions.abort(why);
    }

    /** The device as a backend that keeps little memory, so that more of it is fresh and the emulator sees more. */
    static Backend open() {
        return backend(openDevice(false));
    }

    /** The same, with every product that cuBLAS can do done by it. */
    static Backend openWithAllProductsByCublas() {
        require();
        return backend(new CudaDriver("", new CudaDriver.Options(KEPT, false, 1)).open(0));
    }

    private static Backend backend(GpuDevice device) {
        return new GpuBackend(new Device(CudaDriver.NAME, 0), device, CudaProvider.LOWERED);
    }

    /** The device alone. */
    static GpuDevice openDevice(boolean tf32) {
        require();
        return new CudaDriver("", new CudaDriver.Options(KEPT, tf32, 1 << 15)).open(0);
    }
}
