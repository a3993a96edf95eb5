package dev.tenrec.data;

import dev.tenrec.error.InvalidFileException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Writes a file as a whole or not at all: to a temporary name in the same folder, flushed to the disk, then renamed
 * over the target. A reader, another writer or a crash at any moment finds either the old file or the new one. A crash
 * can leave a file {@code .tenrec-*.tmp} behind, which may be deleted.
 */
public final class AtomicFile {

    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Body {

        /**
         * Writes everything.
         *
         * @param channel the new file, empty; neither to be kept nor closed
         * @throws IOException if writing fails; the target is then left as it was
         */
        void writeTo(FileChannel channel) throws IOException;
    }

    /** Writes the content of a file as a stream. */
    @FunctionalInterface
    public interface StreamBody {

        /**
         * Writes everything.
         *
         * @param out an unbuffered stream; may be closed
         * @throws IOException if writing fails; the target is then left as it was
         */
        void writeTo(OutputStream out) throws IOException;
    }

    private AtomicFile() {}

    /**
     * Writes a file as a stream; see {@link #write}.
     *
     * @param target the file to make or to replace; its folder must exist
     * @param body writes the content; whatever it throws is passed on after the temporary file is deleted
     * @throws InvalidFileException if the target is a folder or its folder does not exist
     * @throws IOException if writing fails; the target is then as it was
     */
    public static void writeStream(Path target, StreamBody body) throws IOException {
        write(target, channel -> body.writeTo(new UnclosedStream(Channels.newOutputStream(channel))));
    }

    /**
     * Writes a file. If the target is a symbolic link, the file it leads to is replaced.
     *
     * @param target the file to make or to replace; its folder must exist
     * @param body writes the content; whatever it throws is passed on after the temporary file is deleted
     * @throws InvalidFileException if the target is a folder or its folder does not exist
     * @throws IOException if writing fails; the target is then as it was
     */
    public static void write(Path target, Body body) throws IOException {
        Path real =
                Files.isSymbolicLink(target) && Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
        Path folder = real.getParent();
        if (folder == null || Files.isDirectory(real)) {
            throw new InvalidFileException(
                    target.toString(), "is a folder", "a file to write", "a folder", "name a file inside of it");
        }
        if (!Files.isDirectory(folder)) {
            throw new InvalidFileException(
                    target.toString(),
                    "its folder does not exist",
                    "a folder " + folder,
                    "nothing of that name",
                    "create the folder first");
        }
        // Not derived from the target's name, which may already be as long as the file system allows.
        Path temporary = folder.resolve(".tenrec-" + UUID.randomUUID() + ".tmp");
        try {
            try (FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                body.writeTo(channel);
                channel.force(true);
            }
            Files.move(temporary, real, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (Throwable e) {
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
        flush(folder);
    }

    /** Makes the rename itself durable. Not every system lets a folder be opened; the file is complete either way. */
    private static void flush(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            return;
        }
    }

    /** Keeps the channel open when the writer closes its stream: the content has to be forced to the disk first. */
    private static final class UnclosedStream extends FilterOutputStream {
        UnclosedStream(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}
