package dev.tenrec.error;

import java.io.IOException;
import java.io.Serial;
import java.util.Objects;

/**
 * A file whose content is not what its format demands: wrong magic, sizes that do not fit the file, truncation.
 *
 * <p>The message names the file and the fault on its first line, then what was expected, what was given and what to do:
 *
 * <pre>{@code
 * train-images-idx3-ubyte: file is truncated
 *   expected  47040016 bytes (header 16, u8 [60000, 28, 28])
 *   given     1000 bytes
 *   hint: copy or download the file again
 * }</pre>
 */
public final class InvalidFileException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    /**
     * Describes a fault in a file.
     *
     * @param file the name of the file, as the user knows it
     * @param problem the fault, in a few words
     * @param expected what the format demands
     * @param given what the file holds
     * @param hint what to do about it
     */
    public InvalidFileException(String file, String problem, String expected, String given, String hint) {
        super(message(file, problem, expected, given, hint));
    }

    private static String message(String file, String problem, String expected, String given, String hint) {
        return Objects.requireNonNull(file, "file") + ": " + Objects.requireNonNull(problem, "problem")
                + "\n  expected  " + Objects.requireNonNull(expected, "expected")
                + "\n  given     " + Objects.requireNonNull(given, "given")
                + "\n  hint: " + Objects.requireNonNull(hint, "hint");
    }
}
