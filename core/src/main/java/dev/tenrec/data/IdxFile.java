package dev.tenrec.data;

import dev.tenrec.error.InvalidFileException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * The content of an IDX file, the format of the MNIST family of data sets.
 *
 * <p>Plain and gzip files are told apart by their content, never by their name. Everything is validated before memory
 * is taken: the magic, the rank, each size, and their product against the length of the file. A gzip file cannot hold
 * more than 1032 times its own length, so a header that promises more is refused as well.
 *
 * @param header element type and sizes
 * @param data the elements in row-major order and the machine's byte order; {@code header.payloadBytes()} long, 64-byte
 *     aligned, read-only when it comes from a file
 */
public record IdxFile(IdxHeader header, MemorySegment data) {
    private static final int CHUNK = 1 << 16;
    private static final long ALIGNMENT = 64;
    /** Deflate codes at most 258 bytes in 2 bits; 1032 is the limit zlib states. */
    private static final long MAX_GZIP_RATIO = 1032;

    private static final String DAMAGED = "the file is damaged or incomplete: copy or download it again";

    /**
     * Checks that the data has the size that the header states.
     *
     * @throws IllegalArgumentException if it has another one
     */
    public IdxFile {
        Objects.requireNonNull(header, "header");
        if (data.byteSize() != header.payloadBytes()) {
            throw new IllegalArgumentException(
                    "idx: expected " + header.payloadBytes() + " bytes for " + header + ", given " + data.byteSize());
        }
    }

    /**
     * Reads a file, plain or gzip, into memory that is freed when it is unreachable.
     *
     * @param path the file
     * @return its content
     * @throws InvalidFileException if the file is not a complete IDX file, or holds more than its header states
     * @throws IOException if the file does not exist or cannot be read
     */
    public static IdxFile read(Path path) throws IOException {
        return read(path, Arena.ofAuto(), Long.MAX_VALUE);
    }

