package dev.tenrec.cuda;

import dev.tenrec.backend.Backend;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The suite's products, each by cuBLAS however small it is, with the epilogue as a map after it. */
class CublasConformanceTest extends PartOfConformance {

    @Override
    protected Backend open() {
        return TestDevice.open(1, 1024);
    }

    @Override
    @TestFactory
    protected Stream<DynamicTest> matmul() {
        return super.matmul();
    }
}
