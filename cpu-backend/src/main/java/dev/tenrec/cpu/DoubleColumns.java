package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Combines rows of 64-bit floats into one row, eight rows at a time, so that the result is read and written once for
 * eight rows. n is any number.
 */
final class DoubleColumns {
    private static final VectorSpecies<Double> S = VectorWidth.SHAPE.withLanes(double.class);
    private static final VectorSpecies<Long> P = VectorWidth.SHAPE.withLanes(long.class);
    private static final int LANES = S.length();
    private static final int BYTES = Double.BYTES;

    /** Elements of the rows of a trial. */
    private static final int TRIAL = 8 * LANES;

    private static final Warmth SUM8 = sum8();

    private DoubleColumns() {}

    private static Warmth sum8() {
        MemorySegment rows = Arena.global().allocate(8L * TRIAL * BYTES, 64);
        MemorySegment sums = Arena.global().allocate((long) TRIAL * BYTES, 64);
        return new Warmth(20 * TRIAL / LANES, () -> sum8(rows, 0, (long) TRIAL * BYTES, sums, 0, TRIAL));
    }

    /** {@code r = r op a₀ op … op a₇} by ADD, MUL, MIN or MAX; the rows of a lie {@code stride} bytes apart. */
    static void fold8(ScalarOp op, MemorySegment a, long ao, long stride, MemorySegment r, long ro, int n) {
        int vectors = op == ScalarOp.ADD && !SUM8.isWarm() ? 0 : n / LANES * LANES;
        switch (op) {
            case ADD -> sum8(a, ao, stride, r, ro, vectors);
            case MUL -> product8(a, ao, stride, r, ro, vectors);
            case MIN -> min8(a, ao, stride, r, ro, vectors);
            case MAX -> max8(a, ao, stride, r, ro, vectors);
            default -> throw new IllegalArgumentException(op.name());
        }
        if (vectors < n) {
            tail8(op, a, ao, stride, r, ro, vectors, n);
        }
    }

    /** {@code r = r op a}. */
    static void fold(ScalarOp op, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        int vectors = n / LANES * LANES;
        if (vectors > 0) {
            DoubleArithmetic.binary(op, r, ro, a, ao, r, ro, vectors);
        }
        for (int i = vectors; i < n; i++) {
            long at = (long) i * BYTES;
            r.set(JAVA_DOUBLE_UNALIGNED, ro + at, combine(op, get(r, ro + at), get(a, ao + at)));
        }
    }

    private static DoubleVector load(MemorySegment segment, long offset) {
        return DoubleVector.fromMemorySegment(S, segment, offset, VectorWidth.ORDER);
    }

    private static double get(MemorySegment segment, long offset) {
        return segment.get(JAVA_DOUBLE_UNALIGNED, offset);
    }

    private static double combine(ScalarOp op, double x, double y) {
        return switch (op) {
            case ADD -> x + y;
            case MUL -> x * y;
            case MIN -> Math.min(x, y);
            default -> Math.max(x, y);
        };
    }

    /** The columns beyond the last whole vector, in the same order. */
    private static void tail8(
            ScalarOp op, MemorySegment a, long ao, long stride, MemorySegment r, long ro, int from, int n) {
        for (int i = from; i < n; i++) {
            long at = (long) i * BYTES;
            long k = ao + at;
            double x = combine(op, get(a, k), get(a, k + stride));
            double y = combine(op, get(a, k + 2 * stride), get(a, k + 3 * stride));
            k += 4 * stride;
            double z = combine(op, get(a, k), get(a, k + stride));
            double w = combine(op, get(a, k + 2 * stride), get(a, k + 3 * stride));
            double sum = combine(op, combine(op, x, y), combine(op, z, w));
            r.set(JAVA_DOUBLE_UNALIGNED, ro + at, combine(op, get(r, ro + at), sum));
        }
    }

