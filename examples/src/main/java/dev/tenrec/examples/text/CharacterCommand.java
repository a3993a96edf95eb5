package dev.tenrec.examples.text;

import dev.tenrec.examples.LineChart;
import dev.tenrec.examples.LineChart.Line;
import dev.tenrec.examples.Png;
import dev.tenrec.examples.ProgressReporter;
import dev.tenrec.optim.Adam;
import dev.tenrec.optim.Schedule;
import dev.tenrec.optim.Scheduler;
import java.awt.Graphics2D;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import picocli.CommandLine.Option;

/** Trains a network to predict the next character and lets it write. */
abstract class CharacterCommand extends TextCommand {
    private static final double HELD_OUT = 0.05;
    private static final int TEST_ROWS = 64;
    private static final int POINTS = 120;
    private static final int PASSAGE = 1300;

    private final String name;

    @Option(
            names = {"-n", "--steps"},
            paramLabel = "<n>",
            description = "Steps of the training (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(
            names = "--rounds",
            paramLabel = "<n>",
            description = "How often to test and to write a sample (default: ${DEFAULT-VALUE}).")
    private int rounds = 5;

    @Option(
            names = {"-l", "--length"},
            paramLabel = "<n>",
            description = "Characters of a sequence (default: ${DEFAULT-VALUE}).")
    private int length;

    @Option(names = "--sample", paramLabel = "<n>", description = "Characters of a sample (default: ${DEFAULT-VALUE}).")
    private int sample = 240;

    @Option(
            names = {"-t", "--temperature"},
            paramLabel = "<x>",
            description = "Of samples: 1 is the network's distribution, less prefers what is likely (default:"
                    + " ${DEFAULT-VALUE}).")
    private double temperature = 0.7;

    @Option(
            names = {"-p", "--prime"},
            paramLabel = "<text>",
            description = "What samples begin with (default: \"And \", or the text's first character).")
    private String prime;

    CharacterCommand(
            Supplier<ProgressReporter> reporters, String name, int steps, int batch, float learningRate, int length) {
        super(reporters, batch, learningRate);
        this.name = name;
        this.steps = steps;
        this.length = length;
    }

    /** Makes the network. */
    abstract CharacterModel model(int characters);

    /** Checks the options that the network depends on. */
    abstract void checkModel();

    /** Draws more pictures of the trained network; a text that it has not seen is given. */
    void pictures(CharacterModel model, int[] passage, Characters characters, ProgressReporter progress)
            throws IOException {}

    final int length() {
        return length;
    }

    @Override
    final void check() {
        require(steps >= 1, "--steps", "an integer of at least 1", steps);
        require(rounds >= 1, "--rounds", "an integer of at least 1", rounds);
        require(length >= 1, "--length", "an integer of at least 1", length);
        require(sample >= 0, "--sample", "an integer of at least 0", sample);
        require(
                temperature > 0 && temperature < Double.POSITIVE_INFINITY,
                "--temperature",
                "a finite number above 0",
                temperature);
        require(prime == null || !prime.isEmpty(), "--prime", "at least one character", "none");
        checkModel();
    }

    @Override
    final void run(Corpus corpus, ProgressReporter progress) throws IOException {
        Corpus.Split split = corpus.holdOut(HELD_OUT);
        Characters characters = new Characters(split.training() + split.heldOut());
        int[] training = characters.encode(split.training());
        int[] heldOut = characters.encode(split.heldOut());
        long needed = Math.max((long) batchSize() * length, 2L * TEST_ROWS) + 1;
        if (training.length < needed || heldOut.length < 2 * TEST_ROWS) {
            throw new FileSystemException(
                    corpus.source(),
                    null,
                    String.format(
                            Locale.ROOT,
                            "too short: expected at least %,d characters to train on and %,d held out, given %,d and"
                                    + " %,d; choose a longer --data, or a smaller --batch-size or --length",
                            needed,
                            2 * TEST_ROWS,
                            training.length,
                            heldOut.length));
        }
        int[] beginning = characters.encode(beginning(characters, split.training()));
        try (CharacterModel model = model(characters.count())) {
            model.module().initialize(seed());
            progress.note(model.module().summary());
            model.begin(training, batchSize(), length, seed());
            Curves curves = train(model, heldOut, characters, beginning, progress.naming("round", "characters"));
            model.module().save(output(name + ".safetensors"));
            picture(progress, name + "-curves.png", file -> Png.write(file, 640, 400, g -> curves.draw(g, name)));
            int[] passage = Arrays.copyOf(heldOut, Math.min(heldOut.length, PASSAGE));
            surprise(model, passage, characters, progress);
            pictures(model, passage, characters, progress);
        }
    }

