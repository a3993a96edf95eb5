package dev.tenrec.io;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.InvalidFileException;
import dev.tenrec.error.Message;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.StringJoiner;

/**
 * The header of an npy file, checked in full: magic, version, the header's length, a Python dict with the element type,
 * the order and the sizes.
 *
 * @param dtype the element type
 * @param bigEndian whether elements have their most significant byte first
 * @param fortran whether the first axis runs fastest
 * @param shape the sizes
 * @param dataStart where the data begins, in bytes from the start
 */
record NpyHeader(DType dtype, boolean bigEndian, boolean fortran, Shape shape, int dataStart) {

    /** Enough of a file to learn how long its header is. */
    static final int PREFIX = 12;

    /** The longest header accepted: a dict with {@link Shape#MAX_RANK} sizes takes 300 bytes. */
    static final int MAX_LENGTH = 1 << 16;

    /** Below any dict with three keys, and enough that a header never ends within the prefix. */
    private static final int MIN_LENGTH = 16;

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int ALIGNMENT = 64;

    /** Returns the size of the data in bytes; exact, because parsing checked it. */
    long dataBytes() {
        return shape.elementCount() * dtype.byteSize();
    }

    /**
     * Says how many bytes the header takes, magic included.
     *
     * @param file the name for messages
     * @param prefix the first {@link #PREFIX} bytes, or all if there are fewer
     * @param total the length of the file
     */
    static int length(String file, byte[] prefix, long total) throws InvalidFileException {
        if (prefix.length < MAGIC.length || !Arrays.equals(prefix, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new InvalidFileException(
                    file,
                    "is not an npy file",
                    "the bytes 93 4e 55 4d 50 59 at its start",
                    hex(prefix),
                    "check that this is an npy file and not, for example, an npz archive or a pickle");
        }
        if (prefix.length < 10) {
            throw truncated(file, 10, total);
        }
        int major = Byte.toUnsignedInt(prefix[6]);
        int minor = Byte.toUnsignedInt(prefix[7]);
        if (major < 1 || major > 3 || minor != 0) {
            throw new InvalidFileException(
                    file,
                    "has an unknown version of the npy format",
                    "1.0, 2.0 or 3.0",
                    major + "." + minor,
                    "save it with a released version of NumPy");
        }
        int start = major == 1 ? 10 : 12;
        if (prefix.length < start) {
            throw truncated(file, start, total);
        }
        ByteBuffer fields = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN);
        long length = major == 1 ? Short.toUnsignedLong(fields.getShort(8)) : Integer.toUnsignedLong(fields.getInt(8));
        if (length > total - start) {
            throw new InvalidFileException(
                    file,
                    "header is longer than the file",
                    "at most " + (total - start) + " bytes",
                    length + " bytes",
                    "the file is truncated; copy or download it again");
        }
        if (length < MIN_LENGTH) {
            throw new InvalidFileException(
                    file,
                    "header is too short",
                    "at least " + MIN_LENGTH + " bytes",
                    length + " bytes",
                    "the file is damaged; save the array again");
        }
        if (length > MAX_LENGTH) {
            throw new InvalidFileException(
                    file,
                    "header is too long",
                    "at most " + MAX_LENGTH + " bytes",
                    length + " bytes",
                    "save the array alone, without named fields");
        }
        return start + (int) length;
    }

    /**
     * Parses a header.
     *
     * @param file the name for messages
     * @param header the first {@link #length} bytes
     * @param total the length of the file, which the header must account for exactly
     */
    static NpyHeader parse(String file, byte[] header, long total) throws InvalidFileException {
        int major = header[6];
        int start = major == 1 ? 10 : 12;
        ByteBuffer bytes = ByteBuffer.wrap(header, start, header.length - start);
        CharBuffer text;
        try {
            text = (major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1)
                    .newDecoder()
                    .decode(bytes);
        } catch (CharacterCodingException e) {
            throw new InvalidFileException(
                    file, "header is not UTF-8 text", "valid UTF-8", "other bytes", "save the array again", e);
        }
        NpyDict dict = NpyDict.parse(file, text.toString());
        NpyHeader parsed = new NpyHeader(dict.dtype(), dict.bigEndian(), dict.fortran(), dict.shape(), header.length);
        long actual = total - header.length;
        if (actual != parsed.dataBytes()) {
            throw new InvalidFileException(
                    file,
                    actual < parsed.dataBytes() ? "is truncated" : "goes on behind its array",
                    parsed.dataBytes() + " bytes of data for " + parsed.dtype + " " + parsed.shape,
                    actual + " bytes",
                    "copy or download it again; a file holds one array");
        }
        return parsed;
    }

    /** Returns the header of a little-endian, row-major array: version 1.0, padded so that data is aligned. */
    static byte[] format(DType dtype, Shape shape) {
        String descr = switch (dtype) {
            case F16 -> "<f2";
            case F32 -> "<f4";
            case F64 -> "<f8";
            case I32 -> "<i4";
            case I64 -> "<i8";
            case U8 -> "|u1";
            case BOOL -> "|b1";
            case BF16 ->
                throw new InvalidArgument(Message.of("npy", "the format has no such element type")
                        .line("expected", "F16, F32, F64, I32, I64, U8 or BOOL")
                        .line("given", dtype)
                        .hint("cast to F32 first, or write safetensors")
                        .toString());
        };
        StringJoiner sizes = new StringJoiner(", ", "(", shape.rank() == 1 ? ",)" : ")");
        for (long size : shape.sizes()) {
            sizes.add(Long.toString(size));
        }
        String dict = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + sizes + ", }";
        int start = MAGIC.length + 4;
        int length = -Math.floorDiv(-(start + dict.length() + 1), ALIGNMENT) * ALIGNMENT;
        byte[] header = new byte[length];
        Arrays.fill(header, (byte) ' ');
        ByteBuffer.wrap(header)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(MAGIC)
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) (length - start))
                .put(dict.getBytes(StandardCharsets.US_ASCII));
        header[length - 1] = '\n';
        return header;
    }

    private static InvalidFileException truncated(String file, int expected, long total) {
        return new InvalidFileException(
                file, "is truncated", "at least " + expected + " bytes", total + " bytes", "copy or download it again");
    }

    private static String hex(byte[] bytes) {
        StringJoiner text = new StringJoiner(" ");
        for (int i = 0; i < Math.min(bytes.length, MAGIC.length); i++) {
            text.add(String.format("%02x", bytes[i]));
        }
        return bytes.length == 0 ? "no bytes" : text.toString();
    }
}
