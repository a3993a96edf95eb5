package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.tenrec.ir.HalfFloats;
import dev.tenrec.ir.Interpreter;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;

/** Conversions between element types: a loop for each usual pair, element by element for the others. */
final class Conversions {
    private Conversions() {}

    /** Converts n elements, any number. */
    static void convert(DType from, DType to, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        switch (from) {
            case F32 -> fromF32(to, a, ao, r, ro, n);
            case F64 -> fromF64(to, a, ao, r, ro, n);
            case I32 -> fromI32(to, a, ao, r, ro, n);
            case I64 -> fromI64(to, a, ao, r, ro, n);
            case BF16 -> fromBf16(to, a, ao, r, ro, n);
            case F16 -> fromF16(to, a, ao, r, ro, n);
            case U8 -> fromU8(to, a, ao, r, ro, n);
            case BOOL -> fromBool(to, a, ao, r, ro, n);
        }
    }

    /** Any pair of types, as the interpreter does it. */
    private static void general(DType from, DType to, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            long value = Elements.value(from, a, ao + (long) i * from.byteSize());
            Elements.setValue(to, r, ro + (long) i * to.byteSize(), Interpreter.convert(value, from, to));
        }
    }

    private static void fromF32(DType to, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        switch (to) {
            case F64 -> f32ToF64(a, ao, r, ro, n);
            case I32 -> f32ToI32(a, ao, r, ro, n);
            case I64 -> f32ToI64(a, ao, r, ro, n);
            case BF16 -> f32ToBf16(a, ao, r, ro, n);
            case F16 -> f32ToF16(a, ao, r, ro, n);
            case BOOL -> f32ToBool(a, ao, r, ro, n);
            default -> general(DType.F32, to, a, ao, r, ro, n);
        }
    }

    private static void fromF64(DType to, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        switch (to) {
            case F32 -> f64ToF32(a, ao, r, ro, n);
            case I32 -> f64ToI32(a, ao, r, ro, n);
            case I64 -> f64ToI64(a, ao, r, ro, n);
            case BOOL -> f64ToBool(a, ao, r, ro, n);
            default -> general(DType.F64, to, a, ao, r, ro, n);
        }
    }

    private static void fromI32(DType to, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        switch (to) {
            case F32 -> i32ToF32(a, ao, r, ro, n);
            case F64 -> i32ToF64(a, ao, r, ro, n);
            case I64 -> i32ToI64(a, ao, r, ro, n);
            case BOOL -> i32ToBool(a, ao, r, ro, n);
            default -> general(DType.I32, to, a, ao, r, ro, n);
        }
    }

    private static void fromI64(DType to, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        switch (to) {
            case F32 -> i64ToF32(a, ao, r, ro, n);
            case F64 -> i64ToF64(a, ao, r, ro, n);
            case I32 -> i64ToI32(a, ao, r, ro, n);
            case BOOL -> i64ToBool(a, ao, r, ro, n);
            default -> general(DType.I64, to, a, ao, r, ro, n);
        }
    }

    private static void fromBf16(DType to, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        switch (to) {
            case F32 -> bf16ToF32(a, ao, r, ro, n);
            default -> general(DType.BF16, to, a, ao, r, ro, n);
        }
    }

    private static void fromF16(DType to, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        switch (to) {
            case F32 -> f16ToF32(a, ao, r, ro, n);
            default -> general(DType.F16, to, a, ao, r, ro, n);
        }
    }

    private static void fromU8(DType to, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        switch (to) {
            case F32 -> u8ToF32(a, ao, r, ro, n);
            case I32 -> u8ToI32(a, ao, r, ro, n);
            case I64 -> u8ToI64(a, ao, r, ro, n);
            default -> general(DType.U8, to, a, ao, r, ro, n);
        }
    }

    private static void fromBool(DType to, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        switch (to) {
            case F32 -> boolToF32(a, ao, r, ro, n);
            case F64 -> boolToF64(a, ao, r, ro, n);
            case I32 -> boolToI32(a, ao, r, ro, n);
            case I64 -> boolToI64(a, ao, r, ro, n);
            default -> general(DType.BOOL, to, a, ao, r, ro, n);
        }
    }

    private static void f32ToF64(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = a.get(JAVA_FLOAT_UNALIGNED, ao + (long) i * 4);
            r.set(JAVA_DOUBLE_UNALIGNED, ro + (long) i * 8, (double) x);
        }
    }

    private static void f32ToI32(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = a.get(JAVA_FLOAT_UNALIGNED, ao + (long) i * 4);
            r.set(JAVA_INT_UNALIGNED, ro + (long) i * 4, (int) x);
        }
    }

    private static void f32ToI64(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = a.get(JAVA_FLOAT_UNALIGNED, ao + (long) i * 4);
            r.set(JAVA_LONG_UNALIGNED, ro + (long) i * 8, (long) x);
        }
    }

    private static void f64ToF32(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            double x = a.get(JAVA_DOUBLE_UNALIGNED, ao + (long) i * 8);
            r.set(JAVA_FLOAT_UNALIGNED, ro + (long) i * 4, (float) x);
        }
    }

    private static void f64ToI32(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            double x = a.get(JAVA_DOUBLE_UNALIGNED, ao + (long) i * 8);
            r.set(JAVA_INT_UNALIGNED, ro + (long) i * 4, (int) x);
        }
    }

    private static void f64ToI64(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            double x = a.get(JAVA_DOUBLE_UNALIGNED, ao + (long) i * 8);
            r.set(JAVA_LONG_UNALIGNED, ro + (long) i * 8, (long) x);
        }
    }

    private static void i32ToF32(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = a.get(JAVA_INT_UNALIGNED, ao + (long) i * 4);
            r.set(JAVA_FLOAT_UNALIGNED, ro + (long) i * 4, (float) x);
        }
    }

    private static void i32ToF64(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = a.get(JAVA_INT_UNALIGNED, ao + (long) i * 4);
            r.set(JAVA_DOUBLE_UNALIGNED, ro + (long) i * 8, (double) x);
        }
    }

    private static void i32ToI64(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = a.get(JAVA_INT_UNALIGNED, ao + (long) i * 4);
            r.set(JAVA_LONG_UNALIGNED, ro + (long) i * 8, (long) x);
        }
    }

    private static void i64ToF32(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            long x = a.get(JAVA_LONG_UNALIGNED, ao + (long) i * 8);
            r.set(JAVA_FLOAT_UNALIGNED, ro + (long) i * 4, (float) x);
        }
    }

    private static void i64ToF64(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            long x = a.get(JAVA_LONG_UNALIGNED, ao + (long) i * 8);
            r.set(JAVA_DOUBLE_UNALIGNED, ro + (long) i * 8, (double) x);
        }
    }

    private static void i64ToI32(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            long x = a.get(JAVA_LONG_UNALIGNED, ao + (long) i * 8);
            r.set(JAVA_INT_UNALIGNED, ro + (long) i * 4, (int) x);
        }
    }

    private static void boolToF32(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            byte x = a.get(JAVA_BYTE, ao + i);
            r.set(JAVA_FLOAT_UNALIGNED, ro + (long) i * 4, x);
        }
    }

    private static void boolToF64(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            byte x = a.get(JAVA_BYTE, ao + i);
            r.set(JAVA_DOUBLE_UNALIGNED, ro + (long) i * 8, x);
        }
    }

    private static void boolToI32(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            byte x = a.get(JAVA_BYTE, ao + i);
            r.set(JAVA_INT_UNALIGNED, ro + (long) i * 4, x);
        }
    }

    private static void boolToI64(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            byte x = a.get(JAVA_BYTE, ao + i);
            r.set(JAVA_LONG_UNALIGNED, ro + (long) i * 8, x);
        }
    }

    private static void u8ToF32(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            byte x = a.get(JAVA_BYTE, ao + i);
            r.set(JAVA_FLOAT_UNALIGNED, ro + (long) i * 4, x & 0xFF);
        }
    }

    private static void u8ToI32(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            byte x = a.get(JAVA_BYTE, ao + i);
            r.set(JAVA_INT_UNALIGNED, ro + (long) i * 4, x & 0xFF);
        }
    }

    private static void u8ToI64(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            byte x = a.get(JAVA_BYTE, ao + i);
            r.set(JAVA_LONG_UNALIGNED, ro + (long) i * 8, x & 0xFF);
        }
    }

    private static void f32ToBool(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = a.get(JAVA_FLOAT_UNALIGNED, ao + (long) i * 4);
            r.set(JAVA_BYTE, ro + i, (byte) (x != 0 ? 1 : 0));
        }
    }

    private static void i32ToBool(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            int x = a.get(JAVA_INT_UNALIGNED, ao + (long) i * 4);
            r.set(JAVA_BYTE, ro + i, (byte) (x != 0 ? 1 : 0));
        }
    }

    private static void i64ToBool(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            long x = a.get(JAVA_LONG_UNALIGNED, ao + (long) i * 8);
            r.set(JAVA_BYTE, ro + i, (byte) (x != 0 ? 1 : 0));
        }
    }

    private static void f64ToBool(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            double x = a.get(JAVA_DOUBLE_UNALIGNED, ao + (long) i * 8);
            r.set(JAVA_BYTE, ro + i, (byte) (x != 0 ? 1 : 0));
        }
    }

    private static void bf16ToF32(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            short x = a.get(JAVA_SHORT_UNALIGNED, ao + (long) i * 2);
            r.set(JAVA_FLOAT_UNALIGNED, ro + (long) i * 4, HalfFloats.bfloat16ToFloat(x));
        }
    }

    private static void f16ToF32(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            short x = a.get(JAVA_SHORT_UNALIGNED, ao + (long) i * 2);
            r.set(JAVA_FLOAT_UNALIGNED, ro + (long) i * 4, Float.float16ToFloat(x));
        }
    }

    private static void f32ToBf16(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = a.get(JAVA_FLOAT_UNALIGNED, ao + (long) i * 4);
            r.set(JAVA_SHORT_UNALIGNED, ro + (long) i * 2, HalfFloats.floatToBfloat16(x));
        }
    }

    private static void f32ToF16(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            float x = a.get(JAVA_FLOAT_UNALIGNED, ao + (long) i * 4);
            r.set(JAVA_SHORT_UNALIGNED, ro + (long) i * 2, Float.floatToFloat16(x));
        }
    }
}
