package dev.tenrec.backend;

import dev.tenrec.ir.HalfFloats;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Single elements of memory, as the {@code long} that {@link dev.tenrec.ir.Interpreter} holds a value in: floating types
 * as {@link Double#doubleToRawLongBits}, others as they are. In memory, elements have the machine's byte order.
 */
public final class Elements {

    private Elements() {}

    /**
     * Reads an element.
     *
     * @param memory where
     * @param dtype element type
     * @param position which, in elements from the start
     * @return its value; BOOL as 0 or 1, U8 as 0 … 255
     * @throws IndexOutOfBoundsException if it lies outside of the memory
     */
    public static long read(MemorySegment memory, DType dtype, long position) {
        long at = position * dtype.byteSize();
        return switch (dtype) {
            case F32 -> Double.doubleToRawLongBits(memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at));
            case F64 -> memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
            case BF16 ->
                Double.doubleToRawLongBits(
                        HalfFloats.bfloat16ToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at)));
            case F16 ->
                Double.doubleToRawLongBits(Float.float16ToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at)));
            case I32 -> memory.get(ValueLayout.JAVA_INT_UNALIGNED, at);
            case I64 -> memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
            case U8 -> Byte.toUnsignedLong(memory.get(ValueLayout.JAVA_BYTE, at));
            case BOOL -> memory.get(ValueLayout.JAVA_BYTE, at) != 0 ? 1 : 0;
        };
    }

    /**
     * Writes an element.
     *
     * @param memory where
     * @param dtype element type
     * @param position which, in elements from the start
     * @param value its value, of that type already
     * @throws IndexOutOfBoundsException if it lies outside of the memory
     */
    public static void write(MemorySegment memory, DType dtype, long position, long value) {
        long at = position * dtype.byteSize();
        switch (dtype) {
            case F32 -> memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, (float) Double.longBitsToDouble(value));
            case F64, I64 -> memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at, value);
            case BF16 ->
                memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, HalfFloats.floatToBfloat16((float)
                        Double.longBitsToDouble(value)));
            case F16 ->
                memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16((float)
                        Double.longBitsToDouble(value)));
            case I32 -> memory.set(ValueLayout.JAVA_INT_UNALIGNED, at, (int) value);
            case U8 -> memory.set(ValueLayout.JAVA_BYTE, at, (byte) value);
            case BOOL -> memory.set(ValueLayout.JAVA_BYTE, at, (byte) (value != 0 ? 1 : 0));
        }
    }

    /**
     * Copies an element bit by bit; a signalling NaN stays one.
     *
     * @param source where from
     * @param sourcePosition which, in elements
     * @param target where to
     * @param targetPosition which, in elements
     * @param dtype element type of both
     */
    public static void copy(
            MemorySegment source, long sourcePosition, MemorySegment target, long targetPosition, DType dtype) {
        int size = dtype.byteSize();
        MemorySegment.copy(source, sourcePosition * size, target, targetPosition * size, size);
    }
}
