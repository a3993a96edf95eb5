package dev.tenrec.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.type.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

class DifferentiatorTest {

    private static final Expr X = Expr.input(0, DType.F64);
    private static final Expr Y = Expr.input(1, DType.F64);
    private static final Expr ONE = Expr.constant(DType.F64, 1);

    private static double evaluate(Expr expr, double... inputs) {
        Interpreter interpreter = new Interpreter(List.of(expr));
        interpreter.evaluate(new Interpreter.Environment() {
            @Override
            public long input(int index) {
                return Double.doubleToRawLongBits(inputs[index]);
            }

            @Override
            public long param(int index) {
                throw new AssertionError();
            }

            @Override
            public long index(int axis) {
                throw new AssertionError();
            }
        });
        return Double.longBitsToDouble(interpreter.result(0));
    }

    private static Expr gradient(Expr body, Expr variable) {
        return Differentiator.gradient(body, variable, body, ONE);
    }

    @Test
    void contributionsOfSharedPartsAddUp() {
        Expr square = X.mul(X);
        Expr body = square.add(square.mul(square)).add(X);
        // x² + x⁴ + x
        assertEquals(2 * 1.5 + 4 * 1.5 * 1.5 * 1.5 + 1, evaluate(gradient(body, X), 1.5), 1e-12);
    }

    @Test
    void aTowerOfSharedPartsStaysSmall() {
        Expr body = X;
        for (int i = 0; i < 40; i++) {
            body = body.add(body).mul(0.5);
        }
        // As a tree this has 2^40 leaves.
        Expr gradient = gradient(body, X);
        assertTrue(Exprs.topological(List.of(gradient)).size() < 500);
        assertEquals(1, evaluate(gradient, 3), 0);
    }

    @Test
    void severalVariables() {
        Expr body = X.mul(Y).exp().div(X.add(Y));
        double x = 0.7;
        double y = -0.2;
        double e = Math.exp(x * y);
        assertEquals(e * (y / (x + y) - 1 / ((x + y) * (x + y))), evaluate(gradient(body, X), x, y), 1e-12);
        assertEquals(e * (x / (x + y) - 1 / ((x + y) * (x + y))), evaluate(gradient(body, Y), x, y), 1e-12);
    }

    @Test
    void theOutputIsReused() {
        Expr output = Expr.input(5, DType.F64);
        Expr upstream = Expr.input(6, DType.F64);
        assertSame(upstream.mul(output), Differentiator.gradient(X.exp(), X, output, upstream));
    }

    @Test
    void theVariableMayBeInsideOrTheBodyItself() {
        Expr inner = X.exp();
        assertSame(inner.like(2), gradient(inner.mul(2), inner));
        assertSame(ONE, gradient(X, X));
    }

    @Test
    void zeroWhereItDoesNotDepend() {
        assertSame(ONE.like(0), gradient(Y.exp(), X));
        assertSame(ONE.like(0), gradient(X.gt(0).choose(X.like(1), X.like(2)), X));
        assertSame(ONE.like(0), gradient(X.cast(DType.I64).cast(DType.F64), X));
    }

    @Test
    void castsPassTheGradientInTheirOwnType() {
        Expr single = Expr.input(0, DType.F32);
        Expr gradient = Differentiator.gradient(single.cast(DType.F64).mul(3), single, ONE, ONE);
        assertEquals(DType.F32, gradient.dtype());
        assertEquals(3, evaluate(gradient, 1), 0);
    }

    @Test
    void choicesPassTheGradientToTheChosen() {
        Expr body = X.lt(Y).choose(X.mul(2), Y.mul(3));
        assertEquals(2, evaluate(gradient(body, X), 1, 2));
        assertEquals(0, evaluate(gradient(body, Y), 1, 2));
        assertEquals(0, evaluate(gradient(body, X), 2, 1));
        assertEquals(3, evaluate(gradient(body, Y), 2, 1));
    }

    @Test
    void tiesAreShared() {
        assertEquals(0.5, evaluate(gradient(X.max(Y), X), 2, 2));
        assertEquals(0.5, evaluate(gradient(X.max(Y), Y), 2, 2));
        assertEquals(0.5, evaluate(gradient(X.min(Y), X), 2, 2));
        assertEquals(0, evaluate(gradient(X.abs(), X), 0));
    }

    @Test
    void powersAtZeroHaveFiniteGradients() {
        Expr body = Expr.apply(ScalarOp.POW, List.of(X, Y));
        assertEquals(0, evaluate(gradient(body, X), 0, 0));
        assertEquals(0, evaluate(gradient(body, Y), 0, 2));
        assertEquals(0, evaluate(gradient(body, X), 0, 2));
        assertEquals(12, evaluate(gradient(body, X), -2, 3), 1e-12);
    }

    @Test
    void fusedMultiplyAdd() {
        Expr z = Expr.input(2, DType.F64);
        Expr body = Expr.apply(ScalarOp.FMA, List.of(X, Y, z));
        assertEquals(3, evaluate(gradient(body, X), 2, 3, 4));
        assertEquals(2, evaluate(gradient(body, Y), 2, 3, 4));
        assertEquals(1, evaluate(gradient(body, z), 2, 3, 4));
    }
}
