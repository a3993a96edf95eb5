package dev.tenrec.data;

import dev.tenrec.error.InvalidFileException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Strict gzip decompression (RFC 1952), one or more members.
 *
 * <p>{@link java.util.zip.GZIPInputStream} drops whatever follows the last member without a word; a data file with
 * such a tail is damaged, and here that is an error.
 */
final class GzipReader extends InputStream {
    private static final int FLAG_HEADER_CRC = 2;
    private static final int FLAG_EXTRA = 4;
    private static final int FLAG_NAME = 8;
    private static final int FLAG_COMMENT = 16;
    private static final int FLAGS_RESERVED = 0xE0;
    private static final String HINT = "the file is damaged: copy or download it again";

    private final String file;
    private final InputStream source;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 crc = new CRC32();
    private final byte[] input = new byte[1 << 16];
    private int position;
    private int limit;
    private boolean started;
    private boolean ended;

    GzipReader(String file, InputStream source) {
        this.file = file;
        this.source = source;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!started) {
            started = true;
            readHeader();
        }
        while (!ended) {
            int count = inflate(target, offset, length);
            if (count > 0) {
                crc.update(target, offset, count);
                return count;
            }
            if (inflater.finished()) {
                finishMember();
            } else if (inflater.needsDictionary()) {
                throw damaged("a deflate stream without a preset dictionary", "one that needs a dictionary");
            } else {
                fillInflater();
            }
        }
        return -1;
    }

    /** Frees the inflater and leaves the source open, which belongs to the caller. */
    @Override
    public void close() {
        inflater.end();
    }

    private int inflate(byte[] target, int offset, int length) throws IOException {
        try {
            return inflater.inflate(target, offset, length);
        } catch (DataFormatException e) {
            String detail = e.getMessage() == null ? "an invalid one" : e.getMessage();
            throw damaged("a valid deflate stream", detail);
        }
    }

    private void fillInflater() throws IOException {
        if (position == limit && !fill()) {
            throw truncated();
        }
        inflater.setInput(input, position, limit - position);
        position = limit;
    }

    private void finishMember() throws IOException {
        position = limit - inflater.getRemaining();
        long expectedCrc = little(4);
        long expectedSize = little(4);
        if (expectedCrc != crc.getValue()) {
            throw damaged("checksum %08x".formatted(expectedCrc), "%08x".formatted(crc.getValue()));
        }
        if (expectedSize != (inflater.getBytesWritten() & 0xFFFF_FFFFL)) {
            throw damaged("%d bytes (modulo 2^32)".formatted(expectedSize), "" + inflater.getBytesWritten());
        }
        if (position == limit && !fill()) {
            ended = true;
            return;
        }
        inflater.reset();
        crc.reset();
        readHeader();
    }

    private void readHeader() throws IOException {
        int first = nextByte();
        int second = nextByte();
        if (first != 0x1F || second != 0x8B) {
            throw damaged("gzip magic 1f 8b or the end of the file", "%02x %02x".formatted(first, second));
        }
        int method = nextByte();
        if (method != 8) {
            throw damaged("gzip method 8 (deflate)", "method " + method);
        }
        int flags = nextByte();
        if ((flags & FLAGS_RESERVED) != 0) {
            throw damaged("reserved gzip flags 0", "flags 0x%02x".formatted(flags));
        }
        skip(6);
        if ((flags & FLAG_EXTRA) != 0) {
            skip((int) little(2));
        }
        if ((flags & FLAG_NAME) != 0) {
            skipText();
        }
        if ((flags & FLAG_COMMENT) != 0) {
            skipText();
        }
        if ((flags & FLAG_HEADER_CRC) != 0) {
            skip(2);
        }
    }

    private void skip(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            nextByte();
        }
    }

    private void skipText() throws IOException {
        while (nextByte() != 0) {
            // zero-terminated
        }
    }

    private long little(int bytes) throws IOException {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) nextByte() << (8 * i);
        }
        return value;
    }

    private int nextByte() throws IOException {
        if (position == limit && !fill()) {
            throw truncated();
        }
        return input[position++] & 0xFF;
    }

    private boolean fill() throws IOException {
        position = 0;
        limit = 0;
        int count = source.read(input);
        if (count <= 0) {
            return false;
        }
        limit = count;
        return true;
    }

    private InvalidFileException truncated() {
        return new InvalidFileException(
                file, "file is truncated", "a complete gzip stream", "the end of the file inside it", HINT);
    }

    private InvalidFileException damaged(String expected, String given) {
        return new InvalidFileException(file, "invalid gzip data", expected, given, HINT);
    }
}
