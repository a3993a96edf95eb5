package dev.tenrec.examples;

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
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;

/**
 * Runs an example from the command line and turns what goes wrong into one message and an exit code.
 *
 * <p>Exit codes: 0 when all went well; 2 when the input has to change (options, files, folders), with one message on
 * the standard error and no stack trace; 1 for anything else, which is a fault of the program, so that scripts can tell
 * the two apart. {@code --verbose} adds the stack trace.
 */
public final class ExampleRunner {
    /** The exit code when all went well. */
    public static final int SUCCESS = 0;

    /** The exit code of a fault of the program. */
    public static final int FAULT = 1;

    /** The exit code of wrong options, files or folders. */
    public static final int BAD_INPUT = 2;

    private ExampleRunner() {}

    /** An example with options of picocli; its result is the exit code. */
    public interface Command extends Callable<Integer> {
        /** {@return whether errors are shown with their stack traces} */
        boolean verbose();
    }

    /**
     * Runs an example.
     *
     * @param command the example
     * @param out where its results go
     * @param err where errors go
     * @param args the arguments
     * @return the exit code: 0, 1 or 2
     */
    public static int run(Command command, PrintWriter out, PrintWriter err, String... args) {
        CommandLine line = new CommandLine(command)
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
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

    /**
     * Makes sure that there is a folder to write into.
     *
     * @param folder the folder
     * @throws IOException if it cannot be made or written into; the message says why
     */
    public static void createFolder(Path folder) throws IOException {
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

    private static int badOptions(ParameterException e) {
        PrintWriter err = e.getCommandLine().getErr();
        // Messages of the parser may quote arguments that hold line breaks; one error stays one line.
        err.println("error: " + e.getMessage().lines().findFirst().orElse("wrong options") + " (see --help)");
        if (e.getCommandLine().getCommand() instanceof Command command && command.verbose()) {
            e.printStackTrace(err);
        }
        err.flush();
        return BAD_INPUT;
    }

    private static int failed(Exception e, CommandLine line) {
        if (e instanceof ParameterException parameter) {
            return badOptions(parameter);
        }
        boolean verbose = line.<Command>getCommand().verbose();
        PrintWriter err = line.getErr();
        boolean input = isBadInput(e);
        if (input) {
            err.println("error: " + describe(e));
        } else {
            err.println("internal error: " + e + (verbose ? "" : "\n  hint: --verbose shows the stack trace"));
        }
        if (verbose) {
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
    public static final class Version implements IVersionProvider {
        /** Made by picocli. */
        public Version() {}

        @Override
        public String[] getVersion() {
            String version = ExampleRunner.class.getPackage().getImplementationVersion();
            return new String[] {"Tenrec " + (version == null ? "(development build)" : version)};
        }
    }
}
