package dev.tenrec.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.InvalidFileException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every file here is bad in one way; each must end in one message that says which. */
final class BadIdxFilesTest {
    private static final byte[] GOOD = idx(8, new int[] {2, 3}, 6);

    @TempDir
    Path folder;

    record Bad(String name, byte[] bytes, String problem, String given) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Bad> corpus() throws IOException {
        byte[] good = IdxFileTest.gzip(GOOD);
        byte[] shortPayload = IdxFileTest.gzip(Arrays.copyOf(GOOD, GOOD.length - 1));
        byte[] longPayload = IdxFileTest.gzip(Arrays.copyOf(GOOD, GOOD.length + 1));
        return Stream.of(
                new Bad("empty", new byte[0], "file is truncated", "0 bytes"),
                new Bad("one byte", new byte[1], "file is truncated", "1 bytes"),
                new Bad("three bytes", new byte[3], "file is truncated", "3 bytes"),
                new Bad("magic only", new byte[] {0, 0, 8, 1}, "file is truncated", "4 bytes"),
                new Bad("sizes cut", Arrays.copyOf(GOOD, 11), "file is truncated", "11 bytes"),
                new Bad("first byte", with(GOOD, 0, 1), "not an IDX file", "01 00 08 02"),
                new Bad("second byte", with(GOOD, 1, 0xFF), "not an IDX file", "00 ff 08 02"),
                new Bad("type 0", with(GOOD, 2, 0), "not an IDX file", "00 00 00 02"),
                new Bad("type 10", with(GOOD, 2, 10), "not an IDX file", "00 00 0a 02"),
                new Bad("type 15", with(GOOD, 2, 15), "not an IDX file", "00 00 0f 02"),
                new Bad("rank 0", with(GOOD, 3, 0), "not an IDX file", "00 00 08 00"),
                new Bad("rank 9", with(GOOD, 3, 9), "not an IDX file", "00 00 08 09"),
                new Bad("rank 255", with(GOOD, 3, 255), "not an IDX file", "00 00 08 ff"),
                new Bad(
                        "png",
                        "\u0089PNG\r\n\u001a\n".getBytes(StandardCharsets.ISO_8859_1),
                        "not an IDX file",
                        "89 50 4e 47"),
                new Bad(
                        "html",
                        "<!DOCTYPE html>".getBytes(StandardCharsets.US_ASCII),
                        "not an IDX file",
                        "3c 21 44 4f"),
                new Bad("size 0", idx(8, new int[] {0, 3}, 0), "impossible sizes", "[0, 3]"),
                new Bad("size -1", idx(8, new int[] {2, -1}, 6), "impossible sizes", "[2, -1]"),
                new Bad("two negative sizes", idx(8, new int[] {-2, -3}, 6), "impossible sizes", "[-2, -3]"),
                new Bad("overflow", idx(14, new int[] {1 << 30, 1 << 30, 1}, 8), "impossible sizes", "[1073741824, "),
                new Bad(
                        "overflow to small",
                        idx(8, new int[] {1 << 30, 1 << 30, 1 << 30}, 8),
                        "impossible sizes",
                        "[1073741824, "),
                new Bad("payload cut", Arrays.copyOf(GOOD, GOOD.length - 1), "file is truncated", "17 bytes"),
                new Bad("payload missing", Arrays.copyOf(GOOD, 12), "file is truncated", "12 bytes"),
                new Bad("trailing byte", Arrays.copyOf(GOOD, 19), "bytes after the last element", "19 bytes"),
                new Bad("wrong width", with(GOOD, 2, 12), "file is truncated", "18 bytes"),
                new Bad(
                        "gzip magic only",
                        Arrays.copyOf(good, 2),
                        "file is truncated",
                        "the end of the file inside it"),
                new Bad(
                        "gzip header cut",
                        Arrays.copyOf(good, 9),
                        "file is truncated",
                        "the end of the file inside it"),
                new Bad("gzip data cut", Arrays.copyOf(good, 15), "file is truncated", "the end of the file inside it"),
                new Bad(
                        "gzip trailer cut",
                        Arrays.copyOf(good, good.length - 1),
                        "file is truncated",
                        "the end of the file inside it"),
                new Bad("gzip method", with(good, 2, 7), "invalid gzip data", "method 7"),
                new Bad("gzip reserved flag", with(good, 3, 0x80), "invalid gzip data", "flags 0x80"),
                new Bad("gzip deflate block", with(good, 10, 0xFF), "invalid gzip data", "invalid block type"),
                new Bad(
                        "gzip checksum",
                        with(good, good.length - 8, good[good.length - 8] ^ 1),
                        "invalid gzip data",
                        ""),
                new Bad("gzip size", with(good, good.length - 4, 99), "invalid gzip data", "18"),
                new Bad(
                        "gzip trailing text",
                        join(good, new byte[] {'t', 'a', 'i', 'l'}),
                        "invalid gzip data",
                        "74 61"),
                new Bad("gzip trailing zero", join(good, new byte[1]), "file is truncated", "the end of the file"),
                new Bad("gzip of nothing", IdxFileTest.gzip(new byte[0]), "file is truncated", "0 bytes"),
                new Bad("gzip payload short", shortPayload, "file is truncated", "17 bytes"),
                new Bad("gzip payload long", longPayload, "bytes after the last element", "more than that"),
                new Bad("gzip of gzip", IdxFileTest.gzip(good), "not an IDX file", "1f 8b 08 00"),
                new Bad(
                        "gzip bomb header",
                        IdxFileTest.gzip(idx(8, new int[] {1 << 30, 1 << 30}, 0)),
                        "sizes do not fit the file",
                        "which cannot hold that much"));
    }

