package dev.tenrec.io;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes one npz archive. Everything that can be refused is refused before the file is opened. */
final class NpzWriter {

    private static final String OPERATION = "npz";
    private static final int MAX_NAME_BYTES = 65_000;
    private static final int BUFFER = 1 << 16;

    /** The same for all, so that equal arrays give equal files. Zip times start in 1980 and the first is reserved. */
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

    private record Item(String name, TensorSource source, byte[] header, long bytes) {}

    private final List<Item> items = new ArrayList<>();
    private final boolean compressed;

    NpzWriter(SequencedMap<String, ? extends TensorSource> tensors, boolean compressed) {
        this.compressed = compressed;
        for (Map.Entry<String, ? extends TensorSource> tensor : tensors.entrySet()) {
            String name = tensor.getKey();
            checkName(name);
            TensorSource source = tensor.getValue();
            long bytes = Tensors.byteCount(OPERATION, source.dtype(), source.shape());
            items.add(new Item(name, source, NpyHeader.format(source.dtype(), source.shape()), bytes));
        }
    }

    private static void checkName(String name) {
        Tensors.checkName(OPERATION, name);
        // Tools that unpack archives take names for paths, so none may lead out of their folder.
        boolean leadsOut = name.startsWith("/")
                || name.indexOf('\\') >= 0
                || name.startsWith(":", 1)
                || Arrays.asList(name.split("/", -1)).contains("..");
        if (leadsOut || name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
            throw new InvalidArgument(Message.of(OPERATION, "not a name for an array in an archive")
                    .line("expected", "no leading '/' or drive, no '\\', no '..', at most " + MAX_NAME_BYTES + " bytes")
                    .line("given", Tensors.quote(name))
                    .toString());
        }
    }

    void writeTo(FileChannel channel) throws IOException {
        // Closing frees the deflater at once, but must not reach the channel, which has yet to be flushed to the disk.
        OutputStream sink = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER) {
            @Override
            public void close() throws IOException {
                flush();
            }
        };
        try (ZipOutputStream zip = new ZipOutputStream(sink, StandardCharsets.UTF_8)) {
            for (Item item : items) {
                writeItem(zip, item);
            }
        }
    }

    private void writeItem(ZipOutputStream zip, Item item) throws IOException {
        MemorySegment data = Tensors.data(OPERATION, item.name, item.source, item.bytes);
        ZipEntry entry = new ZipEntry(item.name + ".npy");
        entry.setTimeLocal(TIME);
        entry.setMethod(compressed ? ZipEntry.DEFLATED : ZipEntry.STORED);
        if (!compressed) {
            // A stored entry has its checksum in front, so the data is read twice.
            CRC32 checksum = new CRC32();
            checksum.update(item.header);
            SegmentOutput.update(checksum, data);
            entry.setCrc(checksum.getValue());
            entry.setSize(item.header.length + item.bytes);
            entry.setCompressedSize(item.header.length + item.bytes);
        }
        zip.putNextEntry(entry);
        zip.write(item.header);
        SegmentOutput.write(zip, data);
        zip.closeEntry();
    }
}
