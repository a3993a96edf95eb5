package dev.tenrec.ir;

import static dev.tenrec.ir.Lowering.fma;

/** x·Φ(x) of F32, Φ the normal distribution function, and its approximation by tanh, to within 4 ulp for all x. */
final class LoweredGelu {
    /** Up to this the first form is used. */
    private static final double NEAR = 0.8f;

    /** Beyond this Φ(−|x|) is less than half of the smallest number. */
    private static final double LIMIT = 15f;

    /** P, from the power 4 of −x²/2 down to 0: the error function's, for x/√2 and halved. */
    private static final float[] CENTRE = {
        16 * 9.864006e-5f, 8 * 0.0011757215f, 4 * 0.00996994f, 2 * 0.066489905f, 0.39894226f
    };

    /** Where R's variable (m − c)/(m + c) is 0, chosen such that R's constant is close to a float. */
    private static final double TURN = 2.9375f;

    /** R, from the power 8 down to 0. */
    private static final float[] RATIO = {
        -5.574789e-4f,
        2.2155487e-4f,
        0.003840776f,
        -0.0031297968f,
        -0.025874095f,
        0.08957031f,
        -0.14134261f,
        0.11283404f,
        0.36336967f
    };

    /** Beyond this x·exp(−2u) is less than half of the smallest number. */
    private static final double TANH_LIMIT = 10.8f;

    // 2·√(2/π) in two parts; the first is a multiple of 2⁻²⁰, so that what is left of it after a rounded sum is exact.
    private static final double LINEAR = 1.5957689f;
    private static final double LINEAR_LOW = 1.930779e-7f;

    // 0.044715 times that, in two parts.
    private static final double CUBIC = 0.071354814f;
    private static final double CUBIC_LOW = 2.3988325e-9f;

    private LoweredGelu() {}

    /**
     * Near zero x·(½ + x·P(x²)). Elsewhere max(x, 0) − |x|·Φ(−|x|), in which nothing cancels, with |x|·Φ(−|x|) =
     * exp(−x²/2)·R(|x|). R is nearly constant, so that its polynomial rounds once. The rounding error of x²/2 is given to
     * the exponential's reduced argument; without that it would be multiplied by x²/2.
     */
    static Expr gelu(Expr x) {
        Expr magnitude = x.abs();
        Expr m = limit(magnitude, LIMIT);
        Expr minusHalf = m.mul(-0.5);
        Expr exponent = minusHalf.mul(m);
        Expr near = x.mul(fma(x, Lowering.polynomial(exponent, CENTRE), x.like(0.5)));
        Expr rest = fma(minusHalf, m, exponent.neg());
        Expr ratio = Lowering.polynomial(m.sub(TURN).div(m.add(TURN)), RATIO);
        Expr tail = Lowering.timesExp(ratio, exponent, rest).mul(0x1p-64);
        Expr far = x.lt(0).choose(x.like(-0.0), x).sub(tail);
        return magnitude.gt(NEAR).choose(far, near);
    }

    /**
     * x/(1 + e) for x ≥ 0 and x·e/(1 + e) below, where e = exp(−2|u|) and 2u = x·(LINEAR + CUBIC·x²). 2u is a sum of two
     * numbers, the second of which is what the first lost by rounding; without it that loss would be multiplied by 2u.
     */
    static Expr geluTanh(Expr x) {
        Expr m = limit(x.abs(), TANH_LIMIT);
        Expr minus = m.neg();
        Expr square = m.mul(m);
        Expr minusSquareLow = fma(m, minus, square);
        Expr slope = fma(square, x.like(CUBIC), x.like(LINEAR));
        Expr slopeLow = fma(square, x.like(CUBIC), x.like(LINEAR).sub(slope))
                .add(fma(minusSquareLow, x.like(-CUBIC), fma(square, x.like(CUBIC_LOW), x.like(LINEAR_LOW))));
        Expr exponent = minus.mul(slope);
        Expr rest = minus.mul(slopeLow).sub(fma(m, slope, exponent));
        Expr e = Lowering.timesExp(x.like(1), exponent, rest);
        Expr negative = x.lt(0);
        Expr quotient = negative.choose(minus.mul(e), x).div(fma(e, x.like(0x1p-64), x.like(1)));
        return negative.choose(quotient.mul(0x1p-64), quotient);
    }

    private static Expr limit(Expr magnitude, double most) {
        return magnitude.gt(most).choose(magnitude.like(most), magnitude);
    }
}
