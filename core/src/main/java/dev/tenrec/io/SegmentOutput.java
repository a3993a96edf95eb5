package dev.tenrec.io;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.zip.CRC32;

/** Streams segments of any size and kind out, through a small buffer where the segment is not native. */
final class SegmentOutput {

    private static final int HEAP_CHUNK = 1 << 16;
    private static final long NATIVE_CHUNK = 1L << 26;

    private SegmentOutput() {}

    static void write(WritableByteChannel channel, MemorySegment data) throws IOException {
        if (data.isNative()) {
            for (long at = 0; at < data.byteSize(); at += NATIVE_CHUNK) {
                long length = Math.min(NATIVE_CHUNK, data.byteSize() - at);
                writeFully(channel, data.asSlice(at, length).asByteBuffer());
            }
            return;
        }
        byte[] chunk = new byte[chunkSize(data)];
        for (long at = 0; at < data.byteSize(); at += chunk.length) {
            int length = fill(chunk, data, at);
            writeFully(channel, ByteBuffer.wrap(chunk, 0, length));
        }
    }

    static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    static void write(OutputStream stream, MemorySegment data) throws IOException {
        byte[] chunk = new byte[chunkSize(data)];
        for (long at = 0; at < data.byteSize(); at += chunk.length) {
            stream.write(chunk, 0, fill(chunk, data, at));
        }
    }

    static void update(CRC32 checksum, MemorySegment data) {
        byte[] chunk = new byte[chunkSize(data)];
        for (long at = 0; at < data.byteSize(); at += chunk.length) {
            checksum.update(chunk, 0, fill(chunk, data, at));
        }
    }

    private static int chunkSize(MemorySegment data) {
        return Math.clamp(data.byteSize(), 1, HEAP_CHUNK);
    }

    private static int fill(byte[] chunk, MemorySegment data, long at) {
        int length = (int) Math.min(chunk.length, data.byteSize() - at);
        MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, chunk, 0, length);
        return length;
    }
}
