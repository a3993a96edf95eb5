package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Looks at the machine just before and after each iteration, in the JVM that is measured: how fast it is at what limits
 * the work, how much of it other processes use, and how much memory this one has come to.
 */
public final class MachineProfiler implements InternalProfiler {
    /** Percentage of the machine that other processes use; missing where it is unknown. */
    static final String LOAD = "other load";

    /** Most memory that the process ever had, in MiB; missing where it is unknown. */
    static final String PEAK_MEMORY = "peak memory";

    /** GFLOP/s of multiply-adds in registers. */
    static final String ARITHMETIC = "FMA peak";

    /** GB/s of c = a + b. */
    static final String BANDWIDTH = "c = a + b";

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String HIGH_WATER = "VmHWM:";

    /** Libraries whose threads spin for a while after work would share the processors with the yardstick. */
    private static final long SETTLE_MILLIS = 30;

    private Pace pace;
    private MachineLoad load;
    private double before;

    /** For JMH. */
    public MachineProfiler() {}

    @Override
    public String getDescription() {
        return "Speed of the machine, other load, peak memory";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        if (pace == null) {
            pace = pace(benchmark);
        }
        before = measure();
        load = MachineLoad.now();
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        List<Result<?>> seen = new ArrayList<>();
        double others = load.othersUntilNow();
        if (!Double.isNaN(others)) {
            seen.add(new ScalarResult(LOAD, 100 * others, "%", AggregationPolicy.AVG));
        }
        double memory = peakMebibytes();
        if (memory > 0) {
            seen.add(new ScalarResult(PEAK_MEMORY, memory, "MiB", AggregationPolicy.MAX));
        }
        if (pace.rate() > 0) {
            double rate = (before + measure()) / 2;
            seen.add(new ScalarResult(pace.label(), rate, pace.unit(), AggregationPolicy.AVG));
        }
        return seen;
    }

    private double measure() {
        try {
            Thread.sleep(SETTLE_MILLIS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return pace.rate();
    }

    private static Pace pace(BenchmarkParams benchmark) {
        return switch (problem(benchmark).bound()) {
            // The yardstick is written with vectors, the reference backend runs without.
            case ARITHMETIC -> BackendNames.vectorModule() ? new ArithmeticPace() : Pace.NONE;
            case MEMORY -> new MemoryPace();
            case LATENCY -> Pace.NONE;
        };
    }

    private static Problem problem(BenchmarkParams benchmark) {
        Map<String, String> params = new TreeMap<>();
        benchmark.getParamsKeys().forEach(name -> params.put(name, benchmark.getParam(name)));
        String method = benchmark.getBenchmark();
        return Trial.topic(method.substring(0, method.lastIndexOf('.'))).problem(params);
    }

    /** {@return the most memory this process ever had resident; 0 where Linux's files are not} */
    private static double peakMebibytes() {
        try (var lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith(HIGH_WATER))
                    .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0)
                    .findFirst()
                    .orElse(0);
        } catch (IOException _) {
            return 0;
        }
    }
}
