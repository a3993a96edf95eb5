package dev.tenrec.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.InvalidFileException;
import dev.tenrec.io.SafeTensorsFile.Entry;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafeTensorsFileTest {

    @TempDir
    Path folder;

    @Test
    void readsWhatAnIndependentWriterWrote() throws IOException {
        try (SafeTensorsFile file = SafeTensorsFile.open(Fixtures.copy("ordered.safetensors", folder))) {
            Shape shape = Shape.of(2, 3, 4);
            assertEquals(
                    List.of(
                            "double",
                            "long",
                            "empty",
                            "float",
                            "int",
                            "scalar",
                            "bf16",
                            "half",
                            "größe.重み.🦔",
                            "quote \" backslash \\ slash / tab \t"),
                    List.copyOf(file.entries().keySet()));
            Fixtures.assertTensor(DType.F64, shape, file.entries().get("double"));
            Fixtures.assertTensor(DType.I64, shape, file.entries().get("long"));
            Fixtures.assertTensor(DType.F64, Shape.of(0, 5), file.entries().get("empty"));
            Fixtures.assertTensor(DType.F32, shape, file.entries().get("float"));
            Fixtures.assertTensor(DType.I32, shape, file.entries().get("int"));
            Fixtures.assertTensor(DType.F32, Shape.scalar(), file.entries().get("scalar"));
            Fixtures.assertTensor(DType.BF16, shape, file.entries().get("bf16"));
            Fixtures.assertTensor(DType.F16, shape, file.entries().get("half"));
            Fixtures.assertTensor(DType.U8, shape, file.entries().get("größe.重み.🦔"));
            Fixtures.assertTensor(DType.BOOL, shape, file.entries().lastEntry().getValue());
            assertEquals(Map.of("format", "pt", "übung", "ja \"nein\""), file.metadata());
        }
    }

    @Test
    void writesTheBytesOfAnIndependentWriter() throws IOException {
        Path copy = folder.resolve("copy.safetensors");
        try (SafeTensorsFile file = SafeTensorsFile.open(Fixtures.copy("ordered.safetensors", folder))) {
            SafeTensorsFile.write(copy, file.entries(), file.metadata());
        }
        assertArrayEquals(Fixtures.resource("ordered.safetensors"), Files.readAllBytes(copy));
    }

    @Test
    void readsAHeaderInAnotherOrderThanItsDataAndDataAtOddAddresses() throws IOException {
        try (SafeTensorsFile file = SafeTensorsFile.open(Fixtures.copy("shuffled.safetensors", folder))) {
            assertEquals(List.of("first", "second"), List.copyOf(file.entries().keySet()));
            Fixtures.assertTensor(DType.BOOL, Shape.of(3), file.entries().get("first"));
            Fixtures.assertTensor(DType.F32, Shape.of(2, 3), file.entries().get("second"));
            assertTrue(file.metadata().isEmpty());
        }
    }

    @Test
    void everyTypeAndShapeSurvivesARoundTrip() throws IOException {
        SequencedMap<String, RawTensor> tensors = new LinkedHashMap<>();
        for (DType dtype : DType.values()) {
            tensors.put(dtype + ".scalar", Fixtures.tensor(dtype));
            tensors.put(dtype + ".empty", Fixtures.tensor(dtype, 3, 0, 2));
            tensors.put(dtype + ".odd", Fixtures.tensor(dtype, 7, 13));
            tensors.put(dtype + ".deep", Fixtures.tensor(dtype, 1, 2, 1, 2, 1, 2, 1, 3));
            tensors.put("../" + dtype + "/ü\u0000\uD83E\uDD94", Fixtures.tensor(dtype, 5));
        }
        Path path = folder.resolve("all.safetensors");
        SafeTensorsFile.write(path, tensors, Map.of("k", "", "", "v"));
        assertEquals(List.of("all.safetensors"), Fixtures.names(folder));
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            assertEquals(tensors.keySet(), file.entries().keySet());
            for (Entry entry : file.entries().values()) {
                RawTensor written = tensors.get(entry.name());
                Fixtures.assertTensor(written.dtype(), written.shape(), entry);
                assertTrue(entry.data().isReadOnly());
                assertEquals(0, entry.data().address() % entry.dtype().byteSize(), "aligned: " + entry.name());
                byte[] out = new byte[(int) entry.data().byteSize() + 3];
                file.read(entry, MemorySegment.ofArray(out));
                assertEquals(entry.data().byteSize(), entry.data().mismatch(MemorySegment.ofArray(out)));
            }
            assertEquals(Map.of("k", "", "", "v"), file.metadata());
        }
    }

    @Test
    void anEmptyFileOfTensorsIsValid() throws IOException {
        Path path = folder.resolve("none.safetensors");
        SafeTensorsFile.write(path, new LinkedHashMap<String, RawTensor>(), Map.of());
        assertEquals(16, Files.size(path));
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            assertTrue(file.entries().isEmpty());
        }
    }

    @Test
    void theSameInputGivesTheSameBytesFromAnyKindOfSegment() throws IOException {
        float[] values = new float[100_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = i * 0.5f - 2;
        }
        SequencedMap<String, RawTensor> heap = new LinkedHashMap<>();
        SequencedMap<String, RawTensor> bytes = new LinkedHashMap<>();
        heap.put("b", new RawTensor(DType.F32, Shape.of(values.length), MemorySegment.ofArray(values)));
        heap.put("a", Fixtures.tensor(DType.U8, 3));
        bytes.put("a", Fixtures.tensor(DType.U8, 3));
        bytes.put("b", Fixtures.tensor(DType.F32, values.length));
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("z", "1");
        metadata.put("y", "2");
        Path one = folder.resolve("one");
        Path two = folder.resolve("two");
        SafeTensorsFile.write(one, heap, metadata);
        SafeTensorsFile.write(two, bytes, Map.of("y", "2", "z", "1"));
        assertEquals(-1, Files.mismatch(one, two));
    }

    @Test
    void maps3GiBWithoutReadingThem() throws IOException {
        long count = 3L << 28;
        long dataLength = count * 4;
        assumeTrue(Files.getFileStore(folder).getUsableSpace() > dataLength, "no room for a file of 3 GiB");
        Path path = folder.resolve("large.safetensors");
        byte[] header = ("{\"w\":{\"dtype\":\"F32\",\"shape\":[3,268435456],\"data_offsets\":[0," + dataLength + "]}}")
                .getBytes(StandardCharsets.UTF_8);
        try (FileChannel channel = FileChannel.open(
                path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            channel.write(ByteBuffer.wrap(Fixtures.safetensors(header, 0)));
            ByteBuffer last = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
            channel.write(last.putFloat(42).flip(), 8 + header.length + dataLength - 4);
        }
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            Entry entry = file.entries().get("w");
            assertEquals(dataLength, entry.data().byteSize());
            assertEquals(0, Fixtures.floatAt(entry.data(), count - 2));
            assertEquals(42, Fixtures.floatAt(entry.data(), count - 1));
            CountingChannel sink = new CountingChannel();
            SegmentOutput.write(sink, entry.data());
            assertEquals(dataLength, sink.bytes);
            assertTrue(sink.largest <= 1 << 26);
        }
    }

    @Test
    void aFileCutShortWhileItIsOpenIsReported() throws IOException {
        Path path = folder.resolve("cut.safetensors");
        SequencedMap<String, RawTensor> tensors = new LinkedHashMap<>();
        tensors.put("w", Fixtures.tensor(DType.F32, 1 << 20));
        SafeTensorsFile.write(path, tensors, Map.of());
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            Entry entry = file.entries().get("w");
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                channel.truncate(4096);
            }
            MemorySegment target = MemorySegment.ofArray(new byte[4 << 20]);
            assertMessage("was cut short after it was opened", () -> file.read(entry, target));
            assertMessage(
                    "changed while it was read",
                    () -> InputFile.guard(
                            "f", () -> target.copyFrom(entry.data()).byteSize()));
        }
        assertMessage(
                "lies outside of the file", () -> SafeTensorsFile.open(path).close());
    }

    @Test
    void whatIsNoFileIsReported() throws IOException {
        assertMessage("does not exist", () -> SafeTensorsFile.open(folder.resolve("missing")));
        assertMessage("is a folder", () -> SafeTensorsFile.open(folder));
        Path empty = Files.createFile(folder.resolve("empty"));
        assertMessage("is empty", () -> SafeTensorsFile.open(empty));
        assertMessage("is not a regular file", () -> SafeTensorsFile.open(Path.of("/dev/null")));
    }

    @Test
    void dataIsGoneAfterClose() throws IOException {
        SafeTensorsFile file = SafeTensorsFile.open(Fixtures.copy("ordered.safetensors", folder));
        MemorySegment data = file.entries().get("float").data();
        file.close();
        file.close();
        assertThrows(IllegalStateException.class, () -> Fixtures.floatAt(data, 0));
    }

    @Test
    void booleansThatAreNeither0Nor1AreRefusedWhenRead() throws IOException {
        byte[] bytes = Fixtures.safetensors("{\"m\":{\"dtype\":\"BOOL\",\"shape\":[19],\"data_offsets\":[0,19]}}", 19);
        bytes[bytes.length - 19 + 11] = 2;
        SafeTensorsFile file = SafeTensorsFile.of(MemorySegment.ofArray(bytes), "m.safetensors");
        MemorySegment target = MemorySegment.ofArray(new byte[19]);
        assertMessage("2 at element 11", () -> file.read(file.entries().get("m"), target));
        bytes[bytes.length - 19 + 11] = 1;
        file.read(file.entries().get("m"), target);
    }

    @Test
    void theWriterRefusesBadNamesTextAndData() throws IOException {
        RawTensor tensor = Fixtures.tensor(DType.F32, 2);
        assertArgument("at least one character", Map.of("", tensor), Map.of());
        assertArgument("__metadata__", Map.of("__metadata__", tensor), Map.of());
        assertArgument("unpaired surrogates", Map.of("a\uD800", tensor), Map.of());
        assertArgument("metadata is not text", Map.of("a", tensor), Map.of("k", "\uDC00"));
        TensorSource wrong = source(tensor, MemorySegment.ofArray(new byte[7]));
        assertArgument("data of 'w' does not fit the shape", Map.of("w", wrong), Map.of());
        assertThrows(
                InvalidArgument.class,
                () -> new RawTensor(DType.F64, Shape.of(2), MemorySegment.ofArray(new byte[15])));
        assertTrue(Fixtures.names(folder).isEmpty());
    }

    private static TensorSource source(RawTensor like, MemorySegment data) {
        return new SafeTensorsFile.Entry("", like.dtype(), like.shape(), data);
    }

    private void assertArgument(
            String text, Map<String, ? extends TensorSource> tensors, Map<String, String> metadata) {
        Path path = folder.resolve("refused");
        InvalidArgument e = assertThrows(
                InvalidArgument.class, () -> SafeTensorsFile.write(path, new LinkedHashMap<>(tensors), metadata));
        assertTrue(e.getMessage().contains(text), e.getMessage());
        assertFalse(Files.exists(path));
    }

    private interface Action {
        void run() throws IOException;
    }

    private static void assertMessage(String text, Action action) {
        InvalidFileException e = assertThrows(InvalidFileException.class, action::run);
        assertTrue(e.getMessage().contains(text), e.getMessage());
        assertTrue(e.getMessage().contains("\n  expected "), e.getMessage());
        assertTrue(e.getMessage().contains("\n  hint: "), e.getMessage());
    }

    @Test
    void aWholeMessage() {
        byte[] bytes = Fixtures.safetensors("{\"w\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,12]}}", 12);
        IOException e = assertThrows(
                InvalidFileException.class, () -> SafeTensorsFile.of(MemorySegment.ofArray(bytes), "w.safetensors"));
        assertEquals("""
                  w.safetensors: tensor 'w' has data that does not fit its shape
                    expected 16 bytes for F32 [4]
                    given    12 bytes at [0, 12]
                    hint: the file is damaged or was written by a faulty program; make it anew\
                  """, e.getMessage());
    }

    /** Takes buffers without looking into them, so that a hole of gigabytes costs nothing. */
    private static final class CountingChannel implements WritableByteChannel {
        long bytes;
        int largest;

        @Override
        public int write(ByteBuffer source) {
            int count = source.remaining();
            bytes += count;
            largest = Math.max(largest, count);
            source.position(source.limit());
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    @Test
    void quotedTextCannotSteerATerminal() {
        List<String> quoted = new ArrayList<>();
        for (String text : List.of("a\nb", "\u001b[31m", "\u202eabc", "x".repeat(5000), "\uD800")) {
            quoted.add(Tensors.quote(text));
        }
        assertEquals("'a\\u{a}b'", quoted.get(0));
        assertEquals("'\\u{1b}[31m'", quoted.get(1));
        assertEquals("'\\u{202e}abc'", quoted.get(2));
        assertEquals("'" + "x".repeat(80) + "'... (5000 characters)", quoted.get(3));
        assertEquals("'\\u{d800}'", quoted.get(4));
    }
}
