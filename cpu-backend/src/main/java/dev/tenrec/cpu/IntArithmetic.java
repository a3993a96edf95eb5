package dev.tenrec.cpu;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Arithmetic on 32-bit integers, one loop per primitive. Each loop is a method of its own with constant species and operator, so
 * that it compiles by itself; lengths are multiples of {@link Program#GRANULE}, so that no loop has a tail.
 */
final class IntArithmetic {
    private static final VectorSpecies<Integer> S = VectorWidth.SHAPE.withLanes(int.class);
    private static final int LANES = S.length();
    private static final int BYTES = Integer.BYTES;

    private IntArithmetic() {}

    /** Whether {@link #binary} has a loop for the primitive. */
    static boolean hasBinary(ScalarOp op) {
        return switch (op) {
            case ADD, SUB, MUL, MIN, MAX, AND, OR, XOR, SHL, SHR -> true;
            default -> false;
        };
    }

    /** Runs one primitive of two operands over n elements, a multiple of {@link Program#GRANULE}. */
    static void binary(
            ScalarOp op, MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        switch (op) {
            case ADD -> add(a, ao, b, bo, r, ro, n);
            case SUB -> sub(a, ao, b, bo, r, ro, n);
            case MUL -> mul(a, ao, b, bo, r, ro, n);
            case MIN -> min(a, ao, b, bo, r, ro, n);
            case MAX -> max(a, ao, b, bo, r, ro, n);
            case AND -> and(a, ao, b, bo, r, ro, n);
            case OR -> or(a, ao, b, bo, r, ro, n);
            case XOR -> xor(a, ao, b, bo, r, ro, n);
            case SHL -> shl(a, ao, b, bo, r, ro, n);
            case SHR -> shr(a, ao, b, bo, r, ro, n);
            default -> throw new IllegalArgumentException(op.name());
        }
    }

    /** Whether {@link #unary} has a loop for the primitive. */
    static boolean hasUnary(ScalarOp op) {
        return switch (op) {
            case NEG, ABS, NOT -> true;
            default -> false;
        };
    }

    /** Runs one primitive of one operand over n elements, a multiple of {@link Program#GRANULE}. */
    static void unary(ScalarOp op, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        switch (op) {
            case NEG -> neg(a, ao, r, ro, n);
            case ABS -> abs(a, ao, r, ro, n);
            case NOT -> not(a, ao, r, ro, n);
            default -> throw new IllegalArgumentException(op.name());
        }
    }

    private static IntVector load(MemorySegment segment, long offset, int index) {
        return IntVector.fromMemorySegment(S, segment, offset + (long) index * BYTES, VectorWidth.ORDER);
    }

    private static void store(IntVector vector, MemorySegment segment, long offset, int index) {
        vector.intoMemorySegment(segment, offset + (long) index * BYTES, VectorWidth.ORDER);
    }

    private static void add(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            IntVector x = load(a, ao, i);
            IntVector y = load(b, bo, i);
            store(x.add(y), r, ro, i);
        }
    }

    private static void sub(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            IntVector x = load(a, ao, i);
            IntVector y = load(b, bo, i);
            store(x.sub(y), r, ro, i);
        }
    }

    private static void mul(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            IntVector x = load(a, ao, i);
            IntVector y = load(b, bo, i);
            store(x.mul(y), r, ro, i);
        }
    }

    private static void min(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            IntVector x = load(a, ao, i);
            IntVector y = load(b, bo, i);
            store(x.min(y), r, ro, i);
        }
    }

    private static void max(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            IntVector x = load(a, ao, i);
            IntVector y = load(b, bo, i);
            store(x.max(y), r, ro, i);
        }
    }

    private static void and(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            IntVector x = load(a, ao, i);
            IntVector y = load(b, bo, i);
            store(x.and(y), r, ro, i);
        }
    }

    private static void or(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            IntVector x = load(a, ao, i);
            IntVector y = load(b, bo, i);
            store(x.or(y), r, ro, i);
        }
    }

    private static void xor(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            IntVector x = load(a, ao, i);
            IntVector y = load(b, bo, i);
            store(x.lanewise(VectorOperators.XOR, y), r, ro, i);
        }
    }

    private static void shl(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            IntVector x = load(a, ao, i);
            IntVector y = load(b, bo, i);
            store(x.lanewise(VectorOperators.LSHL, y), r, ro, i);
        }
    }

    private static void shr(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            IntVector x = load(a, ao, i);
            IntVector y = load(b, bo, i);
            store(x.lanewise(VectorOperators.LSHR, y), r, ro, i);
        }
    }

    private static void neg(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            IntVector x = load(a, ao, i);
            store(x.neg(), r, ro, i);
        }
    }

    private static void abs(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            IntVector x = load(a, ao, i);
            store(x.abs(), r, ro, i);
        }
    }

    private static void not(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            IntVector x = load(a, ao, i);
            store(x.not(), r, ro, i);
        }
    }
}
