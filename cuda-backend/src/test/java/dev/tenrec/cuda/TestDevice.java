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

    /**
     * Opens the device so that it keeps little memory, which leaves more of it fresh and the emulator sees more.
     *
     * @param smallestProduct multiplications from which cuBLAS is asked
     * @param maxGroup threads of a block that are used at most
     */
    static Backend open(long smallestProduct, int maxGroup) {
        return backend(device(false, smallestProduct, maxGroup));
    }

    /** The device as a backend as users have it. */
    static Backend open() {
        return backend(openDevice(false));
    }

    /** The device as users have it, which keeps what is given back, with work held back to be replayed as graphs or without. */
    static Backend open(boolean graphs) {
        require();
        return backend(new CudaDriver("", new CudaDriver.Options(64L << 20, false, 1 << 15, Integer.MAX_VALUE, graphs))
                .open(0));
    }

    /** The device as a backend that may multiply F32 on tensor cores. */
    static Backend openTf32() {
        return backend(openDevice(true));
    }

    private static Backend backend(GpuDevice device) {
        return new GpuBackend(new Device(CudaDriver.NAME, 0), device, CudaProvider.LOWERED);
    }

    /** The device alone. */
    static GpuDevice openDevice(boolean tf32) {
        return device(tf32, 1 << 15, Integer.MAX_VALUE);
    }

    private static GpuDevice device(boolean tf32, long smallestProduct, int maxGroup) {
        require();
        return new CudaDriver("", new CudaDriver.Options(KEPT, tf32, smallestProduct, maxGroup, true)).open(0);
    }
}
