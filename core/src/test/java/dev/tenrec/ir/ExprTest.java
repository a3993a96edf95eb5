package dev.tenrec.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.type.DType;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ExprTest {

    private static final Expr X = Expr.input(0, DType.F32);
    private static final Expr Y = Expr.input(1, DType.F32);

    private static Expr formula() {
        Expr x = Expr.input(0, DType.F32);
        Expr shifted = x.mul(Expr.param(0, DType.F32)).add(2.5).exp();
        return x.gt(0).choose(shifted, Expr.index(0).cast(DType.F32)).bitcast(DType.I32);
    }

    @Test
    void equalStructureIsOneObject() {
        assertSame(formula(), formula());
        assertSame(X.add(1), X.add(1.0));
        assertSame(X, X.cast(DType.F32));
    }

    @Test
    void differentStructureIsNot() {
        assertNotSame(X.add(Y), Y.add(X));
        assertNotSame(Expr.constant(DType.F32, 0.0), Expr.constant(DType.F32, -0.0));
        assertNotSame(Expr.constant(DType.F32, 1), Expr.constant(DType.F64, 1));
        assertNotSame(Expr.input(0, DType.F32), Expr.input(0, DType.F64));
        assertNotSame(Expr.input(0, DType.F32), Expr.param(0, DType.F32));
        assertNotSame(X.cast(DType.I32), X.bitcast(DType.I32));
        assertNotSame(Expr.index(0), Expr.index(Expr.Index.FLAT));
    }

    @Test
    void threadsShareOneObject() throws Exception {
        Callable<Expr> build = () -> {
            Expr last = null;
            for (int i = 0; i < 2000; i++) {
                last = Expr.input(i % 7, DType.F64).mul(i).tanh();
            }
            return last;
        };
        Set<Expr> results = Collections.newSetFromMap(new IdentityHashMap<>());
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (Future<Expr> result : threads.invokeAll(Collections.nCopies(16, build))) {
                results.add(result.get());
            }
        }
        assertEquals(1, results.size());
    }

    @Test
    void operandsAreChecked() {
        Expr whole = Expr.input(0, DType.I32);
        assertThrows(IllegalArgumentException.class, () -> X.add(whole));
        assertThrows(IllegalArgumentException.class, whole::exp);
        assertThrows(IllegalArgumentException.class, X::not);
        assertThrows(IllegalArgumentException.class, () -> Expr.select(X, X, X));
        assertThrows(IllegalArgumentException.class, () -> X.bitcast(DType.F64));
        assertThrows(
                IllegalArgumentException.class, () -> Expr.input(0, DType.BF16).neg());
        assertThrows(IllegalArgumentException.class, () -> Expr.apply(ScalarOp.ADD, List.of(X)));
    }

    @Test
    void constantsAreRoundedToTheirType() {
        assertEquals((double) 0.1f, ((Expr.Const) Expr.constant(DType.F32, 0.1)).value());
        assertEquals(-2, ((Expr.Const) Expr.constant(DType.I32, -2.9)).value());
        assertEquals(1, ((Expr.Const) Expr.constant(DType.BOOL, 3)).bits());
        assertEquals(5, ((Expr.Const) Expr.constantBits(DType.I32, (1L << 32) + 5)).bits());
    }

    @Test
    void orderPutsOperandsFirstAndEachOnce() {
        Expr shared = X.mul(Y);
        Expr root = shared.add(shared).sub(shared.exp());
        List<Expr> order = Exprs.topological(List.of(root, shared));
        assertEquals(6, order.size());
        for (Expr expr : order) {
            for (Expr child : expr.children()) {
                assertTrue(order.indexOf(child) < order.indexOf(expr));
            }
        }
        assertEquals(3, Exprs.useCounts(order).get(shared));
        assertTrue(Exprs.contains(root, Y));
    }

    @Test
    void walksAreNotBoundByTheStack() {
        Expr deep = X;
        for (int i = 0; i < 200_000; i++) {
            deep = deep.neg().abs();
        }
        assertEquals(400_001, Exprs.topological(List.of(deep)).size());
        assertSame(deep, Simplifier.simplify(List.of(deep)).get(0));
    }

    @Test
    void sharedPartsAreWrittenOnce() {
        Expr x = Expr.input(0, DType.F32);
        Expr e = x.exp();
        assertEquals("t0 = exp(in0); add(t0, mul(t0, 2.0))", e.add(e.mul(2)).toString());
        Expr doubled = x;
        for (int i = 0; i < 200; i++) {
            doubled = doubled.add(doubled);
        }
        // Written as a tree this would have 2^200 terms.
        assertTrue(doubled.toString().length() < 10_000);
    }
}
