package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;

/**
 * All primitives on 32-bit integers without vectors, one loop each.
 */
final class ScalarInts {
    private static final int BYTES = Integer.BYTES;

    private ScalarInts() {}

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
            case AND -> and(a, ao, b, bo, r, ro, n);
            case OR -> or(a, ao, b, bo, r, ro, n);
            case XOR -> xor(a, ao, b, bo, r, ro, n);
            case SHL -> shl(a, ao, b, bo, r, ro, n);
            case SHR -> shr(a, ao, b, bo, r, ro, n);
            default -> throw new IllegalArgumentException(op.name());
        }
    }

    /** Runs one primitive of one operand over n elements. */
    static void unary(ScalarOp op, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        switch (op) {
            case NEG -> neg(a, ao, r, ro, n);
            case ABS -> abs(a, ao, r, ro, n);
            case NOT -> not(a, ao, r, ro, n);
            default -> throw new IllegalArgumentException(op.name());
        }
    }

    private static int load(MemorySegment segment, long offset, int index) {
        return segment.get(JAVA_INT_UNALIGNED, offset + (long) index * BYTES);
    }

    private static void store(int value, MemorySegment segment, long offset, int index) {
        segment.set(JAVA_INT_UNALIGNED, offset + (long) index * BYTES, value);
    }

    private static void add(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = load(a, ao, i);
            int y = load(b, bo, i);
            store(x + y, r, ro, i);
        }
    }

    private static void sub(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = load(a, ao, i);
            int y = load(b, bo, i);
            store(x - y, r, ro, i);
        }
    }

    private static void mul(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = load(a, ao, i);
            int y = load(b, bo, i);
            store(x * y, r, ro, i);
        }
    }

    private static void div(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = load(a, ao, i);
            int y = load(b, bo, i);
            store(y == 0 ? 0 : x / y, r, ro, i);
        }
    }

    private static void min(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = load(a, ao, i);
            int y = load(b, bo, i);
            store(Math.min(x, y), r, ro, i);
        }
    }

    private static void max(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = load(a, ao, i);
            int y = load(b, bo, i);
            store(Math.max(x, y), r, ro, i);
        }
    }

    private static void rem(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = load(a, ao, i);
            int y = load(b, bo, i);
            store(y == 0 ? 0 : x % y, r, ro, i);
        }
    }

    private static void and(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = load(a, ao, i);
            int y = load(b, bo, i);
            store(x & y, r, ro, i);
        }
    }

    private static void or(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = load(a, ao, i);
            int y = load(b, bo, i);
            store(x | y, r, ro, i);
        }
    }

    private static void xor(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = load(a, ao, i);
            int y = load(b, bo, i);
            store(x ^ y, r, ro, i);
        }
    }

    private static void shl(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = load(a, ao, i);
            int y = load(b, bo, i);
            store(x << y, r, ro, i);
        }
    }

    private static void shr(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = load(a, ao, i);
            int y = load(b, bo, i);
            store(x >>> y, r, ro, i);
        }
    }

    private static void neg(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = load(a, ao, i);
            store(-x, r, ro, i);
        }
    }

    private static void abs(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = load(a, ao, i);
            store(Math.abs(x), r, ro, i);
        }
    }

    private static void not(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = load(a, ao, i);
            store(~x, r, ro, i);
        }
    }
}
