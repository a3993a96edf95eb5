package dev.tenrec.io;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/** Lays out and writes one safetensors file. Everything that can be refused is refused before the file is opened. */
final class SafeTensorsWriter {

    private static final String OPERATION = "safetensors";
    private static final int ALIGNMENT = 8;

    // Plain UTF-8 throughout, as other writers have it, rather than escaped pairs beyond the basic plane.
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            .build();

    private record Item(String name, TensorSource source, long bytes) {}

    private final List<Item> items = new ArrayList<>();
    private final byte[] header;

    SafeTensorsWriter(SequencedMap<String, ? extends TensorSource> tensors, Map<String, String> metadata)
            throws IOException {
        for (Map.Entry<String, ? extends TensorSource> tensor : tensors.entrySet()) {
            String name = tensor.getKey();
            Tensors.checkName(OPERATION, name);
            if (name.equals(SafeTensorsHeader.METADATA)) {
                throw new InvalidArgument(Message.of(OPERATION, "not a name for a tensor")
                        .line("expected", "any name but " + SafeTensorsHeader.METADATA, "the format's own")
                        .line("given", name)
                        .toString());
            }
            TensorSource source = tensor.getValue();
            items.add(new Item(name, source, Tensors.byteCount(OPERATION, source.dtype(), source.shape())));
        }
        items.sort(Comparator.comparingInt((Item item) -> item.source.dtype().byteSize())
                .reversed());
        header = header(metadata);
    }

    private byte[] header(Map<String, String> metadata) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(bytes, JsonEncoding.UTF8)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(SafeTensorsHeader.METADATA);
                for (Map.Entry<String, String> text : new TreeMap<>(metadata).entrySet()) {
                    checkMetadata(text.getKey(), text.getValue());
                    json.writeStringField(text.getKey(), text.getValue());
                }
                json.writeEndObject();
            }
            long offset = 0;
            for (Item item : items) {
                json.writeObjectFieldStart(item.name);
                json.writeStringField("dtype", item.source.dtype().name());
                json.writeArrayFieldStart("shape");
                for (long size : item.source.shape().sizes()) {
                    json.writeNumber(size);
                }
                json.writeEndArray();
                json.writeArrayFieldStart("data_offsets");
                json.writeNumber(offset);
                offset = end(offset, item);
                json.writeNumber(offset);
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeEndObject();
        }
        while (bytes.size() % ALIGNMENT != 0) {
            bytes.write(' ');
        }
        if (bytes.size() > SafeTensorsFile.MAX_HEADER_LENGTH) {
            throw new InvalidArgument(Message.of(OPERATION, "header is too long")
                    .line("expected", "at most " + SafeTensorsFile.MAX_HEADER_LENGTH + " bytes")
                    .line("given", bytes.size() + " bytes")
                    .hint("spread the tensors over several files, or store less metadata")
                    .toString());
        }
        return bytes.toByteArray();
    }

    private static long end(long offset, Item item) {
        try {
            return Math.addExact(offset, item.bytes);
        } catch (ArithmeticException e) {
            throw new InvalidArgument(Message.of(OPERATION, "too many bytes")
                    .line("expected", "fewer than 2^63 bytes in all")
                    .line("given", offset + " bytes up to " + Tensors.quote(item.name) + ", and " + item.bytes)
                    .toString());
        }
    }

    private static void checkMetadata(String key, String value) {
        if (value == null || !Tensors.isWellFormed(key) || !Tensors.isWellFormed(value)) {
            throw new InvalidArgument(Message.of(OPERATION, "metadata is not text")
                    .line("expected", "keys and values without null and without unpaired surrogates")
                    .line("given", Tensors.quote(key))
                    .toString());
        }
    }

    void writeTo(FileChannel channel) throws IOException {
        ByteBuffer start = ByteBuffer.allocate(Long.BYTES + header.length).order(ByteOrder.LITTLE_ENDIAN);
        SegmentOutput.writeFully(
                channel, start.putLong(header.length).put(header).flip());
        for (Item item : items) {
            SegmentOutput.write(channel, Tensors.data(OPERATION, item.name, item.source, item.bytes));
        }
    }
}
