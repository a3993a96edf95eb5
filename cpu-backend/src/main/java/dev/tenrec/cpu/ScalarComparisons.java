package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;

/** Comparisons into bytes 0 and 1 without vectors. */
final class ScalarComparisons {
    private ScalarComparisons() {}

    /** Compares n elements of a type other than BOOL. */
    static void compare(
            ScalarOp op,
            DType dtype,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment r,
            long ro,
            int n) {
        switch (dtype) {
            case F32 -> floats(op, a, ao, b, bo, r, ro, n);
            case F64 -> doubles(op, a, ao, b, bo, r, ro, n);
            case I32 -> ints(op, a, ao, b, bo, r, ro, n);
            case I64 -> longs(op, a, ao, b, bo, r, ro, n);
            default -> throw new IllegalArgumentException(dtype.name());
        }
    }

    private static void floats(
            ScalarOp op, MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        boolean less = op != ScalarOp.EQ;
        boolean equal = op != ScalarOp.LT;
        for (int i = 0; i < n; i++) {
            float x = a.get(JAVA_FLOAT_UNALIGNED, ao + (long) i * Float.BYTES);
            float y = b.get(JAVA_FLOAT_UNALIGNED, bo + (long) i * Float.BYTES);
            r.set(JAVA_BYTE, ro + i, (byte) (less & x < y | equal & x == y ? 1 : 0));
        }
    }

    private static void doubles(
            ScalarOp op, MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        boolean less = op != ScalarOp.EQ;
        boolean equal = op != ScalarOp.LT;
        for (int i = 0; i < n; i++) {
            double x = a.get(JAVA_DOUBLE_UNALIGNED, ao + (long) i * Double.BYTES);
            double y = b.get(JAVA_DOUBLE_UNALIGNED, bo + (long) i * Double.BYTES);
            r.set(JAVA_BYTE, ro + i, (byte) (less & x < y | equal & x == y ? 1 : 0));
        }
    }

    private static void ints(
            ScalarOp op, MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        boolean less = op != ScalarOp.EQ;
        boolean equal = op != ScalarOp.LT;
        for (int i = 0; i < n; i++) {
            int x = a.get(JAVA_INT_UNALIGNED, ao + (long) i * Integer.BYTES);
            int y = b.get(JAVA_INT_UNALIGNED, bo + (long) i * Integer.BYTES);
            r.set(JAVA_BYTE, ro + i, (byte) (less & x < y | equal & x == y ? 1 : 0));
        }
    }

    private static void longs(
            ScalarOp op, MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        boolean less = op != ScalarOp.EQ;
        boolean equal = op != ScalarOp.LT;
        for (int i = 0; i < n; i++) {
            long x = a.get(JAVA_LONG_UNALIGNED, ao + (long) i * Long.BYTES);
            long y = b.get(JAVA_LONG_UNALIGNED, bo + (long) i * Long.BYTES);
            r.set(JAVA_BYTE, ro + i, (byte) (less & x < y | equal & x == y ? 1 : 0));
        }
    }

    /** Compares one element of a type other than BOOL. */
    static boolean test(ScalarOp op, DType dtype, MemorySegment a, long ao, MemorySegment b, long bo) {
        if (dtype.isFloating()) {
            double x = Double.longBitsToDouble(Elements.value(dtype, a, ao));
            double y = Double.longBitsToDouble(Elements.value(dtype, b, bo));
            return op.evaluate(x, y, 0) != 0;
        }
        return op.evaluate(dtype, Elements.value(dtype, a, ao), Elements.value(dtype, b, bo)) != 0;
    }
}
