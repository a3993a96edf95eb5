package dev.tenrec.examples;

import dev.tenrec.backend.Backends;
import dev.tenrec.error.BackendUnavailable;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.OutOfDeviceMemory;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
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
            "Trains a dense network on Fashion-MNIST: ten classes of clothes, 28 x 28 grey pixels.",
            "Prints loss and accuracy of each epoch and a confusion matrix, and draws the training curves and twelve"
                    + " wrong predictions.%n"
        },
        sortOptions = false,
        abbreviateSynopsis = true,
        versionProvider = FashionMnist.Version.class,
        footer = {
            "",
            "Exit codes: 0 success, 2 wrong options or files, 1 a fault of the program.",
            "Example: fashion-mnist --epochs 5 --learning-rate 5e-4 --output reports"
        })
public final class FashionMnist implements Callable<Integer> {
    /** The file name of the picture of loss and accuracy by epoch. */
    public static final String CURVES_FILE = "training-curves.png";

    /** The file name of the trained weights. */
    public static final String WEIGHTS_FILE = "model.safetensors";

    /** The file name of the picture of wrong predictions. */
    public static final String WRONG_FILE = "wrong-predictions.png";

    static final int SUCCESS = 0;
    static final int FAULT = 1;
    static final int BAD_INPUT = 2;

    private final TrainingJob job;
    private final Supplier<ProgressReporter> reporters;

    @Spec
    private CommandSpec spec;

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
            defaultValue = "0.001",
            description = "Step size of Adam (default: ${DEFAULT-VALUE}).")
    private float learningRate;

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
        CommandLine line = new CommandLine(new FashionMnist(job, reporters))
                .setOut(out)
                .setErr(err)
                .setParameterExceptionHandler((e, arguments) -> badOptions(e))
                .setExecutionExceptionHandler((e, failedLine, parsed) -> failed(e, failedLine));
        try {
            return line.execute(args);
        } catch (OutOfMemoryError e) {
            err.println("error: out of memory (" + e.getMessage()
                    + ")\n  hint: choose a smaller --batch-size, or give Java more with -Xmx");
            err.flush();
            return BAD_INPUT;
        }
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
        createFolder(options.output());
        TrainingResult result;
        try (ProgressReporter progress = reporters.get()) {
            result = job.run(options, images, progress);
        }
        out.println();
        out.print(result.confusion().toText());
        out.println();
        writePictures(options.output(), result, out);
        return SUCCESS;
    }

    private TrainingOptions options() {
        try {
            return new TrainingOptions(
                    epochs,
                    batchSize,
                    learningRate,
                    seed,
                    Optional.ofNullable(backend),
                    Optional.ofNullable(data),
                    output);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private static void createFolder(Path folder) throws IOException {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new FileAlreadyExistsException(
                    folder.toString(), null, "expected a folder for --output, given a file");
        }
        Files.createDirectories(folder);
        if (!Files.isWritable(folder)) {
            throw new AccessDeniedException(
                    folder + ": no permission to write into this folder; choose another --output");
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
    }

    private static int badOptions(ParameterException e) {
        PrintWriter err = e.getCommandLine().getErr();
        // Messages of the parser may quote arguments that hold line breaks; one error stays one line.
        err.println("error: " + e.getMessage().lines().findFirst().orElse("wrong options") + " (see --help)");
        if (e.getCommandLine().getCommand() instanceof FashionMnist command && command.verbose) {
            e.printStackTrace(err);
        }
        err.flush();
        return BAD_INPUT;
    }

    private static int failed(Exception e, CommandLine line) {
        if (e instanceof ParameterException parameter) {
            return badOptions(parameter);
        }
        FashionMnist command = line.getCommand();
        PrintWriter err = line.getErr();
        boolean input = isBadInput(e);
        if (input) {
            err.println("error: " + describe(e));
        } else {
            err.println("internal error: " + e + (command.verbose ? "" : "\n  hint: --verbose shows the stack trace"));
        }
        if (command.verbose) {
            e.printStackTrace(err);
        }
        err.flush();
        return input ? BAD_INPUT : FAULT;
    }

    /** Whether the user can do something about it: files, folders, disks, backends, memory, system properties. */
    private static boolean isBadInput(Exception e) {
        return e instanceof IOException
                || e instanceof UncheckedIOException
                || e instanceof InvalidPathException
                || e instanceof BackendUnavailable
                || e instanceof OutOfDeviceMemory
                || e instanceof InvalidArgument;
    }

    /** The exceptions of the file system often hold nothing but a path; their type says the rest. */
    private static String describe(Exception e) {
        if (e instanceof FileSystemException file && file.getReason() == null) {
            String problem = switch (file) {
                case NoSuchFileException _ -> "no such file or folder";
                case AccessDeniedException _ -> "access denied";
                case FileAlreadyExistsException _ -> "is a file already";
                default -> "cannot be read or written";
            };
            return file.getFile() + ": " + problem;
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    /** The version in the jar's manifest. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = FashionMnist.class.getPackage().getImplementationVersion();
            return new String[] {"Tenrec " + (version == null ? "(development build)" : version)};
        }
    }
}