    @ParameterizedTest
    @MethodSource("corpus")
    void badFileIsRefusedWithItsReason(Bad bad) throws IOException {
        Path file = folder.resolve("bad-file");
        Files.write(file, bad.bytes());
        InvalidFileException e = assertThrows(InvalidFileException.class, () -> IdxFile.read(file));
        List<String> lines = e.getMessage().lines().toList();
        assertEquals(4, lines.size(), e.getMessage());
        assertEquals(file + ": " + bad.problem(), lines.get(0));
        assertTrue(lines.get(1).startsWith("  expected "), e.getMessage());
        assertTrue(lines.get(2).startsWith("  given    ") && lines.get(2).contains(bad.given()), e.getMessage());
        assertTrue(lines.get(3).startsWith("  hint: "), e.getMessage());
    }

    @ParameterizedTest
    @MethodSource("corpus")
    void badStreamIsRefusedToo(Bad bad) {
        assertThrows(
                InvalidFileException.class,
                () -> IdxFile.read("s", new ByteArrayInputStream(bad.bytes()), Arena.ofAuto(), 1 << 20));
    }

    @Test
    void goodFileOfTheCorpusIsGood() throws IOException {
        Path file = folder.resolve("good");
        Files.write(file, GOOD);
        assertEquals(IdxHeader.of(IdxElementType.U8, 2, 3), IdxFile.read(file).header());
        Files.write(file, IdxFileTest.gzip(GOOD));
        assertEquals(IdxHeader.of(IdxElementType.U8, 2, 3), IdxFile.read(file).header());
    }

    /** Any damage ends in the right content or in this one exception, never in another one or a hang. */
    @Test
    void randomDamageNeverEscapes() throws IOException {
        long seed = 20_170_825;
        Random random = new Random(seed);
        byte[] packed = IdxFileTest.gzip(GOOD);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = (i % 2 == 0 ? GOOD : packed).clone();
            for (int damage = random.nextInt(3); damage >= 0; damage--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            bytes = random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 4)) : bytes;
            try {
                IdxFile.read("s", new ByteArrayInputStream(bytes), Arena.ofAuto(), 1 << 20);
            } catch (InvalidFileException e) {
                refused++;
            }
        }
        assertTrue(refused > 10_000, "seed " + seed + ": only " + refused + " files were refused");
    }

    private static byte[] idx(int type, int[] sizes, int payload) {
        ByteBuffer bytes = ByteBuffer.allocate(4 + 4 * sizes.length + payload);
        bytes.put(new byte[] {0, 0, (byte) type, (byte) sizes.length});
        for (int size : sizes) {
            bytes.putInt(size);
        }
        return bytes.array();
    }

    private static byte[] with(byte[] bytes, int index, int value) {
        byte[] copy = bytes.clone();
        copy[index] = (byte) value;
        return copy;
    }

    private static byte[] join(byte[] first, byte[] second) {
        byte[] joined = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, joined, first.length, second.length);
        return joined;
    }
}
