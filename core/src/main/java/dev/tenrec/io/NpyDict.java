package dev.tenrec.io;

import dev.tenrec.error.InvalidFileException;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Arrays;

/**
 * The Python dict in an npy header. This reads exactly the literals the format allows there, in any order and with
 * either kind of quotes, and nothing else of Python: no escapes, no expressions, no nesting.
 */
final class NpyDict {

    private static final String HINT = "save the array again with numpy.save";
    private static final String KEYS = "descr, fortran_order and shape";

    private final String file;
    private final String text;
    private int at;

    private DType dtype;
    private boolean bigEndian;
    private Boolean fortran;
    private Shape shape;
    private long[] sizes;

    private NpyDict(String file, String text) {
        this.file = file;
        this.text = text;
    }

    static NpyDict parse(String file, String text) throws InvalidFileException {
        NpyDict dict = new NpyDict(file, text);
        dict.read();
        dict.checkSize();
        return dict;
    }

    DType dtype() {
        return dtype;
    }

    boolean bigEndian() {
        return bigEndian;
    }

    boolean fortran() {
        return fortran;
    }

    Shape shape() {
        return shape;
    }

    private void read() throws InvalidFileException {
        expect('{', "a dict");
        while (peek() != '}') {
            String key = readString("a key");
            expect(':', "a value for " + Tensors.quote(key));
            boolean again = switch (key) {
                case "descr" -> dtype != null;
                case "fortran_order" -> fortran != null;
                case "shape" -> sizes != null;
                default -> throw fault("header has an unknown key", KEYS, Tensors.quote(key));
            };
            if (again) {
                throw fault("header has a key twice", "each key once", Tensors.quote(key));
            }
            switch (key) {
                case "descr" -> readType();
                case "fortran_order" -> fortran = readBoolean();
                default -> sizes = readTuple();
            }
            if (peek() != '}') {
                expect(',', "',' or '}'");
            }
        }
        expect('}', "the end of the dict");
        if (dtype == null || fortran == null || sizes == null) {
            String absent = dtype == null ? "descr" : fortran == null ? "fortran_order" : "shape";
            throw fault("header is incomplete", KEYS, "no " + absent);
        }
        if (peek() != '\n' || at != text.length() - 1) {
            throw fault("header goes on behind its dict", "spaces and a line feed at the end", found());
        }
    }

    private void checkSize() throws InvalidFileException {
        try {
            long count = dtype.byteSize();
            for (long size : sizes) {
                // Also for an empty array: strides are made of these products.
                count = Math.multiplyExact(count, Math.max(size, 1));
            }
        } catch (ArithmeticException e) {
            throw fault("has too many elements", "fewer than 2^63 bytes", dtype + " " + Arrays.toString(sizes));
        }
        shape = Shape.of(sizes);
    }

    private void readType() throws InvalidFileException {
        if (peek() == '[') {
            throw fault("holds records with named fields", "one element type", "a list of types");
        }
        String descr = readString("an element type");
        char order = descr.isEmpty() ? ' ' : descr.charAt(0);
        String kind = descr.isEmpty() ? "" : descr.substring(1);
        if (kind.equals("O")) {
            throw fault("holds pickled Python objects, which are never loaded", "numbers", Tensors.quote(descr));
        }
        dtype = switch (kind) {
            case "f2" -> DType.F16;
            case "f4" -> DType.F32;
            case "f8" -> DType.F64;
            case "i4" -> DType.I32;
            case "i8" -> DType.I64;
            case "u1" -> DType.U8;
            case "b1" -> DType.BOOL;
            default ->
                throw new InvalidFileException(
                        file,
                        "has an element type that is not supported",
                        "f2, f4, f8, i4, i8, u1 or b1, behind '<', '>' or '|'",
                        Tensors.quote(descr),
                        "convert it with astype before saving");
        };
        if (order != '<' && order != '>' && (order != '|' || dtype.byteSize() != 1)) {
            throw fault("has an unknown byte order", "'<' or '>', or '|' for single bytes", Tensors.quote(descr));
        }
        bigEndian = order == '>' && dtype.byteSize() > 1;
    }

    private boolean readBoolean() throws InvalidFileException {
        peek();
        if (text.startsWith("True", at)) {
            at += 4;
            return true;
        }
        if (text.startsWith("False", at)) {
            at += 5;
            return false;
        }
        throw fault("fortran_order is no boolean", "True or False", found());
    }

    private long[] readTuple() throws InvalidFileException {
        expect('(', "a tuple of sizes");
        long[] values = new long[Shape.MAX_RANK];
        int count = 0;
        boolean comma = true;
        while (peek() != ')') {
            if (!comma) {
                throw fault("shape is no tuple of sizes", "',' between sizes", found());
            }
            if (count == values.length) {
                throw fault("has too many axes", "at most " + Shape.MAX_RANK, "more than " + Shape.MAX_RANK);
            }
            values[count++] = readInteger();
            comma = peek() == ',';
            if (comma) {
                at++;
            }
        }
        at++;
        if (count == 1 && !comma) {
            throw fault("shape is no tuple of sizes", "(n,) for one axis", "(" + values[0] + ")");
        }
        return Arrays.copyOf(values, count);
    }

    private long readInteger() throws InvalidFileException {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        String digits = text.substring(start, at);
        if (digits.isEmpty()) {
            boolean negative = peek() == '-';
            throw fault(
                    negative ? "shape has a negative size" : "shape has a size that is no integer", "digits", found());
        }
        if (digits.length() > 1 && digits.charAt(0) == '0') {
            throw fault("shape has a size with a leading zero", "digits of a decimal number", Tensors.quote(digits));
        }
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            throw fault("shape has a size that is too large", "less than 2^63", Tensors.quote(digits));
        }
    }

    private String readString(String what) throws InvalidFileException {
        char quote = peek();
        if (quote != '\'' && quote != '"') {
            throw fault("header is not a dict of the npy format", what + ", in quotes", found());
        }
        int end = text.indexOf(quote, at + 1);
        if (end < 0) {
            throw fault("header has an open string", "a closing " + quote, found());
        }
        String value = text.substring(at + 1, end);
        if (value.indexOf('\\') >= 0) {
            throw fault("header has an escape in a string", "plain text", Tensors.quote(value));
        }
        at = end + 1;
        return value;
    }

    /** Returns the next character that is no space, or 0 at the end; the position is then at it. */
    private char peek() {
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
        return at < text.length() ? text.charAt(at) : 0;
    }

    private void expect(char c, String what) throws InvalidFileException {
        if (peek() != c || at == text.length()) {
            throw fault("header is not a dict of the npy format", what, found());
        }
        at++;
    }

    private String found() {
        int end = Math.min(text.length(), at + 16);
        return at >= text.length() ? "the end" : Tensors.quote(text.substring(at, end)) + " at character " + at;
    }

    private InvalidFileException fault(String problem, String expected, String given) {
        return new InvalidFileException(file, problem, expected, given, HINT);
    }
}
