package dev.tenrec.testkit.kernel;

import dev.tenrec.ir.ReduceOp;
import dev.tenrec.type.DType;

/**
 * The values a correct reduction may have, whatever the order in which it combines.
 *
 * <p>A sum of n numbers may be off by γₙ₋₁·Σ|xᵢ| with γₙ = n·u/(1−n·u) and u half an ulp of 1: the bound that holds
 * for every order (Higham, Accuracy and Stability of Numerical Algorithms, 4.2). It is wide for large n, so cases also
 * use small whole numbers: then every order is exact and equality is demanded. A product may be off by the factor
 * (1+u)ⁿ⁻¹; products of powers of two are exact.
 */
final class ReduceOracle {

    private final ReduceOp op;
    private final DType dtype;
    private final double[] low;
    private final double[] high;
    private final boolean[] nan;
    private final boolean[] number;
    private final long[] whole;
    private int count;

    ReduceOracle(ReduceOp op, DType dtype, int capacity) {
        this.op = op;
        this.dtype = dtype;
        low = new double[capacity];
        high = new double[capacity];
        nan = new boolean[capacity];
        number = new boolean[capacity];
        whole = new long[capacity];
    }

    void clear() {
        count = 0;
    }

    void add(Interval value) {
        low[count] = value.low;
        high[count] = value.high;
        nan[count] = value.nan;
        number[count] = value.number;
        if (!dtype.isFloating() && value.least != value.greatest) {
            throw new IllegalStateException("a reduction of whole numbers needs exact operands");
        }
        whole[count++] = value.least;
    }

