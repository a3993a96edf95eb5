package dev.tenrec.examples.text;

import dev.tenrec.examples.ExampleRunner;
import dev.tenrec.examples.ProgressReporter;
import dev.tenrec.examples.text.RecurrentLanguageModel.Cell;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Trains a recurrent network to write: a character language model, LSTM or GRU, from the command line. */
@Command(
        name = "char-lm",
        description = {
            "Trains an LSTM, a GRU or a plain RNN to predict the next character of a text, by truncated"
                    + " backpropagation through time.",
            "Prints what it writes while it learns, and its bits per character on text that it has not seen; draws"
                    + " the curves, and where in a text it is surprised.%n"
        },
        sortOptions = false,
        abbreviateSynopsis = true,
        versionProvider = ExampleRunner.Version.class,
        footer = {
            "",
            "Exit codes: 0 success, 2 wrong options or files, 1 a fault of the program.",
            "Example: char-lm --cell gru --steps 2000 --temperature 0.5"
        })
public final class CharLm extends CharacterCommand {
    @Option(
            names = {"-c", "--cell"},
            paramLabel = "<cell>",
            description = "rnn, lstm or gru (default: ${DEFAULT-VALUE}).")
    private Cell cell = Cell.LSTM;

    @Option(names = "--units", paramLabel = "<n>", description = "Size of the state (default: ${DEFAULT-VALUE}).")
    private int units = 256;

    @Option(names = "--layers", paramLabel = "<n>", description = "Recurrent layers (default: ${DEFAULT-VALUE}).")
    private int layers = 1;

    CharLm(Supplier<ProgressReporter> reporters) {
        super(reporters, "char-lm", 600, 32, 4e-3f, 64);
    }

    /**
     * Runs the program.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        main(new CharLm(ProgressReporter::ofSystem), args);
    }

    @Override
    void checkModel() {
        require(units >= 1, "--units", "an integer of at least 1", units);
        require(layers >= 1, "--layers", "an integer of at least 1", layers);
    }

    @Override
    CharacterModel model(int characters) {
        return new RecurrentCharacterModel(
                new RecurrentLanguageModel(cell, characters, Math.min(128, units), units, layers));
    }
}
