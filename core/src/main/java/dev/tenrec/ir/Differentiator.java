package dev.tenrec.ir;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Derives gradients of expressions symbolically, in reverse: for y = f(x₀, x₁, …) and an upstream gradient g = ∂L/∂y it
 * makes the expression of ∂L/∂xᵢ. The derivative of each primitive is written once, in {@link #pullback}.
 */
public final class Differentiator {

    private Differentiator() {}

    /**
     * Derives the gradient of one expression by another.
     *
     * @param body what is differentiated
     * @param variable by what; usually an input of the body
     * @param output stands for the body's own value wherever the derivative can use it, or the body itself
     * @param upstream the gradient of the body
     * @return the gradient of the variable, simplified; a constant 0 if the body does not depend on it
     */
    public static Expr gradient(Expr body, Expr variable, Expr output, Expr upstream) {
        List<Expr> order = Exprs.topological(List.of(body));
        Map<Expr, Boolean> depends = new IdentityHashMap<>();
        for (Expr expr : order) {
            boolean any = expr == variable;
            for (Expr child : expr.children()) {
                any |= depends.get(child);
            }
            depends.put(expr, any);
        }
        Map<Expr, Expr> adjoints = new IdentityHashMap<>();
        adjoints.put(body, upstream);
        for (int i = order.size() - 1; i >= 0; i--) {
            Expr expr = order.get(i);
            Expr adjoint = adjoints.get(expr);
            if (adjoint == null || expr == variable || !expr.dtype().isFloating()) {
                continue;
            }
            List<Expr> contributions = pullback(expr, expr == body ? output : expr, adjoint);
            for (int c = 0; c < contributions.size(); c++) {
                Expr child = expr.children().get(c);
                Expr contribution = contributions.get(c);
                if (contribution != null && depends.get(child)) {
                    adjoints.merge(child, contribution, Expr::add);
                }
            }
        }
        Expr result = adjoints.get(variable);
        return result == null
                ? variable.like(0)
                : Simplifier.simplify(List.of(result)).get(0);
    }

    /** Gradients of the operands of one expression; null where there is none. */
    private static List<Expr> pullback(Expr expr, Expr y, Expr g) {
        return switch (expr) {
            case Expr.Apply apply -> pullback(apply.op(), apply.children(), y, g);
            case Expr.Select select -> {
                List<Expr> parts = new ArrayList<>();
                parts.add(null);
                parts.add(Expr.select(select.condition(), g, g.like(0)));
                parts.add(Expr.select(select.condition(), g.like(0), g));
                yield parts;
            }
            case Expr.Cast cast
            when !cast.bitwise() && cast.arg().dtype().isFloating() ->
                List.of(g.cast(cast.arg().dtype()));
            default -> List.of();
        };
    }

    private static List<Expr> pullback(ScalarOp op, List<Expr> args, Expr y, Expr g) {
        Expr a = args.get(0);
        Expr b = args.size() > 1 ? args.get(1) : null;
        return switch (op) {
            case NEG -> List.of(g.neg());
            case ABS -> List.of(a.gt(0).choose(g, a.lt(0).choose(g.neg(), g.like(0))));
            case SQRT -> List.of(g.mul(0.5).div(y));
            case RSQRT -> List.of(g.mul(-0.5).mul(y.mul(y).mul(y)));
            case EXP -> List.of(g.mul(y));
            case LOG -> List.of(g.div(a));
            case SIN -> List.of(g.mul(Expr.apply(ScalarOp.COS, List.of(a))));
            case COS -> List.of(g.mul(Expr.apply(ScalarOp.SIN, List.of(a)).neg()));
            case TANH -> List.of(g.mul(y.like(1).sub(y.mul(y))));
            case ERF -> List.of(g.mul(a.mul(a).neg().exp().mul(2 / Math.sqrt(Math.PI))));
            case FLOOR, CEIL, ROUND -> List.of(g.like(0));
            case ADD -> List.of(g, g);
            case SUB -> List.of(g, g.neg());
            case MUL -> List.of(g.mul(b), g.mul(a));
            case DIV -> List.of(g.div(b), g.mul(y).div(b).neg());
            // Where both are equal each gets half, so that the gradients add up to the upstream one.
            case MAX -> List.of(half(b.lt(a), a, b, g), half(a.lt(b), a, b, g));
            case MIN -> List.of(half(a.lt(b), a, b, g), half(b.lt(a), a, b, g));
            case POW -> {
                // b·a^(b−1) is 0·∞ at a = 0, b = 0 and log(a) is −∞ at a = 0; both gradients are 0 there.
                Expr byBase = b.eq(0).choose(g.like(0), g.mul(b).mul(pow(a, b.sub(1))));
                Expr byExponent = a.eq(0).choose(g.like(0), g.mul(y).mul(a.log()));
                yield List.of(byBase, byExponent);
            }
            case REM -> List.of(g, g.mul(a.sub(y).div(b)).neg());
            case FMA -> List.of(g.mul(b), g.mul(a), g);
            case LT, LE, EQ, AND, OR, XOR, NOT, SHL, SHR -> List.of();
        };
    }

    private static Expr pow(Expr a, Expr b) {
        return Expr.apply(ScalarOp.POW, List.of(a, b));
    }

    private static Expr half(Expr wins, Expr a, Expr b, Expr g) {
        return wins.choose(g, a.eq(b).choose(g.mul(0.5), g.like(0)));
    }
}
