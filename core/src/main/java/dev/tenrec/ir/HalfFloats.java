package dev.tenrec.ir;

import dev.tenrec.type.DType;

/** Rounding to, and the bit patterns of, the 16-bit floating types. All rounding is to nearest, halves to even. */
public final class HalfFloats {

    private HalfFloats() {}

    /**
     * Rounds to a floating type.
     *
     * @param value a number
     * @param dtype F64, F32, BF16 or F16
     * @return the nearest number of that type
     */
    public static double round(double value, DType dtype) {
        return switch (dtype) {
            case F64 -> value;
            case F32 -> (float) value;
            case F16 -> Float.float16ToFloat(Float.floatToFloat16(toOdd(value)));
            case BF16 -> bfloat16ToFloat(floatToBfloat16(toOdd(value)));
            default -> throw new IllegalArgumentException(dtype + " is no floating type");
        };
    }

    /**
     * Rounds to F32 such that an inexact result is odd: rounding that again, to fewer bits, gives what one rounding
     * would have (Boldo and Melquiond 2008). Rounding to nearest twice would not.
     */
    private static float toOdd(double value) {
        float near = (float) value;
        if (near == value || Double.isNaN(value)) {
            return near;
        }
        int bits = Float.floatToRawIntBits(near);
        return Float.intBitsToFloat((Math.abs(near) > Math.abs(value) ? bits - 1 : bits) | 1);
    }

    /**
     * Rounds a whole number to a floating type, once.
     *
     * @param value a whole number
     * @param dtype F64, F32, BF16 or F16
     * @return the nearest number of that type
     */
    static double round(long value, DType dtype) {
        return dtype == DType.F32 ? (float) value : round((double) value, dtype);
    }

    /**
     * Rounds to bfloat16.
     *
     * @param value a number
     * @return its bits
     */
    public static short floatToBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }

    /**
     * Widens a bfloat16.
     *
     * @param bits its bits
     * @return the number, exactly
     */
    public static float bfloat16ToFloat(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }
}
