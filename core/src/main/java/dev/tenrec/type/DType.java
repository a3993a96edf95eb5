package dev.tenrec.type;

/**
 * Element types. Arithmetic is defined on {@link #F32}, {@link #F64}, {@link #I32}, {@link #I64} and {@link #BOOL};
 * {@link #BF16}, {@link #F16} and {@link #U8} are storage: cast them first. Matrix products take the first two as well.
 */
public enum DType {
    /** IEEE 754 binary32. */
    F32(4, Kind.FLOAT),
    /** IEEE 754 binary64. */
    F64(8, Kind.FLOAT),
    /** bfloat16: the upper half of a binary32. Storage only. */
    BF16(2, Kind.FLOAT),
    /** IEEE 754 binary16. Storage only. */
    F16(2, Kind.FLOAT),
    /** 32-bit two's complement integer; arithmetic wraps. */
    I32(4, Kind.INTEGER),
    /** 64-bit two's complement integer; arithmetic wraps. */
    I64(8, Kind.INTEGER),
    /** Unsigned byte. Storage only. */
    U8(1, Kind.INTEGER),
    /** One byte, 0 or 1. */
    BOOL(1, Kind.BOOLEAN);

    private enum Kind {
        FLOAT,
        INTEGER,
        BOOLEAN
    }

    private final int byteSize;
    private final Kind kind;

    DType(int byteSize, Kind kind) {
        this.byteSize = byteSize;
        this.kind = kind;
    }

    /**
     * Returns the size of one element.
     *
     * @return bytes
     */
    public int byteSize() {
        return byteSize;
    }

    /**
     * Says whether values of this type are real numbers.
     *
     * @return true for F32, F64, BF16, F16
     */
    public boolean isFloating() {
        return kind == Kind.FLOAT;
    }

    /**
     * Says whether values of this type are whole numbers.
     *
     * @return true for I32, I64, U8
     */
    public boolean isInteger() {
        return kind == Kind.INTEGER;
    }

    /**
     * Says whether operations compute in this type.
     *
     * @return false for the storage types BF16, F16 and U8
     */
    public boolean isArithmetic() {
        return this != BF16 && this != F16 && this != U8;
    }
}
