package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** Choices by stored truth values, on 32- and 64-bit elements of any kind, and on bytes. */
final class Selections {
    private static final VectorSpecies<Integer> INTS = VectorWidth.SHAPE.withLanes(int.class);
    private static final VectorSpecies<Long> LONGS = VectorWidth.SHAPE.withLanes(long.class);
    private static final int INT_LANES = INTS.length();
    private static final int LONG_LANES = LONGS.length();

    private Selections() {}

    /** The truth values of some lanes from element i on, as bits. */
    private static long bits(MemorySegment mask, long mo, int i, int lanes) {
        long bits = BoolBytes.gather(mask.get(JAVA_LONG_UNALIGNED, mo + (i & -8))) >>> (i & 7);
        return lanes == 16 ? bits | BoolBytes.gather(mask.get(JAVA_LONG_UNALIGNED, mo + i + 8)) << 8 : bits;
    }

    /** {@code r = mask ? b : a} on elements of 4 bytes; n is a multiple of {@link Program#GRANULE}. */
    static void select4(
            MemorySegment mask,
            long mo,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment r,
            long ro,
            int n) {
        for (int i = 0; i < n; i += INT_LANES) {
            long at = (long) i * Integer.BYTES;
            VectorMask<Integer> chosen = VectorMask.fromLong(INTS, bits(mask, mo, i, INT_LANES));
            IntVector x = IntVector.fromMemorySegment(INTS, a, ao + at, VectorWidth.ORDER);
            IntVector y = IntVector.fromMemorySegment(INTS, b, bo + at, VectorWidth.ORDER);
            x.blend(y, chosen).intoMemorySegment(r, ro + at, VectorWidth.ORDER);
        }
    }

    /** {@code r = mask ? b : a} on elements of 8 bytes; n is a multiple of {@link Program#GRANULE}. */
    static void select8(
            MemorySegment mask,
            long mo,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment r,
            long ro,
            int n) {
        for (int i = 0; i < n; i += LONG_LANES) {
            long at = (long) i * Long.BYTES;
            VectorMask<Long> chosen = VectorMask.fromLong(LONGS, bits(mask, mo, i, LONG_LANES));
            LongVector x = LongVector.fromMemorySegment(LONGS, a, ao + at, VectorWidth.ORDER);
            LongVector y = LongVector.fromMemorySegment(LONGS, b, bo + at, VectorWidth.ORDER);
            x.blend(y, chosen).intoMemorySegment(r, ro + at, VectorWidth.ORDER);
        }
    }

    /** {@code r = mask ? b : a} on bytes; n is a multiple of {@link Program#GRANULE}. */
    static void select1(
            MemorySegment mask,
            long mo,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment r,
            long ro,
            int n) {
        for (int i = 0; i < n; i += Long.BYTES) {
            long chosen = mask.get(JAVA_LONG_UNALIGNED, mo + i) * 0xFF;
            long x = a.get(JAVA_LONG_UNALIGNED, ao + i);
            long y = b.get(JAVA_LONG_UNALIGNED, bo + i);
            r.set(JAVA_LONG_UNALIGNED, ro + i, x ^ (x ^ y) & chosen);
        }
    }
}
