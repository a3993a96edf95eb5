package dev.tenrec.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.type.DType;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Lowered functions, evaluated by the interpreter, against double precision. */
class LoweringTest {
    private static final float[] SPECIAL = {
        0f,
        -0f,
        1f,
        -1f,
        0.5f,
        -0.5f,
        2f,
        -2f,
        3f,
        -3f,
        2.5f,
        -2.5f,
        88.72283f,
        88.72284f,
        -87.3f,
        -103.97f,
        -104f,
        1e-40f,
        -1e-40f,
        1e30f,
        -1e30f,
        0x1p20f,
        0x1.000002p20f,
        -0x1p23f,
        16777217f,
        33554433f,
        7f,
        -149f,
        Float.MIN_VALUE,
        -Float.MIN_VALUE,
        Float.MIN_NORMAL,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        0.99999994f,
        1.0000001f
    };

    /** Evaluates an expression over two inputs. */
    private static final class Evaluation implements Interpreter.Environment {
        private final Interpreter interpreter;
        private final long[] inputs = new long[2];

        Evaluation(Expr expr) {
            interpreter = new Interpreter(List.of(expr));
        }

        float of(float a, float b) {
            inputs[0] = Double.doubleToRawLongBits(a);
            inputs[1] = Double.doubleToRawLongBits(b);
            interpreter.evaluate(this);
            return (float) Double.longBitsToDouble(interpreter.result(0));
        }

        @Override
        public long input(int index) {
            return inputs[index];
        }

        @Override
        public long param(int index) {
            throw new AssertionError();
        }

        @Override
        public long index(int axis) {
            throw new AssertionError();
        }
    }

    private static double ulps(double exact, float given) {
        float rounded = (float) exact;
        if (Float.isNaN(rounded) || Float.isNaN(given)) {
            return Float.isNaN(rounded) && Float.isNaN(given) ? 0 : Double.POSITIVE_INFINITY;
        }
        if (rounded == given) {
            boolean sameSign = given != 0 || Float.floatToRawIntBits(given) == Float.floatToRawIntBits(rounded);
            return sameSign ? 0 : Double.POSITIVE_INFINITY;
        }
        boolean infinite = Float.isInfinite(rounded) || Float.isInfinite(given);
        return infinite ? Double.POSITIVE_INFINITY : Math.abs(given - exact) / Math.ulp(rounded);
    }

    private static Expr lowered(ScalarOp op) {
        Expr a = Expr.input(0, DType.F32);
        return Lowering.apply(op, op.arity() == 1 ? List.of(a) : List.of(a, Expr.input(1, DType.F32)));
    }

    private static void check(ScalarOp op, Evaluation evaluation, float a, float b) {
        double exact = op.evaluate(a, b, 0);
        float given = evaluation.of(a, b);
        double error = ulps(exact, given);
        assertTrue(error <= op.ulps(), () -> op + " of " + a + ", " + b + ": " + given + ", " + error + " ulp");
    }

    @ParameterizedTest
    @EnumSource(names = {"EXP", "LOG", "TANH", "ERF", "SIN", "COS"})
    void ofOneOperandIsWithinItsBound(ScalarOp op) {
        Evaluation evaluation = new Evaluation(lowered(op));
        for (float x : SPECIAL) {
            check(op, evaluation, x, 0);
        }
        // A prime, so that samples meet all low bits.
        for (long bits = 0; bits < 1L << 32; bits += 400_009) {
            check(op, evaluation, Float.intBitsToFloat((int) bits), 0);
        }
        Random random = new Random(1);
        for (int i = 0; i < 5000; i++) {
            check(op, evaluation, (float) random.nextGaussian() * 4, 0);
        }
    }

    @Test
    void powerIsWithinItsBound() {
        Evaluation evaluation = new Evaluation(lowered(ScalarOp.POW));
        for (float a : SPECIAL) {
            for (float b : SPECIAL) {
                check(ScalarOp.POW, evaluation, a, b);
            }
        }
        Random random = new Random(2);
        for (int i = 0; i < 20_000; i++) {
            float a = (float) Math.exp(random.nextGaussian() * 9) * (random.nextInt(4) == 0 ? -1 : 1);
            float b = (float) (random.nextGaussian() * 80 / Math.max(0.5, Math.abs(Math.log(Math.abs(a)))));
            check(ScalarOp.POW, evaluation, a, random.nextInt(4) == 0 ? Math.round(b) : b);
        }
    }

    @Test
    void replacesWhatIsAskedForAndNothingElse() {
        Expr single = Expr.input(0, DType.F32);
        Expr twofold = Expr.input(1, DType.F64);
        List<Expr> roots = List.of(single.exp().add(single.log()), twofold.exp());
        List<Expr> lowered = Lowering.lower(roots, EnumSet.of(ScalarOp.EXP));
        assertFalse(lowered.get(0).toString().contains("exp("));
        assertTrue(lowered.get(0).toString().contains("log("));
        assertEquals(roots.get(1), lowered.get(1));
        assertEquals(roots, Lowering.lower(roots, Set.of()));
        assertFalse(Lowering.has(ScalarOp.EXP, DType.F64));
        assertFalse(Lowering.has(ScalarOp.SQRT, DType.F32));
    }

    @Test
    void consistsOfExactPrimitives() {
        for (ScalarOp op : ScalarOp.values()) {
            if (Lowering.has(op, DType.F32)) {
                for (Expr expr : Exprs.topological(List.of(lowered(op)))) {
                    boolean exact =
                            !(expr instanceof Expr.Apply apply) || apply.op().ulps() <= 0.5;
                    assertTrue(exact, () -> op + " needs " + expr);
                }
            }
        }
    }
}
