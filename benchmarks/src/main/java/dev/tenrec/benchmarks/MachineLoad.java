package dev.tenrec.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How much of the machine others use, from Linux's {@code /proc/stat}; unknown elsewhere.
 *
 * @param busy share-seconds in which any processor worked, in clock ticks
 * @param total all clock ticks of all processors
 * @param own nanoseconds of processor time of this JVM
 * @param nanos when
 */
record MachineLoad(long busy, long total, long own, long nanos) {
    private static final Path STATISTICS = Path.of("/proc/stat");

    /** user nice system idle iowait irq softirq steal; guests' time is part of user's. */
    private static final int COLUMNS = 8;

    private static final int IDLE = 3;
    private static final int IO_WAIT = 4;

    /** {@return the counters as they are} */
    static MachineLoad now() {
        long own = ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
        long busy = 0;
        long total = 0;
        try {
            List<String> lines = Files.readAllLines(STATISTICS);
            String[] words = lines.getFirst().split("\\s+");
            for (int i = 0; i < COLUMNS; i++) {
                long ticks = Long.parseLong(words[i + 1]);
                total += ticks;
                busy += i == IDLE || i == IO_WAIT ? 0 : ticks;
            }
        } catch (IOException | RuntimeException _) {
            // Not Linux, or not to be seen: both counters stay as they are, which reads as unknown.
            return new MachineLoad(0, 0, own, System.nanoTime());
        }
        return new MachineLoad(busy, total, own, System.nanoTime());
    }

    /** {@return the share of all processors that others, a hypervisor included, have used since; NaN if unknown} */
    double othersUntilNow() {
        return othersUntil(now(), Runtime.getRuntime().availableProcessors());
    }

    double othersUntil(MachineLoad later, int processors) {
        if (later.total <= total) {
            return Double.NaN;
        }
        double all = (double) (later.busy - busy) / (later.total - total);
        double ours = (double) (later.own - own) / (later.nanos - nanos) / processors;
        return Math.max(0, all - ours);
    }
}
