package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.tenrec.ir.HalfFloats;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** Single elements, runs of one element, and strided runs. Offsets count bytes. */
final class Elements {
    private Elements() {}

    /** Reads an element in the form of {@link dev.tenrec.ir.Interpreter}. */
    static long value(DType dtype, MemorySegment segment, long at) {
        return switch (dtype) {
            case F32 -> Double.doubleToRawLongBits(segment.get(JAVA_FLOAT_UNALIGNED, at));
            case F64, I64 -> segment.get(JAVA_LONG_UNALIGNED, at);
            case BF16 -> Double.doubleToRawLongBits(HalfFloats.bfloat16ToFloat(segment.get(JAVA_SHORT_UNALIGNED, at)));
            case F16 -> Double.doubleToRawLongBits(Float.float16ToFloat(segment.get(JAVA_SHORT_UNALIGNED, at)));
            case I32 -> segment.get(JAVA_INT_UNALIGNED, at);
            case U8, BOOL -> segment.get(JAVA_BYTE, at) & 0xFF;
        };
    }

    /** Writes an element given in the form of {@link dev.tenrec.ir.Interpreter}. */
    static void setValue(DType dtype, MemorySegment segment, long at, long value) {
        put(dtype.byteSize(), segment, at, bits(dtype, value));
    }

    /** The bits in memory of a value in the form of {@link dev.tenrec.ir.Interpreter}. */
    static long bits(DType dtype, long value) {
        return switch (dtype) {
            case F32 -> Float.floatToRawIntBits((float) Double.longBitsToDouble(value));
            case BF16 -> HalfFloats.floatToBfloat16((float) Double.longBitsToDouble(value));
            case F16 -> Float.floatToFloat16((float) Double.longBitsToDouble(value));
            case F64, I64, I32, U8, BOOL -> value;
        };
    }

    /** Reads the bits of an element. */
    static long get(int size, MemorySegment segment, long at) {
        return switch (size) {
            case 1 -> segment.get(JAVA_BYTE, at);
            case 2 -> segment.get(JAVA_SHORT_UNALIGNED, at);
            case 4 -> segment.get(JAVA_INT_UNALIGNED, at);
            default -> segment.get(JAVA_LONG_UNALIGNED, at);
        };
    }

    /** Writes the bits of an element. */
    static void put(int size, MemorySegment segment, long at, long bits) {
        switch (size) {
            case 1 -> segment.set(JAVA_BYTE, at, (byte) bits);
            case 2 -> segment.set(JAVA_SHORT_UNALIGNED, at, (short) bits);
            case 4 -> segment.set(JAVA_INT_UNALIGNED, at, (int) bits);
            default -> segment.set(JAVA_LONG_UNALIGNED, at, bits);
        }
    }

    /**
     * Address of native memory, for loops that check nothing: the caller's launch keeps the memory allocated.
     *
     * @throws IndexOutOfBoundsException if so many bytes do not lie inside of the segment
     */
    static long address(MemorySegment segment, long offset, long bytes) {
        Objects.checkFromIndexSize(offset, bytes, segment.byteSize());
        return segment.address() + offset;
    }

    /** Repeats an element n times. */
    static void fill(int size, MemorySegment r, long ro, long bits, int n) {
        switch (size) {
            case 1 -> fill1(r, ro, (byte) bits, n);
            case 2 -> fill2(r, ro, (short) bits, n);
            case 4 -> fill4(r, ro, (int) bits, n);
            default -> fill8(r, ro, bits, n);
        }
    }

    /** Copies n elements that lie apart, by strides in bytes. */
    static void copy(int size, MemorySegment a, long ao, long aStride, MemorySegment r, long ro, long rStride, long n) {
        if (aStride == size && rStride == size) {
            MemorySegment.copy(a, ao, r, ro, n * size);
            return;
        }
        switch (size) {
            case 1 -> copy1(a, ao, aStride, r, ro, rStride, n);
            case 2 -> copy2(a, ao, aStride, r, ro, rStride, n);
            case 4 -> copy4(a, ao, aStride, r, ro, rStride, n);
            default -> copy8(a, ao, aStride, r, ro, rStride, n);
        }
    }

    private static void fill1(MemorySegment r, long ro, byte bits, int n) {
        for (int i = 0; i < n; i++) {
            r.set(JAVA_BYTE, ro + i, bits);
        }
    }

    private static void fill2(MemorySegment r, long ro, short bits, int n) {
        for (int i = 0; i < n; i++) {
            r.set(JAVA_SHORT_UNALIGNED, ro + (long) i * 2, bits);
        }
    }

    private static void fill4(MemorySegment r, long ro, int bits, int n) {
        for (int i = 0; i < n; i++) {
            r.set(JAVA_INT_UNALIGNED, ro + (long) i * 4, bits);
        }
    }

    private static void fill8(MemorySegment r, long ro, long bits, int n) {
        for (int i = 0; i < n; i++) {
            r.set(JAVA_LONG_UNALIGNED, ro + (long) i * 8, bits);
        }
    }

    private static void copy1(MemorySegment a, long ao, long aStride, MemorySegment r, long ro, long rStride, long n) {
        for (long i = 0; i < n; i++) {
            r.set(JAVA_BYTE, ro + i * rStride, a.get(JAVA_BYTE, ao + i * aStride));
        }
    }

    private static void copy2(MemorySegment a, long ao, long aStride, MemorySegment r, long ro, long rStride, long n) {
        for (long i = 0; i < n; i++) {
            r.set(JAVA_SHORT_UNALIGNED, ro + i * rStride, a.get(JAVA_SHORT_UNALIGNED, ao + i * aStride));
        }
    }

    private static void copy4(MemorySegment a, long ao, long aStride, MemorySegment r, long ro, long rStride, long n) {
        for (long i = 0; i < n; i++) {
            r.set(JAVA_INT_UNALIGNED, ro + i * rStride, a.get(JAVA_INT_UNALIGNED, ao + i * aStride));
        }
    }

    private static void copy8(MemorySegment a, long ao, long aStride, MemorySegment r, long ro, long rStride, long n) {
        for (long i = 0; i < n; i++) {
            r.set(JAVA_LONG_UNALIGNED, ro + i * rStride, a.get(JAVA_LONG_UNALIGNED, ao + i * aStride));
        }
    }
}