    private String beginning(Characters characters, String text) {
        if (prime != null) {
            characters
                    .firstUnknown(prime)
                    .ifPresent(at -> require(
                            false, "--prime", "characters of the text that is learned", "'" + prime.charAt(at) + "'"));
            return prime;
        }
        return characters.firstUnknown("And ").isEmpty() ? "And " : text.substring(0, 1);
    }

    private Curves train(
            CharacterModel model, int[] heldOut, Characters characters, int[] beginning, ProgressReporter progress) {
        Curves curves = new Curves(new double[steps], new ArrayList<>(), new ArrayList<>());
        try (Adam adam = new Adam(model.module().parameters(), learningRate())) {
            Scheduler scheduler = new Scheduler(adam, Schedule.cosine(steps, 0.05));
            int done = 0;
            int count = Math.min(rounds, steps);
            for (int round = 1; round <= count; round++) {
                int end = (int) ((long) steps * round / count);
                long size = (long) batchSize() * length;
                progress.startEpoch(round, count, (end - done) * size);
                model.module().train();
                long start = System.nanoTime();
                double sum = 0;
                int first = done;
                for (; done < end; done++) {
                    curves.training[done] = model.step(adam) * Bits.PER_NAT;
                    sum += curves.training[done];
                    scheduler.step();
                    progress.step((int) size, sum / (done - first + 1));
                }
                double seconds = (System.nanoTime() - start) / 1e9;
                model.module().eval();
                double bits = Bits.mean(model.surprise(heldOut, TEST_ROWS));
                curves.tested.add((double) done);
                curves.heldOut.add(bits);
                String figures = String.format(
                        Locale.ROOT, "bits per character: training %.3f, held out %.3f", sum / (done - first), bits);
                progress.endEpoch(figures, (done - first) * size, seconds);
                progress.note(sample(model, characters, beginning));
            }
        }
        return curves;
    }

    private String sample(CharacterModel model, Characters characters, int[] beginning) {
        StringBuilder text = new StringBuilder();
        for (int character : beginning) {
            text.append(characters.symbol(character));
        }
        for (int character : model.write(beginning, sample, new Sampler(temperature, seed()))) {
            text.append(characters.symbol(character));
        }
        return Prose.wrap(text.toString(), 76).indent(4);
    }

    private void surprise(CharacterModel model, int[] passage, Characters characters, ProgressReporter progress)
            throws IOException {
        double[] bits = model.surprise(passage, 1);
        // The first character is given, not predicted.
        List<ShadedText.Piece> pieces = IntStream.rangeClosed(0, bits.length)
                .mapToObj(i -> new ShadedText.Piece(
                        String.valueOf(characters.symbol(passage[i])), i == 0 ? 0 : bits[i - 1] / 8))
                .toList();
        picture(
                progress,
                name + "-surprise.png",
                file -> ShadedText.write(
                        file,
                        "How surprising each character is: 0 bits white, 8 bits and more red",
                        List.of(new ShadedText.Paragraph("text that is held out", pieces))));
    }

    private record Curves(double[] training, List<Double> tested, List<Double> heldOut) {
        void draw(Graphics2D graphics, String name) {
            int width = Math.ceilDiv(training.length, POINTS);
            int bins = Math.ceilDiv(training.length, width);
            double[] x = new double[bins];
            double[] y = new double[bins];
            for (int i = 0; i < bins; i++) {
                int end = Math.min(training.length, (i + 1) * width);
                x[i] = end;
                y[i] = Bits.mean(Arrays.copyOfRange(training, i * width, end));
            }
            LineChart.draw(
                    graphics,
                    640,
                    400,
                    String.format(Locale.ROOT, "%s: bits per character (held out: %.3f)", name, heldOut.getLast()),
                    "step",
                    List.of(new Line("training", x, y), new Line("held out", array(tested), array(heldOut))));
        }

        private static double[] array(List<Double> values) {
            return values.stream().mapToDouble(Double::doubleValue).toArray();
        }
    }
}
