package dev.tenrec.ir;

import static dev.tenrec.ir.Lowering.fma;

/**
 * x·Φ(x) of F32, Φ the normal distribution function, by arithmetic, to within 6 ulp for all x.
 *
 * <p>Near zero x·(½ + x·P(x²)). Elsewhere max(x, 0) − |x|·Φ(−|x|), in which nothing cancels, with |x|·Φ(−|x|) =
 * exp(−x²/2)·R(|x|) and R rational. The rounding error of x² is given to the exponential's reduced argument; without
 * that it would be multiplied by x²/2. Polynomials of |x| are split by even and odd powers, which rounds less.
 */
final class LoweredGelu {
    /** Up to this the first form is used. */
    private static final double NEAR = 1.1f;

    /** Beyond this Φ(−|x|) is less than half of the smallest number. */
    private static final double LIMIT = 15f;

    /** From the power 10 of x down to 0, even ones: the error function's, for x/√2 and halved. */
    private static final float[] CENTRE = {
        -6.5785357e-6f, 1.1017724e-4f, -0.0011827163f, 0.009971696f, -0.06649011f, 0.39894226f
    };

    private static final float NUMERATOR_0 = 0.4996568f;
    private static final float NUMERATOR_1 = 0.40643653f;
    private static final float NUMERATOR_2 = 0.14785515f;
    private static final float NUMERATOR_3 = 0.025981024f;
    private static final float DENOMINATOR_1 = 1.6075962f;
    private static final float DENOMINATOR_2 = 1.085240f;
    private static final float DENOMINATOR_3 = 0.37055418f;
    private static final float DENOMINATOR_4 = 0.06512605f;

    private LoweredGelu() {}

    static Expr gelu(Expr x) {
        Expr magnitude = x.abs();
        Expr m = magnitude.gt(LIMIT).choose(x.like(LIMIT), magnitude);
        Expr square = m.mul(m);
        Expr near = x.mul(fma(x, Lowering.polynomial(square, CENTRE), x.like(0.5)));
        Expr far = x.lt(0).choose(x.like(-0.0), x).sub(tail(m, square));
        return magnitude.gt(NEAR).choose(far, near);
    }

    /** m·Φ(−m) for m ≥ 0. */
    private static Expr tail(Expr m, Expr square) {
        Expr error = fma(m, m, square.neg());
        Expr even = fma(square, m.like(NUMERATOR_2), m.like(NUMERATOR_0));
        Expr odd = fma(square, m.like(NUMERATOR_3), m.like(NUMERATOR_1));
        Expr numerator = fma(square, odd, m.mul(even));
        Expr denominator = fma(
                m,
                fma(square, m.like(DENOMINATOR_3), m.like(DENOMINATOR_1)),
                fma(fma(square, m.like(DENOMINATOR_4), m.like(DENOMINATOR_2)), square, m.like(1)));
        Expr ratio = numerator.div(denominator);
        return Lowering.timesExp(ratio, square.mul(-0.5), error.mul(-0.5));
    }
}