    private static void sum8(MemorySegment a, long ao, long stride, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * BYTES;
            long k = ao + at;
            DoubleVector x = load(a, k).add(load(a, k + stride));
            DoubleVector y = load(a, k + 2 * stride).add(load(a, k + 3 * stride));
            k += 4 * stride;
            DoubleVector z = load(a, k).add(load(a, k + stride));
            DoubleVector w = load(a, k + 2 * stride).add(load(a, k + 3 * stride));
            DoubleVector sum = x.add(y).add(z.add(w));
            load(r, ro + at).add(sum).intoMemorySegment(r, ro + at, VectorWidth.ORDER);
        }
    }

    private static void product8(MemorySegment a, long ao, long stride, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * BYTES;
            long k = ao + at;
            DoubleVector x = load(a, k).mul(load(a, k + stride));
            DoubleVector y = load(a, k + 2 * stride).mul(load(a, k + 3 * stride));
            k += 4 * stride;
            DoubleVector z = load(a, k).mul(load(a, k + stride));
            DoubleVector w = load(a, k + 2 * stride).mul(load(a, k + 3 * stride));
            DoubleVector sum = x.mul(y).mul(z.mul(w));
            load(r, ro + at).mul(sum).intoMemorySegment(r, ro + at, VectorWidth.ORDER);
        }
    }

    private static void min8(MemorySegment a, long ao, long stride, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * BYTES;
            long k = ao + at;
            DoubleVector x = load(a, k).min(load(a, k + stride));
            DoubleVector y = load(a, k + 2 * stride).min(load(a, k + 3 * stride));
            k += 4 * stride;
            DoubleVector z = load(a, k).min(load(a, k + stride));
            DoubleVector w = load(a, k + 2 * stride).min(load(a, k + 3 * stride));
            DoubleVector sum = x.min(y).min(z.min(w));
            load(r, ro + at).min(sum).intoMemorySegment(r, ro + at, VectorWidth.ORDER);
        }
    }

    private static void max8(MemorySegment a, long ao, long stride, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * BYTES;
            long k = ao + at;
            DoubleVector x = load(a, k).max(load(a, k + stride));
            DoubleVector y = load(a, k + 2 * stride).max(load(a, k + 3 * stride));
            k += 4 * stride;
            DoubleVector z = load(a, k).max(load(a, k + stride));
            DoubleVector w = load(a, k + 2 * stride).max(load(a, k + 3 * stride));
            DoubleVector sum = x.max(y).max(z.max(w));
            load(r, ro + at).max(sum).intoMemorySegment(r, ro + at, VectorWidth.ORDER);
        }
    }

    /**
     * Where a row beats the best so far, takes its element and its number.
     *
     * @param op MAX or MIN
     * @param a the row
     * @param best the best elements
     * @param positions their rows' numbers, as wide as the elements
     * @param row the number of this row
     */
    static void better(
            ScalarOp op,
            MemorySegment a,
            long ao,
            MemorySegment best,
            long bo,
            MemorySegment positions,
            long po,
            int n,
            int row) {
        int vectors = n / LANES * LANES;
        if (op == ScalarOp.MAX) {
            larger(a, ao, best, bo, positions, po, vectors, row);
        } else {
            smaller(a, ao, best, bo, positions, po, vectors, row);
        }
        for (int i = vectors; i < n; i++) {
            long at = (long) i * BYTES;
            double x = get(a, ao + at);
            double b = get(best, bo + at);
            if ((op == ScalarOp.MAX ? x > b : x < b) || x != x && b == b) {
                best.set(JAVA_DOUBLE_UNALIGNED, bo + at, x);
                positions.set(JAVA_LONG_UNALIGNED, po + at, row);
            }
        }
    }

    private static void larger(
            MemorySegment a, long ao, MemorySegment best, long bo, MemorySegment positions, long po, int n, int row) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * BYTES;
            DoubleVector x = load(a, ao + at);
            DoubleVector b = load(best, bo + at);
            VectorMask<Double> better = x.compare(VectorOperators.GT, b)
                    .or(x.test(VectorOperators.IS_NAN).and(b.compare(VectorOperators.EQ, b)));
            b.blend(x, better).intoMemorySegment(best, bo + at, VectorWidth.ORDER);
            LongVector.fromMemorySegment(P, positions, po + at, VectorWidth.ORDER)
                    .blend(row, better.cast(P))
                    .intoMemorySegment(positions, po + at, VectorWidth.ORDER);
        }
    }

    private static void smaller(
            MemorySegment a, long ao, MemorySegment best, long bo, MemorySegment positions, long po, int n, int row) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * BYTES;
            DoubleVector x = load(a, ao + at);
            DoubleVector b = load(best, bo + at);
            VectorMask<Double> better = x.compare(VectorOperators.LT, b)
                    .or(x.test(VectorOperators.IS_NAN).and(b.compare(VectorOperators.EQ, b)));
            b.blend(x, better).intoMemorySegment(best, bo + at, VectorWidth.ORDER);
            LongVector.fromMemorySegment(P, positions, po + at, VectorWidth.ORDER)
                    .blend(row, better.cast(P))
                    .intoMemorySegment(positions, po + at, VectorWidth.ORDER);
        }
    }
}
