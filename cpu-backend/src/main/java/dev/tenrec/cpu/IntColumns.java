package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Combines rows of 32-bit integers into one row, eight rows at a time, so that the result is read and written once for
 * eight rows. n is any number.
 */
final class IntColumns {
    private static final VectorSpecies<Integer> S = VectorWidth.SHAPE.withLanes(int.class);
    private static final VectorSpecies<Integer> P = VectorWidth.SHAPE.withLanes(int.class);
    private static final int LANES = S.length();
    private static final int BYTES = Integer.BYTES;

    private IntColumns() {}

    /** {@code r = r op a₀ op … op a₇} by ADD, MUL, MIN or MAX; the rows of a lie {@code stride} bytes apart. */
    static void fold8(ScalarOp op, MemorySegment a, long ao, long stride, MemorySegment r, long ro, int n) {
        int vectors = n / LANES * LANES;
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
            IntArithmetic.binary(op, r, ro, a, ao, r, ro, vectors);
        }
        for (int i = vectors; i < n; i++) {
            long at = (long) i * BYTES;
            r.set(JAVA_INT_UNALIGNED, ro + at, combine(op, get(r, ro + at), get(a, ao + at)));
        }
    }

    private static IntVector load(MemorySegment segment, long offset) {
        return IntVector.fromMemorySegment(S, segment, offset, VectorWidth.ORDER);
    }

    private static int get(MemorySegment segment, long offset) {
        return segment.get(JAVA_INT_UNALIGNED, offset);
    }

    private static int combine(ScalarOp op, int x, int y) {
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
            int x = combine(op, get(a, k), get(a, k + stride));
            int y = combine(op, get(a, k + 2 * stride), get(a, k + 3 * stride));
            k += 4 * stride;
            int z = combine(op, get(a, k), get(a, k + stride));
            int w = combine(op, get(a, k + 2 * stride), get(a, k + 3 * stride));
            int sum = combine(op, combine(op, x, y), combine(op, z, w));
            r.set(JAVA_INT_UNALIGNED, ro + at, combine(op, get(r, ro + at), sum));
        }
    }

    private static void sum8(MemorySegment a, long ao, long stride, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * BYTES;
            long k = ao + at;
            IntVector x = load(a, k).add(load(a, k + stride));
            IntVector y = load(a, k + 2 * stride).add(load(a, k + 3 * stride));
            k += 4 * stride;
            IntVector z = load(a, k).add(load(a, k + stride));
            IntVector w = load(a, k + 2 * stride).add(load(a, k + 3 * stride));
            IntVector sum = x.add(y).add(z.add(w));
            load(r, ro + at).add(sum).intoMemorySegment(r, ro + at, VectorWidth.ORDER);
        }
    }

    private static void product8(MemorySegment a, long ao, long stride, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * BYTES;
            long k = ao + at;
            IntVector x = load(a, k).mul(load(a, k + stride));
            IntVector y = load(a, k + 2 * stride).mul(load(a, k + 3 * stride));
            k += 4 * stride;
            IntVector z = load(a, k).mul(load(a, k + stride));
            IntVector w = load(a, k + 2 * stride).mul(load(a, k + 3 * stride));
            IntVector sum = x.mul(y).mul(z.mul(w));
            load(r, ro + at).mul(sum).intoMemorySegment(r, ro + at, VectorWidth.ORDER);
        }
    }

    private static void min8(MemorySegment a, long ao, long stride, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * BYTES;
            long k = ao + at;
            IntVector x = load(a, k).min(load(a, k + stride));
            IntVector y = load(a, k + 2 * stride).min(load(a, k + 3 * stride));
            k += 4 * stride;
            IntVector z = load(a, k).min(load(a, k + stride));
            IntVector w = load(a, k + 2 * stride).min(load(a, k + 3 * stride));
            IntVector sum = x.min(y).min(z.min(w));
            load(r, ro + at).min(sum).intoMemorySegment(r, ro + at, VectorWidth.ORDER);
        }
    }

    private static void max8(MemorySegment a, long ao, long stride, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * BYTES;
            long k = ao + at;
            IntVector x = load(a, k).max(load(a, k + stride));
            IntVector y = load(a, k + 2 * stride).max(load(a, k + 3 * stride));
            k += 4 * stride;
            IntVector z = load(a, k).max(load(a, k + stride));
            IntVector w = load(a, k + 2 * stride).max(load(a, k + 3 * stride));
            IntVector sum = x.max(y).max(z.max(w));
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
            int x = get(a, ao + at);
            int b = get(best, bo + at);
            if ((op == ScalarOp.MAX ? x > b : x < b)) {
                best.set(JAVA_INT_UNALIGNED, bo + at, x);
                positions.set(JAVA_INT_UNALIGNED, po + at, row);
            }
        }
    }

    private static void larger(
            MemorySegment a, long ao, MemorySegment best, long bo, MemorySegment positions, long po, int n, int row) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * BYTES;
            IntVector x = load(a, ao + at);
            IntVector b = load(best, bo + at);
            VectorMask<Integer> better = x.compare(VectorOperators.GT, b);
            b.blend(x, better).intoMemorySegment(best, bo + at, VectorWidth.ORDER);
            IntVector.fromMemorySegment(P, positions, po + at, VectorWidth.ORDER)
                    .blend(row, better.cast(P))
                    .intoMemorySegment(positions, po + at, VectorWidth.ORDER);
        }
    }

    private static void smaller(
            MemorySegment a, long ao, MemorySegment best, long bo, MemorySegment positions, long po, int n, int row) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * BYTES;
            IntVector x = load(a, ao + at);
            IntVector b = load(best, bo + at);
            VectorMask<Integer> better = x.compare(VectorOperators.LT, b);
            b.blend(x, better).intoMemorySegment(best, bo + at, VectorWidth.ORDER);
            IntVector.fromMemorySegment(P, positions, po + at, VectorWidth.ORDER)
                    .blend(row, better.cast(P))
                    .intoMemorySegment(positions, po + at, VectorWidth.ORDER);
        }
    }
}
