package dev.tenrec.examples;

import java.io.PrintStream;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarConsumer;

/**
 * Tells people how training goes: a bar that moves where there is a terminal, else a plain line every few seconds, and
 * in both cases one line per epoch that stays.
 *
 * <p>Calls come from the thread that trains. {@link #close()} leaves the cursor at the start of an empty line, also
 * when training failed in the middle of an epoch.
 */
public final class ProgressReporter implements AutoCloseable {
    private static final long LINE_INTERVAL = Duration.ofSeconds(5).toNanos();
    private static final int REFRESH_MILLIS = 100;
    private static final int DEFAULT_WIDTH = 80;

    private final PrintStream out;
    private final boolean terminal;
    private final int width;
    private final LongSupplier nanoTime;

    private String round = "epoch";
    private String unit = "samples";
    private ProgressBar bar;
    private TerminalLine line;
    private int epoch;
    private int epochs;
    private long epochSamples;
    private long samplesDone;
    private long start;
    private long epochStart;
    private long lastLine;
    private long samplesOfAll;
    private double loss = Double.NaN;

    ProgressReporter(PrintStream out, boolean terminal, int width, LongSupplier nanoTime) {
        this.out = out;
        this.terminal = terminal;
        this.width = width;
        this.nanoTime = nanoTime;
    }

    /**
     * Writes to the standard output, with a bar if that is a terminal.
     *
     * @return the reporter
     */
    public static ProgressReporter ofSystem() {
        boolean terminal = System.console() != null && System.console().isTerminal();
        return new ProgressReporter(System.out, terminal, widthFrom(System.getenv("COLUMNS")), System::nanoTime);
    }

    /**
     * Writes plain lines.
     *
     * @param out where to
     * @return the reporter
     */
    public static ProgressReporter to(PrintStream out) {
        return new ProgressReporter(out, false, DEFAULT_WIDTH, System::nanoTime);
    }

    /**
     * Changes what is counted.
     *
     * @param newRound what an epoch is called, such as "round"
     * @param newUnit what a step is made of, in plural, such as "characters"
     * @return this
     */
    public ProgressReporter naming(String newRound, String newUnit) {
        round = newRound;
        unit = newUnit;
        return this;
    }

    /**
     * Prints a text between epochs.
     *
     * @param text whole lines
     */
    public void note(String text) {
        closeBar();
        out.println(text.stripTrailing());
        out.flush();
    }

    /**
     * Starts an epoch.
     *
     * @param number the number of the epoch, from 1
     * @param count the number of all epochs
     * @param samples the training images of an epoch
     */
    public void startEpoch(int number, int count, long samples) {
        closeBar();
        long now = nanoTime.getAsLong();
        if (samplesOfAll == 0) {
            start = now;
        }
        epoch = number;
        epochs = count;
        epochSamples = samples;
        samplesDone = 0;
        epochStart = now;
        lastLine = now;
        loss = Double.NaN;
        if (terminal) {
            line = new TerminalLine(out, width);
            // Continuous, because the bar may miss a step that comes while it draws for the first time.
            bar = ProgressBar.builder()
                    .setTaskName(title())
                    .setInitialMax(samples)
                    .setUpdateIntervalMillis(REFRESH_MILLIS)
                    .setRenderer(new EpochBarRenderer(isUnicode(out.charset())))
                    .setConsumer(line)
                    .continuousUpdate()
                    .build();
        }
    }

    /**
     * Reports a batch whose loss is not known yet, for instance because reading it would wait for the device.
     *
     * @param samples the images of the batch
     */
    public void step(int samples) {
        step(samples, loss);
    }

