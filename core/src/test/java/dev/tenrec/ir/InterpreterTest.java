package dev.tenrec.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.type.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

class InterpreterTest {

    private static long convert(double value, DType to) {
        return Interpreter.convert(Double.doubleToRawLongBits(value), DType.F64, to);
    }

    private static double real(long bits) {
        return Double.longBitsToDouble(bits);
    }

    private static long apply(ScalarOp op, DType dtype, long... operands) {
        List<Expr> args = java.util.stream.IntStream.range(0, operands.length)
                .mapToObj(i -> Expr.input(i, dtype))
                .toList();
        Interpreter interpreter = new Interpreter(List.of(Expr.apply(op, args)));
        interpreter.evaluate(new Interpreter.Environment() {
            @Override
            public long input(int index) {
                return operands[index];
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
        return interpreter.result(0);
    }

    private static double apply(ScalarOp op, DType dtype, double... operands) {
        long[] bits = java.util.Arrays.stream(operands)
                .mapToLong(Double::doubleToRawLongBits)
                .toArray();
        return real(apply(op, dtype, bits));
    }

    @Test
    void floatingToWholeSaturates() {
        assertEquals(Integer.MAX_VALUE, convert(1e20, DType.I32));
        assertEquals(Integer.MIN_VALUE, convert(Double.NEGATIVE_INFINITY, DType.I32));
        assertEquals(Long.MAX_VALUE, convert(1e20, DType.I64));
        assertEquals(0, convert(Double.NaN, DType.I64));
        assertEquals(-3, convert(-3.9, DType.I32));
        assertEquals(255, convert(300, DType.U8));
        assertEquals(0, convert(-5, DType.U8));
        assertEquals(1, convert(Double.NaN, DType.BOOL));
        assertEquals(0, convert(-0.0, DType.BOOL));
    }

    @Test
    void wholeToOthersWrapsOrRounds() {
        assertEquals(5, Interpreter.convert((1L << 32) + 5, DType.I64, DType.I32));
        assertEquals(1, Interpreter.convert(257, DType.I32, DType.U8));
        assertEquals((double) (float) 16_777_217L, real(Interpreter.convert(16_777_217L, DType.I64, DType.F32)));
        // One rounding only: through F64 this would round to the other neighbour.
        long between = (1L << 62) + (1L << 38) + 1;
        assertEquals((double) (float) between, real(Interpreter.convert(between, DType.I64, DType.F32)));
    }

    @Test
    void wholeNumbersWrap() {
        assertEquals(Integer.MIN_VALUE, apply(ScalarOp.ADD, DType.I32, Integer.MAX_VALUE, 1L));
        assertEquals(Long.MIN_VALUE, apply(ScalarOp.ADD, DType.I64, Long.MAX_VALUE, 1L));
        assertEquals(Integer.MIN_VALUE, apply(ScalarOp.NEG, DType.I32, (long) Integer.MIN_VALUE));
        assertEquals(Integer.MIN_VALUE, apply(ScalarOp.ABS, DType.I32, (long) Integer.MIN_VALUE));
        assertEquals(Integer.MIN_VALUE, apply(ScalarOp.DIV, DType.I32, Integer.MIN_VALUE, -1L));
        assertEquals(Long.MIN_VALUE, apply(ScalarOp.DIV, DType.I64, Long.MIN_VALUE, -1L));
        assertEquals(0, apply(ScalarOp.DIV, DType.I32, 7L, 0L));
        assertEquals(0, apply(ScalarOp.REM, DType.I64, 7L, 0L));
        assertEquals(-1, apply(ScalarOp.REM, DType.I32, -7L, 3L));
        assertEquals(Integer.MIN_VALUE, apply(ScalarOp.SHL, DType.I32, 1L, 31L));
        assertEquals(1, apply(ScalarOp.SHL, DType.I32, 1L, 32L));
        assertEquals(1, apply(ScalarOp.SHR, DType.I32, -1L, 31L));
        assertEquals(1, apply(ScalarOp.SHR, DType.I64, -1L, 63L));
        assertEquals(-1, apply(ScalarOp.NOT, DType.I32, 0L));
        assertEquals(1, apply(ScalarOp.NOT, DType.BOOL, 0L));
    }

    @Test
    void singlePrecisionIsRoundedAtEveryStep() {
        assertEquals((double) (0.1f + 0.2f), apply(ScalarOp.ADD, DType.F32, (double) 0.1f, (double) 0.2f));
        double third = 1 + Math.ulp(1f);
        assertEquals(
                (double) Math.fma((float) third, (float) third, -1f),
                apply(ScalarOp.FMA, DType.F32, third, third, -1.0));
        assertEquals(Math.fma(0.1, 0.1, -0.01), apply(ScalarOp.FMA, DType.F64, 0.1, 0.1, -0.01));
        assertEquals(Double.POSITIVE_INFINITY, apply(ScalarOp.MUL, DType.F32, 1e30, 1e30));
    }

    @Test
    void notANumberWinsMinimumAndMaximum() {
        assertTrue(Double.isNaN(apply(ScalarOp.MAX, DType.F32, Double.NaN, 1.0)));
        assertTrue(Double.isNaN(apply(ScalarOp.MIN, DType.F64, 1.0, Double.NaN)));
        assertEquals(0.0, apply(ScalarOp.MAX, DType.F64, -0.0, 0.0));
        assertEquals(2, apply(ScalarOp.ROUND, DType.F32, 2.5));
        assertEquals(-1.5, apply(ScalarOp.REM, DType.F64, -5.5, 2.0));
    }

    @Test
    void bitCastsKeepTheBits() {
        Expr x = Expr.constant(DType.F32, -1.5);
        Interpreter interpreter = new Interpreter(List.of(
                x.bitcast(DType.I32),
                x.bitcast(DType.I32).bitcast(DType.F32),
                Expr.constant(DType.F64, -1.5).bitcast(DType.I64)));
        interpreter.evaluate(null);
        assertEquals(Float.floatToRawIntBits(-1.5f), interpreter.result(0));
        assertEquals(-1.5, real(interpreter.result(1)));
        assertEquals(Double.doubleToRawLongBits(-1.5), interpreter.result(2));
    }
}
