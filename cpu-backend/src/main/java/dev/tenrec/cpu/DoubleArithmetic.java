package dev.tenrec.cpu;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Arithmetic on 64-bit floats, one loop per primitive. Each loop is a method of its own with constant species and operator, so
 * that it compiles by itself; lengths are multiples of {@link Program#GRANULE}, so that no loop has a tail.
 */
final class DoubleArithmetic {
    private static final VectorSpecies<Double> S = VectorWidth.SHAPE.withLanes(double.class);
    private static final int LANES = S.length();
    private static final int BYTES = Double.BYTES;

    /** From here on all numbers are whole. */
    private static final double WHOLE = 0x1p52;

    private DoubleArithmetic() {}

    /** Whether {@link #binary} has a loop for the primitive. */
    static boolean hasBinary(ScalarOp op) {
        return switch (op) {
            case ADD, SUB, MUL, DIV, MIN, MAX -> true;
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
            case DIV -> div(a, ao, b, bo, r, ro, n);
            case MIN -> min(a, ao, b, bo, r, ro, n);
            case MAX -> max(a, ao, b, bo, r, ro, n);
            default -> throw new IllegalArgumentException(op.name());
        }
    }

    /** Whether {@link #unary} has a loop for the primitive. */
    static boolean hasUnary(ScalarOp op) {
        return switch (op) {
            case NEG, ABS, SQRT, RSQRT, FLOOR, CEIL, ROUND -> true;
            default -> false;
        };
    }

    /** Runs one primitive of one operand over n elements, a multiple of {@link Program#GRANULE}. */
    static void unary(ScalarOp op, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        switch (op) {
            case NEG -> neg(a, ao, r, ro, n);
            case ABS -> abs(a, ao, r, ro, n);
            case SQRT -> sqrt(a, ao, r, ro, n);
            case RSQRT -> rsqrt(a, ao, r, ro, n);
            case FLOOR -> floor(a, ao, r, ro, n);
            case CEIL -> ceil(a, ao, r, ro, n);
            case ROUND -> round(a, ao, r, ro, n);
            default -> throw new IllegalArgumentException(op.name());
        }
    }

    private static DoubleVector load(MemorySegment segment, long offset, int index) {
        return DoubleVector.fromMemorySegment(S, segment, offset + (long) index * BYTES, VectorWidth.ORDER);
    }

    private static void store(DoubleVector vector, MemorySegment segment, long offset, int index) {
        vector.intoMemorySegment(segment, offset + (long) index * BYTES, VectorWidth.ORDER);
    }

    private static void add(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            DoubleVector x = load(a, ao, i);
            DoubleVector y = load(b, bo, i);
            store(x.add(y), r, ro, i);
        }
    }

    private static void sub(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            DoubleVector x = load(a, ao, i);
            DoubleVector y = load(b, bo, i);
            store(x.sub(y), r, ro, i);
        }
    }

    private static void mul(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            DoubleVector x = load(a, ao, i);
            DoubleVector y = load(b, bo, i);
            store(x.mul(y), r, ro, i);
        }
    }

    private static void div(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            DoubleVector x = load(a, ao, i);
            DoubleVector y = load(b, bo, i);
            store(x.div(y), r, ro, i);
        }
    }

    private static void min(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            DoubleVector x = load(a, ao, i);
            DoubleVector y = load(b, bo, i);
            store(x.min(y), r, ro, i);
        }
    }

    private static void max(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            DoubleVector x = load(a, ao, i);
            DoubleVector y = load(b, bo, i);
            store(x.max(y), r, ro, i);
        }
    }

    private static void neg(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            DoubleVector x = load(a, ao, i);
            store(x.neg(), r, ro, i);
        }
    }

    private static void abs(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            DoubleVector x = load(a, ao, i);
            store(x.abs(), r, ro, i);
        }
    }

    private static void sqrt(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            DoubleVector x = load(a, ao, i);
            store(x.sqrt(), r, ro, i);
        }
    }

    private static void rsqrt(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            DoubleVector x = load(a, ao, i);
            store(DoubleVector.broadcast(S, 1).div(x.sqrt()), r, ro, i);
        }
    }

    private static void floor(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            DoubleVector x = load(a, ao, i);
            store(floor(x), r, ro, i);
        }
    }

    private static void ceil(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            DoubleVector x = load(a, ao, i);
            store(ceil(x), r, ro, i);
        }
    }

    private static void round(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            DoubleVector x = load(a, ao, i);
            store(round(x), r, ro, i);
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
        for (int i = 0; i < n; i += LANES) {
            store(load(a, ao, i).fma(load(b, bo, i), load(c, co, i)), r, ro, i);
        }
    }

    /** Nearest whole number: adding and taking away a number of unit spacing makes the hardware round. */
    private static DoubleVector round(DoubleVector x) {
        DoubleVector magnitude = x.abs();
        DoubleVector whole = magnitude.add(WHOLE).sub(WHOLE);
        return withSignOf(x, magnitude.blend(whole, magnitude.lt(WHOLE)));
    }

    private static DoubleVector floor(DoubleVector x) {
        DoubleVector whole = round(x);
        return withSignOf(x, whole.blend(whole.sub(1), x.lt(whole)));
    }

    private static DoubleVector ceil(DoubleVector x) {
        DoubleVector whole = round(x);
        return withSignOf(x, whole.blend(whole.add(1), whole.lt(x)));
    }

    /** Keeps the sign of zeros, which the sums lose. */
    private static DoubleVector withSignOf(DoubleVector sign, DoubleVector x) {
        return x.reinterpretAsLongs()
                .and(0x7FFFFFFFFFFFFFFFL)
                .or(sign.reinterpretAsLongs().and(0x8000000000000000L))
                .reinterpretAsDoubles();
    }
}
