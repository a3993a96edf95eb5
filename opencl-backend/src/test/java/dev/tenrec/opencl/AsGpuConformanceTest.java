package dev.tenrec.opencl;

import dev.tenrec.backend.Backend;
import dev.tenrec.testkit.BackendConformance;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * The kernels that differ between processors and GPUs, in the form for GPUs: groups that combine what their items found,
 * and transfers in chunks. Maps and gradients are the same and are left out.
 */
class AsGpuConformanceTest extends BackendConformance {

    @Override
    protected Backend open() {
        return TestDevice.openAsGpu();
    }

    @Override
    protected Stream<DynamicTest> map() {
        return Stream.empty();
    }

    @Override
    protected Stream<DynamicTest> gradients() {
        return Stream.empty();
    }

    @Override
    protected Stream<DynamicTest> convolution() {
        return Stream.empty();
    }

    @Override
    protected void randomGraphs() {
        // Maps.
    }
}
