package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.BadInput;
import dev.tenrec.benchmarks.work.Sizes;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Starts many JVMs one after the other and looks whether one of them stays slow. A method that the first compiler gives
 * up on may never reach the second one; whether that happens is decided anew in every JVM, and such a JVM is many times
 * slower for ever.
 *
 * <p>A JVM passes if its median call of the last second, paced, runs at 80 % of what is the median over all JVMs. Paced
 * means: as a share of the {@link Yardstick} run right before and after, since the machine itself may be slower while one
 * JVM runs than while the next one does. A JVM that fails while others used the machine is started once more, up to
 * {@value #RETRIES} times, unless it is below half: no load that leaves us a processor explains that.
 *
 * <p>Exit codes: 0 if all pass, 1 if one does not, 2 if the options cannot be used.
 */
public final class ColdStart {
    /** How many times as slow as the median a JVM may be. */
    static final double LEAST = 0.8;

    /** Below this share of the median there is no second try. */
    static final double HOPELESS = 0.5;

    /** Other load on the machine, as a share of it, that makes a slow JVM worth another try. */
    static final double BUSY = 0.05;

    /** How often a JVM is tried again. */
    static final int RETRIES = 2;

    private static final int MIN_PROCESSES = 3;

    /**
     * What to run.
     *
     * @param kernel what is measured
     * @param count how many JVMs
     * @param seconds how long each one works; its last third is measured, at most one second
     * @param size rows and columns, 0 for the kernel's own choice
     * @param backend on which backend
     * @param threads threads of the CPU backend
     */
    record Settings(ColdStartProbe.Work kernel, int count, double seconds, int size, String backend, int threads) {

        static final String USAGE =
                "cold-start [--kernel matmul|map|reduce|train|all] [--count 20] [--seconds 3] [--size N]"
                        + " [--backend cpu] [--threads N]";

        /**
         * Reads options.
         *
         * @throws BadInput if one is unknown or has a value out of range
         */
        static Settings parse(String... args) {
            ColdStartProbe.Work kernel = ColdStartProbe.Work.MATMUL;
            int count = 20;
            double seconds = 3;
            int size = 0;
            String backend = "cpu";
            int threads = Runtime.getRuntime().availableProcessors();
            for (int i = 0; i < args.length; i += 2) {
                if (i + 1 == args.length) {
                    throw new BadInput(args[i] + " lacks a value, or is unknown; expected " + USAGE);
                }
                String value = args[i + 1];
                switch (args[i]) {
                    case "--kernel" -> kernel = ColdStartProbe.Work.parse(value);
                    case "--count" -> count = Sizes.positive("--count", value);
                    case "--seconds" -> seconds = seconds(value);
                    case "--size" -> size = Sizes.positive("--size", value);
                    case "--backend" -> backend = value;
                    case "--threads" -> threads = Sizes.positive("--threads", value);
                    default -> throw new BadInput("unknown option " + args[i] + "; expected " + USAGE);
                }
            }
            if (count < MIN_PROCESSES) {
                throw new BadInput("--count is below " + MIN_PROCESSES + ", too few for a median: " + count);
            }
            return new Settings(kernel, count, seconds, size == 0 ? kernel.size() : size, backend, threads);
        }

        /**
         * Reads options, where {@code --kernel all} stands for every kernel.
         *
         * @throws BadInput if one is unknown or has a value out of range
         */
        static List<Settings> parseAll(String... args) {
            int value = List.of(args).indexOf("--kernel") + 1;
            if (value == 0 || value == args.length || !args[value].equals("all")) {
                return List.of(parse(args));
            }
            List<Settings> all = new ArrayList<>();
            for (ColdStartProbe.Work kernel : ColdStartProbe.Work.values()) {
                String[] one = args.clone();
                one[value] = kernel.label();
                all.add(parse(one));
            }
            return all;
        }

        private static double seconds(String value) {
            try {
                double seconds = Double.parseDouble(value);
                if (seconds >= 0.1 && seconds <= 3600) {
                    return seconds;
                }
            } catch (NumberFormatException _) {
                // Reported below, together with numbers out of range.
            }
            throw new BadInput("--seconds is not a number from 0.1 to 3600: \"" + value + '"');
        }
    }

    /**
     * What a JVM came to at the end of its run.
     *
     * @param median rate of the median call
     * @param best rate of the fastest call
     * @param paced rate of the median call for each GFLOP/s of the yardstick
     * @param others share of the machine that other processes used meanwhile, NaN if unknown
     */
    record Rates(double median, double best, double paced, double others) {}

    /** Gives the rates of one more JVM. */
    @FunctionalInterface
    interface Starter {
        Rates start() throws IOException, InterruptedException;
    }

    /**
     * What all JVMs came to.
     *
     * @param starts each JVM's rates, those tried again by their last try
     * @param retried how many further tries there were
     */
    record Outcome(List<Rates> starts, int retried) {

        double median() {
            return ResultTable.median(starts.stream().mapToDouble(Rates::median).toArray());
        }

        double medianPaced() {
            return ResultTable.median(starts.stream().mapToDouble(Rates::paced).toArray());
        }

        /** {@return a JVM's share of the median speed, each at its machine's pace} */
        double share(Rates rates) {
            return rates.paced / medianPaced();
        }

        double slowestMedian() {
            return starts.stream().mapToDouble(Rates::median).min().orElseThrow();
        }

        double leastShare() {
            return starts.stream().mapToDouble(this::share).min().orElseThrow();
        }

        boolean passed() {
            return leastShare() >= LEAST;
        }
    }

    private ColdStart() {}

    /**
     * Runs and ends the JVM.
     *
     * @param args options, see the class
     * @throws InterruptedException if interrupted while a JVM runs
     */
    public static void main(String[] args) throws InterruptedException {
        try {
            boolean passed = true;
            for (Settings settings : Settings.parseAll(args)) {
                passed &= run(settings, System.out).passed();
            }
            System.exit(passed ? 0 : 1);
        } catch (BadInput e) {
            System.err.println("cold-start: " + e.getMessage());
            System.exit(2);
        } catch (IOException e) {
            System.err.println("cold-start: " + e.getMessage());
            System.exit(1);
        }
    }

    /**
     * Starts the JVMs, prints each one's rates and what they come to.
     *
     * @throws BadInput if the backend cannot be used
     * @throws IOException if a JVM cannot be started or fails
     */
    static Outcome run(Settings settings, PrintStream out) throws IOException, InterruptedException {
        BackendNames.device(settings.backend);
        String unit = settings.kernel.unit();
        out.printf(
                Locale.ROOT,
                "%s, size %d, on %s, %d threads: %d fresh JVMs, %.1f s each%n",
                settings.kernel.label(),
                settings.size,
                settings.backend,
                settings.threads,
                settings.count,
                settings.seconds);
        int[] started = {0};
        Outcome outcome = judge(settings.count, () -> {
            Rates rates = start(settings);
            out.printf(
                    Locale.ROOT,
                    "%3d  median call %8.2f %s  fastest %8.2f  paced %.3f  other load %s%n",
                    ++started[0],
                    rates.median,
                    unit,
                    rates.best,
                    rates.paced,
                    Double.isNaN(rates.others) ? "unknown" : Math.round(100 * rates.others) + " %");
            return rates;
        });
        out.printf(
                Locale.ROOT,
                "median %.2f %s, slowest %.2f %s, slowest/median %.2f; paced %.2f, at least %.2f wanted; %d tried"
                        + " again: %s%n",
                outcome.median(),
                unit,
                outcome.slowestMedian(),
                unit,
                outcome.slowestMedian() / outcome.median(),
                outcome.leastShare(),
                LEAST,
                outcome.retried,
                outcome.passed() ? "passed" : "FAILED");
        return outcome;
    }

    /** Starts JVMs and tries those again that other load may have slowed. */
    static Outcome judge(int count, Starter starter) throws IOException, InterruptedException {
        List<Rates> starts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            starts.add(starter.start());
        }
        int retried = 0;
        int[] tries = new int[count];
        // A new try moves the medians that all are measured by, hence the way back to the first.
        for (int i = 0; i < count; i++) {
            if (tries[i] < RETRIES && worthAnotherTry(new Outcome(starts, retried), starts.get(i))) {
                starts.set(i, starter.start());
                tries[i]++;
                retried++;
                i = -1;
            }
        }
        return new Outcome(List.copyOf(starts), retried);
    }

    private static boolean worthAnotherTry(Outcome outcome, Rates rates) {
        double share = outcome.share(rates);
        return share < LEAST && share >= HOPELESS && rates.others > BUSY;
    }

    private static Rates start(Settings settings) throws IOException, InterruptedException {
        List<String> args = List.of(
                settings.kernel.label(),
                Integer.toString(settings.size),
                Double.toString(settings.seconds),
                settings.backend,
                Integer.toString(settings.threads));
        List<String> command = FreshJvm.command(ColdStartProbe.class, args);
        // The last of a property counts.
        command.add(command.indexOf("-cp"), "-Dtenrec.cpu.threads=" + settings.threads);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Thread guard = Thread.ofVirtual().start(() -> destroyAfter(process, 60 + Math.round(10 * settings.seconds)));
        try (InputStream in = process.getInputStream()) {
            String output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            int code = process.waitFor();
            if (code != 0) {
                throw new IOException("a JVM ended with exit code " + code + " and said: " + output.strip());
            }
            return ColdStartProbe.parse(output);
        } finally {
            guard.interrupt();
            process.destroy();
        }
    }

    private static void destroyAfter(Process process, long seconds) {
        try {
            if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException _) {
            // It has ended.
        }
    }
}
