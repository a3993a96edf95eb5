package dev.tenrec.cpu;

import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Exprs;
import dev.tenrec.ir.Lowering;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Replaces primitives that are no single vector instruction by those that are, bit for bit as the loops of
 * {@link FloatArithmetic}, {@link DoubleArithmetic} and {@link FloatFunctions} compute them. Sine, cosine and power stay:
 * their loops treat single elements apart.
 */
final class VectorLowering {
    private static final Set<ScalarOp> FUNCTIONS = EnumSet.of(ScalarOp.EXP, ScalarOp.LOG, ScalarOp.TANH, ScalarOp.ERF);

    private VectorLowering() {}

    /** Rewrites expressions that are evaluated together. */
    static List<Expr> lower(List<Expr> roots) {
        List<Expr> steps = Exprs.rewrite(roots, expr -> expr instanceof Expr.Apply apply ? step(apply) : expr);
        return Lowering.lower(steps, FUNCTIONS);
    }

    private static Expr step(Expr.Apply apply) {
        DType type = apply.dtype();
        if (type != DType.F32 && type != DType.F64) {
            return apply;
        }
        Expr x = apply.children().get(0);
        return switch (apply.op()) {
            case RSQRT -> x.like(1).div(x.sqrt());
            case ROUND -> round(x);
            case FLOOR -> floor(x);
            case CEIL -> ceil(x);
            default -> apply;
        };
    }

    /** Nearest whole number: adding and taking away a number of unit spacing makes the hardware round. */
    private static Expr round(Expr x) {
        double whole = x.dtype() == DType.F32 ? 0x1p23 : 0x1p52;
        Expr magnitude = x.abs();
        Expr rounded = magnitude.add(whole).sub(whole);
        return withSignOf(x, magnitude.lt(whole).choose(rounded, magnitude));
    }

    private static Expr floor(Expr x) {
        Expr whole = round(x);
        return withSignOf(x, x.lt(whole).choose(whole.sub(1), whole));
    }

    private static Expr ceil(Expr x) {
        Expr whole = round(x);
        return withSignOf(x, whole.lt(x).choose(whole.add(1), whole));
    }

    /** Keeps the sign of zeros, which the sums lose. */
    private static Expr withSignOf(Expr sign, Expr x) {
        boolean single = x.dtype() == DType.F32;
        DType bits = single ? DType.I32 : DType.I64;
        Expr signBit = Expr.constantBits(bits, single ? Integer.MIN_VALUE : Long.MIN_VALUE);
        Expr rest = Expr.constantBits(bits, single ? Integer.MAX_VALUE : Long.MAX_VALUE);
        Expr magnitude = Expr.apply(ScalarOp.AND, List.of(x.bitcast(bits), rest));
        Expr signOnly = Expr.apply(ScalarOp.AND, List.of(sign.bitcast(bits), signBit));
        return Expr.apply(ScalarOp.OR, List.of(magnitude, signOnly)).bitcast(x.dtype());
    }
}
