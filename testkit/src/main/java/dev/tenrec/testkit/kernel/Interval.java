package dev.tenrec.testkit.kernel;

import dev.tenrec.type.DType;

/**
 * All values a correct backend may have for one expression at one index. Of floating types: the numbers from
 * {@link #low} to {@link #high}, in the order of {@link Double#compare} (−0 below 0), and perhaps NaN. Of others: the
 * whole numbers from {@link #least} to {@link #greatest}. Mutable, to be used again for the next index.
 */
public final class Interval {
    /** Least number. */
    double low;

    /** Largest number. */
    double high;

    /** Whether NaN is allowed. */
    boolean nan;

    /** Whether a number is allowed. */
    boolean number;

    /** Least whole number. */
    long least;

    /** Largest whole number. */
    long greatest;

    /** Allows nothing yet. */
    public Interval() {}

    /**
     * Sets the one value allowed.
     *
     * @param value the value, as the interpreter holds it
     * @param dtype its type
     */
    public void point(long value, DType dtype) {
        if (dtype.isFloating()) {
            real(Double.longBitsToDouble(value));
        } else {
            whole(value);
        }
    }

    void real(double value) {
        nan = Double.isNaN(value);
        number = !nan;
        low = value;
        high = value;
    }

    void whole(long value) {
        least = value;
        greatest = value;
    }

    /**
     * Sets the numbers allowed, and no NaN.
     *
     * @param from the least
     * @param to the largest
     */
    public void range(double from, double to) {
        nan = false;
        number = true;
        low = from;
        high = to;
    }

    /** Allows everything. */
    void anything(DType dtype) {
        range(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
        nan = true;
        switch (dtype) {
            case BOOL -> truth(true, true);
            case U8 -> wholes(0, 255);
            case I32 -> wholes(Integer.MIN_VALUE, Integer.MAX_VALUE);
            default -> wholes(Long.MIN_VALUE, Long.MAX_VALUE);
        }
    }

    void wholes(long from, long to) {
        least = from;
        greatest = to;
    }

    void truth(boolean mayBeFalse, boolean mayBeTrue) {
        wholes(mayBeFalse ? 0 : 1, mayBeTrue ? 1 : 0);
    }

    void set(Interval other) {
        low = other.low;
        high = other.high;
        nan = other.nan;
        number = other.number;
        least = other.least;
        greatest = other.greatest;
    }

    void join(Interval other) {
        if (other.number) {
            low = number ? Math.min(low, other.low) : other.low;
            high = number ? Math.max(high, other.high) : other.high;
        }
        number |= other.number;
        nan |= other.nan;
        least = Math.min(least, other.least);
        greatest = Math.max(greatest, other.greatest);
    }

    /**
     * Says whether one value alone is allowed.
     *
     * @param dtype the type
     * @return true for a point or for NaN alone
     */
    public boolean isPoint(DType dtype) {
        if (!dtype.isFloating()) {
            return least == greatest;
        }
        return nan != number && (nan || Double.compare(low, high) == 0);
    }

    /**
     * Says whether so much is allowed that a comparison shows nothing.
     *
     * @param dtype the type
     * @return true if finite and infinite values, or numbers and NaN, are allowed together
     */
    public boolean isVague(DType dtype) {
        if (!dtype.isFloating()) {
            return least != greatest;
        }
        return nan && number || number && low != high && (Double.isInfinite(low) || Double.isInfinite(high));
    }

    boolean hasZero() {
        return number && low <= 0 && high >= 0;
    }

    boolean hasInfinity() {
        return number && (low == Double.NEGATIVE_INFINITY || high == Double.POSITIVE_INFINITY);
    }

    /**
     * Says whether a value is allowed.
     *
     * @param value the value, as the interpreter holds it
     * @param dtype its type
     * @return true if a correct backend may have it
     */
    public boolean contains(long value, DType dtype) {
        if (!dtype.isFloating()) {
            return value >= least && value <= greatest;
        }
        double real = Double.longBitsToDouble(value);
        if (Double.isNaN(real)) {
            return nan;
        }
        return number && Double.compare(real, low) >= 0 && Double.compare(real, high) <= 0;
    }

    /**
     * Says in words what is allowed.
     *
     * @param dtype the type
     * @return for error messages
     */
    public String describe(DType dtype) {
        if (!dtype.isFloating()) {
            return least == greatest ? Long.toString(least) : "[" + least + ", " + greatest + "]";
        }
        if (!number) {
            return "NaN";
        }
        String numbers = Double.compare(low, high) == 0 ? Double.toString(low) : "[" + low + ", " + high + "]";
        return nan ? numbers + " or NaN" : numbers;
    }
}
