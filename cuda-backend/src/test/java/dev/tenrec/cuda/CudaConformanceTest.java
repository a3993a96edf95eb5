package dev.tenrec.cuda;

import dev.tenrec.backend.Backend;
import dev.tenrec.testkit.BackendConformance;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** The CUDA backend keeps the specification, on the first device there is or on the emulator. */
class CudaConformanceTest extends BackendConformance {

    @Override
    protected Backend open() {
        return TestDevice.open();
    }

    /** See {@link CudaCompositesTest}. */
    @Override
    protected Stream<DynamicTest> composites() {
        return Stream.empty();
    }
}
