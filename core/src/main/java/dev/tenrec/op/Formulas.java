package dev.tenrec.op;

import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Lowering;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.util.List;

/**
 * Formulas that several operations share, or that need more than a line.
 *
 * <p>Where two branches of a choice meet, both are analytic continuations of one function and the condition picks one
 * of them at the seam, so that derivatives of any order are right there too; |x| would have slope 0 at 0. The branch
 * not chosen must stay finite, because in a derivative it is multiplied by 0.
 */
final class Formulas {

    private static final double SQRT_HALF = 0.7071067811865476;
    private static final double ONE_OVER_SQRT_TWO_PI = 0.3989422804014327;

    /** 2·√(2/π). */
    private static final double GELU_LINEAR = 1.5957691216057308;

    private static final double GELU_CUBIC = 0.044715;

    private Formulas() {}

    static Expr rem(Expr a, Expr b) {
        return Expr.apply(ScalarOp.REM, List.of(a, b));
    }

    static Expr pow(Expr a, Expr b) {
        return Expr.apply(ScalarOp.POW, List.of(a, b));
    }

    static Expr shiftLeft(Expr a, Expr b) {
        return Expr.apply(ScalarOp.SHL, List.of(a, b));
    }

    static Expr shiftRight(Expr a, Expr b) {
        return Expr.apply(ScalarOp.SHR, List.of(a, b));
    }

    static Expr both(Expr a, Expr b) {
        return Expr.apply(ScalarOp.AND, List.of(a, b));
    }

    static Expr tan(Expr x) {
        return Expr.apply(ScalarOp.SIN, List.of(x)).div(Expr.apply(ScalarOp.COS, List.of(x)));
    }

    static Expr passIf(Expr condition, Expr g) {
        return condition.choose(g, g.like(0));
    }

    /** The gradient where low &lt; y &lt; high, else 0. */
    static Expr passInside(Expr y, double low, double high, Expr g) {
        return passIf(both(y.gt(low), y.lt(high)), g);
    }

    static Expr nonPositive(Expr x) {
        return x.min(x.like(0));
    }

    /** e^(−|x|), by a choice that is smooth at 0. */
    private static Expr expOfMinusAbs(Expr x) {
        return x.lt(0).choose(x, x.neg()).exp();
    }

    static Expr sigmoid(Expr x) {
        Expr e = expOfMinusAbs(x);
        return x.lt(0).choose(e, x.like(1)).div(e.add(1));
    }

    /** d/dx x·sigmoid(x). */
    static Expr siluSlope(Expr x) {
        Expr s = sigmoid(x);
        return s.mul(x.mul(s.like(1).sub(s)).add(1));
    }

    /**
     * x·tanh(log(1 + eˣ)), where tanh(log(1 + eˣ)) = n/(n + 2) with n = eˣ(eˣ + 2); for x ≥ 0 both sides are multiplied
     * by e⁻²ˣ, so that nothing overflows.
     */
    static Expr mish(Expr x) {
        Expr e = expOfMinusAbs(x);
        Expr numerator = x.lt(0).choose(e.mul(e.add(2)), e.mul(2).add(1));
        Expr rest = x.lt(0).choose(e.like(2), e.mul(e).mul(2));
        return x.mul(numerator.div(numerator.add(rest)));
    }

    static Expr softplus(Expr x) {
        return x.max(x.like(0)).add(log1p(expOfMinusAbs(x)));
    }

    static Expr logAddExp(Expr a, Expr b) {
        return a.eq(b).choose(a, a.max(b)).add(log1p(expOfMinusAbs(a.eq(b).choose(a.like(0), a.sub(b)))));
    }

    static Expr elu(Expr x, Expr alpha) {
        return x.gt(0).choose(x, expm1(nonPositive(x)).mul(alpha));
    }

    static Expr celu(Expr x, Expr alpha) {
        return x.gt(0).choose(x, expm1(nonPositive(x).div(alpha)).mul(alpha));
    }

    static Expr gelu(Expr x) {
        return x.dtype() == DType.F32
                ? Lowering.gelu(x)
                : x.mul(0.5).mul(x.mul(SQRT_HALF).erf().add(1));
    }

    /** Φ(x) + x·φ(x). */
    static Expr geluSlope(Expr x) {
        Expr density = x.mul(x).mul(-0.5).exp().mul(ONE_OVER_SQRT_TWO_PI);
        return x.mul(SQRT_HALF).erf().add(1).mul(0.5).add(x.mul(density));
    }

    /** ½x·(1 + tanh(u)) = x/(1 + e⁻²ᵘ), where nothing cancels; for x < 0 as x·e²ᵘ/(1 + e²ᵘ), which cannot overflow. */
    static Expr geluTanh(Expr x) {
        if (x.dtype() == DType.F32) {
            return Lowering.geluTanh(x);
        }
        Expr minusSlope =
                Expr.apply(ScalarOp.FMA, List.of(x.mul(x), x.like(-GELU_CUBIC * GELU_LINEAR), x.like(-GELU_LINEAR)));
        Expr e = x.lt(0).choose(x.neg(), x).mul(minusSlope).exp();
        return x.lt(0).choose(x.mul(e), x).div(e.add(1));
    }

    /** s + x·s·(1 − s)·v' with s = sigmoid(v), v = 2u. */
    static Expr geluTanhSlope(Expr x) {
        Expr square = x.mul(x);
        Expr s = sigmoid(x.mul(square.mul(GELU_CUBIC * GELU_LINEAR).add(GELU_LINEAR)));
        Expr slope = square.mul(3 * GELU_CUBIC * GELU_LINEAR).add(GELU_LINEAR);
        return s.add(x.mul(s.mul(s.like(1).sub(s))).mul(slope));
    }

    /**
     * log(1 + x): with u = 1 + x as rounded, log(u)·x/(u − 1) takes back the error of that rounding (Kahan; see Higham,
     * Accuracy and Stability of Numerical Algorithms, 1.14.1). Where u − 1 = x there is none, which also keeps ∞.
     */
    static Expr log1p(Expr x) {
        Expr u = x.add(1);
        Expr d = u.sub(1);
        return u.eq(1).choose(x, d.eq(x).choose(u.log(), u.log().mul(x.div(d))));
    }

    /** eˣ − 1: with u = eˣ as rounded, (u − 1)·x/log(u) takes back the error of that rounding (Kahan). */
    static Expr expm1(Expr x) {
        Expr u = x.exp();
        Expr d = u.sub(1);
        return u.eq(1).choose(x, x.abs().lt(0.5).choose(d.mul(x.div(u.log())), d));
    }
}
