package dev.tenrec.testkit;

import dev.tenrec.backend.Backend;
import dev.tenrec.ir.Kernel;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.type.DType;
import java.util.Optional;
import java.util.Set;

/**
 * One case of the suite: what it proves, and how.
 *
 * @param name what the report says, such as {@code map silu F32}
 * @param kernel the kind of kernel it runs
 * @param op the operation it proves, if it is one of the registry
 * @param purpose whether it proves values or gradients
 * @param arithmetic element types the backend must compute in for it
 * @param check runs it
 */
public record ConformanceCase(
        String name,
        Class<? extends Kernel> kernel,
        Optional<ElementwiseOp> op,
        Purpose purpose,
        Set<DType> arithmetic,
        Check check) {

    /** What a case proves. */
    public enum Purpose {
        /** That a kernel's results are right. */
        FORWARD,
        /** That a derivative is right. */
        GRADIENT
    }

    /** The body of a case. */
    @FunctionalInterface
    public interface Check {
        /**
         * Runs the case; any exception or {@link AssertionError} is a failure.
         *
         * @param backend what is tested
         * @param tolerance how far it may be off
         */
        void run(Backend backend, Tolerance tolerance);
    }

    /** Makes the set immutable. */
    public ConformanceCase {
        arithmetic = Set.copyOf(arithmetic);
    }
}
