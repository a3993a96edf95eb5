package dev.tenrec.nn;

import java.util.Objects;

/**
 * Options of {@link Losses#ctc}.
 *
 * @param blank the class that stands for no label
 * @param reduction what becomes of the sequences' losses; the mean is over losses divided by their target's length
 * @param zeroInfinity whether a target that is too long for its input counts as 0 instead of ∞; its gradient is 0 in any
 *     case
 */
public record CtcOptions(long blank, Reduction reduction, boolean zeroInfinity) {

    /** Class 0 is blank; the mean, infinite if a target does not fit. */
    public static final CtcOptions DEFAULT = new CtcOptions(0, Reduction.MEAN, false);

    /** Checks that there is a reduction. */
    public CtcOptions {
        Objects.requireNonNull(reduction, "reduction");
    }

    /**
     * Returns these options with another blank.
     *
     * @param label the class that stands for no label
     * @return new options
     */
    public CtcOptions withBlank(long label) {
        return new CtcOptions(label, reduction, zeroInfinity);
    }

    /**
     * Returns these options with another reduction.
     *
     * @param other the reduction
     * @return new options
     */
    public CtcOptions withReduction(Reduction other) {
        return new CtcOptions(blank, other, zeroInfinity);
    }

    /**
     * Returns these options with 0 for targets that do not fit.
     *
     * @param zero whether infinite losses count as 0
     * @return new options
     */
    public CtcOptions withZeroInfinity(boolean zero) {
        return new CtcOptions(blank, reduction, zero);
    }
}
