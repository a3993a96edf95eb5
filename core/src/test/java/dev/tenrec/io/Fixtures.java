package dev.tenrec.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Files and values for the tests of this package; the values are those of make_fixtures.py. */
final class Fixtures {

    private Fixtures() {}

    static byte[] resource(String name) {
        try (InputStream stream = Fixtures.class.getResourceAsStream(name)) {
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path copy(String name, Path folder) throws IOException {
        return Files.write(folder.resolve(name), resource(name));
    }

    /** Returns the bytes of the fixtures' tensor of a type, row-major, little-endian. */
    static byte[] bytes(DType dtype, int count) {
        ByteBuffer bytes = ByteBuffer.allocate(count * dtype.byteSize()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            float real = i * 0.5f - 2;
            switch (dtype) {
                case F64 -> bytes.putDouble(real);
                case F32 -> bytes.putFloat(real);
                case F16 -> bytes.putShort(Float.floatToFloat16(real));
                case BF16 -> bytes.putShort((short) (Float.floatToRawIntBits(real) >>> 16));
                case I32 -> bytes.putInt(i * 3 - 5);
                case I64 -> bytes.putLong(i * 3L - 5);
                case U8 -> bytes.put((byte) (i * 7));
                case BOOL -> bytes.put((byte) (i % 3 == 0 ? 1 : 0));
            }
        }
        return bytes.array();
    }

    static RawTensor tensor(DType dtype, long... sizes) {
        Shape shape = Shape.of(sizes);
        return new RawTensor(dtype, shape, MemorySegment.ofArray(bytes(dtype, Math.toIntExact(shape.elementCount()))));
    }

    static void assertTensor(DType dtype, Shape shape, TensorSource actual) throws IOException {
        assertEquals(dtype, actual.dtype());
        assertEquals(shape, actual.shape());
        byte[] expected = bytes(dtype, Math.toIntExact(shape.elementCount()));
        MemorySegment data = actual.data();
        assertEquals(expected.length, data.byteSize(), dtype + " " + shape);
        assertEquals(-1, data.mismatch(MemorySegment.ofArray(expected)), dtype + " " + shape);
    }

    /** Returns a safetensors file with a header as it is given and data of zeros. */
    static byte[] safetensors(byte[] header, int dataLength) {
        return ByteBuffer.allocate(8 + header.length + dataLength)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .array();
    }

    static byte[] safetensors(String header, int dataLength) {
        return safetensors(header.getBytes(StandardCharsets.UTF_8), dataLength);
    }

    /** Returns an npy file of version 1.0 with a header as it is given, a line feed behind it, and data of zeros. */
    static byte[] npy(String dict, int dataLength) {
        byte[] header = (dict + "\n").getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(10 + header.length + dataLength)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
                .putShort((short) header.length)
                .put(header)
                .array();
    }

    static List<String> names(Path folder) throws IOException {
        List<String> names = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.forEach(file -> names.add(file.getFileName().toString()));
        }
        names.sort(null);
        return names;
    }

    static float floatAt(MemorySegment data, long index) {
        return data.get(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), index * 4);
    }

    /** An arena that counts what is taken from it. */
    static final class CountingArena implements Arena {
        private final Arena arena = Arena.ofConfined();
        long bytes;

        @Override
        public MemorySegment allocate(long byteSize, long byteAlignment) {
            bytes += byteSize;
            return arena.allocate(byteSize, byteAlignment);
        }

        @Override
        public MemorySegment.Scope scope() {
            return arena.scope();
        }

        @Override
        public void close() {
            arena.close();
        }
    }
}
