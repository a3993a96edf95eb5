package dev.tenrec.io;

import dev.tenrec.data.AtomicFile;
import dev.tenrec.error.InvalidFileException;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;

/**
 * A safetensors file: eight bytes with the length of a header, the header as JSON, then the tensors without a gap
 * between them. Reading maps the file, so opening costs the header only, and files may be larger than memory.
 *
 * <p>The header is checked in full when the file is opened: every field against its type, every offset against the
 * file's length, and all of them together so that each byte belongs to one tensor. What passes can be read without
 * further thought.
 *
 * <p>Thread-safe. After {@link #close()} the data of its entries must not be used: it throws
 * {@link IllegalStateException}.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">the format</a>
 */
public final class SafeTensorsFile implements AutoCloseable {

    /** The longest header accepted and written, in bytes; the format's own limit. */
    public static final long MAX_HEADER_LENGTH = 100_000_000;

    static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String file;
    private final SequencedMap<String, Entry> entries;
    private final Map<String, String> metadata;
    private final Mapping mapping;

    /** What has to be closed, and how long the file was when it was mapped. */
    private record Mapping(FileChannel channel, Arena arena, long length) {}

    /**
     * One tensor of a file.
     *
     * @param name its name, unique in the file
     * @param dtype the element type
     * @param shape the sizes
     * @param data the elements, row-major, little-endian: a read-only view of the file. It may start at any address, so
     *     use the unaligned value layouts. If the file is cut short while it is open, reading what is gone throws
     *     {@link InternalError}; {@link #read} turns that into a message
     */
    public record Entry(String name, DType dtype, Shape shape, MemorySegment data) implements TensorSource {

        /** Checks that nothing is missing. */
        public Entry {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(dtype, "dtype");
            Objects.requireNonNull(shape, "shape");
            Objects.requireNonNull(data, "data");
        }
    }

    private SafeTensorsFile(String file, SafeTensorsHeader header, MemorySegment bytes, Mapping mapping) {
        this.file = file;
        this.mapping = mapping;
        metadata = Collections.unmodifiableMap(header.metadata());
        SequencedMap<String, Entry> found = new LinkedHashMap<>();
        for (SafeTensorsHeader.Field field : header.fields()) {
            MemorySegment data = bytes.asSlice(header.dataStart() + field.begin(), field.end() - field.begin());
            found.put(field.name(), new Entry(field.name(), field.dtype(), field.shape(), data));
        }
        entries = Collections.unmodifiableSequencedMap(found);
    }

    /**
     * Opens a file and checks its header.
     *
     * @param path the file
     * @return the open file; to be closed
     * @throws InvalidFileException if there is no such file, or it is not a valid safetensors file
     * @throws IOException if reading fails
     */
    public static SafeTensorsFile open(Path path) throws IOException {
        FileChannel channel = InputFile.open(path);
        Arena arena = Arena.ofShared();
        try {
            MemorySegment bytes = InputFile.map(channel, path, arena);
            return parse(path.toString(), bytes, new Mapping(channel, arena, bytes.byteSize()));
        } catch (Throwable e) {
            arena.close();
            channel.close();
            throw e;
        }
    }

    /**
     * Reads a file that is in memory already.
     *
     * @param bytes the whole file
     * @param name what to call it in messages
     * @return the file; its entries are views of {@code bytes}
     * @throws InvalidFileException if it is not a valid safetensors file
     * @throws IOException if reading fails
     */
    public static SafeTensorsFile of(MemorySegment bytes, String name) throws IOException {
        return parse(name, bytes.asReadOnly(), null);
    }

    private static SafeTensorsFile parse(String file, MemorySegment bytes, Mapping mapping) throws IOException {
        SafeTensorsHeader header = InputFile.guard(file, () -> SafeTensorsHeader.parse(file, bytes));
        return new SafeTensorsFile(file, header, bytes, mapping);
    }

    /**
     * Writes tensors to a file, whole or not at all; see {@link AtomicFile}. Data is streamed: nothing but the header
     * is held in memory.
     *
     * <p>Tensors are stored by element size, the widest first, and in the given order among equals, so that each is
     * aligned to its elements. Metadata is sorted by key. The same input gives the same bytes.
     *
     * @param path the file to make or to replace
     * @param tensors by name; a map with an order, such as a {@link LinkedHashMap} or a {@link java.util.TreeMap}
     * @param metadata free text by key; may be empty
     * @throws dev.tenrec.error.InvalidArgument if a name is empty, reserved or not well-formed, or data does not fit
     *     its shape
     * @throws IOException if writing fails or a source throws; an existing file is then as it was
     */
    public static void write(
            Path path, SequencedMap<String, ? extends TensorSource> tensors, Map<String, String> metadata)
            throws IOException {
        SafeTensorsWriter writer = new SafeTensorsWriter(tensors, metadata);
        AtomicFile.write(path, writer::writeTo);
    }

    /**
     * Returns the tensors.
     *
     * @return by name, in the order of their data; unmodifiable
     */
    public SequencedMap<String, Entry> entries() {
        return entries;
    }

    /**
     * Returns the free text stored with the tensors.
     *
     * @return by key, in the order of the header, empty if there is none; unmodifiable
     */
    public Map<String, String> metadata() {
        return metadata;
    }

    /**
     * Copies a tensor out of the file. Unlike {@link Entry#data()}, this notices when the file was cut short after it
     * was opened, and refuses BOOL elements that are neither 0 nor 1.
     *
     * @param entry one of {@link #entries()}
     * @param target where to; at least as long as the entry's data
     * @throws InvalidFileException if the file changed or holds bytes that are no booleans
     * @throws IOException if reading fails
     * @throws IndexOutOfBoundsException if the target is too short
     */
    public void read(Entry entry, MemorySegment target) throws IOException {
        if (mapping != null && mapping.channel.size() < mapping.length) {
            throw new InvalidFileException(
                    file,
                    "was cut short after it was opened",
                    mapping.length + " bytes",
                    mapping.channel.size() + " bytes",
                    "do not write to a file in use; write a new one and rename it");
        }
        InputFile.guard(file, () -> {
            target.asSlice(0, entry.data().byteSize()).copyFrom(entry.data());
            return null;
        });
        if (entry.dtype() == DType.BOOL) {
            Tensors.checkBooleans(
                    file, entry.name(), target.asSlice(0, entry.data().byteSize()));
        }
    }

    /** Unmaps the file. The data of its entries must not be used any more. Closing again does nothing. */
    @Override
    public void close() throws IOException {
        if (mapping != null && mapping.arena.scope().isAlive()) {
            mapping.arena.close();
            mapping.channel.close();
        }
    }

    /** Returns the file's name and the number of its tensors. */
    @Override
    public String toString() {
        return file + " (" + entries.size() + " tensors)";
    }
}
