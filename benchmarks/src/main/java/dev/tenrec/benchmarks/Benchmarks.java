package dev.tenrec.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.tenrec.benchmarks.ulp.UlpTable;
import dev.tenrec.benchmarks.work.BadInput;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/**
 * Runs benchmarks with JMH and compares who does the same work. Takes JMH's options; without any, runs all benchmarks.
 * The first argument can be a command that takes the others: {@code compare} ({@link Comparison}), {@code report}
 * ({@link Report}), {@code cold-start} ({@link ColdStart}), {@code ulp} ({@link UlpTable}).
 *
 * <p>Exit codes: 0 if all went well, 1 if a benchmark failed, 2 if what was asked for cannot be done.
 */
public final class Benchmarks {

    private Benchmarks() {}

    /**
     * Runs benchmarks and ends the JVM.
     *
     * @param args JMH's options, {@code -h} lists them
     * @throws InterruptedException if interrupted while waiting for another JVM
     */
    public static void main(String[] args) throws InterruptedException {
        if (args.length > 0 && args[0].equals("cold-start")) {
            ColdStart.main(Arrays.copyOfRange(args, 1, args.length));
            return;
        }
        if (args.length > 0 && args[0].equals("ulp")) {
            UlpTable.main(Arrays.copyOfRange(args, 1, args.length));
            return;
        }
        System.exit(run(args, System.out, System.err));
    }

    /** Runs a command and returns the exit code. */
    static int run(String[] args, PrintStream out, PrintStream err) throws InterruptedException {
        try {
            String command = args.length == 0 ? "" : args[0];
            String[] rest = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
            return switch (command) {
                case "compare" -> {
                    Comparison comparison = Comparison.parse(rest);
                    yield start(new CommandLineOptions(comparison.jmhOptions()), comparison::wants, out, err);
                }
                case "report" -> {
                    Report.run(rest, out);
                    yield 0;
                }
                default -> jmh(args, out, err);
            };
        } catch (CommandLineOptionException e) {
            err.println("benchmarks: " + oneLine(e) + "; -h lists the options");
            return 2;
        } catch (BadInput e) {
            err.println("benchmarks: " + e.getMessage());
            return 2;
        } catch (RunnerException | IOException e) {
            err.println("benchmarks: " + oneLine(e));
            return 1;
        }
    }

    private static int jmh(String[] args, PrintStream out, PrintStream err)
            throws CommandLineOptionException, RunnerException, IOException, InterruptedException {
        CommandLineOptions options = new CommandLineOptions(args);
        if (options.shouldHelp()
                || options.shouldList()
                || options.shouldListWithParams()
                || options.shouldListProfilers()
                || options.shouldListResultFormats()) {
            org.openjdk.jmh.Main.main(args);
            return 0;
        }
        return start(options, _ -> true, out, err);
    }

    private static String oneLine(Exception e) {
        return String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
    }

    private static int start(CommandLineOptions options, Predicate<Trial> wanted, PrintStream out, PrintStream err)
            throws RunnerException, IOException, InterruptedException {
        Session session = new Session(options, wanted, out, err);
        long memory = ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
        long heap = Runtime.getRuntime().maxMemory();
        session.trials().forEach(trial -> trial.check(memory, heap));
        Path file = resultFile(options);
        Map<String, String> environment = Environment.describe();
        environment.forEach((name, value) -> out.println(name + ": " + value));
        Map<String, String> libraries = new TreeMap<>();
        for (Trial trial : List.copyOf(session.trials())) {
            if (trial.peer().isPresent() && !libraries.containsKey(trial.library())) {
                String description;
                try {
                    description = trial.peer().get().describe();
                    out.println(description);
                } catch (IOException e) {
                    description = oneLine(e);
                    err.println(description);
                    session.leaveOut(trial.library());
                }
                libraries.put(trial.library(), description);
            }
        }
        return measure(session, options, file, new ResultFile.Circumstances(environment, libraries), out);
    }

    private static int measure(
            Session session,
            CommandLineOptions options,
            Path file,
            ResultFile.Circumstances circumstances,
            PrintStream out)
            throws RunnerException, IOException {
        List<Measured> measured = session.run();
        if (file != null && format(options) == ResultFormatType.JSON) {
            ResultFile.write(file, measured, circumstances);
        } else if (file != null) {
            ResultFormatFactory.getInstance(format(options), file.toString())
                    .writeOut(measured.stream().map(Measured::result).toList());
        }
        if (file != null) {
            out.println("results written to " + file);
        }
        out.println();
        new ResultTable(measured.stream().map(Measured::row).toList()).print(out);
        return session.failed() ? 1 : 0;
    }

    private static ResultFormatType format(CommandLineOptions options) {
        return options.getResultFormat().orElse(ResultFormatType.CSV);
    }

    /** Finds where results go and that it can be written, before hours of measuring. */
    private static Path resultFile(CommandLineOptions options) {
        if (!options.getResult().hasValue() && !options.getResultFormat().hasValue()) {
            return null;
        }
        String extension = format(options).toString().toLowerCase(Locale.ROOT);
        Path file = Path.of(options.getResult().orElse("jmh-result." + extension));
        Path folder = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file) || !Files.isDirectory(folder) || !Files.isWritable(folder)) {
            throw new BadInput("cannot write results to " + file + ": choose another file with -rff");
        }
        return file;
    }
}
