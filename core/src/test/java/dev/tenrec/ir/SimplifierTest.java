package dev.tenrec.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.type.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

class SimplifierTest {

    private static final Expr X = Expr.input(0, DType.F32);
    private static final Expr Y = Expr.input(1, DType.F32);
    private static final Expr N = Expr.input(2, DType.I64);
    private static final Expr B = Expr.input(3, DType.BOOL);

    private static Expr simplify(Expr expr) {
        return Simplifier.simplify(List.of(expr)).get(0);
    }

    @Test
    void neutralElementsGo() {
        assertSame(X, simplify(X.add(0)));
        assertSame(X, simplify(X.like(0).add(X)));
        assertSame(X, simplify(X.sub(0)));
        assertSame(X, simplify(X.mul(1)));
        assertSame(X, simplify(X.like(1).mul(X)));
        assertSame(X, simplify(X.div(X.like(1))));
        assertSame(N, simplify(N.add(0)));
        assertSame(X.neg(), simplify(X.mul(-1)));
    }

    @Test
    void doubleNegationGoes() {
        assertSame(X, simplify(X.neg().neg()));
        assertSame(B, simplify(B.not().not()));
        assertSame(N, simplify(N.not().not()));
        assertSame(X.neg(), simplify(X.neg().neg().neg()));
    }

    @Test
    void choicesBetweenEqualsGo() {
        assertSame(X, simplify(B.choose(X, X)));
        assertSame(X, simplify(Expr.constant(DType.BOOL, 1).choose(X, Y)));
        assertSame(Y, simplify(Expr.constant(DType.BOOL, 0).choose(X, Y)));
        assertSame(X, simplify(B.choose(X.add(0), X.mul(1))));
    }

    @Test
    void timesZeroStays() {
        assertSame(X.mul(0), simplify(X.mul(0)));
        assertSame(X.like(0).mul(X), simplify(X.like(0).mul(X)));
        assertSame(X.sub(X), simplify(X.sub(X)));
        assertSame(X.div(X), simplify(X.div(X)));
        assertSame(X.like(0).div(X), simplify(X.like(0).div(X)));
        assertSame(X.eq(X), simplify(X.eq(X)));
        assertSame(X.like(0).sub(X), simplify(X.like(0).sub(X)));
    }

    @Test
    void roundedSumsAreNotTakenApart() {
        assertSame(X.add(1).sub(1), simplify(X.add(1).sub(1)));
        assertSame(X.exp().log(), simplify(X.exp().log()));
    }

    @Test
    void constantsFold() {
        assertSame(X.like(7), simplify(X.like(2).mul(3).add(1)));
        assertSame(X.add(7), simplify(X.add(X.like(2).mul(3).add(1))));
        assertSame(Expr.constant(DType.F32, 0.1f + 0.2f), simplify(X.like(0.1).add(X.like(0.2))));
        assertSame(Expr.constant(DType.BOOL, 1), simplify(X.like(1).lt(2)));
        assertSame(Expr.constant(DType.I32, 3), simplify(X.like(3.7).cast(DType.I32)));
        assertSame(Expr.constant(DType.F64, (double) 0.1f), simplify(X.like(0.1).cast(DType.F64)));
        assertSame(Expr.constant(DType.I32, 0x3F800000), simplify(X.like(1).bitcast(DType.I32)));
        Expr.Const infinity = (Expr.Const) simplify(X.like(1).div(X.like(0)));
        assertEquals(Double.POSITIVE_INFINITY, infinity.value());
        Expr.Const nan = (Expr.Const) simplify(X.like(0).mul(infinity));
        assertTrue(Double.isNaN(nan.value()));
        assertSame(
                Expr.constantBits(DType.I64, Long.MIN_VALUE),
                simplify(N.like(0)
                        .add(Expr.constantBits(DType.I64, Long.MAX_VALUE))
                        .add(1)));
    }

    @Test
    void parametersAreNoConstants() {
        Expr p = Expr.param(0, DType.F32);
        assertSame(X.mul(p), simplify(X.mul(p)));
    }

    @Test
    void severalRootsShare() {
        List<Expr> roots = Simplifier.simplify(List.of(X.add(0).exp(), X.exp().mul(1)));
        assertSame(roots.get(0), roots.get(1));
    }
}
