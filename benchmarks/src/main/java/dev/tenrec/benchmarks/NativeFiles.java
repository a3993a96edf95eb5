package dev.tenrec.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Finds installed native libraries. */
final class NativeFiles {
    private static final List<String> FOLDERS = List.of(
            "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/local/lib", "/usr/lib");

    private NativeFiles() {}

    /** {@return the path of a file in the folders that systems keep native libraries in} */
    static Optional<String> find(String name) {
        return FOLDERS.stream()
                .map(folder -> Path.of(folder, name))
                .filter(Files::isReadable)
                .map(Path::toString)
                .findFirst();
    }
}
