package dev.tenrec.cuda;

import dev.tenrec.backend.Backend;
import dev.tenrec.testkit.BackendConformance;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** The suite's products, each by cuBLAS however small it is, with the epilogue as a map after it. */
class CublasConformanceTest extends BackendConformance {

    @Override
    protected Backend open() {
        return TestDevice.openWithAllProductsByCublas();
    }

    @Override
    protected Stream<DynamicTest> map() {
        return Stream.empty();
    }

    @Override
    protected Stream<DynamicTest> reduce() {
        return Stream.empty();
    }

    @Override
    protected Stream<DynamicTest> convolution() {
        return Stream.empty();
    }

    @Override
    protected Stream<DynamicTest> composites() {
        return Stream.empty();
    }

    @Override
    protected Stream<DynamicTest> move() {
        return Stream.empty();
    }

    @Override
    protected Stream<DynamicTest> gradients() {
        return Stream.empty();
    }

    @Override
    protected void randomGraphs() {
        // Maps.
    }
}
