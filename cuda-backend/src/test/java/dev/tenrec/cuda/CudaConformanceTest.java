package dev.tenrec.cuda;

import dev.tenrec.backend.Backend;
import dev.tenrec.testkit.BackendConformance;

/** The CUDA backend keeps the specification, on the first device there is or on the emulator. */
class CudaConformanceTest extends BackendConformance {

    @Override
    protected Backend open() {
        return TestDevice.open();
    }
}
