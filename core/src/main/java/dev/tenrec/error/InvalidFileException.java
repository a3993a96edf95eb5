package dev.tenrec.error;

import java.io.IOException;
import java.io.Serial;

/**
 * A file that cannot be used: it is missing, it is no regular file, it changed while it was read, or its content is not
 * what its format demands.
 *
 * <pre>{@code
 * model.safetensors: header is longer than the file
 *   expected at most 92 bytes, which is the file's length less 8
 *   given    4294967296 bytes
 *   hint: the file is truncated or of another format; copy or download it again
 * }</pre>
 */
public final class InvalidFileException extends IOException {

    @Serial
    private static final long serialVersionUID = 1L;

    /**
     * Describes a fault in a file.
     *
     * @param file the file as the user knows it
     * @param problem the fault, in a few words
     * @param expected what the format demands
     * @param given what there is
     * @param hint what to do about it
     */
    public InvalidFileException(String file, String problem, Object expected, Object given, String hint) {
        this(file, problem, expected, given, hint, null);
    }

    /**
     * Describes a fault in a file that a lower layer reported.
     *
     * @param file the file as the user knows it
     * @param problem the fault, in a few words
     * @param expected what the format demands
     * @param given what there is
     * @param hint what to do about it
     * @param cause the report, or null
     */
    public InvalidFileException(
            String file, String problem, Object expected, Object given, String hint, Throwable cause) {
        super(
                Message.of(file, problem)
                        .line("expected", expected)
                        .line("given", given)
                        .hint(hint)
                        .toString(),
                cause);
    }
}
