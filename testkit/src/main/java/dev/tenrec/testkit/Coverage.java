package dev.tenrec.testkit;

import dev.tenrec.ir.Kernel;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.testkit.ConformanceCase.Purpose;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Says what has no case: each operation of a registry needs a forward case on every type it takes and a gradient case,
 * each kind of kernel a forward case and a gradient case.
 */
public final class Coverage {

    private Coverage() {}

    /**
     * Lists the kinds of kernel.
     *
     * @return the permitted subclasses of {@link Kernel}
     */
    public static List<Class<?>> kernelKinds() {
        return List.of(Kernel.class.getPermittedSubclasses());
    }

    /**
     * Finds what has no case.
     *
     * @param registry every operation
     * @param kinds every kind of kernel
     * @param cases the suite
     * @return one line for each gap, empty if there is none
     */
    public static List<String> gaps(
            List<ElementwiseOp> registry, List<Class<?>> kinds, Collection<ConformanceCase> cases) {
        List<String> gaps = new ArrayList<>();
        for (ElementwiseOp op : registry) {
            for (DType dtype : DType.values()) {
                boolean covered = cases.stream()
                        .anyMatch(c ->
                                isOf(c, op, Purpose.FORWARD) && c.arithmetic().contains(dtype));
                if (op.accepts().test(dtype) && !covered) {
                    gaps.add("operation " + op.name() + " has no forward case on " + dtype);
                }
            }
            if (cases.stream().noneMatch(c -> isOf(c, op, Purpose.GRADIENT))) {
                gaps.add("operation " + op.name() + " has no gradient case");
            }
        }
        for (Class<?> kind : kinds) {
            for (Purpose purpose : Purpose.values()) {
                if (cases.stream().noneMatch(c -> c.kernel() == kind && c.purpose() == purpose)) {
                    gaps.add("kernel " + kind.getSimpleName() + " has no "
                            + purpose.name().toLowerCase(java.util.Locale.ROOT) + " case");
                }
            }
        }
        return gaps;
    }

    private static boolean isOf(ConformanceCase c, ElementwiseOp op, Purpose purpose) {
        return c.purpose() == purpose && c.op().isPresent() && c.op().get() == op;
    }

    /**
     * Demands that there is no gap.
     *
     * @param registry every operation
     * @param cases the suite
     * @throws AssertionError naming each gap
     */
    public static void require(List<ElementwiseOp> registry, Collection<ConformanceCase> cases) {
        List<String> gaps = gaps(registry, kernelKinds(), cases);
        if (!gaps.isEmpty()) {
            throw new AssertionError("not covered by the conformance suite:\n  " + String.join("\n  ", gaps));
        }
    }
}
