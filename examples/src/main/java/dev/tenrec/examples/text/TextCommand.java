package dev.tenrec.examples.text;

import dev.tenrec.backend.Backends;
import dev.tenrec.examples.ExampleRunner;
import dev.tenrec.examples.Png;
import dev.tenrec.examples.ProgressReporter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What the examples on texts have in common: options, the text, where pictures go. */
public abstract class TextCommand implements ExampleRunner.Command {
    private final Supplier<ProgressReporter> reporters;

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-b", "--batch-size"},
            paramLabel = "<n>",
            description = "Sequences per step (default: ${DEFAULT-VALUE}).")
    private int batchSize;

    @Option(
            names = {"-r", "--learning-rate"},
            paramLabel = "<x>",
            description = "First step size of Adam (default: ${DEFAULT-VALUE}).")
    private float learningRate;

    @Option(
            names = {"-s", "--seed"},
            paramLabel = "<n>",
            description = "Seed of all that is random (default: ${DEFAULT-VALUE}).")
    private long seed = 42;

    @Option(
            names = "--backend",
            paramLabel = "<name>",
            description = "Backend, such as auto, cpu or reference (default: the system property tenrec.backend, if it"
                    + " is set, else auto).")
    private String backend;

    @Option(
            names = {"-d", "--data"},
            paramLabel = "<file>",
            description = "A text in UTF-8, in which lines such as \"= Title\" begin parts (default: six books of the"
                    + " King James Version, 959,427 characters, in this program).")
    private Path data;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "<folder>",
            description = "Folder for the pictures; it is made if needed (default: ${DEFAULT-VALUE}).")
    private Path output = Path.of("out");

    @Option(
            names = {"-v", "--verbose"},
            description = "Show the stack trace of an error.")
    private boolean verbose;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the version and exit.")
    private boolean version;

    TextCommand(Supplier<ProgressReporter> reporters, int batchSize, float learningRate) {
        this.reporters = reporters;
        this.batchSize = batchSize;
        this.learningRate = learningRate;
    }

    /** Checks the options of the example, see {@link #require}. */
    abstract void check();

    /** Trains and reports. */
    abstract void run(Corpus corpus, ProgressReporter progress) throws Exception;

    /** Runs an example with the streams of the process and ends it. */
    static void main(TextCommand command, String... args) {
        System.exit(
                ExampleRunner.run(command, new PrintWriter(System.out, true), new PrintWriter(System.err, true), args));
    }

    @Override
    public final Integer call() throws Exception {
        require(batchSize >= 1, "--batch-size", "an integer of at least 1", batchSize);
        require(
                Float.isFinite(learningRate) && learningRate > 0,
                "--learning-rate",
                "a finite float32 number above 0",
                learningRate);
        require(backend == null || !backend.isBlank(), "--backend", "a name", "an empty one");
        check();
        if (backend != null) {
            // Read when the first tensor is made.
            System.setProperty(Backends.PROPERTY, backend);
        }
        Corpus corpus = Corpus.load(Optional.ofNullable(data));
        // Before the training: a folder that cannot be written should not cost the user an hour.
        ExampleRunner.createFolder(output);
        try (ProgressReporter progress = reporters.get()) {
            progress.note(String.format(
                    Locale.ROOT,
                    "data: %s, %,d characters in %d part%s",
                    corpus.source(),
                    corpus.length(),
                    corpus.parts().size(),
                    corpus.parts().size() == 1 ? "" : "s"));
            run(corpus, progress);
        }
        return ExampleRunner.SUCCESS;
    }

    @Override
    public final boolean verbose() {
        return verbose;
    }

    final int batchSize() {
        return batchSize;
    }

    final float learningRate() {
        return learningRate;
    }

    final long seed() {
        return seed;
    }

    /** Rejects an option with one line. */
    final void require(boolean condition, String option, String expected, Object given) {
        if (!condition) {
            throw new ParameterException(
                    spec.commandLine(),
                    "Invalid value for option '" + option + "': expected " + expected + ", given " + given);
        }
    }

    /** Draws a picture. */
    @FunctionalInterface
    interface Picture {
        void write(Path file) throws IOException;
    }

    /** Writes a picture, or says why not: a machine without fonts is no reason to fail after the training. */
    final void picture(ProgressReporter progress, String name, Picture picture) throws IOException {
        Optional<String> obstacle = Png.whyNoText();
        if (obstacle.isPresent()) {
            progress.note("no " + name + ": " + obstacle.get());
            return;
        }
        Path file = output.resolve(name);
        picture.write(file);
        progress.note("wrote " + file);
    }

    /** A file in the folder of the pictures. */
    final Path output(String name) {
        return output.resolve(name);
    }
}
