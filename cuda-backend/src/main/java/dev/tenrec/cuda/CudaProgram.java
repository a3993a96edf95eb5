package dev.tenrec.cuda;

import dev.tenrec.gpu.GpuDevice;
import java.lang.ref.Cleaner;
import jcuda.driver.CUmodule;

/** A program as a module of the driver; unloaded by and by when neither it nor a function of it is reachable. */
final class CudaProgram implements GpuDevice.Program {

    private static final Cleaner CLEANER = Cleaner.create();

    private final CUmodule module;
    private final byte[] binary;

    CudaProgram(CudaDevice device, CUmodule module, byte[] binary) {
        this.module = module;
        this.binary = binary;
        CLEANER.register(this, () -> device.unloadLater(module));
    }

    CUmodule module() {
        return module;
    }

    byte[] binary() {
        return binary.clone();
    }
}
