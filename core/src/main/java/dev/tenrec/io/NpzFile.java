package dev.tenrec.io;

import dev.tenrec.data.AtomicFile;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.InvalidFileException;
import dev.tenrec.error.Message;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * NumPy's npz files: a zip archive with one npy file per array, stored or deflated. Names of entries are keys and never
 * paths: nothing is unpacked to a folder.
 *
 * <p>A small archive can claim to hold a huge array. So the size an entry declares must be one that its compressed
 * bytes can give at all, must be what its npy header says, and must not be above a limit; only then memory is taken.
 *
 * <p>Thread-safe.
 */
public final class NpzFile implements AutoCloseable {

    /** The largest array {@link #open(Path)} allows: 8 GiB, in bytes of the unpacked npy file. */
    public static final long DEFAULT_LIMIT = 8L << 30;

    private static final String SUFFIX = ".npy";
    private static final String DAMAGED = "the archive is damaged; copy or download it again";
    private static final int CHUNK = 1 << 16;

    /** Deflate codes at most 258 bytes in two bits, which makes 1032 for one byte; see RFC 1951, 3.2.5. */
    private static final long MAX_RATIO = 1032;

    private static final int BUFFER_ALIGNMENT = 64;

    private final String file;
    private final ZipFile zip;
    private final long limit;
    private final SequencedMap<String, ZipEntry> entries;

    private NpzFile(String file, ZipFile zip, long limit, SequencedMap<String, ZipEntry> entries) {
        this.file = file;
        this.zip = zip;
        this.limit = limit;
        this.entries = entries;
    }

    /**
     * Opens an archive of arrays of up to {@link #DEFAULT_LIMIT} bytes each.
     *
     * @param path the file
     * @return the open archive; to be closed
     * @throws InvalidFileException if there is no such file, or it is not an archive of npy files
     * @throws IOException if reading fails
     */
    public static NpzFile open(Path path) throws IOException {
        return open(path, DEFAULT_LIMIT);
    }

    /**
     * Opens an archive.
     *
     * @param path the file
     * @param limit the largest array to be read, in bytes of the unpacked npy file
     * @return the open archive; to be closed
     * @throws InvalidFileException if there is no such file, or it is not an archive of npy files
     * @throws IOException if reading fails
     */
    public static NpzFile open(Path path, long limit) throws IOException {
        String file = path.toString();
        InputFile.check(path);
        ZipFile zip = openZip(path, file);
        try {
            return new NpzFile(file, zip, limit, list(file, zip));
        } catch (Throwable e) {
            zip.close();
            throw e;
        }
    }

    private static ZipFile openZip(Path path, String file) throws IOException {
        try {
            return new ZipFile(path.toFile());
        } catch (ZipException | EOFException | IllegalArgumentException e) {
            throw new InvalidFileException(
                    file, "is not a zip archive", "an archive of npy files", reason(e), DAMAGED, e);
        } catch (UnsupportedOperationException e) {
            throw new InvalidFileException(
                    file,
                    "cannot be opened as an archive",
                    "a file of the default file system",
                    path.getFileSystem(),
                    "copy it to a disk",
                    e);
        }
    }

    private static SequencedMap<String, ZipEntry> list(String file, ZipFile zip) throws InvalidFileException {
        SequencedMap<String, ZipEntry> entries = new LinkedHashMap<>();
        Enumeration<? extends ZipEntry> all = zip.entries();
        while (all.hasMoreElements()) {
            ZipEntry entry = all.nextElement();
            String name = entry.getName();
            if (!name.endsWith(SUFFIX)) {
                throw new InvalidFileException(
                        file,
                        "holds something else than arrays",
                        "entries with names that end in .npy",
                        Tensors.quote(name),
                        "remove that entry from the archive");
            }
            if (entries.put(name.substring(0, name.length() - SUFFIX.length()), entry) != null) {
                throw new InvalidFileException(
                        file, "holds an array twice", "each name once", Tensors.quote(name), DAMAGED);
            }
        }
        return entries;
    }

    /**
     * Returns the names of the arrays.
     *
     * @return without the suffix {@code .npy}, in the archive's order; unmodifiable
     */
    public SequencedSet<String> names() {
        return Collections.unmodifiableSequencedSet(entries.sequencedKeySet());
    }

