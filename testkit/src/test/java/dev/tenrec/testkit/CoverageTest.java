package dev.tenrec.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.ReferenceBackend;
import dev.tenrec.ir.Kernel;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.op.Ops;
import dev.tenrec.testkit.ConformanceCase.Purpose;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CoverageTest {

    private static final ElementwiseOp LOG_COSH = ElementwiseOp.of(
            "logCosh",
            1,
            Accepts.FLOATING,
            args -> args.get(0).exp().add(args.get(0).neg().exp()).mul(0.5).log());

    private static List<ElementwiseOp> withNewOperation() {
        List<ElementwiseOp> registry = new ArrayList<>(Ops.all());
        registry.add(LOG_COSH);
        return registry;
    }

    @Test
    void everyOperationAndEveryKindOfKernelIsCovered() {
        Coverage.require(Ops.all(), BackendConformance.cases(Ops.all()));
    }

    @Test
    void anOperationWithoutCasesFailsTheBuild() {
        List<ConformanceCase> old = BackendConformance.cases(Ops.all());
        AssertionError error = assertThrows(AssertionError.class, () -> Coverage.require(withNewOperation(), old));
        assertTrue(error.getMessage().contains("operation logCosh has no forward case on F32"), error.getMessage());
        assertTrue(error.getMessage().contains("operation logCosh has no gradient case"), error.getMessage());
    }

    @Test
    void aKindOfKernelWithoutCasesFailsTheBuild() {
        List<ConformanceCase> cases = BackendConformance.cases(Ops.all());
        List<ConformanceCase> without =
                cases.stream().filter(c -> c.kernel() != Kernel.Scatter.class).toList();
        assertEquals(
                List.of("kernel Scatter has no forward case", "kernel Scatter has no gradient case"),
                Coverage.gaps(Ops.all(), Coverage.kernelKinds(), without));
    }

    @Test
    void aNewOperationNeedsNothingButItsLine() {
        List<ConformanceCase> cases = BackendConformance.cases(withNewOperation());
        Coverage.require(withNewOperation(), cases);
        List<ConformanceCase> own =
                cases.stream().filter(c -> c.name().contains("logCosh")).toList();
        assertEquals(
                List.of(
                        "map logCosh F32",
                        "map logCosh F64",
                        "map logCoshGradient F32",
                        "map logCoshGradient F64",
                        "gradient logCosh"),
                own.stream().map(ConformanceCase::name).toList());
        assertEquals(
                1, own.stream().filter(c -> c.purpose() == Purpose.GRADIENT).count());
        try (Backend backend = new ReferenceBackend()) {
            own.forEach(c -> c.check().run(backend, Tolerance.STRICT));
        }
    }
}
