package dev.tenrec.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.Capabilities;
import dev.tenrec.backend.ReferenceBackend;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.Ops;
import dev.tenrec.testkit.device.ForwardingBackend;
import dev.tenrec.type.DType;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

class BackendConformanceTest {

    /** A device without double precision. */
    private static final class Single extends ForwardingBackend {
        Single() {
            super(new ReferenceBackend());
        }

        @Override
        public Capabilities capabilities() {
            Capabilities all = super.capabilities();
            Set<DType> rest = EnumSet.copyOf(all.arithmetic());
            rest.remove(DType.F64);
            return new Capabilities("single precision", all.memoryBytes(), rest, all.hostMemory());
        }
    }

    private static final class Suite extends BackendConformance {
        @Override
        protected Backend open() {
            return new Single();
        }

        @Override
        protected List<ElementwiseOp> registry() {
            return List.of(Ops.RELU);
        }

        DynamicTest named(String name) {
            return map().filter(test -> test.getDisplayName().equals(name))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void aTypeTheBackendDoesNotComputeInIsSkippedVisibly() throws Throwable {
        Suite suite = new Suite();
        suite.openBackend();
        try {
            suite.named("map relu F32").getExecutable().execute();
            DynamicTest skipped = suite.named("map relu F64");
            TestAbortedException reason = assertThrows(TestAbortedException.class, skipped.getExecutable()::execute);
            assertTrue(reason.getMessage().contains("does not compute in [F64]"), reason.getMessage());
        } finally {
            suite.closeBackend();
        }
    }

    @Test
    void namesOfCasesAreUnique() {
        Set<String> names = new HashSet<>();
        List<ConformanceCase> cases = BackendConformance.cases(Ops.all());
        cases.forEach(c -> assertTrue(names.add(c.name()), "two cases are called " + c.name()));
        assertEquals(cases.size(), names.size());
    }
}
