package dev.tenrec.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.type.DType;
import org.junit.jupiter.api.Test;

class HalfFloatsTest {

    /** The value of a 16-bit floating pattern, from its definition. */
    private static double value(int bits, int mantissaBits, int bias) {
        int exponentMask = (1 << 15 - mantissaBits) - 1;
        int exponent = bits >>> mantissaBits & exponentMask;
        int mantissa = bits & (1 << mantissaBits) - 1;
        double sign = bits >>> 15 == 0 ? 1 : -1;
        if (exponent == exponentMask) {
            return mantissa == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
        }
        double scaled = exponent == 0 ? mantissa : mantissa + (1 << mantissaBits);
        return sign * scaled * Math.pow(2, Math.max(exponent, 1) - bias - mantissaBits);
    }

    @Test
    void everyBfloat16WidensExactlyAndReturns() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float wide = HalfFloats.bfloat16ToFloat((short) bits);
            double expected = value(bits, 7, 127);
            if (Double.isNaN(expected)) {
                assertTrue(Float.isNaN(wide));
                assertTrue(Float.isNaN(HalfFloats.bfloat16ToFloat(HalfFloats.floatToBfloat16(wide))));
            } else {
                assertEquals(expected, wide);
                assertEquals((short) bits, HalfFloats.floatToBfloat16(wide));
                assertEquals(expected, HalfFloats.round(expected, DType.BF16));
            }
        }
    }

    @Test
    void everyFloat16WidensExactlyAndReturns() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float wide = Float.float16ToFloat((short) bits);
            double expected = value(bits, 10, 15);
            if (Double.isNaN(expected)) {
                assertTrue(Float.isNaN(wide));
                assertTrue(Double.isNaN(HalfFloats.round(Double.NaN, DType.F16)));
            } else {
                assertEquals(expected, wide);
                assertEquals((short) bits, Float.floatToFloat16(wide));
                assertEquals(expected, HalfFloats.round(expected, DType.F16));
            }
        }
    }

    @Test
    void halvesGoToEvenAndTheRestToTheNearest() {
        for (int[] format : new int[][] {{7, 127}, {10, 15}}) {
            DType dtype = format[0] == 7 ? DType.BF16 : DType.F16;
            int infinity = value(0x7F80, format[0], format[1]) == Double.POSITIVE_INFINITY ? 0x7F80 : 0x7C00;
            for (int bits = 0; bits < infinity - 1; bits++) {
                double low = value(bits, format[0], format[1]);
                double high = value(bits + 1, format[0], format[1]);
                double middle = (low + high) / 2;
                assertEquals((bits & 1) == 0 ? low : high, HalfFloats.round(middle, dtype));
                assertEquals(-((bits & 1) == 0 ? low : high), HalfFloats.round(-middle, dtype));
                if ((float) middle >= Float.MIN_NORMAL) {
                    assertEquals(low, HalfFloats.round(Math.nextDown((float) middle), dtype));
                    assertEquals(high, HalfFloats.round(Math.nextUp((float) middle), dtype));
                }
            }
        }
    }

    @Test
    void doublesAreRoundedOnce() {
        // Through F32 by rounding to nearest these would become halves, and go the wrong way.
        double little = Math.pow(2, -40);
        assertEquals(1 + Math.pow(2, -10), HalfFloats.round(1 + Math.pow(2, -11) + little, DType.F16));
        assertEquals(1 + Math.pow(2, -10), HalfFloats.round(1 + 3 * Math.pow(2, -11) - little, DType.F16));
        assertEquals(-1 - Math.pow(2, -7), HalfFloats.round(-1 - Math.pow(2, -8) - little, DType.BF16));
        assertEquals(65504, HalfFloats.round(Math.nextDown(65520.0), DType.F16));
    }

    @Test
    void overflowGoesToInfinity() {
        assertEquals(65504, HalfFloats.round(65519, DType.F16));
        assertEquals(Double.POSITIVE_INFINITY, HalfFloats.round(65520, DType.F16));
        assertEquals(Double.POSITIVE_INFINITY, HalfFloats.round((double) Float.MAX_VALUE, DType.BF16));
        assertEquals(Double.NEGATIVE_INFINITY, HalfFloats.round(-1e300, DType.BF16));
        assertTrue(
                Float.isNaN(HalfFloats.bfloat16ToFloat(HalfFloats.floatToBfloat16(Float.intBitsToFloat(0x7F800001)))));
    }

    @Test
    void otherTypesAreRefused() {
        assertEquals((double) 0.1f, HalfFloats.round(0.1, DType.F32));
        assertEquals(0.1, HalfFloats.round(0.1, DType.F64));
        assertThrows(IllegalArgumentException.class, () -> HalfFloats.round(1.0, DType.I32));
    }
}
