package dev.tenrec.ir;

import dev.tenrec.type.DType;
import java.util.List;
import java.util.Set;

/**
 * The one definition of transcendental functions on F32 by arithmetic: polynomials, fused multiply-adds, shifts of bit
 * patterns and choices. A backend that evaluates the lowered expression gives the same bits as every other that does.
 * The coefficients are minimax fits of relative error made for these ranges.
 *
 * <p>Worst errors over all 2³² operands are tabled in benchmarks/results/ulp.md; all are below {@link ScalarOp#ulps}.
 * NaN, infinities, signed zeros and subnormal numbers give what {@link ScalarOp#evaluate(double, double, double)} does.
 */
public final class Lowering {
    private static final Set<ScalarOp> LOWERED =
            Set.of(ScalarOp.EXP, ScalarOp.LOG, ScalarOp.TANH, ScalarOp.ERF, ScalarOp.SIN, ScalarOp.COS, ScalarOp.POW);

    private static final int SIGN = 0x80000000;

    private static final double LOG2_E = 1.44269504f;

    // ln 2 in two parts; the first has trailing zeros, so that its product with an exponent is exact.
    private static final double LN2_HIGH = 0.693359375f;
    private static final double LN2_LOW = -2.12194440e-4f;

    /** 1.5·2²³: added, it leaves the nearest whole number in the low bits. */
    static final double MAGIC = 0x1.8p23f;

    private static final int MAGIC_BITS = 0x4B400000;
    private static final int BIAS = 127;

    // Beyond these the exponential is infinite, or less than half of the smallest number.
    private static final double EXP_HIGH = 89f;
    private static final double EXP_LOW = -104f;

    /** From the power 6 down to 2. */
    private static final float[] EXP = {0.0013814447f, 0.008368783f, 0.041668396f, 0.1666652f, 0.49999994f};

    private static final double TINY = Float.MIN_NORMAL;
    private static final double TINY_SCALE = 0x1p23f;
    private static final double TINY_EXPONENT = 23f;
    private static final int TWO_THIRDS = 0x3F2AAAAB;

    /** From the power 11 down to 3. */
    private static final float[] LOG = {
        0.12006266f,
        -0.12845148f,
        0.10754457f,
        -0.12195757f,
        0.14304438f,
        -0.1667958f,
        0.19999598f,
        -0.2499982f,
        0.33333334f
    };

    /** Beyond this the hyperbolic tangent rounds to 1. */
    private static final double TANH_LIMIT = 9.02f;

    /** Beyond this the error function rounds to 1. */
    private static final double ERF_LIMIT = 3.925f;

    /** Up to this the error function is a polynomial. */
    private static final double ERF_NEAR = 0.9f;

    /** From the power 11 down to 1, odd ones. */
    private static final float[] ERF = {
        -5.954211e-4f, 0.004986053f, -0.026761817f, 0.11281686f, -0.37612483f, 0.12837915f
    };

    /** The logarithm of the complement, from the power 6 down to 0. */
    private static final float[] ERFC = {
        2.0044071e-4f, -0.0030871881f, 0.02240131f, -0.10429136f, -0.63677484f, -1.1279159f, -1.3796864e-4f
    };

    private Lowering() {}

    /**
     * Says whether a primitive has a lowering.
     *
     * @param op the primitive
     * @param dtype type of its operands
     * @return true for the transcendental functions on F32
     */
    public static boolean has(ScalarOp op, DType dtype) {
        return dtype == DType.F32 && LOWERED.contains(op);
    }

    /**
     * Replaces primitives by their lowering wherever they have one.
     *
     * @param roots expressions that are evaluated together
     * @param ops which primitives to replace
     * @return as many expressions, of the same values within the primitives' bounds
     */
    public static List<Expr> lower(List<Expr> roots, Set<ScalarOp> ops) {
        return Exprs.rewrite(
                roots,
                expr -> expr instanceof Expr.Apply apply && ops.contains(apply.op()) && has(apply.op(), apply.dtype())
                        ? apply(apply.op(), apply.children())
                        : expr);
    }

