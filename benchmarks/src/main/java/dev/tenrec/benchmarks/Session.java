package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.BadInput;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs trials so that those of the same work can be compared on a machine whose speed changes: each gets a fresh JVM in
 * every round, one right after the other, in turned order every other round. JMH by itself runs all JVMs of one
 * benchmark before it turns to the next.
 */
final class Session {

    private static final String CLASS_PATH = "java.class.path";

    private record Key(Trial trial, Mode mode) {}

    private final CommandLineOptions options;
    private final PrintStream out;
    private final PrintStream err;
    private List<Trial> trials;
    private final Map<Key, Measured> measured = new LinkedHashMap<>();
    private boolean failed;

    /**
     * Finds the trials that the options ask for.
     *
     * @param wanted leaves out others
     * @throws BadInput if there are none
     */
    Session(CommandLineOptions options, Predicate<Trial> wanted, PrintStream out, PrintStream err) {
        this.options = options;
        this.out = out;
        this.err = err;
        List<Trial> found =
                Trial.find(options, OutputFormatFactory.createFormatInstance(err, VerboseMode.SILENT)).stream()
                        .filter(wanted)
                        .toList();
        trials = found.stream().filter(Trial::supported).toList();
        if (trials.isEmpty()) {
            throw new BadInput(
                    found.isEmpty()
                            ? "nothing left to run"
                            : found.getFirst().library() + " has nothing for "
                                    + found.getFirst().label());
        }
    }

    List<Trial> trials() {
        return trials;
    }

    /** Runs nothing of a library that does not start; counts as a failure. */
    void leaveOut(String library) {
        trials = trials.stream()
                .filter(trial -> !trial.library().equals(library))
                .toList();
        failed = true;
    }

    /** {@return whether a trial gave no result} */
    boolean failed() {
        return failed;
    }

    /** Runs all trials; those that fail are reported and left out. */
    List<Measured> run() throws RunnerException {
        Collection<List<Trial>> groups = Trial.groups(trials);
        int total = trials.stream().mapToInt(this::rounds).sum();
        int done = 0;
        for (List<Trial> group : groups) {
            int rounds = group.stream().mapToInt(this::rounds).max().orElseThrow();
            for (int round = 0; round < rounds; round++) {
                for (Trial trial : round % 2 == 0 ? group : group.reversed()) {
                    if (round < rounds(trial)) {
                        out.printf("[%d/%d] %s %s %s: ", ++done, total, trial.label(), trial.sizes(), trial.library());
                        out.flush();
                        out.println(run(trial));
                    }
                }
            }
        }
        // In the order of the trials, not of the turned rounds.
        List<Measured> ordered = new ArrayList<>();
        for (List<Trial> group : groups) {
            for (Trial trial : group) {
                measured.forEach((key, value) -> {
                    if (key.trial.equals(trial)) {
                        ordered.add(value);
                    }
                });
            }
        }
        return ordered;
    }

    private int rounds(Trial trial) {
        return Math.max(1, options.getForkCount().orElse(trial.forks()));
    }

    private String run(Trial trial) throws RunnerException {
        int forks = Math.min(1, options.getForkCount().orElse(trial.forks()));
        TrialOptions narrowed = new TrialOptions(options, trial, forks);
        String ownClassPath = System.getProperty(CLASS_PATH);
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        try (PrintStream captured = new PrintStream(log, true, StandardCharsets.UTF_8)) {
            trial.peer().ifPresent(launch -> {
                narrowed.with(launch.tuning());
                // JMH starts its JVMs with the class path of this one, and has no option for another.
                System.setProperty(CLASS_PATH, launch.classPath());
            });
            Collection<RunResult> results = new Runner(narrowed, format(captured)).run();
            if (results.isEmpty()) {
                return failure(trial, log);
            }
            StringBuilder line = new StringBuilder();
            for (RunResult result : results) {
                Measured all = measured.computeIfAbsent(
                        new Key(trial, result.getParams().getMode()), _ -> new Measured(trial, result.getParams()));
                result.getBenchmarkResults().forEach(all::add);
                line.append(line.isEmpty() ? "" : ", ");
                line.append(ResultTable.time(all.row().last()));
            }
            return line.toString();
        } catch (RunnerException e) {
            if (e.getMessage() != null && e.getMessage().contains("lock")) {
                // Another run is under way; every other trial would fail the same way.
                throw e;
            }
            return failure(trial, log);
        } finally {
            System.setProperty(CLASS_PATH, ownClassPath);
        }
    }

    private OutputFormat format(PrintStream captured) {
        // JMH's own report is shown where it was asked for, or where something went wrong.
        return options.verbosity().hasValue()
                ? OutputFormatFactory.createFormatInstance(
                        out, options.verbosity().get())
                : OutputFormatFactory.createFormatInstance(captured, VerboseMode.NORMAL);
    }

    private String failure(Trial trial, ByteArrayOutputStream log) {
        failed = true;
        err.println();
        err.print(log.toString(StandardCharsets.UTF_8));
        return "failed, see above: " + trial.label() + " " + trial.sizes() + " " + trial.library();
    }
}
