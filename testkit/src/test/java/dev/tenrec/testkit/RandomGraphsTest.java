package dev.tenrec.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.ReferenceBackend;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.ScalarOp;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RandomGraphsTest {

    private static RandomGraphs.Failure find(ScalarOp op, double factor) {
        return find(op, factor, 1, 2000).orElseThrow(() -> new AssertionError("the fault in " + op + " was not found"));
    }

    private static Optional<RandomGraphs.Failure> find(ScalarOp op, double factor, long seed, int count) {
        try (Backend broken = BrokenBackend.expressions(
                new ReferenceBackend(),
                expr -> expr instanceof Expr.Apply apply
                                && apply.op() == op
                                && expr.dtype().isFloating()
                        ? expr.mul(factor)
                        : expr)) {
            return RandomGraphs.find(broken, Tolerance.STRICT, seed, count);
        }
    }

    @Test
    void aWrongPrimitiveIsFoundAndShrunkToItself() {
        for (ScalarOp op : List.of(ScalarOp.TANH, ScalarOp.ADD, ScalarOp.POW, ScalarOp.COS, ScalarOp.FMA)) {
            RandomGraphs.Failure failure = find(op, 1.0001);
            assertTrue(failure.nodes() <= 4, op + " shrunk only to " + failure);
            assertTrue(
                    failure.kernel().contains(op.name().toLowerCase(java.util.Locale.ROOT) + "("), failure.toString());
        }
    }

    @Test
    void theSeedReproducesTheFailure() {
        RandomGraphs.Failure failure = find(ScalarOp.EXP, 1.001);
        Optional<RandomGraphs.Failure> again = find(ScalarOp.EXP, 1.001, failure.seed(), 1);
        assertEquals(Optional.of(failure), again);
    }

    @Test
    void theReportNamesSeedKernelAndValues() {
        String report = find(ScalarOp.SQRT, 2).toString();
        assertTrue(report.contains("-Dtenrec.testkit.seed="), report);
        assertTrue(report.contains("sqrt("), report);
        assertTrue(report.contains("expected") && report.contains("given"), report);
    }

    @Test
    void anExceptionIsAFailureToo() {
        try (Backend broken = BrokenBackend.launches(new ReferenceBackend(), (_, _, _) -> {
            throw new IllegalStateException("planted");
        })) {
            RandomGraphs.Failure failure =
                    RandomGraphs.find(broken, Tolerance.STRICT, 5, 1).orElseThrow();
            assertTrue(failure.problem().contains("planted"), failure.toString());
            assertEquals(1, failure.nodes());
        }
    }
}
