package dev.tenrec.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.InvalidFileException;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class NpyFileTest {

    private static final Shape SHAPE = Shape.of(2, 3, 4);

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "BF16")
    void readsWhatNumPyWrote(DType dtype) throws IOException {
        String name = dtype.name().toLowerCase(Locale.ROOT);
        try (Arena arena = Arena.ofConfined()) {
            Fixtures.assertTensor(dtype, SHAPE, NpyFile.read(Fixtures.copy(name + ".npy", folder), arena));
            Fixtures.assertTensor(dtype, SHAPE, NpyFile.read(Fixtures.copy(name + "-big-fortran.npy", folder), arena));
        }
    }

    @Test
    void readsOrdersVersionsAndRanks() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Fixtures.assertTensor(DType.F32, SHAPE, NpyFile.read(Fixtures.copy("fortran.npy", folder), arena));
            Fixtures.assertTensor(DType.F32, SHAPE, NpyFile.read(Fixtures.copy("big.npy", folder), arena));
            Fixtures.assertTensor(DType.I32, SHAPE, NpyFile.read(Fixtures.copy("version2.npy", folder), arena));
            Fixtures.assertTensor(DType.I32, SHAPE, NpyFile.read(Fixtures.copy("version3.npy", folder), arena));
            Fixtures.assertTensor(DType.F32, Shape.scalar(), NpyFile.read(Fixtures.copy("scalar.npy", folder), arena));
            Fixtures.assertTensor(DType.F32, Shape.of(5), NpyFile.read(Fixtures.copy("vector.npy", folder), arena));
            Fixtures.assertTensor(DType.F32, Shape.of(0, 5), NpyFile.read(Fixtures.copy("empty.npy", folder), arena));
        }
    }

    @Test
    void aRowMajorLittleEndianArrayIsAViewOfTheFile() throws IOException {
        try (Fixtures.CountingArena arena = new Fixtures.CountingArena()) {
            RawTensor tensor = NpyFile.read(Fixtures.copy("f32.npy", folder), arena);
            assertTrue(tensor.data().isReadOnly());
            assertEquals(0, arena.bytes);
            assertTrue(NpyFile.read(Fixtures.copy("fortran.npy", folder), arena)
                    .data()
                    .isReadOnly());
            assertEquals(96, arena.bytes);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "BF16")
    void everyTypeAndShapeSurvivesARoundTrip(DType dtype) throws IOException {
        Path path = folder.resolve("a.npy");
        long[][] shapes = {{}, {0}, {1}, {7}, {3, 0, 2}, {5, 13}, {1, 2, 1, 2, 1, 2, 1, 3}};
        try (Arena arena = Arena.ofConfined()) {
            for (long[] sizes : shapes) {
                NpyFile.write(path, Fixtures.tensor(dtype, sizes));
                assertTrue(
                        (Files.size(path) - Fixtures.tensor(dtype, sizes).data().byteSize()) % 64 == 0);
                Fixtures.assertTensor(dtype, Shape.of(sizes), NpyFile.read(path, arena));
            }
        }
    }

    @Test
    void writesTheBytesOfNumPy() throws IOException {
        for (DType dtype : DType.values()) {
            if (dtype != DType.BF16) {
                Path path = folder.resolve("a.npy");
                NpyFile.write(path, Fixtures.tensor(dtype, 2, 3, 4));
                String name = dtype.name().toLowerCase(Locale.ROOT) + ".npy";
                assertArrayEquals(Fixtures.resource(name), Files.readAllBytes(path), name);
            }
        }
    }

    @Test
    void bfloat16IsRefusedBecauseTheFormatHasNone() {
        Path path = folder.resolve("a.npy");
        InvalidArgument e =
                assertThrows(InvalidArgument.class, () -> NpyFile.write(path, Fixtures.tensor(DType.BF16, 3)));
        assertTrue(e.getMessage().contains("cast to F32 first"), e.getMessage());
        assertTrue(Files.notExists(path));
    }

    static Stream<Arguments> headers() {
        String types = "'fortran_order': False, 'shape': (1,), }";
        return Stream.of(
                arguments("", 0, "header is too short"),
                arguments("{", 0, "header is too short"),
                arguments("                ", 0, "a dict"),
                arguments("{                ", 0, "a key, in quotes"),
                arguments("{}                ", 0, "no descr"),
                arguments("[]                ", 0, "a dict"),
                arguments(dict("<f4", "False", "(1,)").substring(1), 4, "a dict"),
                arguments("{'descr': '<f4', 'shape': (1,)}", 4, "no fortran_order"),
                arguments("{'descr': '<f4', 'fortran_order': False}", 4, "no shape"),
                arguments("{'descr': '<f4', 'descr': '<f4', " + types, 4, "has a key twice"),
                arguments("{'descr': '<f4', 'x': 1, " + types, 4, "unknown key"),
                arguments("{'descr': '<f4' " + types, 4, "',' or '}'"),
                arguments("{'descr' '<f4', " + types, 4, "a value for 'descr'"),
                arguments("{'descr: <f4}        ", 4, "open string"),
                arguments("{'de\\x73cr': '<f4', " + types, 4, "escape"),
                arguments("{'descr': <f4, " + types, 4, "in quotes"),
                arguments("{'descr': [('a', '<f4')], " + types, 4, "named fields"),
                arguments(dict("|O", "False", "(1,)"), 8, "pickled Python objects"),
                arguments(dict("", "False", "(1,)"), 4, "not supported"),
                arguments(dict("<c8", "False", "(1,)"), 8, "not supported"),
                arguments(dict("<U4", "False", "(1,)"), 16, "'<U4'"),
                arguments(dict("<i2", "False", "(2,)"), 4, "not supported"),
                arguments(dict("<f4x", "False", "(1,)"), 4, "not supported"),
                arguments(dict("|f4", "False", "(1,)"), 4, "unknown byte order"),
                arguments(dict("=f4", "False", "(1,)"), 4, "unknown byte order"),
                arguments(dict("<f4", "false", "(1,)"), 4, "fortran_order is no boolean"),
                arguments(dict("<f4", "0", "(1,)"), 4, "True or False"),
                arguments(dict("<f4", "Falsey", "(1,)"), 4, "',' or '}'"),
                arguments(dict("<f4", "False", "1"), 4, "a tuple of sizes"),
                arguments(dict("<f4", "False", "[1]"), 4, "a tuple of sizes"),
                arguments(dict("<f4", "False", "(1)"), 4, "(n,) for one axis"),
                arguments(dict("<f4", "False", "(,)"), 4, "no integer"),
                arguments(dict("<f4", "False", "(1,,1)"), 4, "no integer"),
                arguments(dict("<f4", "False", "(1 1)"), 4, "',' between sizes"),
                arguments(dict("<f4", "False", "(-1,)"), 4, "negative size"),
                arguments(dict("<f4", "False", "(1.0,)"), 4, "',' between sizes"),
                arguments(dict("<f4", "False", "(01,)"), 4, "leading zero"),
                arguments(dict("<f4", "False", "(1L,)"), 4, "',' between sizes"),
                arguments(dict("<f4", "False", "((1,),)"), 4, "no integer"),
                arguments(dict("<f4", "False", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"), 4, "too many axes"),
                arguments(dict("<f4", "False", "(9223372036854775808,)"), 4, "too large"),
                arguments(dict("<f4", "False", "(9223372036854775807,)"), 4, "too many elements"),
                arguments(dict("<f4", "False", "(0, 4294967296, 4294967296)"), 0, "too many elements"),
                arguments(dict("<f4", "False", "(1099511627776,)"), 4, "is truncated"),
                arguments(dict("<f4", "False", "(2,)"), 7, "8 bytes of data for F32 [2]"),
                arguments(dict("<f4", "False", "(1,)"), 5, "goes on behind its array"),
                arguments(dict("<f4", "False", "()"), 0, "is truncated"),
                arguments(dict("<f4", "False", "(1,)") + "x", 4, "goes on behind its dict"),
                arguments(dict("<f4", "False", "(1,)") + "\n", 4, "goes on behind its dict"));
    }

    private static String dict(String descr, String fortran, String shape) {
        return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + "}";
    }

    @ParameterizedTest
    @MethodSource("headers")
    void aFaultyHeaderIsRefusedByName(String header, int dataLength, String text) {
        assertRefused(Fixtures.npy(header, dataLength), text);
    }

    @Test
    void soundHeadersInOtherWordsAreAccepted() throws IOException {
        String[] headers = {
            dict("<f4", "False", "(1,)"),
            dict("<f4", "True", "( 1 , )") + "    ",
            "{\"shape\":(1,),\"descr\":\"<f4\",\"fortran_order\":False,}",
            dict("<f4", "False", "(1, 1)"),
            dict("<f4", "False", "(1, 1,)"),
        };
        try (Arena arena = Arena.ofConfined()) {
            for (String header : headers) {
                RawTensor tensor = NpyFile.of(MemorySegment.ofArray(Fixtures.npy(header, 4)), "x", arena);
                assertEquals(1, tensor.shape().elementCount(), header);
            }
        }
    }

    @Test
    void faultyStartsAreRefused() {
        byte[] sound = Fixtures.npy(dict("<f4", "False", "(1,)"), 4);
        for (int length = 1; length < sound.length; length++) {
            assertRefused(Arrays.copyOf(sound, length), length < 6 ? "is not an npy file" : "hostile: ");
        }
        assertRefused(Arrays.copyOf(sound, 7), "is truncated");
        assertRefused(Arrays.copyOf(sound, 12), "header is longer than the file");
        assertRefused(new byte[0], "no bytes");
        assertRefused(with(sound, 0, 0x50), "is not an npy file");
        assertRefused(with(sound, 6, 0), "0.0");
        assertRefused(with(sound, 6, 4), "1.0, 2.0 or 3.0");
        assertRefused(with(sound, 7, 1), "1.1");
        assertRefused(with(sound, 6, 2), "header is longer than the file");
        byte[] latin = Fixtures.resource("version3.npy");
        latin[20] = (byte) 0xff;
        assertRefused(latin, "not UTF-8");
        byte[] large = Arrays.copyOf(Fixtures.resource("version2.npy"), 1 << 20);
        large[10] = 8;
        assertRefused(large, "header is too long");
    }

    @Test
    void booleansThatAreNeither0Nor1AreRefused() {
        for (int length = 1; length <= 24; length++) {
            for (int fault = 0; fault < length; fault++) {
                byte[] bytes = Fixtures.npy(dict("|b1", "False", "(" + length + ",)"), length);
                bytes[bytes.length - length + fault] = (byte) 0xff;
                assertRefused(bytes, "255 at element " + fault);
            }
        }
    }

    @Test
    void whatIsNoFileIsReported() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Path empty = Files.createFile(folder.resolve("empty"));
            for (Path path : new Path[] {empty, folder, folder.resolve("missing")}) {
                assertThrows(InvalidFileException.class, () -> NpyFile.read(path, arena));
            }
        }
    }

    private static byte[] with(byte[] bytes, int index, int value) {
        byte[] changed = bytes.clone();
        changed[index] = (byte) value;
        return changed;
    }

    private static void assertRefused(byte[] bytes, String text) {
        try (Fixtures.CountingArena arena = new Fixtures.CountingArena()) {
            InvalidFileException e = assertThrows(
                    InvalidFileException.class, () -> NpyFile.of(MemorySegment.ofArray(bytes), "hostile", arena));
            assertTrue(e.getMessage().contains(text), e.getMessage());
            assertTrue(e.getMessage().startsWith("hostile: "), e.getMessage());
            assertEquals(0, arena.bytes);
        }
    }
}
