package dev.tenrec.examples.text;

import dev.tenrec.examples.ExampleRunner;
import dev.tenrec.examples.ProgressReporter;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Embedding;
import dev.tenrec.nn.Module;
import dev.tenrec.tensor.Tensor;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Trains a fixed-window neural language model over words, from the command line. */
@Command(
        name = "window-lm",
        description = {
            "Trains a fixed-window neural language model: of the vectors e = [e1; e2; ...] of the words before,"
                    + " h = tanh(We + b1) and y = softmax(Uh + b2) predict the next one.",
            "Prints its perplexity on text that it has not seen, and what it writes; draws the curves, and the"
                    + " words' vectors.%n"
        },
        sortOptions = false,
        abbreviateSynopsis = true,
        versionProvider = ExampleRunner.Version.class,
        footer = {
            "",
            "Exit codes: 0 success, 2 wrong options or files, 1 a fault of the program.",
            "Example: window-lm --window 6 --epochs 3"
        })
public final class WindowLm extends WordLm {
    @Option(
            names = {"-w", "--window"},
            paramLabel = "<n>",
            description = "Words before the predicted one (default: ${DEFAULT-VALUE}).")
    private int window = 4;

    WindowLm(Supplier<ProgressReporter> reporters) {
        super(reporters, "window-lm", 128);
    }

    /**
     * Runs the program.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        main(new WindowLm(ProgressReporter::ofSystem), args);
    }

    /** I64 [batch, window] to scores [batch, words]. */
    private static final class Model extends Module {
        private final Embedding table;
        private final Dense hidden;
        private final Dense output;
        private final long width;

        Model(int words, int window, int size, int units) {
            width = (long) window * size;
            table = child("table", new Embedding(words, size));
            hidden = child("hidden", new Dense(width, units));
            output = child("output", new Dense(units, words));
        }

        @Override
        protected Tensor compute(Tensor input) {
            Tensor e = table.forward(input).reshape(-1, width);
            return output.forward(hidden.forward(e).tanh());
        }
    }

    @Override
    void checkKind() {
        require(window >= 1, "--window", "an integer of at least 1", window);
    }

    @Override
    int length() {
        return window;
    }

    @Override
    boolean everyWord() {
        return false;
    }

    @Override
    Network network(int words, int size, int hidden) {
        Model model = new Model(words, window, size, hidden);
        return new Network(model, model.table);
    }
}
