package dev.tenrec.ir;

import dev.tenrec.type.DType;
import java.util.List;

/**
 * Powers of F32 by arithmetic: {@code |a|^b = 2^(b·log₂|a|)} in double precision, where the product's error does not
 * matter, and choices for the operands to which C and Java give values of their own.
 */
final class LoweredPower {
    private static final double MAGIC = 0x1.8p52;
    private static final long MAGIC_BITS = 0x4338000000000000L;
    private static final long TWO_THIRDS = 0x3FE5555555555555L;
    private static final double LOG2_E = 1.4426950408889634;
    private static final double LN2 = 0.6931471805599453;

    /** Beyond this the power is infinite or 0 as a 32-bit float. */
    private static final double EXPONENT_LIMIT = 200;

    /** Highest divisor of the series 1 + t/3 + t²/5 + …. */
    private static final int ARTANH_TERMS = 15;

    /** Highest power of the series of the exponential. */
    private static final int EXP_TERMS = 9;

    private LoweredPower() {}

    static Expr pow(Expr a, Expr b) {
        Expr base = a.cast(DType.F64).abs();
        Expr exponent = b.cast(DType.F64);
        Expr log = log2(base);
        log = base.eq(0).choose(base.like(Double.NEGATIVE_INFINITY), log);
        log = base.eq(Double.POSITIVE_INFINITY).choose(base, log);
        log = base.eq(base).choose(log, base);
        Expr magnitude = exp2(limit(exponent.mul(log))).cast(DType.F32);
        magnitude = b.eq(0).choose(b.like(1), magnitude);
        return signed(a, b, magnitude);
    }

    /** A negative base has a power only for a whole exponent, negative if that is odd. */
    private static Expr signed(Expr a, Expr b, Expr magnitude) {
        Expr whole = round(b).eq(b);
        Expr half = b.mul(0.5);
        Expr odd = and(whole, round(half).eq(half).not());
        Expr bits = Lowering.integers(a);
        Expr sign = Expr.apply(ScalarOp.AND, List.of(bits, Lowering.integer(0x80000000)));
        Expr mirrored = Lowering.floats(Expr.apply(ScalarOp.OR, List.of(Lowering.integers(magnitude), sign)));
        Expr value = odd.choose(mirrored, magnitude);
        Expr finiteNegative = and(a.lt(0), a.gt(Double.NEGATIVE_INFINITY));
        return and(finiteNegative, whole.not()).choose(a.like(Double.NaN), value);
    }

    private static Expr limit(Expr x) {
        Expr low = x.gt(EXPONENT_LIMIT).choose(x.like(EXPONENT_LIMIT), x);
        return low.lt(-EXPONENT_LIMIT).choose(x.like(-EXPONENT_LIMIT), low);
    }

    /** x = 2ᵏ·m with m from 2/3 to 4/3; log₂ m = 2/ln 2·artanh((m − 1)/(m + 1)) by its series. */
    private static Expr log2(Expr x) {
        Expr bits = x.bitcast(DType.I64);
        Expr k = Lowering.shiftRight(bits.sub(longs(TWO_THIRDS - 0x4000000000000000L)), 52)
                .sub(0x400);
        Expr m = bits.sub(Lowering.shiftLeft(k, 52)).bitcast(DType.F64);
        Expr s = m.sub(1).div(m.add(1));
        Expr t = s.mul(s);
        Expr p = t.like(1.0 / ARTANH_TERMS);
        for (int i = ARTANH_TERMS - 2; i >= 1; i -= 2) {
            p = Lowering.fma(t, p, t.like(1.0 / i));
        }
        Expr whole = k.add(longs(MAGIC_BITS)).bitcast(DType.F64).sub(MAGIC);
        return Lowering.fma(s.mul(2 * LOG2_E), p, whole);
    }

    /** 2ˣ = 2ᵏ·2ᶠ with f from −1/2 to 1/2, by the series of the exponential. */
    private static Expr exp2(Expr x) {
        Expr shifted = x.add(MAGIC);
        Expr f = x.sub(shifted.sub(MAGIC)).mul(LN2);
        double factorial = 1;
        for (int i = 2; i <= EXP_TERMS; i++) {
            factorial *= i;
        }
        Expr p = f.like(1 / factorial);
        for (int i = EXP_TERMS; i >= 1; i--) {
            factorial /= i;
            p = Lowering.fma(f, p, f.like(1 / factorial));
        }
        Expr k = shifted.bitcast(DType.I64).sub(longs(MAGIC_BITS));
        return p.mul(Lowering.shiftLeft(k.add(longs(1023)), 52).bitcast(DType.F64));
    }

    private static Expr longs(long value) {
        return Expr.constantBits(DType.I64, value);
    }

    private static Expr and(Expr a, Expr b) {
        return Expr.apply(ScalarOp.AND, List.of(a, b));
    }

    private static Expr round(Expr x) {
        return Expr.apply(ScalarOp.ROUND, List.of(x));
    }
}
