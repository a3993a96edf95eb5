package dev.tenrec.examples.text;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.examples.ConfusionMatrix;
import dev.tenrec.examples.ExampleRunner;
import dev.tenrec.examples.ProgressReporter;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Conv1d;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Dropout;
import dev.tenrec.nn.Embedding;
import dev.tenrec.nn.Module;
import dev.tenrec.tensor.Tensor;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Trains 1-D convolutions over words to tell from which part of a text a passage is, from the command line. */
@Command(
        name = "text-cnn",
        description = {
            "Trains 1-D convolutions over words (Kim, 2014) to tell from which book a passage is.",
            "Prints its accuracy on passages that it has not seen and a confusion matrix; draws the curves, and which"
                    + " words speak for the chosen book.%n"
        },
        sortOptions = false,
        abbreviateSynopsis = true,
        versionProvider = ExampleRunner.Version.class,
        footer = {
            "",
            "Exit codes: 0 success, 2 wrong options or files, 1 a fault of the program.",
            "Example: text-cnn --lines 4 --epochs 8"
        })
public final class TextCnn extends EpochCommand {
    private static final int[] WIDTHS = {2, 3, 4};
    private static final int LONGEST = 96;
    private static final int TENTH = 10;
    private static final int TEST_BATCH = 256;
    private static final int SHOWN = 6;

    @Option(
            names = {"-l", "--lines"},
            paramLabel = "<n>",
            description = "Lines of a passage; of the included text verses (default: ${DEFAULT-VALUE}).")
    private int lines = 2;

    @Option(
            names = "--embedding",
            paramLabel = "<n>",
            description = "Size of a word's vector (default: ${DEFAULT-VALUE}).")
    private int embedding = 48;

    @Option(
            names = "--filters",
            paramLabel = "<n>",
            description = "Filters of each width, 2, 3 and 4 words (default: ${DEFAULT-VALUE}).")
    private int filters = 48;

    TextCnn(Supplier<ProgressReporter> reporters) {
        super(reporters, "text-cnn", 8, 4000, 32, 2e-3f);
    }

    /**
     * Runs the program.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        main(new TextCnn(ProgressReporter::ofSystem), args);
    }

    /** I64 [batch, words] to scores [batch, classes]: the largest answer of each filter, wherever it is. */
    private static final class Model extends Module {
        private final Embedding table;
        private final List<Conv1d> convolutions = new ArrayList<>();
        private final Dropout dropout;
        private final Dense head;

        Model(int words, int size, int filters, int classes) {
            table = child(
                    "table",
                    Embedding.builder(words, size).padding(Words.PADDING).build());
            for (int width : WIDTHS) {
                convolutions.add(child("width" + width, new Conv1d(size, filters, width)));
            }
            dropout = child("dropout", new Dropout(0.5));
            head = child("head", new Dense((long) filters * WIDTHS.length, classes));
        }

        @Override
        protected Tensor compute(Tensor input) {
            Tensor vectors = table.forward(input).transpose(1, 2);
            Tensor[] largest = convolutions.stream()
                    .map(convolution -> convolution.forward(vectors).relu().max(2))
                    .toArray(Tensor[]::new);
            return head.forward(dropout.forward(Tensor.concat(1, largest)));
        }
    }

    @Override
    void checkModel() {
        require(lines >= 1, "--lines", "an integer of at least 1", lines);
        require(embedding >= 1, "--embedding", "an integer of at least 1", embedding);
        require(filters >= 1, "--filters", "an integer of at least 1", filters);
    }

    /** A passage and the part it is from. */
    private record Passage(List<String> tokens, int part) {}

    @Override
    void run(Corpus corpus, ProgressReporter progress) throws IOException {
        List<Passage> training = new ArrayList<>();
        List<Passage> heldOut = new ArrayList<>();
        collect(corpus, training, heldOut);
        List<String> titles = corpus.parts().stream().map(Corpus.Part::title).toList();
        if (titles.size() < 2 || training.isEmpty() || heldOut.isEmpty()) {
            throw new FileSystemException(
                    corpus.source(),
                    null,
                    "expected at least two parts that begin with lines such as \"= Title\", and at least "
                            + TENTH + " passages, given " + titles.size() + " and "
                            + (training.size() + heldOut.size()));
        }
        Words words = new Words(
                training.stream().flatMap(passage -> passage.tokens.stream()).toList(), words());
        Examples test = examples(heldOut, words);
        try (Model model = new Model(words.count(), embedding, filters, titles.size())) {
            Measure accuracy = new Measure(
                    "accuracy held out",
                    "%.1f %%",
                    m -> 100 * confusion(m, test, titles).accuracy());
            train(model, examples(training, words), accuracy, progress.naming("epoch", "passages"));
            progress.note("\n" + confusion(model, test, titles).toText());
            List<ShadedText.Paragraph> shaded = new ArrayList<>();
            for (int i = 0; i < SHOWN; i++) {
                // One of each part at first, as far as there are so many.
                int row = i * heldOut.size() / SHOWN;
                shaded.add(shade(model, test.inputs()[row], heldOut.get(row), titles));
            }
            picture(
                    progress,
                    "text-cnn-words.png",
                    file -> ShadedText.write(
                            file, "What speaks for the chosen part: words seen by winning filters", shaded));
        }
    }

