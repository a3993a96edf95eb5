package dev.tenrec.examples.text;

import dev.tenrec.examples.LineChart;
import dev.tenrec.examples.LineChart.Line;
import dev.tenrec.examples.Png;
import dev.tenrec.examples.ProgressReporter;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Module;
import dev.tenrec.optim.Adam;
import dev.tenrec.tensor.Tensor;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Option;

/** Trains a network in epochs to predict a class from a fixed number of words. */
abstract class EpochCommand extends TextCommand {
    private final String name;

    @Option(
            names = {"-e", "--epochs"},
            paramLabel = "<n>",
            description = "Passes over the training text (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(
            names = "--words",
            paramLabel = "<n>",
            description = "Most frequent words that are told apart (default: ${DEFAULT-VALUE}).")
    private int words;

    EpochCommand(
            Supplier<ProgressReporter> reporters, String name, int epochs, int words, int batch, float learningRate) {
        super(reporters, batch, learningRate);
        this.name = name;
        this.epochs = epochs;
        this.words = words;
    }

    final int words() {
        return words;
    }

    @Override
    final void check() {
        require(epochs >= 1, "--epochs", "an integer of at least 1", epochs);
        require(words >= 3, "--words", "an integer of at least 3", words);
        checkModel();
    }

    abstract void checkModel();

    /**
     * Word numbers and what follows from them.
     *
     * @param inputs [count, width]
     * @param labels one per row, or as many for each, row by row
     */
    record Examples(int[][] inputs, int[] labels) {
        int count() {
            return inputs.length;
        }

        Tensor inputs(int[] rows) {
            int width = inputs[0].length;
            long[] values = new long[rows.length * width];
            Arrays.setAll(values, i -> inputs[rows[i / width]][i % width]);
            return Tensor.of(values, rows.length, width);
        }

        Tensor labels(int[] rows) {
            int width = labels.length / inputs.length;
            long[] values = new long[rows.length * width];
            Arrays.setAll(values, i -> labels[rows[i / width] * width + i % width]);
            return Tensor.of(values, values.length);
        }
    }

    /** What is told of an epoch: a figure of the tested network, and its name in the title of the curves. */
    record Measure(String name, String format, ToDoubleFunction<Module> test) {}

    /** Trains, tests after each epoch, saves the weights and draws the curves. */
    final void train(Module model, Examples training, Measure measure, ProgressReporter progress) throws IOException {
        model.initialize(seed());
        progress.note(model.summary());
        double[] losses = new double[epochs];
        double[] tests = new double[epochs];
        Random random = new Random(seed());
        int[] order = new int[training.count()];
        Arrays.setAll(order, i -> i);
        try (Adam adam = new Adam(model.parameters(), learningRate())) {
            for (int epoch = 1; epoch <= epochs; epoch++) {
                progress.startEpoch(epoch, epochs, training.count());
                model.train();
                shuffle(order, random);
                long start = System.nanoTime();
                double sum = 0;
                for (int at = 0; at < order.length; at += batchSize()) {
                    int[] rows = Arrays.copyOfRange(order, at, Math.min(order.length, at + batchSize()));
                    sum += rows.length * step(model, adam, training, rows);
                    progress.step(rows.length, sum / (at + rows.length));
                }
                double seconds = (System.nanoTime() - start) / 1e9;
                model.eval();
                losses[epoch - 1] = sum / order.length;
                tests[epoch - 1] = measure.test.applyAsDouble(model);
                progress.endEpoch(
                        String.format(
                                Locale.ROOT,
                                "training loss %.3f  %s " + measure.format,
                                losses[epoch - 1],
                                measure.name,
                                tests[epoch - 1]),
                        order.length,
                        seconds);
            }
        }
        model.save(output(name + ".safetensors"));
        double[] x = new double[epochs];
        Arrays.setAll(x, i -> i + 1.0);
        picture(
                progress,
                name + "-curves.png",
                file -> Png.write(file, 1040, 380, graphics -> {
                    LineChart.draw(
                            graphics,
                            520,
                            380,
                            "Training loss (nats)",
                            "epoch",
                            List.of(new Line("training", x, losses)));
                    graphics.translate(520, 0);
                    LineChart.draw(
                            graphics,
                            520,
                            380,
                            String.format(
                                    Locale.ROOT, "%s (last: " + measure.format + ")", measure.name, tests[epochs - 1]),
                            "epoch",
                            List.of(new Line("held out", x, tests)));
                }));
    }

    private static double step(Module model, Adam adam, Examples examples, int[] rows) {
        return Scope.call(() -> {
            Tensor loss = Losses.crossEntropy(model.forward(examples.inputs(rows)), examples.labels(rows));
            adam.step(loss.backward());
            return loss.item();
        });
    }

    private static void shuffle(int[] order, Random random) {
        for (int i = order.length - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int kept = order[i];
            order[i] = order[other];
            order[other] = kept;
        }
    }
}