    /**
     * Reports a batch.
     *
     * @param samples the images of the batch
     * @param currentLoss the loss to show: of this batch, or a mean of late
     */
    public void step(int samples, double currentLoss) {
        samplesDone += samples;
        samplesOfAll += samples;
        loss = currentLoss;
        if (bar != null) {
            bar.setExtraMessage(status());
            bar.stepTo(Math.min(samplesDone, epochSamples));
            return;
        }
        long now = nanoTime.getAsLong();
        if (!terminal && now - lastLine >= LINE_INTERVAL) {
            lastLine = now;
            out.printf(
                    Locale.ROOT, "%s  %3d %%  %s%n", title(), 100 * samplesDone / Math.max(1, epochSamples), status());
            out.flush();
        }
    }

    /**
     * Ends the epoch: takes the bar away and prints the line that stays.
     *
     * @param result what the epoch gave
     */
    public void endEpoch(EpochResult result) {
        endEpoch(
                String.format(
                        Locale.ROOT,
                        "training loss %.4f  test accuracy %.2f %%",
                        result.trainingLoss(),
                        100 * result.testAccuracy()),
                result.samples(),
                result.seconds());
    }

    /**
     * Ends the epoch: takes the bar away and prints the line that stays.
     *
     * @param figures what the epoch gave
     * @param samples the number of samples it trained on
     * @param seconds the time that took
     */
    public void endEpoch(String figures, long samples, double seconds) {
        closeBar();
        out.printf(Locale.ROOT, "%s  %s  %.1f s  %,d %s/s%n", title(), figures, seconds, rate(samples, seconds), unit);
        out.flush();
    }

    /** Takes the bar away if there is one. */
    @Override
    public void close() {
        closeBar();
    }

    private void closeBar() {
        if (bar != null) {
            bar.close();
            // A bar that is closed before it was drawn does not close its consumer.
            line.close();
            bar = null;
            line = null;
        }
    }

    private String title() {
        return "%s %d/%d".formatted(round, epoch, epochs);
    }

    private String status() {
        long now = nanoTime.getAsLong();
        double seconds = (now - epochStart) / 1e9;
        long remaining = epochSamples - samplesDone + (long) (epochs - epoch) * epochSamples;
        // By all the time so far, the tests between the epochs included: they will cost as much again.
        double perSample = (now - start) / 1e9 / Math.max(1, samplesOfAll);
        String rate = String.format(Locale.ROOT, "%,9d %s/s", rate(samplesDone, seconds), unit);
        String eta = "ETA " + clock(Math.max(0, remaining) * perSample);
        String shownLoss = Double.isNaN(loss) ? "" : String.format(Locale.ROOT, "loss %.4f", loss);
        return shownLoss + rate + "  " + eta;
    }

    private static long rate(long samples, double seconds) {
        return seconds > 0 ? Math.round(samples / seconds) : 0;
    }

    static String clock(double seconds) {
        long whole = Math.round(seconds);
        return whole < 3600
                ? "%d:%02d".formatted(whole / 60, whole % 60)
                : "%d:%02d:%02d".formatted(whole / 3600, whole / 60 % 60, whole % 60);
    }

    static boolean isUnicode(Charset charset) {
        return charset.name().startsWith("UTF");
    }

    /** The terminal's width if the shell exports it. */
    static int widthFrom(String columns) {
        try {
            return columns == null ? DEFAULT_WIDTH : Math.clamp(Integer.parseInt(columns), 20, 160);
        } catch (NumberFormatException e) {
            return DEFAULT_WIDTH;
        }
    }

    /** Draws over one line, and blanks it at the end. */
    private static final class TerminalLine implements ProgressBarConsumer {
        private final PrintStream out;
        private final int width;
        private boolean closed;

        TerminalLine(PrintStream out, int width) {
            this.out = out;
            // The last column stays free: some terminals wrap as soon as it is written.
            this.width = width - 1;
        }

        @Override
        public int getMaxRenderedLength() {
            return width;
        }

        @Override
        public synchronized void accept(String line) {
            if (!closed) {
                out.print('\r' + line + " ".repeat(Math.max(0, width - line.length())));
                out.flush();
            }
        }

        @Override
        public synchronized void close() {
            if (!closed) {
                closed = true;
                out.print('\r' + " ".repeat(width) + '\r');
                out.flush();
            }
        }
    }
}