    /**
     * Makes the lowering of one primitive.
     *
     * @param op a primitive that {@link #has} one
     * @param args operands of type F32
     * @return the arithmetic that stands for it
     */
    public static Expr apply(ScalarOp op, List<Expr> args) {
        Expr x = args.get(0);
        return switch (op) {
            case EXP -> exp(x);
            case LOG -> log(x);
            case TANH -> tanh(x);
            case ERF -> erf(x);
            case SIN -> LoweredTrigonometry.sin(x);
            case COS -> LoweredTrigonometry.cos(x);
            case POW -> LoweredPower.pow(x, args.get(1));
            default -> throw new IllegalArgumentException(op + " has no lowering");
        };
    }

    /** x = k·ln 2 + f; eˣ = 2ᵏ·eᶠ, with 2ᵏ in two factors so that results may be subnormal. */
    private static Expr exp(Expr argument) {
        Expr low = argument.gt(EXP_HIGH).choose(argument.like(EXP_HIGH), argument);
        Expr x = low.lt(EXP_LOW).choose(low.like(EXP_LOW), low);
        Expr shifted = fma(x, x.like(LOG2_E), x.like(MAGIC));
        Expr value = expOfRest(x, shifted.sub(MAGIC));
        // k + 512 is not negative, so that a shift with zeros halves it; half is (k + 512) / 2.
        Expr k = integers(shifted).sub(MAGIC_BITS - 512);
        Expr half = shiftRight(k, 1);
        Expr first = powerOfTwo(half.sub(256 - BIAS));
        Expr second = powerOfTwo(k.sub(half).sub(256 - BIAS));
        return value.mul(first).mul(second);
    }

    /**
     * Makes x·Φ(x), where Φ is the normal distribution function, of F32, with 4 ulp at most: the factors multiplied as
     * they stand lose all digits for negative x.
     *
     * @param x the operand, F32
     * @return arithmetic alone
     */
    public static Expr gelu(Expr x) {
        return LoweredGelu.gelu(x);
    }

    /**
     * Makes ½x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) of F32, with 4 ulp at most; −0 at −∞, its limit.
     *
     * @param x the operand, F32
     * @return arithmetic alone
     */
    public static Expr geluTanh(Expr x) {
        return LoweredGelu.geluTanh(x);
    }

    /**
     * 2⁶⁴·factor·exp(x + rest), for x from −120 to 0 and a rest that is small; of no use for NaN. Without the 2⁶⁴ results
     * may be subnormal.
     */
    static Expr timesExp(Expr factor, Expr x, Expr rest) {
        Expr shifted = fma(x, x.like(LOG2_E), x.like(MAGIC));
        Expr f = restOf(x, shifted.sub(MAGIC)).add(rest);
        Expr scaled = factor.mul(0x1p64);
        Expr value = fma(scaled, expMinus1(f), scaled);
        // The magic number's own bits leave at the top; k is added to the exponent.
        return floats(integers(value).add(shiftLeft(integers(shifted), 23)));
    }

    /** The exponential where it is neither subnormal nor infinite. */
    private static Expr moderateExp(Expr x) {
        Expr shifted = fma(x, x.like(LOG2_E), x.like(MAGIC));
        Expr exponent = integers(shifted).sub(MAGIC_BITS - BIAS);
        return expOfRest(x, shifted.sub(MAGIC)).mul(powerOfTwo(exponent));
    }

    /** exp(x − whole·ln 2). */
    private static Expr expOfRest(Expr x, Expr whole) {
        return expMinus1OfRest(x, whole).add(1);
    }

    /** exp(x − whole·ln 2) − 1. */
    private static Expr expMinus1OfRest(Expr x, Expr whole) {
        return expMinus1(restOf(x, whole));
    }

    /** x − whole·ln 2. */
    private static Expr restOf(Expr x, Expr whole) {
        return fma(whole, x.like(-LN2_LOW), fma(whole, x.like(-LN2_HIGH), x));
    }

    /** eᶠ − 1 for |f| up to ½·ln 2. */
    private static Expr expMinus1(Expr f) {
        return fma(f.mul(f), polynomial(f, EXP), f);
    }

