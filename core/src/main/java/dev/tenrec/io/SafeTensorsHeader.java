package dev.tenrec.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.tenrec.error.InvalidFileException;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The header of a safetensors file, checked in full.
 *
 * @param fields the tensors in the order of their data
 * @param metadata the free text
 * @param dataStart where the data begins, in bytes from the file's start
 */
record SafeTensorsHeader(List<Field> fields, Map<String, String> metadata, long dataStart) {

    static final String METADATA = "__metadata__";

    private static final String REWRITE = "the file is damaged or was written by a faulty program; make it anew";
    private static final String KNOWN =
            String.join(", ", Arrays.stream(DType.values()).map(DType::name).toList());

    /** Types the format has and Tenrec has not. */
    private static final Set<String> UNSUPPORTED = Set.of(
            "I8",
            "I16",
            "U16",
            "U32",
            "U64",
            "C64",
            "F4",
            "F6_E2M3",
            "F6_E3M2",
            "F8_E5M2",
            "F8_E4M3",
            "F8_E8M0",
            "F8_E4M3FNUZ",
            "F8_E5M2FNUZ");

    // Names are not canonicalized: a table of names that outlives the file is of no use and could be made to collide.
    // Lengths are bounded by the header's, which is checked first; numbers are bounded because parsing takes their
    // square.
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(4)
                    .maxNumberLength(100)
                    .maxNameLength((int) SafeTensorsFile.MAX_HEADER_LENGTH)
                    .maxStringLength((int) SafeTensorsFile.MAX_HEADER_LENGTH)
                    .build())
            .build();

    /** One tensor; {@code begin} and {@code end} in bytes from the start of the data. */
    record Field(String name, DType dtype, Shape shape, long begin, long end) {}

    static SafeTensorsHeader parse(String file, MemorySegment bytes) throws IOException {
        long size = bytes.byteSize();
        if (size < 8) {
            throw new InvalidFileException(
                    file,
                    "is too short for a safetensors file",
                    "at least 8 bytes with the header's length",
                    size + " bytes",
                    "the file is truncated or of another format; copy or download it again");
        }
        long length = bytes.get(SafeTensorsFile.LENGTH, 0);
        if (length < 0 || length > size - 8) {
            throw new InvalidFileException(
                    file,
                    "header is longer than the file",
                    "at most " + (size - 8) + " bytes, which is the file's length less 8",
                    Long.toUnsignedString(length) + " bytes",
                    "the file is truncated or of another format; copy or download it again");
        }
        if (length > SafeTensorsFile.MAX_HEADER_LENGTH) {
            throw new InvalidFileException(
                    file,
                    "header is too long",
                    "at most " + SafeTensorsFile.MAX_HEADER_LENGTH + " bytes",
                    length + " bytes",
                    REWRITE);
        }
        // Fits the file and the limit by now, so this is the first allocation and a bounded one.
        byte[] header = bytes.asSlice(8, length).toArray(ValueLayout.JAVA_BYTE);
        int end = header.length;
        while (end > 0 && header[end - 1] == ' ') {
            end--;
        }
        if (end == 0 || header[0] != '{') {
            throw new InvalidFileException(
                    file,
                    "header is not a JSON object",
                    "a first character '{'",
                    end == 0 ? "an empty header" : String.format("byte 0x%02x", header[0]),
                    "check that this is a safetensors file");
        }
        if (header[end - 1] != '}') {
            throw new InvalidFileException(
                    file,
                    "header does not end with its JSON object",
                    "'}' and then spaces only",
                    String.format("byte 0x%02x at %d", header[end - 1], end - 1),
                    REWRITE);
        }
        return new Parser(file, size - 8 - length).parse(header, end, 8 + length);
    }

    /** The reading of one header. Never recurses: a nested value where none belongs is refused at its first token. */
    private static final class Parser {

        private final String file;
        private final long dataLength;
        private final List<Field> fields = new ArrayList<>();
        private Map<String, String> metadata;
        private JsonParser json;

        Parser(String file, long dataLength) {
            this.file = file;
            this.dataLength = dataLength;
        }

        SafeTensorsHeader parse(byte[] header, int length, long dataStart) throws IOException {
            // A reader of our own, because the JSON parser would guess at UTF-16 and let bad UTF-8 pass.
            try (Reader text = new InputStreamReader(
                            new ByteArrayInputStream(header, 0, length), StandardCharsets.UTF_8.newDecoder());
                    JsonParser parser = JSON.createParser(text)) {
                json = parser;
                json.nextToken();
                readRoot();
                if (json.nextToken() != null) {
                    throw fault("header goes on behind its JSON object", "spaces only", given());
                }
            } catch (CharacterCodingException e) {
                throw fault("header is not UTF-8 text", "valid UTF-8", "other bytes", e);
            } catch (JsonProcessingException e) {
                String reason = Tensors.quote(String.valueOf(e.getOriginalMessage()));
                throw fault("header is not valid JSON", "one JSON object", reason, e);
            }
            fields.sort(Comparator.comparingLong(Field::begin).thenComparingLong(Field::end));
            checkCover();
            return new SafeTensorsHeader(fields, metadata == null ? Map.of() : metadata, dataStart);
        }

        private void readRoot() throws IOException {
            Set<String> names = new HashSet<>();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                // Checked here for every object rather than by the parser, whose message would quote the name raw.
                if (!names.add(name)) {
                    throw fault("header has a key twice", "each name once", Tensors.quote(name));
                }
                json.nextToken();
                if (name.equals(METADATA)) {
                    readMetadata();
                } else {
                    readTensor(name);
                }
            }
        }

        private void readMetadata() throws IOException {
            require(JsonToken.START_OBJECT, METADATA, "an object of strings");
            metadata = new LinkedHashMap<>();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String key = json.currentName();
                json.nextToken();
                require(JsonToken.VALUE_STRING, METADATA + " value of " + Tensors.quote(key), "a string");
                String value = json.getText();
                if (!Tensors.isWellFormed(key) || !Tensors.isWellFormed(value)) {
                    throw fault(
                            METADATA + " has an unpaired surrogate",
                            "well-formed Unicode",
                            "key " + Tensors.quote(key));
                }
                if (metadata.put(key, value) != null) {
                    throw fault(METADATA + " has a key twice", "each key once", Tensors.quote(key));
                }
            }
        }

        private void readTensor(String name) throws IOException {
            String what = "tensor " + Tensors.quote(name);
            if (name.isEmpty() || !Tensors.isWellFormed(name)) {
                throw fault(
                        what + " has no valid name",
                        "at least one character, no unpaired surrogates",
                        Tensors.quote(name));
            }
            require(JsonToken.START_OBJECT, what, "an object with dtype, shape and data_offsets");
            DType dtype = null;
            long[] sizes = null;
            long[] offsets = null;
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String field = json.currentName();
                json.nextToken();
                boolean again = switch (field) {
                    case "dtype" -> dtype != null;
                    case "shape" -> sizes != null;
                    case "data_offsets" -> offsets != null;
                    default ->
                        throw fault(
                                what + " has an unknown field", "dtype, shape and data_offsets", Tensors.quote(field));
                };
                if (again) {
                    throw fault(what + " has a field twice", "each field once", Tensors.quote(field));
                }
                switch (field) {
                    case "dtype" -> dtype = readDType(what);
                    case "shape" -> sizes = readIntegers(what + " shape", Shape.MAX_RANK, "sizes, as many as axes");
                    default -> offsets = readIntegers(what + " data_offsets", 2, "integers, begin and end");
                }
            }
            if (dtype == null || sizes == null || offsets == null) {
                String absent = dtype == null ? "dtype" : sizes == null ? "shape" : "data_offsets";
                throw fault(what + " is incomplete", "dtype, shape and data_offsets", "no " + absent);
            }
            if (offsets.length != 2) {
                throw fault(
                        what + " data_offsets has not two numbers",
                        "begin and end",
                        offsets.length + " numbers: " + Arrays.toString(offsets));
            }
            addTensor(name, what, dtype, sizes, offsets);
        }

        private void addTensor(String name, String what, DType dtype, long[] sizes, long[] offsets)
                throws InvalidFileException {
            long begin = offsets[0];
            long end = offsets[1];
            if (begin > end) {
                throw fault(what + " ends before it begins", "begin <= end", Arrays.toString(offsets));
            }
            if (end > dataLength) {
                throw fault(
                        what + " lies outside of the file",
                        "data_offsets of at most " + dataLength + ", the length of the data",
                        Arrays.toString(offsets));
            }
            long count = 1;
            boolean empty = false;
            try {
                for (long size : sizes) {
                    empty |= size == 0;
                    // Also for an empty tensor: strides are made of these products.
                    count = Math.multiplyExact(count, Math.max(size, 1));
                }
                count = Math.multiplyExact(count, (long) dtype.byteSize());
            } catch (ArithmeticException e) {
                throw fault(what + " has too many elements", "fewer than 2^63 bytes", dtype + Arrays.toString(sizes));
            }
            long expected = empty ? 0 : count;
            if (end - begin != expected) {
                throw fault(
                        what + " has data that does not fit its shape",
                        expected + " bytes for " + dtype + " " + Arrays.toString(sizes),
                        (end - begin) + " bytes at " + Arrays.toString(offsets));
            }
            fields.add(new Field(name, dtype, Shape.of(sizes), begin, end));
        }

        private void checkCover() throws InvalidFileException {
            long covered = 0;
            for (Field field : fields) {
                if (field.begin != covered) {
                    String what = "tensor " + Tensors.quote(field.name);
                    throw fault(
                            what + (field.begin < covered ? " overlaps the one before" : " leaves a hole before it"),
                            "begin at " + covered + ", where the one before ends",
                            "begin at " + field.begin);
                }
                covered = field.end;
            }
            if (covered != dataLength) {
                throw fault(
                        "data goes on behind the last tensor",
                        covered + " bytes of data, as the tensors say",
                        dataLength + " bytes");
            }
        }

        private DType readDType(String what) throws IOException {
            require(JsonToken.VALUE_STRING, what + " dtype", "a string");
            String text = json.getText();
            for (DType dtype : DType.values()) {
                if (dtype.name().equals(text)) {
                    return dtype;
                }
            }
            boolean exists = UNSUPPORTED.contains(text);
            throw new InvalidFileException(
                    file,
                    what + (exists ? " has a dtype that is not supported" : " has an unknown dtype"),
                    "one of " + KNOWN,
                    Tensors.quote(text),
                    exists ? "convert the tensor to one of these first" : hint(text));
        }

        private static String hint(String text) {
            String upper = text.toUpperCase(Locale.ROOT);
            return Arrays.stream(DType.values()).anyMatch(d -> d.name().equals(upper))
                    ? "names are in capitals: " + upper
                    : REWRITE;
        }

        private long[] readIntegers(String what, int most, String meaning) throws IOException {
            require(JsonToken.START_ARRAY, what, "an array of " + meaning);
            long[] values = new long[most];
            int count = 0;
            while (json.nextToken() != JsonToken.END_ARRAY) {
                if (count == most) {
                    throw fault(what + " is too long", "at most " + most + " " + meaning, "more than " + most);
                }
                values[count] = readInteger(what + "[" + count + "]");
                count++;
            }
            return Arrays.copyOf(values, count);
        }

        private long readInteger(String what) throws IOException {
            require(JsonToken.VALUE_NUMBER_INT, what, "an integer of 0 or more");
            String digits = json.getText();
            if (digits.startsWith("-")) {
                throw fault(what + " is negative", "an integer of 0 or more", digits);
            }
            if (json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
                throw fault(what + " is too large", "less than 2^63", digits);
            }
            return json.getLongValue();
        }

        private void require(JsonToken token, String what, String expected) throws IOException {
            if (json.currentToken() != token) {
                throw fault(what + " is of the wrong kind", expected, given());
            }
        }

        private String given() throws IOException {
            return switch (json.currentToken()) {
                case null -> "the end";
                case START_OBJECT -> "an object";
                case START_ARRAY -> "an array";
                case VALUE_STRING -> "the string " + Tensors.quote(json.getText());
                case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "the number " + json.getText();
                default -> Tensors.quote(json.getText());
            };
        }

        private InvalidFileException fault(String problem, String expected, String given) {
            return fault(problem, expected, given, null);
        }

        private InvalidFileException fault(String problem, String expected, String given, Throwable cause) {
            return new InvalidFileException(file, problem, expected, given, REWRITE, cause);
        }
    }
}
