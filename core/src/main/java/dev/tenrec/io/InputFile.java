package dev.tenrec.io;

import dev.tenrec.error.InvalidFileException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Opens files for reading, and turns what can be wrong with that into clear messages. */
final class InputFile {

    /** Work on mapped bytes. */
    interface Access<T> {
        T run() throws IOException;
    }

    private InputFile() {}

    /** Refuses what is not a regular file before it is opened: opening a pipe would wait for a writer. */
    static void check(Path path) throws InvalidFileException {
        String file = path.toString();
        if (Files.isDirectory(path)) {
            throw new InvalidFileException(file, "is a folder", "a file", "a folder", "name a file inside of it");
        }
        if (!Files.exists(path)) {
            throw missing(file, null);
        }
        if (!Files.isRegularFile(path)) {
            throw new InvalidFileException(
                    file, "is not a regular file", "a regular file", "a device, pipe or socket", "copy it to a file");
        }
    }

    static FileChannel open(Path path) throws IOException {
        check(path);
        try {
            return FileChannel.open(path, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            throw missing(path.toString(), e);
        } catch (AccessDeniedException e) {
            throw new InvalidFileException(
                    path.toString(),
                    "may not be read",
                    "permission to read",
                    "access denied",
                    "check the file's permissions",
                    e);
        }
    }

    private static InvalidFileException missing(String file, Throwable cause) {
        return new InvalidFileException(
                file, "does not exist", "a file", "nothing of that name", "check the path", cause);
    }

    static MemorySegment map(FileChannel channel, Path path, Arena arena) throws IOException {
        long size = channel.size();
        if (size == 0) {
            throw new InvalidFileException(
                    path.toString(), "is empty", "a file with a header", "0 bytes", "copy or download it again");
        }
        try {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
        } catch (UnsupportedOperationException e) {
            throw new InvalidFileException(
                    path.toString(),
                    "cannot be mapped",
                    "a file of the default file system",
                    path.getFileSystem(),
                    "copy it to a disk",
                    e);
        }
    }

    /**
     * Runs work on mapped bytes. Pages behind the end of a file that another process cut short fault, which the JVM
     * reports as an InternalError; that is the file's fault, not the machine's.
     */
    static <T> T guard(String file, Access<T> access) throws IOException {
        try {
            return access.run();
        } catch (InternalError e) {
            throw new InvalidFileException(
                    file,
                    "changed while it was read",
                    "a file that keeps its length",
                    "a fault in its mapping",
                    "do not write to a file in use; write a new one and rename it",
                    e);
        }
    }
}
