package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.tenrec.ir.ErrorFunction;
import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;

/**
 * All primitives on 32-bit floats without vectors, one loop each. The JDK's own functions are used because they give the same
 * bits interpreted and compiled, which vector intrinsics do not.
 */
final class ScalarFloats {
    private static final int BYTES = Float.BYTES;

    private ScalarFloats() {}

    /** Runs one primitive of two operands over n elements. */
    static void binary(
            ScalarOp op, MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        switch (op) {
            case ADD -> add(a, ao, b, bo, r, ro, n);
            case SUB -> sub(a, ao, b, bo, r, ro, n);
            case MUL -> mul(a, ao, b, bo, r, ro, n);
            case DIV -> div(a, ao, b, bo, r, ro, n);
            case MIN -> min(a, ao, b, bo, r, ro, n);
            case MAX -> max(a, ao, b, bo, r, ro, n);
            case REM -> rem(a, ao, b, bo, r, ro, n);
            case POW -> pow(a, ao, b, bo, r, ro, n);
            default -> throw new IllegalArgumentException(op.name());
        }
    }

    /** Runs one primitive of one operand over n elements. */
    static void unary(ScalarOp op, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        switch (op) {
            case NEG -> neg(a, ao, r, ro, n);
            case ABS -> abs(a, ao, r, ro, n);
            case SQRT -> sqrt(a, ao, r, ro, n);
            case RSQRT -> rsqrt(a, ao, r, ro, n);
            case FLOOR -> floor(a, ao, r, ro, n);
            case CEIL -> ceil(a, ao, r, ro, n);
            case ROUND -> round(a, ao, r, ro, n);
            case EXP -> exp(a, ao, r, ro, n);
            case LOG -> log(a, ao, r, ro, n);
            case SIN -> sin(a, ao, r, ro, n);
            case COS -> cos(a, ao, r, ro, n);
            case TANH -> tanh(a, ao, r, ro, n);
            case ERF -> erf(a, ao, r, ro, n);
            default -> throw new IllegalArgumentException(op.name());
        }
    }

    private static float load(MemorySegment segment, long offset, int index) {
        return segment.get(JAVA_FLOAT_UNALIGNED, offset + (long) index * BYTES);
    }

    private static void store(float value, MemorySegment segment, long offset, int index) {
        segment.set(JAVA_FLOAT_UNALIGNED, offset + (long) index * BYTES, value);
    }

    private static void add(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            float y = load(b, bo, i);
            store(x + y, r, ro, i);
        }
    }

    private static void sub(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            float y = load(b, bo, i);
            store(x - y, r, ro, i);
        }
    }

    private static void mul(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            float y = load(b, bo, i);
            store(x * y, r, ro, i);
        }
    }

    private static void div(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            float y = load(b, bo, i);
            store(x / y, r, ro, i);
        }
    }

    private static void min(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            float y = load(b, bo, i);
            store(Math.min(x, y), r, ro, i);
        }
    }

    private static void max(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            float y = load(b, bo, i);
            store(Math.max(x, y), r, ro, i);
        }
    }

    private static void rem(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            float y = load(b, bo, i);
            store(x % y, r, ro, i);
        }
    }

    private static void pow(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            float y = load(b, bo, i);
            store((float) Math.pow(x, y), r, ro, i);
        }
    }

    private static void neg(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            store(-x, r, ro, i);
        }
    }

    private static void abs(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            store(Math.abs(x), r, ro, i);
        }
    }

    private static void sqrt(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            store((float) Math.sqrt(x), r, ro, i);
        }
    }

    private static void rsqrt(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            // Rounded twice, as vectors do it.
            store(1 / (float) Math.sqrt(x), r, ro, i);
        }
    }

    private static void floor(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            store((float) Math.floor(x), r, ro, i);
        }
    }

    private static void ceil(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            store((float) Math.ceil(x), r, ro, i);
        }
    }

    private static void round(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            store((float) Math.rint(x), r, ro, i);
        }
    }

    private static void exp(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            store((float) Math.exp(x), r, ro, i);
        }
    }

    private static void log(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            store((float) Math.log(x), r, ro, i);
        }
    }

    private static void sin(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            store((float) Math.sin(x), r, ro, i);
        }
    }

    private static void cos(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            store((float) Math.cos(x), r, ro, i);
        }
    }

    private static void tanh(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            store((float) Math.tanh(x), r, ro, i);
        }
    }

    private static void erf(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = load(a, ao, i);
            store((float) ErrorFunction.erf(x), r, ro, i);
        }
    }

    /** a·b + c, rounded once. */
    static void fma(
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment c,
            long co,
            MemorySegment r,
            long ro,
            int n) {
        for (int i = 0; i < n; i++) {
            store(Math.fma(load(a, ao, i), load(b, bo, i), load(c, co, i)), r, ro, i);
        }
    }
}
