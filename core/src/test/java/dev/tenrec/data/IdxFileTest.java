package dev.tenrec.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.InvalidFileException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class IdxFileTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(IdxElementType.class)
    void roundTripsEveryTypePlainAndGzip(IdxElementType type) throws IOException {
        // More than one chunk of 64 KiB, and not a multiple of it.
        IdxHeader header = IdxHeader.of(type, 7, 31, 331);
        byte[] bytes = new byte[Math.toIntExact(header.payloadBytes())];
        new Random(type.code()).nextBytes(bytes);
        IdxFile content = new IdxFile(header, MemorySegment.ofArray(bytes));
        for (boolean gzip : new boolean[] {false, true}) {
            Path file = folder.resolve("file-" + gzip);
            content.write(file, gzip);
            IdxFile read = IdxFile.read(file);
            assertEquals(header, read.header());
            assertArrayEquals(bytes, read.toByteArray());
            assertTrue(read.data().isReadOnly());
            assertEquals(0, read.data().address() % 64);
        }
        assertEquals(header.headerBytes() + header.payloadBytes(), Files.size(folder.resolve("file-false")));
    }

    @Test
    void storesElementsBigEndianAndReadsThemNative() throws IOException {
        byte[] i16 = {0, 0, 0x0B, 1, 0, 0, 0, 2, 0x12, 0x34, (byte) 0xFF, (byte) 0xFE};
        MemorySegment shorts = read(i16).data();
        assertEquals(0x1234, shorts.get(ValueLayout.JAVA_SHORT, 0));
        assertEquals(-2, shorts.get(ValueLayout.JAVA_SHORT, 2));

        byte[] i32 = {0, 0, 0x0C, 1, 0, 0, 0, 1, 0x12, 0x34, 0x56, 0x78};
        assertEquals(0x12345678, read(i32).data().get(ValueLayout.JAVA_INT, 0));

        ByteBuffer f64 = ByteBuffer.allocate(16).put(new byte[] {0, 0, 0x0E, 1, 0, 0, 0, 1});
        assertEquals(Math.PI, read(f64.putDouble(Math.PI).array()).data().get(ValueLayout.JAVA_DOUBLE, 0));

        ByteBuffer f32 = ByteBuffer.allocate(12).put(new byte[] {0, 0, 0x0D, 1, 0, 0, 0, 1});
        byte[] bytes = f32.putFloat(-0.25f).array();
        assertEquals(-0.25f, read(bytes).data().get(ValueLayout.JAVA_FLOAT, 0));

        Path file = folder.resolve("written");
        read(bytes).write(file, false);
        assertArrayEquals(bytes, Files.readAllBytes(file));
    }

    @Test
    void unsignedBytesStayUnsignedBytes() throws IOException {
        byte[] file = {0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, (byte) 0x80, (byte) 0xFF};
        IdxFile content = read(file);
        assertEquals(IdxHeader.of(IdxElementType.U8, 1, 3), content.header());
        assertArrayEquals(new byte[] {0, (byte) 0x80, (byte) 0xFF}, content.toByteArray());
    }

    @Test
    void gzipIsFoundByContentNotByName() throws IOException {
        IdxFile content = new IdxFile(IdxHeader.of(IdxElementType.U8, 3), MemorySegment.ofArray(new byte[] {1, 2, 3}));
        Path packed = folder.resolve("no-suffix");
        Path plain = folder.resolve("plain.gz");
        content.write(packed, true);
        content.write(plain, false);
        assertEquals((byte) 0x1F, Files.readAllBytes(packed)[0]);
        assertEquals((byte) 0x00, Files.readAllBytes(plain)[0]);
        assertArrayEquals(new byte[] {1, 2, 3}, IdxFile.read(packed).toByteArray());
        assertArrayEquals(new byte[] {1, 2, 3}, IdxFile.read(plain).toByteArray());
    }

    @Test
    void readsGzipWithNameAndWithSeveralMembers() throws IOException {
        byte[] idx = {0, 0, 8, 1, 0, 0, 0, 4, 5, 6, 7, 8};
        byte[] first = gzip(Arrays.copyOf(idx, 9));
        byte[] second = gzip(Arrays.copyOfRange(idx, 9, 12));
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        joined.write(first, 0, 3);
        joined.write(4 | 8 | 16 | 2);
        joined.write(first, 4, 6);
        joined.writeBytes(new byte[] {2, 0, 'x', 'y'});
        joined.writeBytes(new byte[] {'n', 0, 'c', 0, 0, 0});
        joined.write(first, 10, first.length - 10);
        joined.writeBytes(second);
        assertArrayEquals(new byte[] {5, 6, 7, 8}, read(joined.toByteArray()).toByteArray());
    }

    @Test
    void sameContentGivesTheSameFile() throws IOException {
        IdxFile content = new IdxFile(IdxHeader.of(IdxElementType.U8, 5000), MemorySegment.ofArray(new byte[5000]));
        content.write(folder.resolve("a"), true);
        content.write(folder.resolve("b"), true);
        assertEquals(-1, Files.mismatch(folder.resolve("a"), folder.resolve("b")));
    }

    @Test
    void missingFileAndFolderAreNamed() {
        Path missing = folder.resolve("missing");
        assertTrue(assertThrows(NoSuchFileException.class, () -> IdxFile.read(missing))
                .getMessage()
                .contains(missing + ": no such file"));
        assertTrue(assertThrows(InvalidFileException.class, () -> IdxFile.read(folder))
                .getMessage()
                .contains("given    a folder"));
    }

    @Test
    void hugeHeadersTakeNoMemory() throws IOException {
        // 2^60 bytes: taking the memory first would fail with another exception, or not return.
        ByteBuffer header = ByteBuffer.allocate(20).put(new byte[] {0, 0, 8, 3});
        header.putInt(1 << 20).putInt(1 << 20).putInt(1 << 20);
        for (byte[] bytes : new byte[][] {header.array(), gzip(header.array())}) {
            Path file = folder.resolve("huge");
            Files.write(file, bytes);
            assertThrows(InvalidFileException.class, () -> IdxFile.read(file));
        }
    }

    @Test
    void expandsNoMoreThanTheHeaderStates() throws IOException {
        byte[] header = {0, 0, 8, 1, 0, 0, 0, 10};
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(header);
            for (int i = 0; i < 1000; i++) {
                out.write(new byte[100_000]);
            }
        }
        ByteArrayInputStream source = new ByteArrayInputStream(packed.toByteArray());
        InvalidFileException e =
                assertThrows(InvalidFileException.class, () -> IdxFile.read("bomb", source, Arena.ofAuto(), 1 << 20));
        assertTrue(e.getMessage().contains("bytes after the last element"), e.getMessage());
        assertTrue(source.available() > packed.size() / 4, "read far beyond the stated size");
    }

    @Test
    void limitIsCheckedBeforeMemoryIsTaken() {
        byte[] header = {0, 0, 0x0E, 1, 0x7F, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF};
        InvalidFileException e = assertThrows(
                InvalidFileException.class,
                () -> IdxFile.read("stream", new ByteArrayInputStream(header), Arena.ofAuto(), 1000));
        assertTrue(e.getMessage().contains("at most 1000 bytes"), e.getMessage());
        assertTrue(e.getMessage().contains("17179869176 bytes (f64 [2147483647])"), e.getMessage());
    }

    @Test
    void failedWriteLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = folder.resolve("file");
        Files.writeString(file, "old");
        Arena closed = Arena.ofConfined();
        IdxFile content = new IdxFile(IdxHeader.of(IdxElementType.U8, 10), closed.allocate(10));
        closed.close();
        assertThrows(IllegalStateException.class, () -> content.write(file, true));
        assertEquals("old", Files.readString(file));
        assertThrows(
                IOException.class,
                () -> AtomicFile.writeStream(file, out -> {
                    out.write(1);
                    throw new IOException("disk full");
                }));
        assertEquals("old", Files.readString(file));
        try (var entries = Files.list(folder)) {
            assertEquals(1, entries.count());
        }
    }

    @Test
    void writesThroughSymbolicLinksAndRefusesFolders() throws IOException {
        Path real = Files.writeString(folder.resolve("real"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), real.getFileName());
        AtomicFile.writeStream(link, out -> out.write('n'));
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("n", Files.readString(real));
        assertThrows(IOException.class, () -> AtomicFile.writeStream(folder, out -> out.write('n')));
        assertFalse(Files.isRegularFile(folder));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, 1L << 31})
    void headerRefusesSizesOutOfRange(long size) {
        assertThrows(IllegalArgumentException.class, () -> IdxHeader.of(IdxElementType.U8, 2, size));
    }

    @Test
    void headerRefusesRanksAndOverflow() {
        long max = Integer.MAX_VALUE;
        assertThrows(IllegalArgumentException.class, () -> IdxHeader.of(IdxElementType.U8));
        assertThrows(IllegalArgumentException.class, () -> IdxHeader.of(IdxElementType.U8, 1, 1, 1, 1, 1, 1, 1, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> IdxHeader.of(IdxElementType.U8, max, max, 3));
        assertThrows(
                IllegalArgumentException.class,
                () -> new IdxFile(IdxHeader.of(IdxElementType.I16, 3), MemorySegment.ofArray(new byte[5])));
    }

    static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }

    private static IdxFile read(byte[] bytes) throws IOException {
        return IdxFile.read("bytes", new ByteArrayInputStream(bytes), Arena.ofAuto(), 1 << 20);
    }
}
