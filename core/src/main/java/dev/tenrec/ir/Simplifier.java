package dev.tenrec.ir;

import dev.tenrec.type.DType;
import java.util.List;

/**
 * Rewrites expressions to cheaper ones of the same value: constant folding, x+0, x−0, x·1, x/1, double negation,
 * choices between equals. Common subexpressions need no rule, since expressions are hash-consed.
 *
 * <p>Never x·0 → 0: it would hide NaN and infinities. x+0 may turn −0 into 0; that is the one liberty taken.
 */
public final class Simplifier {

    private Simplifier() {}

    /**
     * Simplifies expressions that are evaluated together.
     *
     * @param roots the expressions
     * @return as many, of the same values
     */
    public static List<Expr> simplify(List<Expr> roots) {
        return Exprs.rewrite(roots, Simplifier::step);
    }

    private static Expr step(Expr expr) {
        return switch (expr) {
            case Expr.Apply apply -> apply(apply);
            case Expr.Select select when select.whenTrue() == select.whenFalse() -> select.whenTrue();
            case Expr.Select select
            when select.condition() instanceof Expr.Const condition ->
                condition.bits() != 0 ? select.whenTrue() : select.whenFalse();
            case Expr.Cast cast when cast.arg() instanceof Expr.Const -> fold(cast);
            default -> expr;
        };
    }

    private static Expr apply(Expr.Apply apply) {
        List<Expr> args = apply.children();
        if (args.stream().allMatch(Expr.Const.class::isInstance)) {
            return fold(apply);
        }
        Expr a = args.get(0);
        Expr b = args.size() > 1 ? args.get(1) : null;
        return switch (apply.op()) {
            case NEG ->
                a instanceof Expr.Apply inner && inner.op() == ScalarOp.NEG
                        ? inner.children().get(0)
                        : apply;
            case NOT ->
                a instanceof Expr.Apply inner && inner.op() == ScalarOp.NOT
                        ? inner.children().get(0)
                        : apply;
            case ADD -> is(b, 0) ? a : is(a, 0) ? b : apply;
            case SUB -> is(b, 0) ? a : apply;
            case MUL -> is(b, 1) ? a : is(a, 1) ? b : is(b, -1) ? a.neg() : is(a, -1) ? b.neg() : apply;
            case DIV -> is(b, 1) ? a : apply;
            default -> apply;
        };
    }

    private static boolean is(Expr expr, double value) {
        return expr instanceof Expr.Const constant && constant.value() == value;
    }

    private static Expr fold(Expr expr) {
        Interpreter interpreter = new Interpreter(List.of(expr));
        interpreter.evaluate(NOTHING);
        DType dtype = expr.dtype();
        return Expr.constantBits(dtype, interpreter.result(0));
    }

    private static final Interpreter.Environment NOTHING = new Interpreter.Environment() {
        @Override
        public long input(int index) {
            throw new IllegalStateException("a constant expression reads no input");
        }

        @Override
        public long param(int index) {
            throw new IllegalStateException("a constant expression reads no parameter");
        }

        @Override
        public long index(int axis) {
            throw new IllegalStateException("a constant expression reads no index");
        }
    };
}
