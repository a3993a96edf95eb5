package dev.tenrec.examples.text;

import dev.tenrec.examples.ExampleRunner;
import dev.tenrec.examples.ProgressReporter;
import dev.tenrec.examples.text.RecurrentLanguageModel.Cell;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Trains a recurrent language model over words, from the command line. */
@Command(
        name = "rnn-lm",
        description = {
            "Trains a recurrent language model: of a word's vector e and the state before it, h' = tanh(We + Uh + b1)"
                    + " and y = softmax(Vh' + b2) predict the next word, from all before it in the row.",
            "Prints its perplexity on text that it has not seen, and what it writes; draws the curves, and the"
                    + " words' vectors.%n"
        },
        sortOptions = false,
        abbreviateSynopsis = true,
        versionProvider = ExampleRunner.Version.class,
        footer = {
            "",
            "Exit codes: 0 success, 2 wrong options or files, 1 a fault of the program.",
            "Example: rnn-lm --cell gru --epochs 3"
        })
public final class RnnLm extends RowLm {
    @Option(
            names = {"-c", "--cell"},
            paramLabel = "<cell>",
            description = "rnn, lstm or gru (default: ${DEFAULT-VALUE}).")
    private Cell cell = Cell.RNN;

    RnnLm(Supplier<ProgressReporter> reporters) {
        super(reporters, "rnn-lm");
    }

    /**
     * Runs the program.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        main(new RnnLm(ProgressReporter::ofSystem), args);
    }

    @Override
    Network network(int words, int size, int hidden) {
        RecurrentLanguageModel model = new RecurrentLanguageModel(cell, words, size, hidden, 1);
        return new Network(model, model.table());
    }
}
