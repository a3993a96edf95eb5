package dev.tenrec.benchmarks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.tenrec.benchmarks.work.BadInput;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;

/** JMH's own JSON, where each result also tells what this project makes of it: other tools read past that. */
final class ResultFile {

    private static final JsonFactory JSON = new JsonFactory();
    private static final String SECTION = "tenrec";

    /**
     * Where and with what results were measured.
     *
     * @param environment machine, JDK, commit, date
     * @param libraries how other libraries ran, by name
     */
    record Circumstances(Map<String, String> environment, Map<String, String> libraries) {}

    /**
     * What a file holds.
     *
     * @param circumstances of the measurement
     * @param rows in the order they were measured in
     */
    record Content(Circumstances circumstances, List<ResultTable.Row> rows) {}

    private ResultFile() {}

    /** Writes a file anew. */
    static void write(Path file, List<Measured> measured, Circumstances circumstances) throws IOException {
        ByteArrayOutputStream jmh = new ByteArrayOutputStream();
        try (PrintStream text = new PrintStream(jmh, true, StandardCharsets.UTF_8)) {
            ResultFormatFactory.getInstance(ResultFormatType.JSON, text)
                    .writeOut(measured.stream().map(Measured::result).toList());
        }
        // JMH sorts its results, ours are found by what they are of.
        Map<String, ResultTable.Row> rows = new LinkedHashMap<>();
        measured.forEach(one -> rows.put(one.identity(), one.row()));
        Path temporary = Files.createTempFile(file.toAbsolutePath().getParent(), "results", ".json");
        try (JsonParser parser = JSON.createParser(jmh.toByteArray());
                JsonGenerator generator = JSON.createGenerator(Files.newBufferedWriter(temporary))) {
            generator.useDefaultPrettyPrinter();
            generator.writeStartArray();
            parser.nextToken();
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                Map<String, Object> result = object(parser);
                generator.writeStartObject();
                for (Map.Entry<String, Object> field : result.entrySet()) {
                    write(generator, field.getKey(), field.getValue());
                }
                ResultTable.Row row = rows.get(identity(result));
                write(generator, SECTION, section(row, circumstances));
                generator.writeEndObject();
            }
            generator.writeEndArray();
        }
        Files.move(temporary, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    private static String identity(Map<String, Object> result) {
        Map<?, ?> params = result.get("params") instanceof Map<?, ?> map ? map : Map.of();
        return result.get("benchmark") + " " + result.get("mode") + " " + new TreeMap<>(params);
    }

    private static Map<String, Object> section(ResultTable.Row row, Circumstances circumstances) {
        Map<String, Object> section = new LinkedHashMap<>();
        section.put("topic", row.label());
        section.put("sizes", row.sizes());
        section.put("library", row.library());
        section.put("peer", row.peer());
        List<Object> medians = new ArrayList<>();
        for (double median : row.medians()) {
            medians.add(median);
        }
        section.put("medianSeconds", medians);
        section.put("p99Seconds", row.p99());
        section.put("amount", row.amount());
        section.put("unit", row.unit());
        section.put("pace", row.pace());
        section.put("shareOfPace", row.share());
        section.put("peakMemoryMiB", row.memory());
        section.put("otherLoadPercent", row.others());
        section.put("environment", new LinkedHashMap<String, Object>(circumstances.environment));
        section.put("description", circumstances.libraries.getOrDefault(row.library(), ""));
        return section;
    }

    private static void write(JsonGenerator generator, String name, Object value) throws IOException {
        generator.writeFieldName(name);
        write(generator, value);
    }

    private static void write(JsonGenerator generator, Object value) throws IOException {
        switch (value) {
            case Map<?, ?> map -> {
                generator.writeStartObject();
                for (Map.Entry<?, ?> field : map.entrySet()) {
                    write(generator, String.valueOf(field.getKey()), field.getValue());
                }
                generator.writeEndObject();
            }
            case List<?> list -> {
                generator.writeStartArray();
                for (Object element : list) {
                    write(generator, element);
                }
                generator.writeEndArray();
            }
            case Boolean truth -> generator.writeBoolean(truth);
            // JSON has no NaN.
            case Double number when number.isNaN() -> generator.writeNull();
            case Double number -> generator.writeNumber(number);
            case Long number -> generator.writeNumber(number);
            case null -> generator.writeNull();
            default -> generator.writeString(value.toString());
        }
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws BadInput if the file does not exist or has another content
     */
    static Content read(Path file) throws IOException {
        List<ResultTable.Row> rows = new ArrayList<>();
        Map<String, String> environment = new LinkedHashMap<>();
        Map<String, String> libraries = new LinkedHashMap<>();
        try (JsonParser parser = JSON.createParser(Files.newBufferedReader(file))) {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                throw new BadInput(file + " is not a list of results");
            }
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                if (!(object(parser).get(SECTION) instanceof Map<?, ?> section)) {
                    throw new BadInput(file + " is not of these benchmarks: a result lacks \"" + SECTION + '"');
                }
                rows.add(row(section));
                ((Map<?, ?>) section.get("environment"))
                        .forEach((name, value) -> environment.put(String.valueOf(name), String.valueOf(value)));
                if (!String.valueOf(section.get("description")).isEmpty()) {
                    libraries.put(String.valueOf(section.get("library")), String.valueOf(section.get("description")));
                }
            }
        } catch (NoSuchFileException _) {
            throw new BadInput(file + " does not exist: write it with compare, or with -rf json");
        } catch (com.fasterxml.jackson.core.JacksonException | ClassCastException | NullPointerException e) {
            throw new BadInput(file + " is not of these benchmarks: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
        return new Content(new Circumstances(environment, libraries), rows);
    }

    private static ResultTable.Row row(Map<?, ?> section) {
        return new ResultTable.Row(
                (String) section.get("topic"),
                (String) section.get("sizes"),
                (String) section.get("library"),
                (Boolean) section.get("peer"),
                ((List<?>) section.get("medianSeconds"))
                        .stream().mapToDouble(ResultFile::number).toArray(),
                number(section.get("p99Seconds")),
                number(section.get("amount")),
                (String) section.get("unit"),
                (String) section.get("pace"),
                number(section.get("shareOfPace")),
                number(section.get("peakMemoryMiB")),
                number(section.get("otherLoadPercent")));
    }

    private static double number(Object value) {
        return value == null ? Double.NaN : ((Number) value).doubleValue();
    }

    /** Reads an object whose first token has been read. */
    private static Map<String, Object> object(JsonParser parser) throws IOException {
        Map<String, Object> fields = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            fields.put(name, value(parser));
        }
        return fields;
    }

    private static Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> {
                List<Object> elements = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    elements.add(value(parser));
                }
                yield elements;
            }
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            default -> parser.getText();
        };
    }
}