    /**
     * Reads an array.
     *
     * @param name one of {@link #names()}
     * @param arena owns the data
     * @return the array, row-major and little-endian; its data is read-only
     * @throws InvalidArgument if there is no array of that name
     * @throws InvalidFileException if the entry is no valid npy file, is damaged, or is above the limit
     * @throws IOException if reading fails
     */
    public RawTensor read(String name, Arena arena) throws IOException {
        ZipEntry entry = entries.get(name);
        if (entry == null) {
            throw new InvalidArgument(Message.of("npz", "no such array")
                    .line("expected", "one of " + shorten(entries))
                    .line("given", Tensors.quote(name))
                    .toString());
        }
        String what = file + " entry " + Tensors.quote(entry.getName());
        checkDeclaredSize(what, entry);
        try (InputStream stream = zip.getInputStream(entry)) {
            if (stream == null) {
                throw new ZipException("the entry has gone");
            }
            return read(what, entry, stream, arena);
        } catch (ZipException | EOFException e) {
            throw new InvalidFileException(
                    what, "cannot be unpacked", entry.getSize() + " bytes of data", reason(e), DAMAGED, e);
        }
    }

    private void checkDeclaredSize(String what, ZipEntry entry) throws InvalidFileException {
        long size = entry.getSize();
        long packed = entry.getCompressedSize();
        boolean stored = entry.getMethod() == ZipEntry.STORED;
        long most = stored ? packed : Math.min(packed, Long.MAX_VALUE / MAX_RATIO) * MAX_RATIO;
        if (size < 0 || packed < 0 || size > most || stored && size != packed) {
            throw new InvalidFileException(
                    what,
                    "declares a size that its compressed data cannot have",
                    stored ? packed + " bytes, as stored" : "at most " + most + " bytes",
                    size + " bytes",
                    DAMAGED);
        }
        if (size > limit) {
            throw new InvalidFileException(
                    what,
                    "is above the limit",
                    "at most " + limit + " bytes",
                    size + " bytes",
                    "open the archive with a higher limit if you trust it");
        }
    }

    private RawTensor read(String what, ZipEntry entry, InputStream stream, Arena arena) throws IOException {
        long total = entry.getSize();
        CRC32 checksum = new CRC32();
        byte[] prefix = stream.readNBytes((int) Math.min(total, NpyHeader.PREFIX));
        int length = NpyHeader.length(what, prefix, total);
        byte[] start = Arrays.copyOf(prefix, length);
        if (stream.readNBytes(start, prefix.length, length - prefix.length) < length - prefix.length) {
            throw new EOFException("the data ends in the header");
        }
        checksum.update(start);
        NpyHeader header = NpyHeader.parse(what, start, total);
        MemorySegment data = arena.allocate(header.dataBytes(), BUFFER_ALIGNMENT);
        byte[] chunk = new byte[Math.clamp(data.byteSize(), 1, CHUNK)];
        for (long at = 0; at < data.byteSize(); ) {
            int count = stream.readNBytes(chunk, 0, (int) Math.min(chunk.length, data.byteSize() - at));
            if (count == 0) {
                throw new EOFException("the data ends after " + (header.dataStart() + at) + " bytes");
            }
            checksum.update(chunk, 0, count);
            MemorySegment.copy(chunk, 0, data, ValueLayout.JAVA_BYTE, at, count);
            at += count;
        }
        if (stream.read() >= 0) {
            throw new ZipException("there is more data than declared");
        }
        if (checksum.getValue() != entry.getCrc()) {
            throw new InvalidFileException(
                    what,
                    "has a wrong checksum",
                    String.format("%08x", entry.getCrc()),
                    String.format("%08x", checksum.getValue()),
                    DAMAGED);
        }
        return NpyFile.tensor(what, header, data, arena);
    }

    /**
     * Writes arrays to an archive, whole or not at all; see {@link AtomicFile}. The same input gives the same bytes.
     *
     * @param path the file to make or to replace
     * @param tensors by name, without suffix; a map with an order
     * @param compressed whether to deflate; weights hardly shrink
     * @throws InvalidArgument if a name is empty or would lead out of a folder it is unpacked to, a type is BF16, or
     *     data does not fit its shape
     * @throws IOException if writing fails or a source throws; an existing file is then as it was
     */
    public static void write(Path path, SequencedMap<String, ? extends TensorSource> tensors, boolean compressed)
            throws IOException {
        NpzWriter writer = new NpzWriter(tensors, compressed);
        AtomicFile.write(path, writer::writeTo);
    }

    private static String shorten(SequencedMap<String, ZipEntry> entries) {
        StringBuilder text = new StringBuilder();
        int shown = 0;
        for (String name : entries.keySet()) {
            if (shown++ == 10) {
                return text.append(", ... (").append(entries.size()).append(")").toString();
            }
            text.append(shown == 1 ? "" : ", ").append(Tensors.quote(name));
        }
        return text.toString();
    }

    private static String reason(Exception e) {
        return Tensors.quote(String.valueOf(e.getMessage()));
    }

    /** Closes the archive. What was read stays valid. */
    @Override
    public void close() throws IOException {
        zip.close();
    }

    /** Returns the file's name and the number of its arrays. */
    @Override
    public String toString() {
        return file + " (" + entries.size() + " arrays)";
    }
}
