package dev.tenrec.examples.text;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * A text in parts: six books of the King James Version (1611), which are in the public domain and included, or a file of
 * the user's.
 *
 * @param source where the text comes from, for people
 * @param parts the parts in order, none of them empty
 */
public record Corpus(String source, List<Part> parts) {
    private static final String RESOURCE = "books.txt.gz";
    private static final String TITLE = "= ";
    private static final long LARGEST = 64 << 20;

    /**
     * A part of a text, such as a book.
     *
     * @param title its name
     * @param text its lines, each ended by a line feed
     */
    public record Part(String title, String text) {}

    /** Copies the list. */
    public Corpus {
        parts = List.copyOf(parts);
    }

    /**
     * Reads a text: the included one, or a file in UTF-8. A line that starts with "= " begins a part and names it.
     *
     * @param file the user's file, if there is one
     * @return the text
     * @throws IOException if the file cannot be read or holds no text; the message says what to do
     */
    public static Corpus load(Optional<Path> file) throws IOException {
        return file.isPresent() ? ofFile(file.get()) : included();
    }

    private static Corpus included() throws IOException {
        try (InputStream resource = Corpus.class.getResourceAsStream(RESOURCE)) {
            if (resource == null) {
                throw new IOException(RESOURCE + ": not in this program; build it again");
            }
            String text = new String(new GZIPInputStream(resource).readAllBytes(), StandardCharsets.US_ASCII);
            return new Corpus("six books of the King James Version", split(text, "text"));
        }
    }

    private static Corpus ofFile(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new FileSystemException(file.toString(), null, "expected a text file for --data, given a folder");
        }
        if (Files.size(file) > LARGEST) {
            throw new FileSystemException(file.toString(), null, "expected at most 64 MiB of text");
        }
        StringBuilder text = new StringBuilder();
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8.newDecoder()))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                text.append(line.stripTrailing()).append('\n');
            }
        } catch (CharacterCodingException e) {
            FileSystemException wrong = new FileSystemException(file.toString(), null, "expected text in UTF-8");
            wrong.initCause(e);
            throw wrong;
        }
        List<Part> parts = split(text.toString(), file.getFileName().toString());
        if (parts.isEmpty()) {
            throw new FileSystemException(file.toString(), null, "expected a text, given none");
        }
        return new Corpus(file.toString(), parts);
    }

    /** Parts without text are left out. */
    static List<Part> split(String text, String firstTitle) {
        List<Part> parts = new ArrayList<>();
        String title = firstTitle;
        StringBuilder body = new StringBuilder();
        for (String line : text.lines().toList()) {
            if (line.startsWith(TITLE)) {
                add(parts, title, body);
                title = line.substring(TITLE.length()).strip();
                body.setLength(0);
            } else {
                body.append(line).append('\n');
            }
        }
        add(parts, title, body);
        return parts;
    }

    private static void add(List<Part> parts, String title, StringBuilder body) {
        String text = body.toString().strip();
        if (!text.isEmpty()) {
            parts.add(new Part(title, text + "\n"));
        }
    }

    /** {@return the number of characters} */
    public long length() {
        return parts.stream().mapToLong(part -> part.text.length()).sum();
    }

    /**
     * Cuts the end off each part, at the end of a line.
     *
     * @param share of each part to be held out, 0 to 1
     * @return what is left to train on, and what is held out
     */
    public Split holdOut(double share) {
        StringBuilder training = new StringBuilder();
        StringBuilder heldOut = new StringBuilder();
        for (Part part : parts) {
            int from = (int) (part.text.length() * (1 - share));
            int cut = part.text.lastIndexOf('\n', from - 1) + 1;
            training.append(part.text, 0, cut).append('\n');
            heldOut.append(part.text, cut, part.text.length()).append('\n');
        }
        return new Split(training.toString(), heldOut.toString());
    }

    /**
     * Two texts that have no line in common.
     *
     * @param training to learn from
     * @param heldOut to test with
     */
    public record Split(String training, String heldOut) {}
}