    /** Each tenth passage of a part is held out. */
    private void collect(Corpus corpus, List<Passage> training, List<Passage> heldOut) {
        for (int part = 0; part < corpus.parts().size(); part++) {
            List<String> all = corpus.parts()
                    .get(part)
                    .text()
                    .lines()
                    .filter(line -> !line.isBlank())
                    .toList();
            for (int i = 0; i + lines <= all.size(); i += lines) {
                Passage passage = new Passage(Words.tokens(String.join(" ", all.subList(i, i + lines))), part);
                (i / lines % TENTH == TENTH - 1 ? heldOut : training).add(passage);
            }
        }
    }

    private static Examples examples(List<Passage> passages, Words words) {
        int[][] inputs = passages.stream()
                .map(passage -> Arrays.copyOf(words.encode(passage.tokens), LONGEST))
                .toArray(int[][]::new);
        return new Examples(
                inputs, passages.stream().mapToInt(passage -> passage.part).toArray());
    }

    private static ConfusionMatrix confusion(Module model, Examples examples, List<String> titles) {
        ConfusionMatrix confusion = new ConfusionMatrix(titles);
        for (int at = 0; at < examples.count(); at += TEST_BATCH) {
            int[] rows = IntStream.range(at, Math.min(examples.count(), at + TEST_BATCH))
                    .toArray();
            long[] found = Scope.call(() -> Autograd.noGrad(
                    () -> model.forward(examples.inputs(rows)).argmax(1).toLongArray()));
            for (int i = 0; i < rows.length; i++) {
                confusion.add(examples.labels()[rows[i]], (int) found[i]);
            }
        }
        return confusion;
    }

    /** Shares out what each filter adds to the chosen part's score among the words where it answers most. */
    private static ShadedText.Paragraph shade(Model model, int[] input, Passage passage, List<String> titles) {
        double[] shares = new double[LONGEST];
        int[] chosen = new int[1];
        Scope.run(() -> Autograd.noGrad(() -> {
            Tensor row = Tensor.of(Arrays.stream(input).asLongStream().toArray(), 1, LONGEST);
            chosen[0] = (int) model.forward(row).argmax(1).toLongArray()[0];
            float[] weight = model.head.namedVariables().get("weight").value().toFloatArray();
            int classes = titles.size();
            Tensor vectors = model.table.forward(row).transpose(1, 2);
            int from = 0;
            for (int i = 0; i < WIDTHS.length; i++) {
                Tensor answers = model.convolutions.get(i).forward(vectors).relu();
                float[] largest = answers.max(2).toFloatArray();
                long[] where = answers.argmax(2).toLongArray();
                for (int filter = 0; filter < largest.length; filter++) {
                    double share = largest[filter] * weight[(from + filter) * classes + chosen[0]] / WIDTHS[i];
                    for (int word = 0; word < WIDTHS[i]; word++) {
                        shares[(int) where[filter] + word] += share;
                    }
                }
                from += largest.length;
            }
        }));
        double most = Math.max(1e-9, Arrays.stream(shares).max().orElseThrow());
        List<ShadedText.Piece> pieces = new ArrayList<>();
        for (int i = 0; i < Math.min(LONGEST, passage.tokens.size()); i++) {
            String word = passage.tokens.get(i);
            if (i > 0 && Character.isLetterOrDigit(word.charAt(0))) {
                pieces.add(new ShadedText.Piece(" ", 0));
            }
            pieces.add(new ShadedText.Piece(word, shares[i] / most));
        }
        return new ShadedText.Paragraph(
                "from " + titles.get(passage.part) + ", taken for " + titles.get(chosen[0]), pieces);
    }
}
