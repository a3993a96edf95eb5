package dev.tenrec.testkit.kernel;

import dev.tenrec.ir.ScalarOp;
import dev.tenrec.testkit.Tolerance;
import dev.tenrec.type.DType;

/** The primitives on intervals: each result holds every value that some admissible operands and errors lead to. */
final class Primitives {

    /** Bound of the double-precision evaluation's own error, in ulp of a double, where that is not exact. */
    private static final double OWN_ULPS = 2;

    private final Tolerance tolerance;
    private final double[] corners = new double[4];

    Primitives(Tolerance tolerance) {
        this.tolerance = tolerance;
    }

    /** Applies a primitive to operands of one type. */
    void apply(ScalarOp op, DType type, Interval[] args, Interval out) {
        if (!type.isFloating()) {
            wholes(op, type, args, out);
            return;
        }
        switch (op) {
            case LT, LE, EQ -> compare(op, args[0], args[1], out);
            default -> {
                boolean points = true;
                for (int i = 0; i < op.arity(); i++) {
                    points &= args[i].isPoint(type);
                }
                if (points) {
                    exact(op, type, args, out);
                } else {
                    ranges(op, type, args, out);
                }
                widen(op, type, out);
            }
        }
    }

    private void exact(ScalarOp op, DType type, Interval[] args, Interval out) {
        double a = args[0].low;
        double b = op.arity() > 1 ? args[1].low : 0;
        double c = op.arity() > 2 ? args[2].low : 0;
        out.real(op == ScalarOp.FMA ? fma(type, a, b, c) : op.evaluate(a, b, c));
    }

    private static double fma(DType type, double a, double b, double c) {
        return type == DType.F32 ? Math.fma((float) a, (float) b, (float) c) : Math.fma(a, b, c);
    }

    private void ranges(ScalarOp op, DType type, Interval[] args, Interval out) {
        Interval a = args[0];
        Interval b = args[1];
        boolean nan = false;
        boolean number = true;
        for (int i = 0; i < op.arity(); i++) {
            nan |= args[i].nan;
            number &= args[i].number;
        }
        if (!number) {
            out.real(Double.NaN);
            if (op == ScalarOp.POW) {
                out.anything(type);
            }
            return;
        }
        switch (op) {
            case NEG -> out.range(-a.high, -a.low);
            case ABS ->
                out.range(
                        a.hasZero() ? 0.0 : Math.min(Math.abs(a.low), Math.abs(a.high)),
                        Math.max(Math.abs(a.low), Math.abs(a.high)));
            case EXP, TANH, ERF, FLOOR, CEIL, ROUND -> out.range(op.evaluate(a.low, 0, 0), op.evaluate(a.high, 0, 0));
            case SQRT, RSQRT, LOG -> ofPositive(op, a, out);
            case SIN -> wave(a, Math.PI / 2, StrictMath.sin(a.low), StrictMath.sin(a.high), out);
            case COS -> wave(a, 0, StrictMath.cos(a.low), StrictMath.cos(a.high), out);
            case ADD -> sum(a.low, a.high, b.low, b.high, out);
            case SUB -> sum(a.low, a.high, -b.high, -b.low, out);
            case MUL -> {
                setCorners(op, a, b, out);
                out.nan |= a.hasZero() && b.hasInfinity() || a.hasInfinity() && b.hasZero();
            }
            case DIV -> {
                if (b.hasZero() && Double.compare(b.low, b.high) != 0) {
                    out.anything(type);
                } else {
                    setCorners(op, a, b, out);
                    out.nan |= a.hasInfinity() && b.hasInfinity() || a.hasZero() && b.hasZero();
                }
            }
            case MIN -> out.range(Math.min(a.low, b.low), Math.min(a.high, b.high));
            case MAX -> out.range(Math.max(a.low, b.low), Math.max(a.high, b.high));
            case POW -> {
                // 1 to an infinite power is NaN, while its neighbours give 0 and infinity.
                boolean oneToInfinity = b.hasInfinity() && a.low <= 1 && a.high >= 1;
                if (a.low > 0 && !nan && !oneToInfinity) {
                    setCorners(op, a, b, out);
                } else {
                    out.anything(type);
                }
            }
            case REM -> remainder(a, b, out);
            case FMA -> fusedSum(type, a, b, args[2], out);
            default -> throw new IllegalStateException(op + " is no operation on real numbers");
        }
        out.nan |= nan;
    }

