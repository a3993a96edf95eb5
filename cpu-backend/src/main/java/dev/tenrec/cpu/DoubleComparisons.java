package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Comparisons of 64-bit floats into bytes 0 and 1, and choices made by a comparison without storing it. Eight results are
 * written at once; lengths are multiples of {@link Program#GRANULE}.
 */
final class DoubleComparisons {
    private static final VectorSpecies<Double> S = VectorWidth.SHAPE.withLanes(double.class);
    private static final int LANES = S.length();
    private static final int BYTES = Double.BYTES;

    private DoubleComparisons() {}

    /** Compares n elements. */
    static void compare(
            ScalarOp op, MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        switch (op) {
            case LT -> lt(a, ao, b, bo, r, ro, n);
            case LE -> le(a, ao, b, bo, r, ro, n);
            case EQ -> eq(a, ao, b, bo, r, ro, n);
            default -> throw new IllegalArgumentException(op.name());
        }
    }

    /** Compares n elements of a and b, and takes c where that holds, d elsewhere. */
    static void choose(
            ScalarOp op,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment c,
            long co,
            MemorySegment d,
            long dd,
            MemorySegment r,
            long ro,
            int n) {
        switch (op) {
            case LT -> chooseLt(a, ao, b, bo, c, co, d, dd, r, ro, n);
            case LE -> chooseLe(a, ao, b, bo, c, co, d, dd, r, ro, n);
            case EQ -> chooseEq(a, ao, b, bo, c, co, d, dd, r, ro, n);
            default -> throw new IllegalArgumentException(op.name());
        }
    }

    private static DoubleVector load(MemorySegment segment, long offset, int index) {
        return DoubleVector.fromMemorySegment(S, segment, offset + (long) index * BYTES, VectorWidth.ORDER);
    }

    /** Writes the lanes of a mask as bytes, at least eight at a time; {@code bits} holds those of earlier vectors. */
    private static long pack(VectorMask<Double> mask, long bits, MemorySegment r, long ro, int i) {
        long all = bits | mask.toLong() << (i & 7);
        if (LANES == 16) {
            r.set(JAVA_LONG_UNALIGNED, ro + i + 8, BoolBytes.spread(all >>> 8));
        }
        if ((i + LANES & 7) == 0) {
            r.set(JAVA_LONG_UNALIGNED, ro + (i & -8), BoolBytes.spread(all));
            return 0;
        }
        return all;
    }

    private static void lt(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        long bits = 0;
        for (int i = 0; i < n; i += LANES) {
            bits = pack(load(a, ao, i).compare(VectorOperators.LT, load(b, bo, i)), bits, r, ro, i);
        }
    }

    private static void le(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        long bits = 0;
        for (int i = 0; i < n; i += LANES) {
            bits = pack(load(a, ao, i).compare(VectorOperators.LE, load(b, bo, i)), bits, r, ro, i);
        }
    }

    private static void eq(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        long bits = 0;
        for (int i = 0; i < n; i += LANES) {
            bits = pack(load(a, ao, i).compare(VectorOperators.EQ, load(b, bo, i)), bits, r, ro, i);
        }
    }

    private static void chooseLt(
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment c,
            long co,
            MemorySegment d,
            long dd,
            MemorySegment r,
            long ro,
            int n) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Double> mask = load(a, ao, i).compare(VectorOperators.LT, load(b, bo, i));
            DoubleVector chosen = load(d, dd, i).blend(load(c, co, i), mask);
            chosen.intoMemorySegment(r, ro + (long) i * BYTES, VectorWidth.ORDER);
        }
    }

    private static void chooseLe(
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment c,
            long co,
            MemorySegment d,
            long dd,
            MemorySegment r,
            long ro,
            int n) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Double> mask = load(a, ao, i).compare(VectorOperators.LE, load(b, bo, i));
            DoubleVector chosen = load(d, dd, i).blend(load(c, co, i), mask);
            chosen.intoMemorySegment(r, ro + (long) i * BYTES, VectorWidth.ORDER);
        }
    }

    private static void chooseEq(
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment c,
            long co,
            MemorySegment d,
            long dd,
            MemorySegment r,
            long ro,
            int n) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Double> mask = load(a, ao, i).compare(VectorOperators.EQ, load(b, bo, i));
            DoubleVector chosen = load(d, dd, i).blend(load(c, co, i), mask);
            chosen.intoMemorySegment(r, ro + (long) i * BYTES, VectorWidth.ORDER);
        }
    }
}
