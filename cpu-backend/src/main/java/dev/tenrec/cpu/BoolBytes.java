package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;

/** Truth values, a byte of 0 or 1 each, eight at a time in a long. */
final class BoolBytes {
    private static final long ONES = 0x0101010101010101L;

    private BoolBytes() {}

    /** Turns the low eight bits into eight bytes of 0 or 1, in the machine's byte order. */
    static long spread(long bits) {
        long picked = (bits & 0xFF) * ONES & 0x8040201008040201L;
        long bytes = (picked + 0x7F7F7F7F7F7F7F7FL | picked) >>> 7 & ONES;
        return VectorFree.BIG_ENDIAN ? Long.reverseBytes(bytes) : bytes;
    }

    /** Turns eight bytes of 0 or 1 into eight bits. */
    static long gather(long bytes) {
        long ordered = VectorFree.BIG_ENDIAN ? Long.reverseBytes(bytes) : bytes;
        return (ordered & ONES) * 0x0102040810204080L >>> 56;
    }

    /** Constants that must not load the vector module. */
    private static final class VectorFree {
        static final boolean BIG_ENDIAN = java.nio.ByteOrder.nativeOrder() == java.nio.ByteOrder.BIG_ENDIAN;
    }

    /** A primitive on BOOL; for NOT, b is not read. */
    static void logic(
            ScalarOp op, MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        switch (op) {
            case AND -> and(a, ao, b, bo, r, ro, n);
            case OR -> or(a, ao, b, bo, r, ro, n);
            case XOR -> xor(a, ao, b, bo, r, ro, n, 0);
            case EQ -> xor(a, ao, b, bo, r, ro, n, ONES);
            case NOT -> not(a, ao, r, ro, n);
            case LT -> less(a, ao, b, bo, r, ro, n);
            case LE -> lessOrEqual(a, ao, b, bo, r, ro, n);
            default -> throw new IllegalArgumentException(op.name());
        }
    }

    private static long load(MemorySegment segment, long offset, int index) {
        return segment.get(JAVA_LONG_UNALIGNED, offset + index);
    }

    private static void store(long bytes, MemorySegment segment, long offset, int index) {
        segment.set(JAVA_LONG_UNALIGNED, offset + index, bytes);
    }

    private static void and(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += Long.BYTES) {
            store(load(a, ao, i) & load(b, bo, i), r, ro, i);
        }
    }

    private static void or(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += Long.BYTES) {
            store(load(a, ao, i) | load(b, bo, i), r, ro, i);
        }
    }

    private static void xor(
            MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n, long flip) {
        for (int i = 0; i < n; i += Long.BYTES) {
            store(load(a, ao, i) ^ load(b, bo, i) ^ flip, r, ro, i);
        }
    }

    private static void not(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += Long.BYTES) {
            store(load(a, ao, i) ^ ONES, r, ro, i);
        }
    }

    private static void less(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += Long.BYTES) {
            store((load(a, ao, i) ^ ONES) & load(b, bo, i), r, ro, i);
        }
    }

    private static void lessOrEqual(
            MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += Long.BYTES) {
            store(load(a, ao, i) ^ ONES | load(b, bo, i), r, ro, i);
        }
    }

    /** Whether any (or, for MIN, every) one of n bytes is 1; n is any number. */
    static int reduce(ScalarOp op, MemorySegment a, long ao, int n) {
        byte looked = (byte) (op == ScalarOp.MAX ? 1 : 0);
        long unwanted = looked == 1 ? 0 : ONES;
        int i = 0;
        while (i <= n - Long.BYTES && load(a, ao, i) == unwanted) {
            i += Long.BYTES;
        }
        for (; i < n; i++) {
            if (a.get(java.lang.foreign.ValueLayout.JAVA_BYTE, ao + i) == looked) {
                return looked;
            }
        }
        return 1 - looked;
    }
}
