package dev.tenrec.cpu;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Sizes of the processor's caches, as Linux tells them. Results never depend on them, only how work is cut. */
final class CacheSizes {
    private static final Path CACHES = Path.of("/sys/devices/system/cpu/cpu0/cache");

    /** Where the system does not say: what processors have had for a decade. */
    private static final long USUAL_SECOND = 512 << 10;

    /** Bytes of a core's second-level cache. */
    static final long SECOND = second(CACHES);

    private CacheSizes() {}

    static long second(Path caches) {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(caches, "index*")) {
            for (Path folder : folders) {
                if (read(folder, "level").equals("2") && !read(folder, "type").equals("Instruction")) {
                    long bytes = bytes(read(folder, "size"));
                    return bytes > 0 ? bytes : USUAL_SECOND;
                }
            }
        } catch (IOException | NumberFormatException e) {
            // Not Linux, or a container that hides it.
            return USUAL_SECOND;
        }
        return USUAL_SECOND;
    }

    private static String read(Path folder, String file) throws IOException {
        return Files.readString(folder.resolve(file)).strip();
    }

    /** Of a number that may end in K or M. */
    private static long bytes(String size) {
        int end = size.length() - 1;
        return switch (size.isEmpty() ? ' ' : size.charAt(end)) {
            case 'K' -> Long.parseLong(size.substring(0, end)) << 10;
            case 'M' -> Long.parseLong(size.substring(0, end)) << 20;
            default -> Long.parseLong(size);
        };
    }
}
