package dev.tenrec.data;

import java.util.Optional;

/** The element types of the IDX format. */
public enum IdxElementType {
    /** Unsigned bytes. */
    U8(0x08, 1, "u8"),
    /** Signed bytes. */
    I8(0x09, 1, "i8"),
    /** Signed 16-bit integers. */
    I16(0x0B, 2, "i16"),
    /** Signed 32-bit integers. */
    I32(0x0C, 4, "i32"),
    /** IEEE 754 single precision. */
    F32(0x0D, 4, "f32"),
    /** IEEE 754 double precision. */
    F64(0x0E, 8, "f64");

    private final int code;
    private final int byteSize;
    private final String text;

    IdxElementType(int code, int byteSize, String text) {
        this.code = code;
        this.byteSize = byteSize;
        this.text = text;
    }

    /**
     * The third byte of the magic number.
     *
     * @return the code, {@code 0x08} to {@code 0x0E}
     */
    public int code() {
        return code;
    }

    /**
     * The size of one element.
     *
     * @return bytes, 1 to 8
     */
    public int byteSize() {
        return byteSize;
    }

    /** {@return the short name, such as {@code u8}} */
    @Override
    public String toString() {
        return text;
    }

    static Optional<IdxElementType> ofCode(int code) {
        for (IdxElementType type : values()) {
            if (type.code == code) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
