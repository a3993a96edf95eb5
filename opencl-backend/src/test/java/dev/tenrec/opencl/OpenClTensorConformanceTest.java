package dev.tenrec.opencl;

import dev.tenrec.backend.Backend;
import dev.tenrec.testkit.TensorConformance;

/** Every method of tensors on the first OpenCL device, with fusion on and off. */
class OpenClTensorConformanceTest extends TensorConformance {

    @Override
    protected Backend open() {
        return TestDevice.openUnoptimized();
    }
}
