package dev.tenrec.cuda;

import dev.tenrec.backend.Backend;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The suite's composites, which {@link CudaConformanceTest} leaves out, in blocks of 64 threads: the barriers of blocks
 * of 256 take the emulator most of the suite's time. Those run in {@link CudaTensorConformanceTest}.
 */
class CudaCompositesTest extends PartOfConformance {

    @Override
    protected Backend open() {
        return TestDevice.open(1 << 15, 64);
    }

    @Override
    @TestFactory
    protected Stream<DynamicTest> composites() {
        return super.composites();
    }
}