    /**
     * Reads a file, plain or gzip.
     *
     * @param path the file
     * @param arena where the elements live
     * @param maxBytes refuse files with more bytes of elements than this, before memory is taken
     * @return its content
     * @throws InvalidFileException if the file is not a complete IDX file, or holds more than its header states
     * @throws IOException if the file does not exist or cannot be read
     */
    public static IdxFile read(Path path, Arena arena, long maxBytes) throws IOException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString(), null, "no such file");
        }
        if (!Files.isRegularFile(path)) {
            throw new InvalidFileException(
                    path.toString(), "not a regular file", "an IDX file", kindOf(path), "name the file itself");
        }
        try (InputStream in = Files.newInputStream(path)) {
            return read(path.toString(), in, Files.size(path), arena, maxBytes);
        }
    }

    /**
     * Reads a stream, plain or gzip, to its end.
     *
     * @param name the name of the source in error messages
     * @param in the stream; it is not closed
     * @param arena where the elements live
     * @param maxBytes refuse streams with more bytes of elements than this, before memory is taken
     * @return its content
     * @throws InvalidFileException if the stream is not a complete IDX file, or holds more than its header states
     * @throws IOException if reading fails
     */
    public static IdxFile read(String name, InputStream in, Arena arena, long maxBytes) throws IOException {
        return read(name, in, -1, arena, maxBytes);
    }

    /**
     * Creates or replaces a file, under a temporary name that is renamed when the file is complete. The bytes depend on
     * the content alone, so the same content gives the same file.
     *
     * @param path the file; its folder must exist
     * @param gzip whether to compress, at the highest level
     * @throws IOException if writing fails; an existing file is then left as it was
     */
    public void write(Path path, boolean gzip) throws IOException {
        AtomicFile.writeStream(path, out -> {
            try (OutputStream target = gzip ? new BestGzip(out) : new BufferedOutputStream(out, CHUNK)) {
                writeTo(target);
            }
        });
    }

    /**
     * Copies the elements.
     *
     * @return the bytes of the elements, in the machine's byte order
     * @throws IllegalStateException if there are more than 2^31 - 9 bytes
     */
    public byte[] toByteArray() {
        return data.toArray(ValueLayout.JAVA_BYTE);
    }

    private static IdxFile read(String name, InputStream in, long length, Arena arena, long maxBytes)
            throws IOException {
        byte[] start = in.readNBytes(2);
        InputStream whole = new SequenceInputStream(new ByteArrayInputStream(start), in);
        boolean gzip = start.length == 2 && start[0] == 0x1F && start[1] == (byte) 0x8B;
        if (!gzip) {
            return readPlain(name, new BufferedInputStream(whole, CHUNK), length, false, arena, maxBytes);
        }
        try (GzipReader unpacked = new GzipReader(name, whole)) {
            return readPlain(name, new BufferedInputStream(unpacked, CHUNK), length, true, arena, maxBytes);
        }
    }

    private static IdxFile readPlain(String name, InputStream in, long length, boolean gzip, Arena arena, long maxBytes)
            throws IOException {
        IdxHeader header = readHeader(name, in);
        checkLength(name, header, length, gzip, maxBytes);
        MemorySegment data = allocate(name, header, arena);
        byte[] chunk = new byte[CHUNK];
        long bytes = header.payloadBytes();
        for (long offset = 0; offset < bytes; ) {
            int count = in.readNBytes(chunk, 0, (int) Math.min(CHUNK, bytes - offset));
            MemorySegment.copy(chunk, 0, data, ValueLayout.JAVA_BYTE, offset, count);
            offset += count;
            if (offset < bytes && count < CHUNK) {
                throw truncated(name, header, header.headerBytes() + offset);
            }
        }
        if (in.read() >= 0) {
            throw new InvalidFileException(
                    name, "bytes after the last element", wanted(header), "more than that", DAMAGED);
        }
        swapToNative(header.elementType(), data);
        return new IdxFile(header, data.asReadOnly());
    }

    private static IdxHeader readHeader(String name, InputStream in) throws IOException {
        byte[] magic = in.readNBytes(4);
        if (magic.length < 4) {
            throw new InvalidFileException(
                    name, "file is truncated", "a header of at least 8 bytes", magic.length + " bytes", DAMAGED);
        }
        var type = IdxElementType.ofCode(magic[2] & 0xFF);
        int rank = magic[3] & 0xFF;
        if (magic[0] != 0 || magic[1] != 0 || type.isEmpty() || rank < 1 || rank > IdxHeader.MAX_RANK) {
            throw new InvalidFileException(
                    name,
                    "not an IDX file",
                    "magic 00 00, element type 08, 09, 0b, 0c, 0d or 0e, rank 01 to 08",
                    "%02x %02x %02x %02x".formatted(magic[0], magic[1], magic[2], magic[3]),
                    "give a plain or gzip IDX file, such as train-images-idx3-ubyte.gz");
        }
        byte[] axes = in.readNBytes(4 * rank);
        if (axes.length < 4 * rank) {
            throw new InvalidFileException(
                    name,
                    "file is truncated",
                    "a header of " + (4 + 4 * rank) + " bytes (rank " + rank + ")",
                    (4 + axes.length) + " bytes",
                    DAMAGED);
        }
        List<Long> sizes = new ArrayList<>(rank);
        MemorySegment segment = MemorySegment.ofArray(axes);
        for (int axis = 0; axis < rank; axis++) {
            sizes.add((long) segment.get(bigEndian(ValueLayout.JAVA_INT_UNALIGNED), 4L * axis));
        }
        try {
            return new IdxHeader(type.get(), sizes);
        } catch (IllegalArgumentException e) {
            throw new InvalidFileException(
                    name, "impossible sizes", "sizes of 1 to 2147483647, below 2^63 bytes", "" + sizes, DAMAGED);
        }
    }

    private static void checkLength(String name, IdxHeader header, long length, boolean gzip, long maxBytes)
            throws InvalidFileException {
        long bytes = header.payloadBytes();
        if (bytes > maxBytes) {
            throw new InvalidFileException(
                    name,
                    "file is too large",
                    "at most " + maxBytes + " bytes of elements",
                    bytes + " bytes (" + header + ")",
                    "check that this is the file you meant");
        }
        if (length < 0) {
            return;
        }
        if (gzip && bytes / MAX_GZIP_RATIO > length) {
            throw new InvalidFileException(
                    name,
                    "sizes do not fit the file",
                    wanted(header),
                    "a gzip file of " + length + " bytes, which cannot hold that much",
                    DAMAGED);
        }
        if (!gzip && bytes > length - header.headerBytes()) {
            throw truncated(name, header, length);
        }
        if (!gzip && bytes < length - header.headerBytes()) {
            throw new InvalidFileException(
                    name, "bytes after the last element", wanted(header), length + " bytes", DAMAGED);
        }
    }

    private static MemorySegment allocate(String name, IdxHeader header, Arena arena) throws IOException {
        try {
            return arena.allocate(header.payloadBytes(), ALIGNMENT);
        } catch (OutOfMemoryError e) {
            throw new IOException(
                    name + ": no memory for " + header.payloadBytes() + " bytes (" + header
                            + ")\n  hint: raise the limit with -XX:MaxDirectMemorySize",
                    e);
        }
    }

    private static InvalidFileException truncated(String name, IdxHeader header, long given) {
        return new InvalidFileException(name, "file is truncated", wanted(header), given + " bytes", DAMAGED);
    }

    private static String wanted(IdxHeader header) {
        long total = header.payloadBytes() + header.headerBytes();
        return total + " bytes (header " + header.headerBytes() + ", elements " + header + ")";
    }

    private static String kindOf(Path path) {
        return Files.isDirectory(path) ? "a folder" : "a special file";
    }

    private static <L extends ValueLayout> L bigEndian(L layout) {
        @SuppressWarnings("unchecked")
        L swapped = (L) layout.withOrder(ByteOrder.BIG_ENDIAN);
        return swapped;
    }

    /** Turns big-endian elements into native ones, in place. It is its own inverse. */
    private static void swapToNative(IdxElementType type, MemorySegment data) {
        if (ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN) {
            return;
        }
        long bytes = data.byteSize();
        switch (type.byteSize()) {
            case 2 -> {
                for (long at = 0; at < bytes; at += 2) {
                    short value = data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at);
                    data.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Short.reverseBytes(value));
                }
            }
            case 4 -> {
                for (long at = 0; at < bytes; at += 4) {
                    int value = data.get(ValueLayout.JAVA_INT_UNALIGNED, at);
                    data.set(ValueLayout.JAVA_INT_UNALIGNED, at, Integer.reverseBytes(value));
                }
            }
            case 8 -> {
                for (long at = 0; at < bytes; at += 8) {
                    long value = data.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
                    data.set(ValueLayout.JAVA_LONG_UNALIGNED, at, Long.reverseBytes(value));
                }
            }
            default -> {
                // single bytes have no order
            }
        }
    }

    private void writeTo(OutputStream out) throws IOException {
        byte[] start = new byte[header.headerBytes()];
        start[2] = (byte) header.elementType().code();
        start[3] = (byte) header.rank();
        MemorySegment axes = MemorySegment.ofArray(start);
        for (int axis = 0; axis < header.rank(); axis++) {
            int size = Math.toIntExact(header.sizes().get(axis));
            axes.set(bigEndian(ValueLayout.JAVA_INT_UNALIGNED), 4 + 4L * axis, size);
        }
        out.write(start);
        byte[] chunk = new byte[CHUNK];
        MemorySegment view = MemorySegment.ofArray(chunk);
        for (long offset = 0; offset < data.byteSize(); offset += CHUNK) {
            int count = (int) Math.min(CHUNK, data.byteSize() - offset);
            MemorySegment.copy(data, offset, view, 0, count);
            swapToNative(header.elementType(), view.asSlice(0, count));
            out.write(chunk, 0, count);
        }
    }

    /** The JDK's stream with the highest level; it stores no name and no time. */
    private static final class BestGzip extends GZIPOutputStream {
        BestGzip(OutputStream out) throws IOException {
            super(out, CHUNK);
            def.setLevel(Deflater.BEST_COMPRESSION);
        }
    }
}
