package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.type.DType;

/**
 * Options of normalisation layers.
 *
 * @param epsilon added to the variance, above 0
 * @param affine whether there are trained factors, {@code weight}, and summands, {@code bias}
 * @param momentum share of the newest batch in running statistics, 0 … 1
 * @param dtype F32 or F64
 */
public record NormOptions(double epsilon, boolean affine, double momentum, DType dtype) {

    /** ε = 10⁻⁵, affine, momentum 0.1, F32. */
    public static final NormOptions DEFAULT = new NormOptions(1e-5, true, 0.1, DType.F32);

    /** Checks the ranges. */
    public NormOptions {
        if (!(epsilon > 0) || !(momentum >= 0 && momentum <= 1) || dtype != DType.F32 && dtype != DType.F64) {
            throw new InvalidArgument(Message.of("NormOptions", "option out of range")
                    .line("expected", "epsilon above 0, momentum 0 to 1, F32 or F64")
                    .line("given", "epsilon " + epsilon + ", momentum " + momentum + ", " + dtype)
                    .toString());
        }
    }

    /**
     * Changes the summand of the variance.
     *
     * @param newEpsilon above 0
     * @return other options
     */
    public NormOptions epsilon(double newEpsilon) {
        return new NormOptions(newEpsilon, affine, momentum, dtype);
    }

    /**
     * Leaves factors and summands out.
     *
     * @return other options
     */
    public NormOptions plain() {
        return new NormOptions(epsilon, false, momentum, dtype);
    }

    /**
     * Changes the share of the newest batch.
     *
     * @param newMomentum 0 … 1
     * @return other options
     */
    public NormOptions momentum(double newMomentum) {
        return new NormOptions(epsilon, affine, newMomentum, dtype);
    }

    /**
     * Changes the element type.
     *
     * @param newDtype F32 or F64
     * @return other options
     */
    public NormOptions dtype(DType newDtype) {
        return new NormOptions(epsilon, affine, momentum, newDtype);
    }
}
