package dev.tenrec.examples.text;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.examples.ExampleRunner;
import dev.tenrec.examples.ProgressReporter;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Embedding;
import dev.tenrec.nn.Module;
import dev.tenrec.tensor.Tensor;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
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
public final class WindowLm extends EpochCommand {
    private static final double HELD_OUT = 0.05;
    private static final int TEST_BATCH = 512;
    private static final int MAPPED = 160;
    private static final int WRITTEN = 60;

    @Option(
            names = {"-w", "--window"},
            paramLabel = "<n>",
            description = "Words before the predicted one (default: ${DEFAULT-VALUE}).")
    private int window = 4;

    @Option(
            names = "--embedding",
            paramLabel = "<n>",
            description = "Size of a word's vector (default: ${DEFAULT-VALUE}).")
    private int embedding = 48;

    @Option(
            names = "--units",
            paramLabel = "<n>",
            description = "Size of the hidden layer (default: ${DEFAULT-VALUE}).")
    private int units = 128;

    WindowLm(Supplier<ProgressReporter> reporters) {
        super(reporters, "window-lm", 3, 3000, 128, 1e-3f);
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
    void checkModel() {
        require(window >= 1, "--window", "an integer of at least 1", window);
        require(embedding >= 1, "--embedding", "an integer of at least 1", embedding);
        require(units >= 1, "--units", "an integer of at least 1", units);
    }

    @Override
    void run(Corpus corpus, ProgressReporter progress) throws IOException {
        Corpus.Split split = corpus.holdOut(HELD_OUT);
        List<String> tokens = Words.tokens(split.training());
        Words words = new Words(tokens, words());
        int[] training = words.encode(tokens);
        int[] heldOut = words.encode(Words.tokens(split.heldOut()));
        if (training.length <= window || heldOut.length <= window) {
            throw new FileSystemException(
                    corpus.source(),
                    null,
                    "too short: expected more than " + window + " words to train on and held out, given "
                            + training.length + " and " + heldOut.length);
        }
        Examples test = examples(heldOut);
        try (Model model = new Model(words.count(), window, embedding, units)) {
            Measure perplexity = new Measure("perplexity held out", "%.1f", m -> perplexity(m, test));
            train(model, examples(training), perplexity, progress.naming("epoch", "words"));
            progress.note(Prose.wrap(sample(model, words, training), 76).indent(4));
            int shown = Math.min(MAPPED, words.count() - 2);
            float[][] vectors = vectors(model, shown);
            List<String> labels = IntStream.range(2, shown + 2)
                    .mapToObj(words::word)
                    .map(w -> w.equals("\n") ? "<line>" : w)
                    .toList();
            picture(progress, "window-lm-words.png", file -> WordMap.write(file, labels, vectors));
        }
    }

    private Examples examples(int[] text) {
        int[][] inputs = new int[text.length - window][];
        int[] labels = new int[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = Arrays.copyOfRange(text, i, i + window);
            labels[i] = text[i + window];
        }
        return new Examples(inputs, labels);
    }

    /** e to the mean cross-entropy; rare words count as one word. */
    private static double perplexity(Module model, Examples examples) {
        double bits = 0;
        for (int at = 0; at < examples.count(); at += TEST_BATCH) {
            int[] rows = IntStream.range(at, Math.min(examples.count(), at + TEST_BATCH))
                    .toArray();
            float[] found = Scope.call(
                    () -> Autograd.noGrad(() -> Bits.of(model.forward(examples.inputs(rows)), examples.labels(rows))));
            for (float one : found) {
                bits += one;
            }
        }
        return Math.pow(2, bits / examples.count());
    }

    private String sample(Module model, Words words, int[] training) {
        Sampler sampler = new Sampler(0.8, seed());
        int[] before = Arrays.copyOf(training, window);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < WRITTEN; i++) {
            long[] input = Arrays.stream(before).asLongStream().toArray();
            float[] scores = Scope.call(() -> Autograd.noGrad(
                    () -> model.forward(Tensor.of(input, 1, window)).toFloatArray()));
            // What stands for rare words cannot be written.
            scores[Words.UNKNOWN] = Float.NEGATIVE_INFINITY;
            scores[Words.PADDING] = Float.NEGATIVE_INFINITY;
            int next = sampler.draw(scores);
            String word = words.word(next);
            boolean joins = !Character.isLetterOrDigit(word.charAt(0));
            text.append(joins || text.isEmpty() || text.charAt(text.length() - 1) == '\n' ? "" : " ")
                    .append(word);
            System.arraycopy(before, 1, before, 0, window - 1);
            before[window - 1] = next;
        }
        return text.toString();
    }

    private static float[][] vectors(Model model, int count) {
        return Scope.call(() -> {
            float[] all = model.table.weight().value().toFloatArray();
            int size = all.length / (int) model.table.weight().shape().size(0);
            return IntStream.range(2, count + 2)
                    .mapToObj(i -> Arrays.copyOfRange(all, i * size, (i + 1) * size))
                    .toArray(float[][]::new);
        });
    }
}