    private static void ofPositive(ScalarOp op, Interval a, Interval out) {
        if (a.high < 0) {
            out.real(Double.NaN);
            return;
        }
        boolean crosses = a.low < 0;
        double least = op.evaluate(crosses ? 0.0 : a.low, 0, 0);
        double greatest = op.evaluate(a.high, 0, 0);
        out.range(Math.min(least, greatest), Math.max(least, greatest));
        if (a.hasZero() && op == ScalarOp.RSQRT) {
            out.range(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
        }
        if (a.hasZero() && op == ScalarOp.SQRT) {
            out.low = -0.0;
        }
        out.nan = crosses;
    }

    /** Sine or cosine: extremes lie at {@code peak + kπ}, where the value is +1 for even k and −1 for odd k. */
    private static void wave(Interval a, double peak, double atLow, double atHigh, Interval out) {
        if (a.hasInfinity() || a.high - a.low > 3 || Math.abs(a.high) > 1e12) {
            out.range(-1, 1);
            out.nan = a.hasInfinity();
            return;
        }
        out.range(Math.min(atLow, atHigh), Math.max(atLow, atHigh));
        double first = Math.ceil((a.low - peak) / Math.PI - 1e-3);
        double last = Math.floor((a.high - peak) / Math.PI + 1e-3);
        for (double k = first; k <= last; k++) {
            double extreme = peak + k * Math.PI;
            if (extreme >= a.low - 1e-12 && extreme <= a.high + 1e-12) {
                if (Math.floorMod((long) k, 2) == 0) {
                    out.high = 1;
                } else {
                    out.low = -1;
                }
            }
        }
    }

    private static void sum(double aLow, double aHigh, double bLow, double bHigh, Interval out) {
        double low = aLow + bLow;
        double high = aHigh + bHigh;
        boolean opposite = aHigh == Double.POSITIVE_INFINITY && bLow == Double.NEGATIVE_INFINITY
                || aLow == Double.NEGATIVE_INFINITY && bHigh == Double.POSITIVE_INFINITY;
        if (Double.isNaN(low) || Double.isNaN(high)) {
            out.range(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
        } else {
            out.range(low, high);
        }
        out.nan = opposite;
    }

    private void setCorners(ScalarOp op, Interval a, Interval b, Interval out) {
        corners[0] = op.evaluate(a.low, b.low, 0);
        corners[1] = op.evaluate(a.low, b.high, 0);
        corners[2] = op.evaluate(a.high, b.low, 0);
        corners[3] = op.evaluate(a.high, b.high, 0);
        hull(out);
    }

    private void hull(Interval out) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        boolean nan = false;
        for (double corner : corners) {
            nan |= Double.isNaN(corner);
            low = Math.min(low, corner);
            high = Math.max(high, corner);
        }
        if (nan) {
            out.range(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
        } else {
            out.range(low, high);
        }
        out.nan = nan;
    }

    private static void remainder(Interval a, Interval b, Interval out) {
        double quotientLow = a.low / b.low;
        double quotientHigh = a.high / b.low;
        boolean sameQuotient = Double.compare(b.low, b.high) == 0
                && Math.abs(quotientLow) < 1e9
                && Math.floor(quotientLow) == Math.floor(quotientHigh)
                && quotientLow != Math.floor(quotientLow)
                && quotientHigh != Math.floor(quotientHigh);
        if (sameQuotient) {
            out.range(a.low % b.low, a.high % b.low);
            return;
        }
        double most =
                Math.min(Math.max(Math.abs(a.low), Math.abs(a.high)), Math.max(Math.abs(b.low), Math.abs(b.high)));
        out.range(a.high <= 0 ? -most : a.low >= 0 ? -0.0 : -most, a.low >= 0 ? most : a.high <= 0 ? 0.0 : most);
        out.nan = b.hasZero() || a.hasInfinity();
    }

    private void fusedSum(DType type, Interval a, Interval b, Interval c, Interval out) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        boolean nan = false;
        for (int corner = 0; corner < 4; corner++) {
            double x = corner < 2 ? a.low : a.high;
            double y = (corner & 1) == 0 ? b.low : b.high;
            double down = fma(type, x, y, c.low);
            double up = fma(type, x, y, c.high);
            nan |= Double.isNaN(down) || Double.isNaN(up);
            low = Math.min(low, down);
            high = Math.max(high, up);
        }
        nan |= a.hasZero() && b.hasInfinity() || a.hasInfinity() && b.hasZero();
        nan |= c.hasInfinity() && (a.hasInfinity() || b.hasInfinity());
        if (nan) {
            out.range(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
        } else {
            out.range(low, high);
        }
        out.nan = nan;
    }

    /** Adds the primitive's own error and rounds to the type. */
    private void widen(ScalarOp op, DType type, Interval out) {
        if (!out.number) {
            return;
        }
        double ulps = tolerance.ulps(op);
        double low = out.low;
        double high = out.high;
        if (ulps > 0.5) {
            boolean never = low == 0 && high == 0 && op != ScalarOp.POW;
            if (!never) {
                low = low - slack(low, ulps, type);
                high = high + slack(high, ulps, type);
            }
            boolean notNegative = op == ScalarOp.EXP || op == ScalarOp.RSQRT || op == ScalarOp.POW;
            if (notNegative && out.low >= 0 && low < 0) {
                low = 0;
            }
        }
        double roundedLow = round(low, type);
        double roundedHigh = round(high, type);
        if (op == ScalarOp.MUL && tolerance.contraction()) {
            roundedLow = type == DType.F32 ? Math.min(roundedLow, low) : Math.nextDown(roundedLow);
            roundedHigh = type == DType.F32 ? Math.max(roundedHigh, high) : Math.nextUp(roundedHigh);
        }
        out.low = roundedLow;
        out.high = roundedHigh;
        flush(out, type);
        if (!signsZero(op)) {
            out.low = out.low == 0 ? -0.0 : out.low;
            out.high = out.high == 0 ? 0.0 : out.high;
        }
    }

    /** Whether the sign of a zero result is part of the contract. Elsewhere processors and rewrites differ. */
    private static boolean signsZero(ScalarOp op) {
        return switch (op) {
            case NEG, ABS, SQRT, MUL, DIV -> true;
            default -> false;
        };
    }

    private static double slack(double value, double ulps, DType type) {
        if (Double.isInfinite(value)) {
            return 0;
        }
        if (type == DType.F32) {
            float nearest = (float) value;
            return ulps * Math.ulp(Float.isInfinite(nearest) ? Float.MAX_VALUE : nearest);
        }
        return (ulps + OWN_ULPS) * Math.ulp(value);
    }

    private static double round(double value, DType type) {
        return type == DType.F32 ? (float) value : value;
    }

    /** Allows 0 in the place of subnormal numbers, where the backend may flush them. */
    void flush(Interval value, DType type) {
        if (!tolerance.flushesSubnormals() || !type.isFloating() || !value.number) {
            return;
        }
        double normal = type == DType.F64 ? Double.MIN_NORMAL : type == DType.F16 ? 0x1p-14 : Float.MIN_NORMAL;
        if (value.low > 0 && value.low < normal) {
            value.low = 0.0;
        }
        if (value.high < 0 && value.high > -normal) {
            value.high = -0.0;
        }
    }

    private static void compare(ScalarOp op, Interval a, Interval b, Interval out) {
        if (!a.number || !b.number) {
            out.truth(true, false);
            return;
        }
        boolean unordered = a.nan || b.nan;
        switch (op) {
            case LT -> out.truth(unordered || a.high >= b.low, a.low < b.high);
            case LE -> out.truth(unordered || a.high > b.low, a.low <= b.high);
            default -> {
                boolean overlap = a.low <= b.high && b.low <= a.high;
                boolean same = a.low == a.high && b.low == b.high && a.low == b.low;
                out.truth(unordered || !same, overlap);
            }
        }
    }

    private static void wholes(ScalarOp op, DType type, Interval[] args, Interval out) {
        Interval a = args[0];
        Interval b = op.arity() > 1 ? args[1] : a;
        DType result = op == ScalarOp.LT || op == ScalarOp.LE || op == ScalarOp.EQ ? DType.BOOL : type;
        if (a.least == a.greatest && b.least == b.greatest) {
            out.whole(op.evaluate(type, a.least, b.least));
        } else if (op == ScalarOp.LT) {
            out.truth(a.greatest >= b.least, a.least < b.greatest);
        } else if (op == ScalarOp.LE) {
            out.truth(a.greatest > b.least, a.least <= b.greatest);
        } else if (op == ScalarOp.EQ) {
            out.truth(true, a.least <= b.greatest && b.least <= a.greatest);
        } else if (type == DType.BOOL && op == ScalarOp.AND) {
            out.wholes(a.least & b.least, a.greatest & b.greatest);
        } else if (type == DType.BOOL && op == ScalarOp.OR) {
            out.wholes(a.least | b.least, a.greatest | b.greatest);
        } else if (op == ScalarOp.MIN) {
            out.wholes(Math.min(a.least, b.least), Math.min(a.greatest, b.greatest));
        } else if (op == ScalarOp.MAX) {
            out.wholes(Math.max(a.least, b.least), Math.max(a.greatest, b.greatest));
        } else {
            out.anything(result);
        }
    }
}
