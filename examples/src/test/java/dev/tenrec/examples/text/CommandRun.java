package dev.tenrec.examples.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.examples.ExampleRunner;
import dev.tenrec.examples.Png;
import dev.tenrec.examples.ProgressReporter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/**
 * What an example said and how it ended.
 *
 * @param code the exit code
 * @param out all that it printed, its progress too
 * @param err its errors
 */
record CommandRun(int code, String out, String err) {

    static CommandRun of(Function<Supplier<ProgressReporter>, TextCommand> command, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
        StringWriter err = new StringWriter();
        TextCommand made = command.apply(() -> ProgressReporter.to(stream));
        int code = ExampleRunner.run(made, new PrintWriter(stream, true), new PrintWriter(err), args);
        return new CommandRun(code, out.toString(StandardCharsets.UTF_8), err.toString());
    }

    /** All went well. */
    CommandRun passed() {
        assertEquals("", err);
        assertEquals(0, code);
        return this;
    }

    /** One line says what is wrong, and nothing was begun. */
    void rejected(String message) {
        assertEquals(2, code, err);
        assertEquals(1, err.lines().count(), err);
        assertTrue(err.startsWith("error: "), err);
        assertTrue(err.contains(message), err);
        assertFalse(out.contains("trained"), out);
    }

    void showsOptions(String... options) {
        assertEquals(0, code);
        assertTrue(out.lines().allMatch(line -> line.length() <= 80), out);
        Stream.concat(
                        Arrays.stream(options),
                        Stream.of("--batch-size", "--learning-rate", "--seed", "--backend", "--data", "--output"))
                .forEach(option -> assertTrue(out.contains(option), option));
    }

    /** The number behind a text, at its last occurrence. */
    double number(String before) {
        int at = out.lastIndexOf(before);
        assertTrue(at >= 0, () -> before + " not in " + out);
        return Double.parseDouble(out.substring(at + before.length()).strip().split("[^0-9.]", 2)[0]);
    }

    /** Pictures that hold something: more than one colour. */
    static void assertPictures(Path folder, String... names) throws IOException {
        if (Png.whyNoText().isPresent()) {
            return;
        }
        for (String name : names) {
            var image = ImageIO.read(folder.resolve(name).toFile());
            long colours = Arrays.stream(
                            image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth()))
                    .distinct()
                    .count();
            assertTrue(colours > 10, name + ": " + colours + " colours");
        }
    }

    /** A short text with two parts, in a few words. */
    static Path text(Path folder) throws IOException {
        String cats = "the cat sat on the mat and the cat ate the rat\n".repeat(150);
        String dogs = "a dog in the fog saw a frog on a log and ran\n".repeat(150);
        return Files.writeString(folder.resolve("text.txt"), "= Cats\n" + cats + "= Dogs\n" + dogs);
    }
}
