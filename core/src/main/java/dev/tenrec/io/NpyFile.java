package dev.tenrec.io;

import dev.tenrec.data.AtomicFile;
import dev.tenrec.error.InvalidFileException;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * NumPy's npy files: one array each. Reads versions 1.0, 2.0 and 3.0, either byte order, row-major (C) and column-major
 * (Fortran) arrays of {@code f2 f4 f8 i4 i8 u1 b1}; what is read is always row-major and little-endian. Pickled objects
 * are never loaded.
 *
 * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">the format</a>
 */
public final class NpyFile {

    private static final int BUFFER_ALIGNMENT = 64;

    private NpyFile() {}

    /**
     * Reads an array. A row-major little-endian one is a view of the mapped file and costs nothing; others are copied.
     *
     * @param path the file
     * @param arena owns the mapping or the copy
     * @return the array; its data is read-only
     * @throws InvalidFileException if there is no such file, or it is not a valid npy file of a supported type
     * @throws IOException if reading fails
     */
    public static RawTensor read(Path path, Arena arena) throws IOException {
        String file = path.toString();
        try (FileChannel channel = InputFile.open(path)) {
            MemorySegment bytes = InputFile.map(channel, path, arena);
            return InputFile.guard(file, () -> parse(file, bytes, arena));
        }
    }

    /**
     * Reads an array from a file that is in memory already.
     *
     * @param bytes the whole file
     * @param name what to call it in messages
     * @param arena owns the copy, if one has to be made
     * @return the array; its data is read-only, and a view of {@code bytes} where that is possible
     * @throws InvalidFileException if it is not a valid npy file of a supported type
     */
    public static RawTensor of(MemorySegment bytes, String name, Arena arena) throws InvalidFileException {
        return parse(name, bytes, arena);
    }

    private static RawTensor parse(String file, MemorySegment bytes, Arena arena) throws InvalidFileException {
        long total = bytes.byteSize();
        byte[] prefix = bytes.asSlice(0, Math.min(total, NpyHeader.PREFIX)).toArray(ValueLayout.JAVA_BYTE);
        int length = NpyHeader.length(file, prefix, total);
        byte[] start = bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        NpyHeader header = NpyHeader.parse(file, start, total);
        return tensor(file, header, bytes.asSlice(header.dataStart()), arena);
    }

    /** Makes a row-major little-endian tensor of an array's data, copying only if it is something else. */
    static RawTensor tensor(String file, NpyHeader header, MemorySegment data, Arena arena)
            throws InvalidFileException {
        if (header.dtype() == DType.BOOL) {
            Tensors.checkBooleans(file, "array", data);
        }
        boolean columnMajor = header.fortran() && header.shape().rank() > 1;
        if (!columnMajor && !header.bigEndian()) {
            return new RawTensor(header.dtype(), header.shape(), data.asReadOnly());
        }
        MemorySegment copy = arena.allocate(data.byteSize(), BUFFER_ALIGNMENT);
        long[] strides = columnMajor
                ? columnMajorStrides(header.shape())
                : header.shape().denseStrides();
        gather(data, strides, header, copy);
        return new RawTensor(header.dtype(), header.shape(), copy.asReadOnly());
    }

    private static long[] columnMajorStrides(Shape shape) {
        long[] strides = new long[shape.rank()];
        long stride = 1;
        for (int i = 0; i < strides.length; i++) {
            strides[i] = stride;
            stride *= Math.max(shape.size(i), 1);
        }
        return strides;
    }

    /** Copies strided elements into row-major order, row after row of the last axis. */
    private static void gather(MemorySegment source, long[] strides, NpyHeader header, MemorySegment target) {
        long[] sizes = header.shape().sizes();
        int last = sizes.length - 1;
        long row = last < 0 ? 1 : sizes[last];
        long rowStride = last < 0 ? 1 : strides[last];
        long count = header.shape().elementCount();
        int width = header.dtype().byteSize();
        ByteOrder order = header.bigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        long[] index = new long[Math.max(last, 0)];
        long from = 0;
        for (long to = 0; to < count; to += row) {
            copyRow(source, from * width, rowStride * width, order, target, to * width, row, width);
            for (int axis = last - 1; axis >= 0; axis--) {
                from += strides[axis];
                if (++index[axis] < sizes[axis]) {
                    break;
                }
                from -= strides[axis] * sizes[axis];
                index[axis] = 0;
            }
        }
    }

    /** Offsets and stride in bytes. */
    private static void copyRow(
            MemorySegment source,
            long from,
            long stride,
            ByteOrder order,
            MemorySegment target,
            long to,
            long count,
            int width) {
        ByteOrder little = ByteOrder.LITTLE_ENDIAN;
        switch (width) {
            case 1 -> {
                for (long i = 0; i < count; i++) {
                    target.set(ValueLayout.JAVA_BYTE, to + i, source.get(ValueLayout.JAVA_BYTE, from + i * stride));
                }
            }
            case 2 -> {
                var in = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(order);
                var out = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(little);
                for (long i = 0; i < count; i++) {
                    target.set(out, to + 2 * i, source.get(in, from + i * stride));
                }
            }
            case 4 -> {
                var in = ValueLayout.JAVA_INT_UNALIGNED.withOrder(order);
                var out = ValueLayout.JAVA_INT_UNALIGNED.withOrder(little);
                for (long i = 0; i < count; i++) {
                    target.set(out, to + 4 * i, source.get(in, from + i * stride));
                }
            }
            default -> {
                var in = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(order);
                var out = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(little);
                for (long i = 0; i < count; i++) {
                    target.set(out, to + 8 * i, source.get(in, from + i * stride));
                }
            }
        }
    }

    /**
     * Writes an array, whole or not at all; see {@link AtomicFile}. The file is of version 1.0, row-major and
     * little-endian.
     *
     * @param path the file to make or to replace
     * @param tensor the array; BF16 has no equivalent in the format
     * @throws dev.tenrec.error.InvalidArgument if the type is BF16 or the data does not fit the shape
     * @throws IOException if writing fails or the source throws; an existing file is then as it was
     */
    public static void write(Path path, TensorSource tensor) throws IOException {
        byte[] header = NpyHeader.format(tensor.dtype(), tensor.shape());
        long bytes = Tensors.byteCount("npy", tensor.dtype(), tensor.shape());
        AtomicFile.write(path, channel -> {
            SegmentOutput.writeFully(channel, ByteBuffer.wrap(header));
            SegmentOutput.write(channel, Tensors.data("npy", path.getFileName().toString(), tensor, bytes));
        });
    }
}
