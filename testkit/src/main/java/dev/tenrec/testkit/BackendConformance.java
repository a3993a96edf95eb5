package dev.tenrec.testkit;

import dev.tenrec.backend.Backend;
import dev.tenrec.ir.Kernel;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.Ops;
import dev.tenrec.testkit.kernel.AccuracyCases;
import dev.tenrec.testkit.kernel.AdjointCases;
import dev.tenrec.testkit.kernel.AttentionCases;
import dev.tenrec.testkit.kernel.CompositeCases;
import dev.tenrec.testkit.kernel.ConvolutionCases;
import dev.tenrec.testkit.kernel.HalfMatMulCases;
import dev.tenrec.testkit.kernel.MapCases;
import dev.tenrec.testkit.kernel.MatMulCases;
import dev.tenrec.testkit.kernel.MaxPoolCases;
import dev.tenrec.testkit.kernel.MoveCases;
import dev.tenrec.testkit.kernel.ReduceCases;
import dev.tenrec.testkit.kernel.RepeatCases;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * Proves a backend: extend this class, give {@link #open}, and run it with JUnit.
 *
 * <pre>
 * class MyBackendTest extends BackendConformance {
 *     &#64;Override
 *     protected Backend open() {
 *         return new MyBackend();
 *     }
 * }
 * </pre>
 *
 * <p>Cases come from the registry of operations and from the kinds of kernel, so an operation added there is tested
 * without a change here. Where the backend does not compute in a type, by its own
 * {@link dev.tenrec.backend.Capabilities#arithmetic}, the cases of that type are reported as skipped.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class BackendConformance {

    private Backend backend;

    /** For subclasses. */
    protected BackendConformance() {}

    /**
     * Opens the backend. Called once; closed after the last case.
     *
     * @return an open device
     */
    protected abstract Backend open();

    /**
     * Says how far the backend may be off.
     *
     * @return what the specification demands, unless overridden
     */
    protected Tolerance tolerance() {
        return Tolerance.STRICT;
    }

    /**
     * Says which operations are tested.
     *
     * @return every operation of {@link Ops}, unless overridden
     */
    protected List<ElementwiseOp> registry() {
        return Ops.all();
    }

    /**
     * Makes every case of the suite for a registry.
     *
     * @param registry the operations
     * @return the cases
     */
    public static List<ConformanceCase> cases(List<ElementwiseOp> registry) {
        List<ConformanceCase> all = new ArrayList<>();
        all.addAll(MapCases.of(registry));
        all.addAll(MapCases.general());
        all.addAll(AccuracyCases.all());
        all.addAll(ReduceCases.all());
        all.addAll(MatMulCases.all());
        all.addAll(ConvolutionCases.all());
        all.addAll(MoveCases.gather());
        all.addAll(MoveCases.scatter());
        all.addAll(MoveCases.copy());
        all.addAll(CompositeCases.all());
        all.addAll(MaxPoolCases.all());
        all.addAll(AttentionCases.all());
        all.addAll(HalfMatMulCases.all());
        all.addAll(GradientCheck.of(registry));
        all.addAll(AdjointCases.all());
        all.addAll(RepeatCases.all());
        return all;
    }

    @BeforeAll
    final void openBackend() {
        backend = open();
    }

    @AfterAll
    final void closeBackend() {
        if (backend != null) {
            backend.close();
        }
    }

    private Stream<DynamicTest> tests(List<ConformanceCase> cases) {
        return cases.stream().filter(this::concerns).map(c -> DynamicTest.dynamicTest(c.name(), () -> run(c)));
    }

    /** Composites that a backend does not claim never reach it. */
    private boolean concerns(ConformanceCase c) {
        return !Kernel.COMPOSITES.contains(c.kernel())
                || backend.capabilities().composites().contains(c.kernel());
    }

    private void run(ConformanceCase c) {
        Set<DType> missing = EnumSet.noneOf(DType.class);
        missing.addAll(c.arithmetic());
        missing.removeAll(backend.capabilities().arithmetic());
        Assumptions.assumeTrue(missing.isEmpty(), () -> backend.device() + " does not compute in " + missing);
        c.check().run(backend, tolerance());
    }

    /** {@return the cases of maps: operations and their gradients on each type, then what belongs to none} */
    @TestFactory
    protected Stream<DynamicTest> map() {
        return Stream.of(MapCases.of(registry()), MapCases.general(), AccuracyCases.all())
                .flatMap(this::tests);
    }

    /** {@return the cases of reductions} */
    @TestFactory
    protected Stream<DynamicTest> reduce() {
        return tests(ReduceCases.all());
    }

    /** {@return the cases of convolutions, none on a backend that does not claim them} */
    @TestFactory
    protected Stream<DynamicTest> convolution() {
        return tests(ConvolutionCases.all());
    }

    /** {@return the cases of matrix products} */
    @TestFactory
    protected Stream<DynamicTest> matmul() {
        return tests(MatMulCases.all());
    }

    /** {@return the cases of kernels that a backend may claim; skipped where it does not} */
    @TestFactory
    protected Stream<DynamicTest> composites() {
        return Stream.of(CompositeCases.all(), MaxPoolCases.all(), AttentionCases.all(), HalfMatMulCases.all())
                .flatMap(this::tests);
    }

    /** {@return the cases of gathers, scatters and copies} */
    @TestFactory
    protected Stream<DynamicTest> move() {
        return Stream.of(MoveCases.gather(), MoveCases.scatter(), MoveCases.copy())
                .flatMap(this::tests);
    }

    /** {@return the cases of gradients: of each operation against difference quotients, and of each kind of kernel} */
    @TestFactory
    protected Stream<DynamicTest> gradients() {
        return Stream.concat(tests(GradientCheck.of(registry())), tests(AdjointCases.all()));
    }

    /** {@return the cases of determinism} */
    @TestFactory
    protected Stream<DynamicTest> kernelsAreRepeatable() {
        return tests(RepeatCases.all());
    }

    /** Runs random graphs; see {@link RandomGraphs} for its system properties. */
    @Test
    protected void randomGraphs() {
        RandomGraphs.check(backend, tolerance());
    }

    /** Fails if an operation or a kind of kernel has no forward case or no gradient case. */
    @Test
    protected void everythingIsCovered() {
        Coverage.require(registry(), cases(registry()));
    }
}
