package dev.tenrec.opencl;

import dev.tenrec.backend.Backend;
import dev.tenrec.testkit.BackendConformance;

/** The OpenCL backend keeps the specification, on the first device there is. */
class OpenClConformanceTest extends BackendConformance {

    @Override
    protected Backend open() {
        return TestDevice.openUnoptimized();
    }
}
