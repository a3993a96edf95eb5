package dev.tenrec.cpu;

import dev.tenrec.backend.Backend;
import dev.tenrec.testkit.TensorConformance;

/** Every method of tensors on the CPU backend, with fusion on and off; run by the build for each vector width. */
class CpuTensorConformanceTest extends TensorConformance {

    @Override
    protected Backend open() {
        return new CpuProvider().open(0);
    }
}
