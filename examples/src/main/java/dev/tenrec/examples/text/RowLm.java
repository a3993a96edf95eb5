package dev.tenrec.examples.text;

import dev.tenrec.examples.ProgressReporter;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** Trains a language model that reads rows of words and predicts what follows each of them. */
abstract class RowLm extends WordLm {
    @Option(
            names = {"-l", "--length"},
            paramLabel = "<n>",
            description = "Words of a row; nothing is known of those before it (default: ${DEFAULT-VALUE}).")
    private int length = 32;

    RowLm(Supplier<ProgressReporter> reporters, String name) {
        super(reporters, name, 8);
    }

    @Override
    void checkKind() {
        require(length >= 1, "--length", "an integer of at least 1", length);
    }

    @Override
    final int length() {
        return length;
    }

    @Override
    final boolean everyWord() {
        return true;
    }
}
