package dev.tenrec.io;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.InvalidFileException;
import dev.tenrec.error.Message;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What all formats check about tensors and their names. */
final class Tensors {

    private static final int QUOTED_LENGTH = 80;

    private Tensors() {}

    /** Returns the size of a tensor in bytes, or throws {@link InvalidArgument} if no long can hold it. */
    static long byteCount(String operation, DType dtype, Shape shape) {
        try {
            return Math.multiplyExact(shape.elementCount(), (long) dtype.byteSize());
        } catch (ArithmeticException e) {
            throw new InvalidArgument(Message.of(operation, "too many bytes")
                    .line("expected", "fewer than 2^63 bytes")
                    .line("given", dtype + " " + shape)
                    .toString());
        }
    }

    /** Fetches the data of a source and checks its size: a source that is wrong must not shift what follows it. */
    static MemorySegment data(String operation, String name, TensorSource source, long expected) throws IOException {
        MemorySegment data = source.data();
        if (data.byteSize() != expected) {
            throw new InvalidArgument(Message.of(operation, "data of " + quote(name) + " does not fit the shape")
                    .line("expected", expected + " bytes", source.dtype() + " " + source.shape())
                    .line("given", data.byteSize() + " bytes")
                    .toString());
        }
        return data;
    }

    /** Checks the name of a tensor that is to be written. */
    static void checkName(String operation, String name) {
        if (name.isEmpty() || !isWellFormed(name)) {
            throw new InvalidArgument(Message.of(operation, "not a name for a tensor")
                    .line("expected", "a name of at least one character, without unpaired surrogates")
                    .line("given", quote(name))
                    .toString());
        }
    }

    /** Says whether a string can be written as UTF-8 and read back the same: it has no unpaired surrogates. */
    static boolean isWellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                return false;
            }
        }
        return true;
    }

    /** Quotes text from a file for a message: shortened, and nothing in it can move a cursor or start a line. */
    static String quote(String text) {
        StringBuilder quoted = new StringBuilder("'");
        int shown = 0;
        for (int i = 0; i < text.length(); ) {
            if (shown++ == QUOTED_LENGTH) {
                return quoted.append("'... (")
                        .append(text.length())
                        .append(" characters)")
                        .toString();
            }
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (isPrintable(c)) {
                quoted.appendCodePoint(c);
            } else {
                quoted.append(String.format("\\u{%x}", c));
            }
        }
        return quoted.append('\'').toString();
    }

    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    /** Refuses bytes that are neither 0 nor 1: kernels rely on that. */
    static void checkBooleans(String file, String name, MemorySegment data) throws InvalidFileException {
        for (long i = 0; i < data.byteSize(); ) {
            // Eight at a time where they are fine, one at a time to say which is not.
            if (i <= data.byteSize() - 8
                    && (data.get(ValueLayout.JAVA_LONG_UNALIGNED, i) & ~0x0101010101010101L) == 0) {
                i += 8;
                continue;
            }
            int value = Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, i));
            if (value > 1) {
                throw new InvalidFileException(
                        file,
                        "tensor " + quote(name) + " of type BOOL has a byte that is no boolean",
                        "0 or 1",
                        value + " at element " + i,
                        "store it as U8, or write booleans as 0 and 1");
            }
            i++;
        }
    }
}