    /** x = 2ᵏ·(1 + f) with 1 + f from 2/3 to 4/3; ln x = k·ln 2 + f − f²/2 + f³·P(f). */
    private static Expr log(Expr x) {
        Expr tiny = x.lt(TINY);
        Expr bits = integers(tiny.choose(x.mul(TINY_SCALE), x));
        // 128 is added before the shift and taken away after, so that a shift with zeros does for one with signs.
        Expr k = shiftRight(bits.add(0x40000000 - TWO_THIRDS), 23).sub(128);
        Expr f = floats(bits.sub(shiftLeft(k, 23))).sub(1);
        Expr whole = k.cast(DType.F32);
        Expr exponent = tiny.choose(whole.sub(TINY_EXPONENT), whole);
        Expr square = f.mul(f);
        Expr rest = fma(exponent, x.like(LN2_LOW), square.mul(f).mul(polynomial(f, LOG)));
        Expr low = fma(square, x.like(-0.5), rest);
        Expr value = fma(exponent, x.like(LN2_HIGH), f.add(low));
        Expr result = x.eq(Double.POSITIVE_INFINITY).choose(x, value);
        result = x.gt(0).choose(result, x.like(Double.NaN));
        return x.eq(0).choose(x.like(Double.NEGATIVE_INFINITY), result);
    }

    /**
     * e/(e + 2) with e = exp(2|x|) − 1 = 2ᵏ·(eᶠ − 1) + (2ᵏ − 1), where 2|x| = k·ln 2 + f: nothing cancels near zero,
     * where k is 0.
     */
    private static Expr tanh(Expr x) {
        Expr limited = limit(x.abs(), TANH_LIMIT);
        Expr twice = limited.add(limited);
        Expr shifted = fma(twice, x.like(LOG2_E), x.like(MAGIC));
        Expr scale = powerOfTwo(integers(shifted).sub(MAGIC_BITS - BIAS));
        Expr e = fma(expMinus1OfRest(twice, shifted.sub(MAGIC)), scale, scale.sub(1));
        return withSignOf(x, e.div(e.add(2)));
    }

    /** Near zero x + x·P(x²), elsewhere 1 − exp(Q(|x|)), where Q fits the logarithm of the complement. */
    private static Expr erf(Expr x) {
        Expr magnitude = x.abs();
        Expr near = fma(polynomial(x.mul(x), ERF), x, x);
        Expr far = x.like(1).sub(moderateExp(polynomial(limit(magnitude, ERF_LIMIT), ERFC)));
        return magnitude.gt(ERF_NEAR).choose(withSignOf(x, far), near);
    }

    private static Expr limit(Expr magnitude, double most) {
        return magnitude.gt(most).choose(magnitude.like(most), magnitude);
    }

    /** A value that is not negative, with the sign of x. */
    private static Expr withSignOf(Expr x, Expr value) {
        Expr sign = Expr.apply(ScalarOp.AND, List.of(integers(x), integer(SIGN)));
        return floats(Expr.apply(ScalarOp.OR, List.of(integers(value), sign)));
    }

    /** Horner's scheme with the coefficient of the highest power first. */
    static Expr polynomial(Expr x, float[] coefficients) {
        Expr p = x.like(coefficients[0]);
        for (int i = 1; i < coefficients.length; i++) {
            // The operands' order is that of the vector loops: it decides which NaN is kept.
            p = i == 1 ? fma(x, p, x.like(coefficients[i])) : fma(p, x, x.like(coefficients[i]));
        }
        return p;
    }

    static Expr fma(Expr a, Expr b, Expr c) {
        return Expr.apply(ScalarOp.FMA, List.of(a, b, c));
    }

    static Expr integers(Expr x) {
        return x.bitcast(DType.I32);
    }

    static Expr floats(Expr x) {
        return x.bitcast(DType.F32);
    }

    static Expr integer(int value) {
        return Expr.constantBits(DType.I32, value);
    }

    static Expr shiftLeft(Expr x, int by) {
        return Expr.apply(ScalarOp.SHL, List.of(x, x.like(by)));
    }

    static Expr shiftRight(Expr x, int by) {
        return Expr.apply(ScalarOp.SHR, List.of(x, x.like(by)));
    }

    private static Expr powerOfTwo(Expr biasedExponent) {
        return floats(shiftLeft(biasedExponent, 23));
    }
}
