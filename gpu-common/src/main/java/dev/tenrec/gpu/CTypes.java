package dev.tenrec.gpu;

import dev.tenrec.type.DType;

/**
 * How element types look in C: in memory, and as values in registers. F16 and BF16 are values of type f32 that are
 * rounded; U8 and BOOL are values of type i32.
 */
final class CTypes {

    private CTypes() {}

    /** The type of an element in memory. */
    static String memory(SourceWriter out, DType dtype) {
        return switch (dtype) {
            case F32 -> "f32";
            case F64 -> {
                out.useDoubles();
                yield "f64";
            }
            case F16, BF16 -> "u16";
            case I32 -> "i32";
            case I64 -> "i64";
            case U8, BOOL -> "u8";
        };
    }

    /** The type of a value. */
    static String value(SourceWriter out, DType dtype) {
        return switch (dtype) {
            case F32, F16, BF16 -> "f32";
            case F64 -> {
                out.useDoubles();
                yield "f64";
            }
            case I32, U8, BOOL -> "i32";
            case I64 -> "i64";
        };
    }

    /** The unsigned type of some bytes, for moving elements. */
    static String raw(int bytes) {
        return switch (bytes) {
            case 1 -> "u8";
            case 2 -> "u16";
            case 4 -> "u32";
            case 8 -> "u64";
            default -> throw new IllegalArgumentException(bytes + " bytes an element");
        };
    }

    /** The value of an element in memory. */
    static String load(SourceWriter out, DType dtype, String element) {
        return switch (dtype) {
            case F32, F64, I32, I64 -> element;
            case F16 -> out.call(Helper.F16_TO_F32) + "(" + element + ")";
            case BF16 -> out.call(Helper.BF16_TO_F32) + "(" + element + ")";
            case U8 -> "(i32)" + element;
            case BOOL -> "(" + element + " != 0 ? 1 : 0)";
        };
    }

    /** What is assigned to an element in memory for it to have a value. */
    static String store(SourceWriter out, DType dtype, String value) {
        return switch (dtype) {
            case F32, F64, I32, I64 -> value;
            case F16 -> out.call(Helper.F32_TO_F16) + "(" + value + ")";
            case BF16 -> out.call(Helper.F32_TO_BF16) + "(" + value + ")";
            case U8, BOOL -> "(u8)" + value;
        };
    }

    /** A constant; floating types as the bits of a double. */
    static String constant(SourceWriter out, DType dtype, long bits) {
        return switch (dtype) {
            case F32, F16, BF16 -> single((float) Double.longBitsToDouble(bits));
            case F64 -> {
                out.useDoubles();
                yield real(Double.longBitsToDouble(bits));
            }
            case I32, U8, BOOL ->
                bits == Integer.MIN_VALUE ? "(-2147483647 - 1)" : bits < 0 ? "(" + bits + ")" : "" + bits;
            case I64 -> bits == Long.MIN_VALUE ? "(-9223372036854775807 - 1)" : "((i64)" + bits + ")";
        };
    }

    private static String single(float value) {
        if (Float.isNaN(value) || Float.isInfinite(value)) {
            return "F32_BITS(%s)".formatted(signed(Float.floatToIntBits(value)));
        }
        String text = (value == Math.rint(value) && Math.abs(value) < 1e6f ? Float.toString(value) : hex(value)) + "f";
        return sign(value) ? "(" + text + ")" : text;
    }

    private static String hex(float value) {
        return Float.toHexString(value);
    }

    private static String signed(int bits) {
        return "(i32)0x%08Xu".formatted(bits);
    }

    private static String real(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return "F64_BITS((i64)0x%016Xul)".formatted(Double.doubleToLongBits(value));
        }
        String text =
                value == Math.rint(value) && Math.abs(value) < 1e6 ? Double.toString(value) : Double.toHexString(value);
        return sign(value) ? "(" + text + ")" : text;
    }

    private static boolean sign(double value) {
        return Double.doubleToRawLongBits(value) < 0;
    }
}
