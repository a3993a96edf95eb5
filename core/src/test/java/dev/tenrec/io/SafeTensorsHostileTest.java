package dev.tenrec.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.tenrec.error.InvalidFileException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each fault a header can have, and the words that name it. */
class SafeTensorsHostileTest {

    @TempDir
    Path folder;

    /** Single quotes stand for double quotes. */
    static Stream<Arguments> headers() {
        return Stream.of(
                arguments("", 0, "header is not a JSON object"),
                arguments("   ", 0, "an empty header"),
                arguments("[]", 0, "header is not a JSON object"),
                arguments(" {}", 0, "byte 0x20"),
                arguments("\uFEFF{}", 0, "byte 0xef"),
                arguments("{}\n", 0, "'}' and then spaces only"),
                arguments("{}\u0000", 0, "byte 0x00 at 2"),
                arguments("{", 0, "header does not end with its JSON object"),
                arguments("{}{}", 0, "goes on behind its JSON object"),
                arguments("{'a':}", 0, "not valid JSON"),
                arguments("{'__metadata__':{}", 0, "not valid JSON"),
                arguments("{a:{}}", 0, "not valid JSON"),
                arguments("{'a' {}}", 0, "not valid JSON"),
                arguments("{/* c */}", 0, "not valid JSON"),
                arguments("{'a\tb':{}}", 0, "not valid JSON"),
                arguments("{'a':NaN}", 0, "not valid JSON"),
                arguments("{'a':1}", 0, "tensor 'a' is of the wrong kind"),
                arguments("{'a':null}", 0, "'null'"),
                arguments("{'a':[]}", 0, "an array"),
                arguments("{'a':{}}", 0, "no dtype"),
                arguments("{'a':{'dtype':'F32','data_offsets':[0,0]}}", 0, "no shape"),
                arguments("{'a':{'dtype':'F32','shape':[]}}", 4, "no data_offsets"),
                arguments(tensor("F32", "[1]", "[0,4],'extra':1"), 4, "unknown field"),
                arguments(tensor("F32", "[1]", "[0,4],'shape':[1]"), 4, "has a field twice"),
                arguments(tensor("F32", "[1]", "[0,4],'dtype':'F32'"), 4, "has a field twice"),
                arguments("{'a':{'dtype':7,'shape':[],'data_offsets':[0,0]}}", 0, "dtype is of the wrong kind"),
                arguments(tensor("F31", "[1]", "[0,4]"), 4, "unknown dtype"),
                arguments(tensor("F31", "[1]", "[0,4]"), 4, "F32, F64, BF16, F16, I32, I64, U8, BOOL"),
                arguments(tensor("f32", "[1]", "[0,4]"), 4, "names are in capitals: F32"),
                arguments(tensor("I8", "[4]", "[0,4]"), 4, "not supported"),
                arguments(tensor("U16", "[2]", "[0,4]"), 4, "'U16'"),
                arguments(tensor("F8_E4M3", "[4]", "[0,4]"), 4, "convert the tensor"),
                arguments(tensor("F32", "4", "[0,4]"), 4, "shape is of the wrong kind"),
                arguments(tensor("F32", "['1']", "[0,4]"), 4, "the string '1'"),
                arguments(tensor("F32", "[1.0]", "[0,4]"), 4, "the number 1.0"),
                arguments(tensor("F32", "[1e0]", "[0,4]"), 4, "the number 1e0"),
                arguments(tensor("F32", "[-1]", "[0,4]"), 4, "shape[0] is negative"),
                arguments(tensor("F32", "[-0]", "[0,0]"), 0, "shape[0] is negative"),
                arguments(tensor("F32", "[01]", "[0,4]"), 4, "not valid JSON"),
                arguments(tensor("F32", "[+1]", "[0,4]"), 4, "not valid JSON"),
                arguments(tensor("F32", "[0x1]", "[0,4]"), 4, "not valid JSON"),
                arguments(tensor("F32", "[1,]", "[0,4]"), 4, "not valid JSON"),
                arguments(tensor("F32", "[true]", "[0,4]"), 4, "'true'"),
                arguments(tensor("F32", "[[1]]", "[0,4]"), 4, "an array"),
                arguments(tensor("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "shape is too long"),
                arguments(tensor("F32", "[9223372036854775808]", "[0,4]"), 4, "shape[0] is too large"),
                arguments(tensor("F32", "[" + "9".repeat(5000) + "]", "[0,4]"), 4, "exceeds the maximum"),
                arguments(tensor("F32", "[9223372036854775807]", "[0,4]"), 4, "too many elements"),
                arguments(tensor("F32", "[4294967296,4294967296]", "[0,4]"), 4, "too many elements"),
                arguments(tensor("F32", "[0,4294967296,4294967296]", "[0,0]"), 0, "too many elements"),
                arguments(tensor("F32", "[2]", "[0,4]"), 4, "8 bytes for F32 [2]"),
                arguments(tensor("F32", "[0]", "[0,4]"), 4, "0 bytes for F32 [0]"),
                arguments(tensor("F32", "[1]", "[0,4,8]"), 8, "data_offsets is too long"),
                arguments(tensor("F32", "[1]", "[4]"), 4, "has not two numbers"),
                arguments(tensor("F32", "[1]", "[]"), 4, "has not two numbers"),
                arguments(tensor("F32", "[1]", "[4,0]"), 4, "ends before it begins"),
                arguments(tensor("F32", "[1]", "[-4,0]"), 4, "data_offsets[0] is negative"),
                arguments(tensor("F32", "[1]", "[0.0,4]"), 4, "data_offsets[0] is of the wrong kind"),
                arguments(tensor("F32", "[1]", "[0,8]"), 4, "lies outside of the file"),
                arguments(tensor("F32", "[1]", "[9223372036854775803,9223372036854775807]"), 4, "lies outside"),
                arguments(tensor("F32", "[1]", "[18446744073709551612,18446744073709551616]"), 4, "too large"),
                arguments(tensor("F32", "[1]", "[4,8]"), 8, "leaves a hole before it"),
                arguments(tensor("F32", "[1]", "[0,4]"), 8, "goes on behind the last tensor"),
                arguments("{}", 4, "goes on behind the last tensor"),
                arguments(two("[0,4]", "[0,4]"), 4, "overlaps the one before"),
                arguments(two("[0,4]", "[2,6]"), 6, "overlaps the one before"),
                arguments(two("[0,4]", "[5,9]"), 9, "leaves a hole before it"),
                arguments(two("[0,4]", "[4,8]").replace("'b'", "'a'"), 8, "has a key twice"),
                arguments(two("[0,4]", "[4,8]").replace("'b'", "'\\u0061'"), 8, "has a key twice"),
                arguments(tensor("F32", "[1]", "[0,4]").replace("'a'", "''"), 4, "has no valid name"),
                arguments(tensor("F32", "[1]", "[0,4]").replace("'a'", "'\\ud800'"), 4, "urrogate"),
                arguments(tensor("F32", "[1]", "[0,4]").replace("'a'", "'\\udc00'"), 4, "urrogate"),
                arguments("{'__metadata__':1}", 0, "__metadata__ is of the wrong kind"),
                arguments("{'__metadata__':null}", 0, "an object of strings"),
                arguments("{'__metadata__':{'k':1}}", 0, "value of 'k' is of the wrong kind"),
                arguments("{'__metadata__':{'k':{'x':'y'}}}", 0, "an object"),
                arguments("{'__metadata__':{'k':'a','k':'b'}}", 0, "__metadata__ has a key twice"),
                arguments("{'__metadata__':{'k':'\\udfff'}}", 0, "unpaired surrogate"),
                arguments("{'__metadata__':{},'__metadata__':{}}", 0, "has a key twice"),
                arguments("{'a':" + "[".repeat(100_000) + "}", 0, "tensor 'a' is of the wrong kind"),
                arguments("{'a':".repeat(100_000) + "}", 0, "unknown field"));
    }

    private static String tensor(String dtype, String shape, String offsets) {
        return "{'a':{'dtype':'" + dtype + "','shape':" + shape + ",'data_offsets':" + offsets + "}}";
    }

    private static String two(String first, String second) {
        String rest = "{'dtype':'F32','shape':[1],'data_offsets':";
        return "{'a':" + rest + first + "},'b':" + rest + second + "}}";
    }

    @ParameterizedTest
    @MethodSource("headers")
    void aFaultyHeaderIsRefusedByName(String header, int dataLength, String text) throws IOException {
        byte[] bytes = Fixtures.safetensors(header.replace('\'', '"'), dataLength);
        assertRefused(bytes, text.replace("\"", "'"));
    }

    @Test
    void theSoundHeadersTheFaultyOnesAreMadeFromAreAccepted() throws IOException {
        for (String header : new String[] {tensor("F32", "[1]", "[0,4]"), tensor("F32", "[1]", "[0,4]") + "     "}) {
            byte[] bytes = Fixtures.safetensors(header.replace('\'', '"'), 4);
            assertEquals(
                    1,
                    SafeTensorsFile.of(MemorySegment.ofArray(bytes), "x")
                            .entries()
                            .size());
        }
        byte[] both = Fixtures.safetensors(two("[0,4]", "[4,8]").replace('\'', '"'), 8);
        assertEquals(
                2,
                SafeTensorsFile.of(MemorySegment.ofArray(both), "x").entries().size());
    }

    @Test
    void faultyLengthsAreRefusedBeforeAnythingIsTaken() throws IOException {
        byte[] sound = Fixtures.safetensors("{}", 0);
        for (int length = 1; length < 8; length++) {
            assertRefused(Arrays.copyOf(sound, length), "too short for a safetensors file");
        }
        assertRefused(Arrays.copyOf(sound, 9), "header is longer than the file");
        for (long length : new long[] {3, 1L << 31, 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE, -1}) {
            byte[] bytes = sound.clone();
            MemorySegment.ofArray(bytes).set(SafeTensorsFile.LENGTH, 0, length);
            assertRefused(bytes, "header is longer than the file");
            assertRefused(bytes, Long.toUnsignedString(length) + " bytes");
        }
    }

    @Test
    void aHeaderAboveTheCapIsRefusedThoughTheFileIsAsLong() throws IOException {
        Path path = folder.resolve("sparse");
        try (var file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(8 + SafeTensorsFile.MAX_HEADER_LENGTH + 1);
            file.writeLong(Long.reverseBytes(SafeTensorsFile.MAX_HEADER_LENGTH + 1));
        }
        InvalidFileException e = assertThrows(InvalidFileException.class, () -> SafeTensorsFile.open(path));
        assertTrue(e.getMessage().contains("header is too long"), e.getMessage());
    }

    @Test
    void textThatIsNotUtf8IsRefused() throws IOException {
        byte[][] faulty = {
            {(byte) 0xff}, {(byte) 0xc0, (byte) 0x80}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}, {(byte) 0xe9},
        };
        for (byte[] name : faulty) {
            String text = new String(name, StandardCharsets.ISO_8859_1);
            String header = tensor("F32", "[1]", "[0,4]")
                    .replace("'a'", "'" + text + "'")
                    .replace('\'', '"');
            assertRefused(Fixtures.safetensors(header.getBytes(StandardCharsets.ISO_8859_1), 4), "not UTF-8");
        }
        byte[] wide = "{\"a\":{}} ".getBytes(StandardCharsets.UTF_16LE);
        assertRefused(Fixtures.safetensors(wide, 0), "header does not end with its JSON object");
    }

    private void assertRefused(byte[] bytes, String text) throws IOException {
        InvalidFileException e = assertThrows(
                InvalidFileException.class, () -> SafeTensorsFile.of(MemorySegment.ofArray(bytes), "hostile"));
        assertTrue(e.getMessage().contains(text), e.getMessage());
        assertTrue(e.getMessage().startsWith("hostile: "), e.getMessage());
        assertTrue(e.getMessage().length() < 1000, "a short message");
        Path path = Files.write(folder.resolve("hostile"), bytes);
        InvalidFileException mapped = assertThrows(InvalidFileException.class, () -> SafeTensorsFile.open(path));
        assertTrue(mapped.getMessage().contains(text), mapped.getMessage());
    }
}
