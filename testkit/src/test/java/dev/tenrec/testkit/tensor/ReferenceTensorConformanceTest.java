package dev.tenrec.testkit.tensor;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.ReferenceBackend;
import dev.tenrec.testkit.TensorConformance;

class ReferenceTensorConformanceTest extends TensorConformance {
    @Override
    protected Backend open() {
        return new ReferenceBackend();
    }
}