    /** Says whether a position is right for ARGMAX or ARGMIN; {@code out} is for the error message. */
    boolean acceptsPosition(long position, Interval out) {
        boolean largest = op == ReduceOp.ARGMAX;
        int expected = 0;
        boolean exact = true;
        for (int i = 0; i < count; i++) {
            exact &= !dtype.isFloating() || nan[i] != number[i] && (nan[i] || low[i] == high[i]);
        }
        if (exact) {
            for (int i = 1; i < count; i++) {
                if (wins(i, expected, largest)) {
                    expected = i;
                }
            }
            out.whole(expected);
            return position == expected;
        }
        double best = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            best = Math.max(best, largest ? low[i] : -high[i]);
        }
        out.wholes(0, count - 1);
        if (position < 0 || position >= count) {
            return false;
        }
        int p = (int) position;
        return nan[p] || (largest ? high[p] : -low[p]) >= best;
    }

    private boolean wins(int i, int best, boolean largest) {
        if (!dtype.isFloating()) {
            return largest ? whole[i] > whole[best] : whole[i] < whole[best];
        }
        if (nan[best]) {
            return false;
        }
        return nan[i] || (largest ? low[i] > low[best] : low[i] < low[best]);
    }

    /** Returns the allowed results of the other operations. */
    void result(Interval out) {
        if (!dtype.isFloating()) {
            out.whole(wholeResult());
            return;
        }
        boolean mayNan = false;
        for (int i = 0; i < count; i++) {
            if (!number[i]) {
                out.real(Double.NaN);
                return;
            }
            mayNan |= nan[i];
        }
        switch (op) {
            case SUM -> sum(out);
            case PROD -> product(out);
            default -> extreme(out);
        }
        out.nan |= mayNan;
    }

    private long wholeResult() {
        long result = op == ReduceOp.SUM ? 0 : op == ReduceOp.PROD ? 1 : whole[0];
        for (int i = 0; i < count; i++) {
            long value = whole[i];
            result = switch (op) {
                case SUM -> result + value;
                case PROD -> result * value;
                case MAX -> Math.max(result, value);
                default -> Math.min(result, value);
            };
        }
        return dtype == DType.I32 ? (int) result : result;
    }

    private void extreme(Interval out) {
        double least = low[0];
        double greatest = high[0];
        for (int i = 1; i < count; i++) {
            boolean max = op == ReduceOp.MAX;
            least = max ? Math.max(least, low[i]) : Math.min(least, low[i]);
            greatest = max ? Math.max(greatest, high[i]) : Math.min(greatest, high[i]);
        }
        out.range(least == 0 ? -0.0 : least, greatest == 0 ? 0.0 : greatest);
    }

    private double unit() {
        return dtype == DType.F32 ? 0x1p-24 : 0x1p-53;
    }

    private void sum(Interval out) {
        double down = 0;
        double up = 0;
        double magnitude = 0;
        boolean wholes = true;
        for (int i = 0; i < count; i++) {
            down += low[i];
            up += high[i];
            magnitude += Math.max(Math.abs(low[i]), Math.abs(high[i]));
            wholes &= low[i] == high[i] && low[i] == Math.rint(low[i]);
        }
        if (Double.isInfinite(magnitude) || magnitude > largest()) {
            infinite(out);
            return;
        }
        if (wholes && magnitude * unit() <= 1) {
            out.range(down == 0 ? -0.0 : down, up == 0 ? 0.0 : up);
            return;
        }
        double steps = Math.max(count - 1, 0);
        // The two sums here are themselves made in double precision.
        double own = count * 0x1p-53 / (1 - count * 0x1p-53);
        double slack = (steps * unit() / (1 - steps * unit()) + own) * magnitude;
        out.range(rounded(down - slack), rounded(up + slack));
    }

    private double largest() {
        return dtype == DType.F32 ? Float.MAX_VALUE : Double.MAX_VALUE;
    }

    private double rounded(double value) {
        return dtype == DType.F32 ? (float) value : value;
    }

    /** A sum with infinite or overflowing terms: certain only if the terms are points and infinities have one sign. */
    private void infinite(Interval out) {
        boolean plus = false;
        boolean minus = false;
        double finite = 0;
        boolean sure = true;
        for (int i = 0; i < count; i++) {
            plus |= high[i] == Double.POSITIVE_INFINITY;
            minus |= low[i] == Double.NEGATIVE_INFINITY;
            sure &= Double.isInfinite(low[i]) == Double.isInfinite(high[i]);
            finite += Double.isInfinite(low[i]) ? 0 : Math.abs(low[i]);
        }
        if (!sure || finite > largest() || !plus && !minus) {
            out.range(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
            out.nan = true;
        } else if (plus && minus) {
            out.real(Double.NaN);
        } else {
            out.real(plus ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY);
        }
    }

    private void product(Interval out) {
        double down = 1;
        double up = 1;
        double reach = 0;
        boolean powers = true;
        boolean zero = false;
        boolean infinite = false;
        for (int i = 0; i < count; i++) {
            zero |= low[i] == 0 && high[i] == 0;
            infinite |= Double.isInfinite(low[i]) || Double.isInfinite(high[i]);
            double a = down * low[i];
            double b = down * high[i];
            double c = up * low[i];
            double d = up * high[i];
            down = Math.min(Math.min(a, b), Math.min(c, d));
            up = Math.max(Math.max(a, b), Math.max(c, d));
            if (low[i] != 0) {
                reach += Math.abs(Math.log(Math.abs(low[i]))) / Math.log(2);
            }
            boolean power = low[i] == 0 || Math.abs(low[i]) == Math.scalb(1.0, Math.getExponent(low[i]));
            powers &= low[i] == high[i] && power;
        }
        // Beyond this an intermediate product could overflow in one order and not in another.
        boolean safe = reach < (dtype == DType.F32 ? 120 : 1000) && !infinite;
        if (zero && infinite) {
            out.real(Double.NaN);
        } else if (!safe || Double.isNaN(down) || Double.isNaN(up)) {
            out.range(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
            out.nan = true;
        } else if (zero) {
            out.range(-0.0, 0.0);
        } else if (powers) {
            out.range(down, up);
        } else {
            double relative = 2 * count * (unit() + 0x1p-53);
            out.range(rounded(down - Math.abs(down) * relative), rounded(up + Math.abs(up) * relative));
        }
    }
}
