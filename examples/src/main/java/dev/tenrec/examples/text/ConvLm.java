package dev.tenrec.examples.text;

import dev.tenrec.examples.ExampleRunner;
import dev.tenrec.examples.ProgressReporter;
import dev.tenrec.nn.Conv1d;
import dev.tenrec.nn.ConvOptions;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Embedding;
import dev.tenrec.nn.Module;
import dev.tenrec.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Trains a convolutional language model over words, from the command line. */
@Command(
        name = "conv-lm",
        description = {
            "Trains a convolutional language model: causal convolutions over the words' vectors, h = max(0, W * e + b)"
                    + " and then h = h + max(0, W * h + b), each with twice the distance between the words that it"
                    + " reads; y = softmax(Vh + c) predicts the next word from all in their reach.",
            "Prints its perplexity on text that it has not seen, and what it writes; draws the curves, and the"
                    + " words' vectors.%n"
        },
        sortOptions = false,
        abbreviateSynopsis = true,
        versionProvider = ExampleRunner.Version.class,
        footer = {
            "",
            "Exit codes: 0 success, 2 wrong options or files, 1 a fault of the program.",
            "Example: conv-lm --layers 3 --epochs 3"
        })
public final class ConvLm extends RowLm {
    private static final int MOST_LAYERS = 16;

    @Option(
            names = {"-k", "--kernel"},
            paramLabel = "<n>",
            description = "Words that a convolution reads (default: ${DEFAULT-VALUE}).")
    private int kernel = 3;

    @Option(names = "--layers", paramLabel = "<n>", description = "Convolutions (default: ${DEFAULT-VALUE}).")
    private int layers = 3;

    ConvLm(Supplier<ProgressReporter> reporters) {
        super(reporters, "conv-lm");
    }

    /**
     * Runs the program.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        main(new ConvLm(ProgressReporter::ofSystem), args);
    }

    /**
     * I64 [batch, length] to scores [batch · length, words]. No score depends on a later word: zeros stand before the row,
     * and the kernel's last element lies on the word itself (Oord et al., "WaveNet", 2016).
     */
    static final class Model extends Module {
        private final Embedding table;
        private final List<Conv1d> convolutions = new ArrayList<>();
        private final long kernel;
        private final Dense output;

        Model(int words, int size, int hidden, int kernel, int layers) {
            this.kernel = kernel;
            table = child("table", new Embedding(words, size));
            for (int i = 0; i < layers; i++) {
                ConvOptions options = ConvOptions.kernel(kernel).dilation(1L << i);
                convolutions.add(child("convolution" + i, new Conv1d(i == 0 ? size : hidden, hidden, options)));
            }
            output = child("output", new Dense(hidden, words));
        }

        @Override
        protected Tensor compute(Tensor input) {
            Tensor h = table.forward(input).transpose(1, 2);
            for (int i = 0; i < convolutions.size(); i++) {
                long before = (kernel - 1) << i;
                Tensor next =
                        convolutions.get(i).forward(h.pad(2, before, 0, 0)).relu();
                h = i == 0 ? next : h.add(next);
            }
            return output.forward(h.transpose(1, 2).reshape(-1, h.size(1)));
        }
    }

    @Override
    void checkKind() {
        super.checkKind();
        require(kernel >= 1, "--kernel", "an integer of at least 1", kernel);
        require(layers >= 1 && layers <= MOST_LAYERS, "--layers", "an integer of 1 to " + MOST_LAYERS, layers);
    }

    @Override
    Network network(int words, int size, int hidden) {
        Model model = new Model(words, size, hidden, kernel, layers);
        return new Network(model, model.table);
    }
}
