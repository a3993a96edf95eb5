package dev.tenrec.opencl;

import dev.tenrec.backend.Backend;
import dev.tenrec.testkit.BackendConformance;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The kernels that differ between processors and GPUs, in the form for GPUs: groups that combine what their items found,
 * and transfers in chunks. Maps and gradients are the same and are left out, and so are the types that are combined like
 * F32 and I64.
 */
class AsGpuConformanceTest extends BackendConformance {

    private static final Pattern OTHER_TYPES = Pattern.compile("\\b(F64|F16|BF16|I32|U8|BOOL)\\b");

    @Override
    protected Backend open() {
        return TestDevice.openAsGpu();
    }

    private static Stream<DynamicTest> ofFewTypes(Stream<DynamicTest> tests) {
        return tests.filter(test -> !OTHER_TYPES.matcher(test.getDisplayName()).find());
    }

    @Override
    @TestFactory
    protected Stream<DynamicTest> reduce() {
        return ofFewTypes(super.reduce());
    }

    @Override
    @TestFactory
    protected Stream<DynamicTest> matmul() {
        return ofFewTypes(super.matmul());
    }

    @Override
    @TestFactory
    protected Stream<DynamicTest> composites() {
        return ofFewTypes(super.composites());
    }

    @Override
    @TestFactory
    protected Stream<DynamicTest> move() {
        return ofFewTypes(super.move());
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
