package dev.tenrec.cpu;

import dev.tenrec.backend.Backend;
import dev.tenrec.testkit.BackendConformance;

/** The CPU backend keeps the specification; run by the build for each vector width. */
class CpuConformanceTest extends BackendConformance {

    @Override
    protected Backend open() {
        return new CpuProvider().open(0);
    }
}
