package dev.tenrec.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.InvalidFileException;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TimeZone;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpzFileTest {

    @TempDir
    Path folder;

    @Test
    void readsWhatNumPyWrote() throws IOException {
        Shape shape = Shape.of(2, 3, 4);
        try (Arena arena = Arena.ofConfined();
                NpzFile stored = NpzFile.open(Fixtures.copy("stored.npz", folder));
                NpzFile deflated = NpzFile.open(Fixtures.copy("deflated.npz", folder))) {
            assertEquals(List.of("w", "größe", "f"), List.copyOf(stored.names()));
            Fixtures.assertTensor(DType.F32, shape, stored.read("w", arena));
            Fixtures.assertTensor(DType.I64, shape, stored.read("größe", arena));
            Fixtures.assertTensor(DType.F64, shape, stored.read("f", arena));
            Fixtures.assertTensor(DType.F32, shape, deflated.read("w", arena));
            Fixtures.assertTensor(DType.I64, shape, deflated.read("größe", arena));
            RawTensor zeros = deflated.read("zeros", arena);
            assertEquals(Shape.of(100_000), zeros.shape());
            assertEquals(-1, zeros.data().mismatch(MemorySegment.ofArray(new byte[800_000])));
        }
    }

    @Test
    void arraysSurviveARoundTripAndGiveTheSameBytes() throws IOException {
        SequencedMap<String, RawTensor> tensors = new LinkedHashMap<>();
        for (DType dtype : DType.values()) {
            if (dtype != DType.BF16) {
                tensors.put("layers/" + dtype + ".ü", Fixtures.tensor(dtype, 300, 100));
                tensors.put(dtype + ".scalar:0", Fixtures.tensor(dtype));
                tensors.put(dtype + ".empty", Fixtures.tensor(dtype, 0, 3));
            }
        }
        TimeZone zone = TimeZone.getDefault();
        try (Arena arena = Arena.ofConfined()) {
            for (boolean compressed : new boolean[] {false, true}) {
                Path path = folder.resolve("a.npz");
                NpzFile.write(path, tensors, compressed);
                byte[] bytes = Files.readAllBytes(path);
                TimeZone.setDefault(TimeZone.getTimeZone("Pacific/Kiritimati"));
                NpzFile.write(path, tensors, compressed);
                assertArrayEquals(bytes, Files.readAllBytes(path));
                try (NpzFile file = NpzFile.open(path)) {
                    assertEquals(List.copyOf(tensors.keySet()), List.copyOf(file.names()));
                    for (String name : file.names()) {
                        RawTensor written = tensors.get(name);
                        Fixtures.assertTensor(written.dtype(), written.shape(), file.read(name, arena));
                    }
                }
            }
        } finally {
            TimeZone.setDefault(zone);
        }
        assertEquals(List.of("a.npz"), Fixtures.names(folder));
    }

    @Test
    void namesThatLeadOutOfAFolderAreNotWritten() throws IOException {
        String[] names = {"", "/etc/x", "../x", "a/../../x", "a\\x", "C:x", "\uDC00", "n".repeat(66_000)};
        for (String name : names) {
            SequencedMap<String, RawTensor> tensors = new LinkedHashMap<>(Map.of(name, Fixtures.tensor(DType.F32, 1)));
            assertThrows(InvalidArgument.class, () -> NpzFile.write(folder.resolve("a.npz"), tensors, false), name);
        }
        assertTrue(Fixtures.names(folder).isEmpty());
    }

    @Test
    void namesInAnArchiveAreKeysAndNeverPaths() throws IOException {
        Path inner = Files.createDirectory(folder.resolve("inner"));
        Path path = archive(inner, "../outside.npy", Fixtures.resource("f32.npy"));
        try (Arena arena = Arena.ofConfined();
                NpzFile file = NpzFile.open(path)) {
            Fixtures.assertTensor(DType.F32, Shape.of(2, 3, 4), file.read("../outside", arena));
        }
        assertEquals(List.of("inner"), Fixtures.names(folder));
        assertEquals(List.of("a.npz"), Fixtures.names(inner));
    }

    @Test
    void aDeflatedHoleIsRefusedAboveTheLimitBeforeMemoryIsTaken() throws IOException {
        byte[] zeros = Fixtures.npy("{'descr': '|u1', 'fortran_order': False, 'shape': (50000000,)}", 50_000_000);
        Path path = archive(folder, "zeros.npy", zeros);
        assertTrue(Files.size(path) < 60_000);
        try (Fixtures.CountingArena arena = new Fixtures.CountingArena();
                NpzFile file = NpzFile.open(path, 10_000_000)) {
            assertMessage("is above the limit", () -> file.read("zeros", arena));
            assertEquals(0, arena.bytes);
        }
    }

    @Test
    void sizesThatDoNotFitTheDataAreRefused() throws IOException {
        byte[] archive = Files.readAllBytes(archive(folder, "a.npy", Fixtures.resource("f32.npy")));
        int directory = indexOf(archive, new byte[] {'P', 'K', 1, 2});
        assertFault(with(archive, directory + 27, 0x7f), "compressed data cannot have");
        assertFault(with(archive, directory + 25, 1), "goes on behind its array");
        assertFault(with(archive, directory + 24, archive[directory + 24] - 1), "is truncated");
        assertFault(with(archive, directory + 16, archive[directory + 16] + 1), "wrong checksum");
    }

    @Test
    void archivesWithOtherContentAreRefused() throws IOException {
        assertFault(bytes("readme.txt", new byte[3]), "holds something else than arrays");
        assertFault(bytes("a.npy", new byte[0]), "is not an npy file");
        assertFault(bytes("a.npy", "no array here".getBytes(StandardCharsets.US_ASCII)), "is not an npy file");
        assertFault(bytes("a.npy", Fixtures.npy("", 4)), "header is too short");
        assertFault("not a zip at all".getBytes(StandardCharsets.US_ASCII), "is not a zip archive");
        byte[] cut = bytes("a.npy", Fixtures.resource("f32.npy"));
        assertFault(Arrays.copyOf(cut, cut.length / 2), "is not a zip archive");
        assertFault(new byte[0], "is not a zip archive");
        assertMessage("is a folder", () -> NpzFile.open(folder).close());
        assertMessage(
                "does not exist", () -> NpzFile.open(folder.resolve("missing")).close());
        byte[] twice = twice();
        assertFault(twice, "holds an array twice");
    }

    @Test
    void anUnknownNameIsAnsweredWithTheKnownOnes() throws IOException {
        try (Arena arena = Arena.ofConfined();
                NpzFile file = NpzFile.open(Fixtures.copy("stored.npz", folder))) {
            InvalidArgument e = assertThrows(InvalidArgument.class, () -> file.read("x", arena));
            assertTrue(e.getMessage().contains("one of 'w', 'größe', 'f'"), e.getMessage());
        }
    }

    @Test
    void otherToolsFindTheEntries() throws IOException {
        Path path = folder.resolve("a.npz");
        NpzFile.write(path, new LinkedHashMap<>(Map.of("w", Fixtures.tensor(DType.F32, 2, 3, 4))), false);
        try (ZipFile zip = new ZipFile(path.toFile())) {
            byte[] entry = zip.getInputStream(zip.getEntry("w.npy")).readAllBytes();
            assertArrayEquals(Fixtures.resource("f32.npy"), entry);
        }
    }

    /** Returns an archive with two entries of one name, which no writer makes: the second is renamed afterwards. */
    private static byte[] twice() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (String name : List.of("a.npy", "b.npy")) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write(Fixtures.resource("f32.npy"));
            }
        }
        byte[] archive = bytes.toByteArray();
        byte[] name = "b.npy".getBytes(StandardCharsets.US_ASCII);
        for (int at = indexOf(archive, name); at >= 0; at = indexOf(archive, name)) {
            archive[at] = 'a';
        }
        return archive;
    }

    private static byte[] bytes(String name, byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry(name));
            zip.write(content);
        }
        return bytes.toByteArray();
    }

    private static Path archive(Path folder, String name, byte[] content) throws IOException {
        return Files.write(folder.resolve("a.npz"), bytes(name, content));
    }

    private static byte[] with(byte[] bytes, int index, int value) {
        byte[] changed = bytes.clone();
        changed[index] = (byte) value;
        return changed;
    }

    private static int indexOf(byte[] bytes, byte[] part) {
        for (int i = 0; i + part.length <= bytes.length; i++) {
            if (Arrays.equals(bytes, i, i + part.length, part, 0, part.length)) {
                return i;
            }
        }
        return -1;
    }

    private interface Action {
        void run() throws IOException;
    }

    private void assertFault(byte[] archive, String text) throws IOException {
        Path path = Files.write(folder.resolve("fault.npz"), archive);
        assertMessage(text, () -> {
            try (Arena arena = Arena.ofConfined();
                    NpzFile file = NpzFile.open(path)) {
                for (String name : file.names()) {
                    file.read(name, arena);
                }
            }
        });
    }

    private static void assertMessage(String text, Action action) {
        InvalidFileException e = assertThrows(InvalidFileException.class, action::run);
        assertTrue(e.getMessage().contains(text), e.getMessage());
    }
}
