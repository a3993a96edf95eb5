package dev.tenrec.examples.playground;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;

/** The files of the page, by path: this table is all that can be read. */
final class Resources {
    /**
     * A file.
     *
     * @param type of its content
     * @param content all of it
     */
    record Resource(String type, byte[] content) {}

    private static final Map<String, Resource> TABLE = Map.of(
            "/", read("index.html", "text/html; charset=utf-8"),
            "/playground.css", read("playground.css", "text/css; charset=utf-8"),
            "/playground.js", read("playground.js", "text/javascript; charset=utf-8"),
            "/drawing.js", read("drawing.js", "text/javascript; charset=utf-8"),
            "/icon.svg", read("icon.svg", "image/svg+xml"));

    private Resources() {}

    private static Resource read(String name, String type) {
        try (InputStream in = Resources.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the program lacks " + name + "; build it again");
            }
            return new Resource(type, in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return what is served at a path, compared as it came, without decoding} */
    static Optional<Resource> at(String path) {
        return Optional.ofNullable(TABLE.get(path));
    }
}
