package dev.tenrec.examples.text;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.examples.ProgressReporter;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Embedding;
import dev.tenrec.nn.Module;
import dev.tenrec.tensor.Tensor;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import picocli.CommandLine.Option;

/** Trains a language model over words: of the words before it predicts the next one. */
abstract class WordLm extends EpochCommand {
    private static final double HELD_OUT = 0.05;
    private static final int TEST_WORDS = 512;
    private static final int MAPPED = 160;
    private static final int WRITTEN = 60;

    private final String name;
    private Outcome outcome;

    @Option(
            names = "--embedding",
            paramLabel = "<n>",
            description = "Size of a word's vector (default: ${DEFAULT-VALUE}).")
    private int embedding = 48;

    @Option(
            names = "--units",
            paramLabel = "<n>",
            description = "Size of the hidden layers (default: ${DEFAULT-VALUE}).")
    private int units = 128;

    WordLm(Supplier<ProgressReporter> reporters, String name, int batch) {
        super(reporters, name, 3, 3000, batch, 1e-3f);
        this.name = name;
    }

    /**
     * A network.
     *
     * @param module I64 [batch, length] to scores [batch · places, words], where places is 1 or length
     * @param table the words' vectors
     */
    record Network(Module module, Embedding table) {}

    /**
     * What came out.
     *
     * @param parameters of the network
     * @param perplexity on the text held out
     */
    record Outcome(long parameters, double perplexity) {}

    /** How many words the network is given. */
    abstract int length();

    /** Whether the network predicts what follows each of them, and not the last one alone. */
    abstract boolean everyWord();

    abstract Network network(int words, int size, int hidden);

    /** Checks the options of a kind of network. */
    abstract void checkKind();

    /** What came out of the last run. */
    final Outcome outcome() {
        return outcome;
    }

    @Override
    final void checkModel() {
        require(embedding >= 1, "--embedding", "an integer of at least 1", embedding);
        require(units >= 1, "--units", "an integer of at least 1", units);
        checkKind();
    }

    @Override
    void run(Corpus corpus, ProgressReporter progress) throws IOException {
        Corpus.Split split = corpus.holdOut(HELD_OUT);
        List<String> tokens = Words.tokens(split.training());
        Words words = new Words(tokens, words());
        int[] training = words.encode(tokens);
        int[] heldOut = words.encode(Words.tokens(split.heldOut()));
        if (training.length <= length() || heldOut.length <= length()) {
            throw new FileSystemException(
                    corpus.source(),
                    null,
                    "too short: expected more than " + length() + " words to train on and held out, given "
                            + training.length + " and " + heldOut.length);
        }
        Examples test = examples(heldOut);
        Network network = network(words.count(), embedding, units);
        try (Module model = network.module) {
            double[] last = new double[1];
            Measure perplexity = new Measure("perplexity held out", "%.1f", m -> last[0] = perplexity(m, test));
            train(model, examples(training), perplexity, progress.naming("epoch", everyWord() ? "rows" : "words"));
            outcome = new Outcome(
                    model.parameters().stream()
                            .mapToLong(parameter -> parameter.shape().elementCount())
                            .sum(),
                    last[0]);
            progress.note(Prose.wrap(sample(model, words, training), 76).indent(4));
            int shown = Math.min(MAPPED, words.count() - 2);
            float[][] vectors = vectors(network.table, shown);
            List<String> labels = IntStream.range(2, shown + 2)
                    .mapToObj(words::word)
                    .map(w -> w.equals("\n") ? "<line>" : w)
                    .toList();
            picture(progress, name + "-words.png", file -> WordMap.write(file, labels, vectors));
        }
    }

    /** Rows of words and what follows; if that is asked of every word, no word is in two rows. */
    private Examples examples(int[] text) {
        int length = length();
        int step = everyWord() ? length : 1;
        int[][] inputs = new int[(text.length - 1 - length) / step + 1][];
        int[] labels = new int[inputs.length * step];
        for (int i = 0; i < inputs.length; i++) {
            int end = i * step + length;
            inputs[i] = Arrays.copyOfRange(text, end - length, end);
            System.arraycopy(text, end - step + 1, labels, i * step, step);
        }
        return new Examples(inputs, labels);
    }

    /** e to the mean cross-entropy; rare words count as one word. */
    private static double perplexity(Module model, Examples examples) {
        double bits = 0;
        int batch = Math.max(1, TEST_WORDS * examples.count() / examples.labels().length);
        for (int at = 0; at < examples.count(); at += batch) {
            int[] rows =
                    IntStream.range(at, Math.min(examples.count(), at + batch)).toArray();
            float[] found = Scope.call(
                    () -> Autograd.noGrad(() -> Bits.of(model.forward(examples.inputs(rows)), examples.labels(rows))));
            for (float one : found) {
                bits += one;
            }
        }
        return Math.pow(2, bits / examples.labels().length);
    }

    private String sample(Module model, Words words, int[] training) {
        Sampler sampler = new Sampler(0.8, seed());
        int length = length();
        int[] before = Arrays.copyOf(training, length);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < WRITTEN; i++) {
            long[] input = Arrays.stream(before).asLongStream().toArray();
            float[] scores = Scope.call(() -> Autograd.noGrad(() -> {
                Tensor all = model.forward(Tensor.of(input, 1, length));
                return all.select(0, all.size(0) - 1).toFloatArray();
            }));
            // What stands for rare words cannot be written.
            scores[Words.UNKNOWN] = Float.NEGATIVE_INFINITY;
            scores[Words.PADDING] = Float.NEGATIVE_INFINITY;
            int next = sampler.draw(scores);
            String word = words.word(next);
            boolean joins = !Character.isLetterOrDigit(word.charAt(0));
            text.append(joins || text.isEmpty() || text.charAt(text.length() - 1) == '\n' ? "" : " ")
                    .append(word);
            System.arraycopy(before, 1, before, 0, length - 1);
            before[length - 1] = next;
        }
        return text.toString();
    }

    private static float[][] vectors(Embedding table, int count) {
        return Scope.call(() -> {
            float[] all = table.weight().value().toFloatArray();
            int size = all.length / (int) table.weight().shape().size(0);
            return IntStream.range(2, count + 2)
                    .mapToObj(i -> Arrays.copyOfRange(all, i * size, (i + 1) * size))
                    .toArray(float[][]::new);
        });
    }
}
