package dev.tenrec.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.tenrec.benchmarks.ulp.UlpTable;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/**
 * Runs benchmarks with JMH and compares who does the same work. Takes JMH's options; without any, runs all benchmarks.
 * The first argument {@code cold-start} runs {@link ColdStart} with the others instead, {@code ulp} {@link UlpTable}.
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

    /** Runs benchmarks and returns the exit code. */
    static int run(String[] args, PrintStream out, PrintStream err) throws InterruptedException {
        try {
            CommandLineOptions options = new CommandLineOptions(args);
            if (options.shouldHelp()
                    || options.shouldList()
                    || options.shouldListWithParams()
                    || options.shouldListProfilers()
                    || options.shouldListResultFormats()) {
                org.openjdk.jmh.Main.main(args);
                return 0;
            }
            return start(options, args, out, err);
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

    private static String oneLine(Exception e) {
        return String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
    }

    private static int start(CommandLineOptions options, String[] args, PrintStream out, PrintStream err)
            throws RunnerException, IOException, InterruptedException {
        Session session = new Session(options, out, err);
        long memory = ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
        session.trials().forEach(trial -> trial.check(memory));
        Path file = resultFile(options);
        List<PeerSetup> peers = Trial.setups(session.trials());
        Map<String, String> missing = new HashMap<>();
        peers.forEach(peer -> missing.putAll(peer.environment()));
        missing.keySet().removeAll(System.getenv().keySet());
        if (!missing.isEmpty()) {
            // The JVMs that JMH starts inherit this one's environment, and it cannot be changed from inside.
            ProcessBuilder again = new ProcessBuilder(FreshJvm.command(Benchmarks.class, List.of(args))).inheritIO();
            again.environment().putAll(missing);
            return again.start().waitFor();
        }
        peers.forEach(peer -> out.println(peer.describe()));
        return measure(session, options, file, out);
    }

    private static int measure(Session session, CommandLineOptions options, Path file, PrintStream out)
            throws RunnerException {
        List<Measured> measured = session.run();
        if (file != null) {
            ResultFormatFactory.getInstance(format(options), file.toString())
                    .writeOut(measured.stream().map(Measured::result).toList());
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
