package dev.tenrec.examples.text;

import dev.tenrec.examples.ExampleRunner;
import dev.tenrec.examples.ProgressReporter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The language models over words, on the same text. */
public enum LanguageModel {
    /** A fixed window. */
    WINDOW("window-lm", "fixed window", "the next word from the four before", WindowLm::new),
    /** A recurrent network. */
    RNN("rnn-lm", "recurrent", "the next word from all before, by a recurrent network", RnnLm::new),
    /** Causal convolutions. */
    CONVOLUTION(
            "conv-lm", "convolutional", "the next word from the fifteen before, by causal convolutions", ConvLm::new);

    private final String title;
    private final String network;
    private final String task;
    private final Function<Supplier<ProgressReporter>, WordLm> command;

    LanguageModel(String title, String network, String task, Function<Supplier<ProgressReporter>, WordLm> command) {
        this.title = title;
        this.network = network;
        this.task = task;
        this.command = command;
    }

    /** {@return its name in commands} */
    public String title() {
        return title;
    }

    /** {@return what it predicts from what} */
    public String task() {
        return task;
    }

    /**
     * Trains it, in about a minute, and tells the progress on the standard output.
     *
     * @param out where faults are told
     * @param folder where pictures go
     * @throws IOException if it failed, after it was told why
     */
    public void run(PrintWriter out, Path folder) throws IOException {
        train(ProgressReporter::ofSystem, out, folder);
    }

    private WordLm.Outcome train(Supplier<ProgressReporter> reporters, PrintWriter out, Path folder, String... options)
            throws IOException {
        WordLm made = command.apply(reporters);
        String[] all = Stream.concat(Stream.of("--output", folder.toString()), Stream.of(options))
                .toArray(String[]::new);
        int code = ExampleRunner.run(made, out, out, all);
        if (code != ExampleRunner.SUCCESS) {
            throw new IOException(title + " ended with code " + code);
        }
        return made.outcome();
    }

    /**
     * Trains all, in a few minutes, and prints a table of their perplexities.
     *
     * @param out where the table is printed; the progress is told on the standard output
     * @param folder where pictures go
     * @throws IOException if one failed, after it was told why
     */
    public static void table(PrintWriter out, Path folder) throws IOException {
        table(ProgressReporter::ofSystem, out, folder);
    }

    static void table(Supplier<ProgressReporter> reporters, PrintWriter out, Path folder, String... options)
            throws IOException {
        StringBuilder table = new StringBuilder(String.format(
                "| network | parameters | predicts | perplexity held out | `-Dargs=` |%n|---|---|---|---|---|%n"));
        for (LanguageModel one : values()) {
            WordLm.Outcome outcome = one.train(reporters, out, folder, options);
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %,d | %s | %.1f | `%s` |%n",
                    one.network,
                    outcome.parameters(),
                    one.task,
                    outcome.perplexity(),
                    one.title));
        }
        out.print(table);
        out.flush();
    }
}
