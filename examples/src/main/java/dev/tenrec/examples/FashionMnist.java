package dev.tenrec.examples;

import dev.tenrec.backend.Backends;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Trains a network on Fashion-MNIST from the command line and reports how good it is.
 *
 * <p>Exit codes: 0 when all went well; 2 when the input has to change (options, files, folders), with one message on
 * the standard error and no stack trace; 1 for anything else, which is a fault of the program, so that scripts can tell
 * the two apart. {@code --verbose} adds the stack trace.
 */
@Command(
        name = "fashion-mnist",
        description = {
            "Trains a dense or a convolutional network on Fashion-MNIST: ten classes of clothes, 28 x 28 grey"
                    + " pixels.",
            "Prints loss and accuracy of each epoch and a confusion matrix, and draws the training curves and twelve"
                    + " wrong predictions.%n"
        },
        sortOptions = false,
        abbreviateSynopsis = true,
        versionProvider = ExampleRunner.Version.class,
        footer = {
            "",
            "Exit codes: 0 success, 2 wrong options or files, 1 a fault of the program.",
            "Example: fashion-mnist --epochs 5 --learning-rate 5e-4 --output reports"
        })
public final class FashionMnist implements ExampleRunner.Command {
    /** The file name of the picture of loss and accuracy by epoch. */
    public static final String CURVES_FILE = "training-curves.png";

    /** The file name of the trained weights. */
    public static final String WEIGHTS_FILE = "model.safetensors";

    /** The file name of the picture of a convolutional network's filters and of what they find. */
    public static final String MAPS_FILE = "feature-maps.png";

    /** The file name of the picture of wrong predictions. */
    public static final String WRONG_FILE = "wrong-predictions.png";

    private final TrainingJob job;
    private final Supplier<ProgressReporter> reporters;

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-n", "--network"},
            paramLabel = "<name>",
            defaultValue = "dense",
            description = "dense: 784-512-256-10; cnn: two convolutions, 128 units (default: ${DEFAULT-VALUE}).")
    private Network network;

    @Option(
            names = {"-e", "--epochs"},
            paramLabel = "<n>",
            defaultValue = "3",
            description = "Passes over the training images (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(
            names = {"-b", "--batch-size"},
            paramLabel = "<n>",
            defaultValue = "128",
            description = "Images per step (default: ${DEFAULT-VALUE}).")
    private int batchSize;

    @Option(
            names = {"-r", "--learning-rate"},
            paramLabel = "<x>",
            description = "Step size of Adam, at first (default: 0.001 for dense, 0.004 for cnn).")
    private Float learningRate;

    @Option(
            names = "--schedule",
            paramLabel = "<name>",
            description =
                    "How the step size goes: constant, or cosine, to nothing at the end (default: constant for dense,"
                            + " cosine for cnn).")
    private RateSchedule schedule;

    @Option(
            names = {"-s", "--seed"},
            paramLabel = "<n>",
            defaultValue = "42",
            description = "Seed of the initial weights and of the order of the images (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--backend",
            paramLabel = "<name>",
            description = "Backend, such as auto, cpu, cpu:1 or reference (default: the system property"
                    + " tenrec.backend, if it is set, else auto).")
    private String backend;

    @Option(
            names = {"-d", "--data"},
            paramLabel = "<folder>",
            description = "Folder with the four files of the full set, or 'embedded' for the 11,000 + 2,000 images in"
                    + " this program (default: /usr/share/datasets/fashion-mnist if it is there, else embedded).")
    private String data;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "<folder>",
            defaultValue = "out",
            description = "Folder for the pictures; it is made if needed (default: ${DEFAULT-VALUE}).")
    private Path output;

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

    /**
     * Runs the program.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        System.exit(execute(new FashionMnistTraining(), args));
    }

    private FashionMnist(TrainingJob job, Supplier<ProgressReporter> reporters) {
        this.job = job;
        this.reporters = reporters;
    }

    /**
     * Runs the command line with a given training.
     *
     * @param job the training
     * @param args the arguments
     * @return the exit code: 0, 1 or 2
     */
    static int execute(TrainingJob job, String... args) {
        return execute(
                job,
                ProgressReporter::ofSystem,
                new PrintWriter(System.out, true),
                new PrintWriter(System.err, true),
                args);
    }

    static int execute(
            TrainingJob job, Supplier<ProgressReporter> reporters, PrintWriter out, PrintWriter err, String... args) {
        return ExampleRunner.run(new FashionMnist(job, reporters), out, err, args);
    }

    @Override
    public boolean verbose() {
        return verbose;
    }

    @Override
    public Integer call() throws Exception {
        TrainingOptions options = options();
        // Read when the first tensor is made.
        options.backend().ifPresent(name -> System.setProperty(Backends.PROPERTY, name));
        PrintWriter out = spec.commandLine().getOut();
        FashionMnistData images = FashionMnistData.load(options.data());
        out.printf(
                Locale.ROOT,
                "data: %s, %,d training and %,d test images%n",
                images.source(),
                images.training().count(),
                images.test().count());
        out.flush();
        // Before the training: a folder that cannot be written should not cost the user an hour.
        ExampleRunner.createFolder(options.output());
        TrainingResult result;
        try (ProgressReporter progress = reporters.get()) {
            result = job.run(options, images, progress);
        }
        out.println();
        out.print(result.confusion().toText());
        out.println();
        writePictures(options.output(), result, out);
        return ExampleRunner.SUCCESS;
    }

    private TrainingOptions options() {
        try {
            return new TrainingOptions(
                    network,
                    epochs,
                    batchSize,
                    learningRate == null ? network.learningRate() : learningRate,
                    schedule == null ? network.schedule() : schedule,
                    seed,
                    Optional.ofNullable(backend),
                    Optional.ofNullable(data),
                    output);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private void writePictures(Path folder, TrainingResult result, PrintWriter out) throws IOException {
        Optional<String> obstacle = Png.whyNoText();
        if (obstacle.isPresent()) {
            // The training is done and its numbers are shown; a machine without fonts is no reason to fail.
            spec.commandLine().getErr().println("warning: no pictures: " + obstacle.get());
            return;
        }
        Path curves = folder.resolve(CURVES_FILE);
        TrainingCurves.write(curves, result.epochs());
        out.println("wrote " + curves);
        Path wrong = folder.resolve(WRONG_FILE);
        WrongPredictions.write(wrong, result.wrong());
        out.println("wrote " + wrong);
        if (result.maps().isPresent()) {
            Path maps = folder.resolve(MAPS_FILE);
            result.maps().get().write(maps);
            out.println("wrote " + maps);
        }
    }
}
