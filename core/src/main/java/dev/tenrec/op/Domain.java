package dev.tenrec.op;

import java.util.Arrays;

/**
 * Where an operation is sampled by tests: an interval for each operand, and the points at which the operation has no
 * derivative.
 *
 * @param low least value
 * @param high largest value
 * @param kinks points that gradient checks keep away from
 */
public record Domain(double low, double high, double... kinks) {

    /** The default: everyday values on both sides of 0. */
    public static final Domain REAL = new Domain(-4, 4);

    /** Values above 0, for logarithms and roots. */
    public static final Domain POSITIVE = new Domain(0.05, 6);

    /** Makes the array this record's own. */
    public Domain {
        kinks = kinks.clone();
    }

    /**
     * Returns this domain with points at which there is no derivative.
     *
     * @param points those points, instead of the present ones
     * @return the domain
     */
    public Domain except(double... points) {
        return new Domain(low, high, points);
    }

    /**
     * Returns the points without a derivative.
     *
     * @return a copy
     */
    @Override
    public double[] kinks() {
        return kinks.clone();
    }

    /**
     * Says whether a difference quotient may be taken at a point.
     *
     * @param value the point
     * @param margin distance to keep
     * @return false near a kink
     */
    public boolean isSmoothAt(double value, double margin) {
        return Arrays.stream(kinks).noneMatch(kink -> Math.abs(value - kink) < margin);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Domain domain
                && low == domain.low
                && high == domain.high
                && Arrays.equals(kinks, domain.kinks);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(new double[] {low, high, Arrays.hashCode(kinks)});
    }
}
