package dev.tenrec.cuda;

import dev.tenrec.backend.Backend;
import dev.tenrec.testkit.TensorConformance;

/** Every method of tensors on the first CUDA device or on the emulator, with fusion on and off. */
class CudaTensorConformanceTest extends TensorConformance {

    @Override
    protected Backend open() {
        return TestDevice.open();
    }
}
