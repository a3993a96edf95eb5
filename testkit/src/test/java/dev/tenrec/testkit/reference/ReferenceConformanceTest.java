package dev.tenrec.testkit.reference;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.ReferenceBackend;
import dev.tenrec.testkit.BackendConformance;

/** The reference backend keeps its own specification. */
class ReferenceConformanceTest extends BackendConformance {
    @Override
    protected Backend open() {
        return new ReferenceBackend();
    }
}
