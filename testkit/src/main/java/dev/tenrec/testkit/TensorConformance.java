package dev.tenrec.testkit;

import dev.tenrec.backend.Backend;
import dev.tenrec.engine.DeviceContext;
import dev.tenrec.engine.Devices;
import dev.tenrec.memory.Scope;
import dev.tenrec.testkit.tensor.CreationCases;
import dev.tenrec.testkit.tensor.ElementwiseCases;
import dev.tenrec.testkit.tensor.GradientCases;
import dev.tenrec.testkit.tensor.IndexCases;
import dev.tenrec.testkit.tensor.ProductCases;
import dev.tenrec.testkit.tensor.RandomExpressions;
import dev.tenrec.testkit.tensor.ReductionCases;
import dev.tenrec.testkit.tensor.ShapeCases;
import dev.tenrec.testkit.tensor.TensorCase;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * Proves that tensors on a backend have the values and gradients they should: every method of {@link
 * dev.tenrec.tensor.Tensor} against plain loops in double precision on the host, on every kind of layout, with fusion
 * and without. Each case also has to give all its memory back.
 *
 * <p>Extend this class, give {@link #open}, and run it with JUnit; the backend's own kernels are proven by {@link
 * BackendConformance}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class TensorConformance {

    private DeviceContext context;

    /** For subclasses. */
    protected TensorConformance() {}

    /**
     * Opens the backend. Called once; closed after the last case.
     *
     * @return an open device that computes in every arithmetic type
     */
    protected abstract Backend open();

    @BeforeAll
    final void openDevice() {
        context = Devices.register(open());
    }

    @AfterAll
    final void closeDevice() {
        if (context != null) {
            context.backend().close();
        }
    }

    private Stream<DynamicTest> tests(List<TensorCase> cases) {
        return Stream.of(true, false)
                .flatMap(fusion -> cases.stream()
                        .map(c -> DynamicTest.dynamicTest(
                                c.name() + (fusion ? "" : ", fusion off"), () -> run(c, fusion))));
    }

    private void run(TensorCase c, boolean fusion) {
        context.setFusion(fusion);
        long before = context.pool().statistics().liveBytes();
        try {
            Devices.with(context.device(), () -> {
                Scope.run(c.body());
                return null;
            });
        } finally {
            context.setFusion(true);
        }
        long after = context.pool().statistics().liveBytes();
        if (after != before) {
            throw new AssertionError(c.name() + ": leak\n  before " + before + " bytes\n  after  " + after + " bytes");
        }
    }

    /** {@return the cases of creation, conversion and reads} */
    @TestFactory
    protected Stream<DynamicTest> creation() {
        return tests(CreationCases.all());
    }

    /** {@return the cases of elementwise operations: of the registry, then of each method} */
    @TestFactory
    protected Stream<DynamicTest> elementwise() {
        return tests(ElementwiseCases.all());
    }

    /** {@return the cases of reductions} */
    @TestFactory
    protected Stream<DynamicTest> reductions() {
        return tests(ReductionCases.all());
    }

    /** {@return the cases of views and combinations} */
    @TestFactory
    protected Stream<DynamicTest> shapes() {
        return tests(ShapeCases.all());
    }

    /** {@return the cases of picking, placing and ordering} */
    @TestFactory
    protected Stream<DynamicTest> indexing() {
        return tests(IndexCases.all());
    }

    /** {@return the cases of matrix products} */
    @TestFactory
    protected Stream<DynamicTest> products() {
        return tests(ProductCases.all());
    }

    /** {@return the cases of gradients} */
    @TestFactory
    protected Stream<DynamicTest> gradients() {
        return tests(GradientCases.all());
    }

    /** {@return random expressions; see {@link RandomExpressions} for their system properties} */
    @TestFactory
    protected Stream<DynamicTest> randomExpressions() {
        return tests(List.of(RandomExpressions.testCase()));
    }
}
