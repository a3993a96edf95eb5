package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.ScalarResult;
import org.openjdk.jmh.runner.WorkloadParams;

/** What was measured of one trial in one mode, one JVM after the other. */
final class Measured {

    private final Trial trial;
    private final BenchmarkParams params;
    private final List<BenchmarkResult> forks = new ArrayList<>();

    Measured(Trial trial, BenchmarkParams params) {
        this.trial = trial;
        this.params = params;
    }

    /** Adds a JVM's results, with the rate as a secondary result. */
    void add(BenchmarkResult fork) {
        Problem problem = trial.problem();
        double rate = problem.amount() / seconds(fork, percentile(fork, 50));
        fork.addBenchmarkResult(new ScalarResult(problem.unit(), rate, problem.unit(), AggregationPolicy.AVG));
        forks.add(fork);
    }

    private static double percentile(BenchmarkResult fork, double rank) {
        return fork.getPrimaryResult().getStatistics().getPercentile(rank);
    }

    /** Turns a score into seconds for each call, whichever thread makes it. */
    private double seconds(BenchmarkResult fork, double score) {
        BenchmarkParams ran = fork.getParams();
        double unit = ran.getTimeUnit().toNanos(1) / (double) TimeUnit.SECONDS.toNanos(1);
        return ran.getMode() == Mode.Throughput ? unit / score : score * unit / ran.getThreads();
    }

    /** {@return a row of the table of results} */
    ResultTable.Row row() {
        Problem problem = trial.problem();
        double[] medians = each(fork -> seconds(fork, percentile(fork, 50)));
        String pace = switch (problem.bound()) {
            case ARITHMETIC -> MachineProfiler.ARITHMETIC;
            case MEMORY -> MachineProfiler.BANDWIDTH;
            case LATENCY -> "";
        };
        double share = ResultTable.median(
                each(fork -> problem.boundAmount() / seconds(fork, percentile(fork, 50)) / secondary(fork, pace)));
        // Only where each call is timed by itself does a percentile of calls exist.
        double slowest = params.getMode() == Mode.SampleTime
                ? ResultTable.median(each(fork -> seconds(fork, percentile(fork, 99))))
                : Double.NaN;
        return new ResultTable.Row(
                trial.label(),
                trial.sizes(),
                trial.library(),
                trial.peer().isPresent(),
                medians,
                slowest,
                problem.amount(),
                problem.unit(),
                pace,
                share,
                Arrays.stream(each(fork -> secondary(fork, MachineProfiler.PEAK_MEMORY)))
                        .max()
                        .orElseThrow(),
                Arrays.stream(each(fork -> secondary(fork, MachineProfiler.LOAD)))
                        .average()
                        .orElseThrow());
    }

    private double[] each(ToDoubleFunction<BenchmarkResult> value) {
        return forks.stream().mapToDouble(value).toArray();
    }

    private static double secondary(BenchmarkResult fork, String name) {
        var result = fork.getSecondaryResults().get(name);
        return result == null ? Double.NaN : result.getScore();
    }

    /** {@return what JMH's JSON calls this: benchmark, mode and parameters} */
    String identity() {
        return params.getBenchmark() + " " + params.getMode().shortLabel() + " " + new TreeMap<>(trial.params());
    }

    /** {@return what JMH would have reported, had it run all JVMs of this trial in a row} */
    RunResult result() {
        WorkloadParams workload = new WorkloadParams();
        int position = 0;
        for (var param : trial.params().entrySet()) {
            workload.put(param.getKey(), param.getValue(), position++);
        }
        BenchmarkParams all = new BenchmarkParams(
                params.getBenchmark(),
                params.generatedBenchmark(),
                params.shouldSynchIterations(),
                params.getThreads(),
                params.getThreadGroups(),
                params.getThreadGroupLabels(),
                params.getForks() == 0 ? 0 : forks.size(),
                params.getWarmupForks(),
                params.getWarmup(),
                params.getMeasurement(),
                params.getMode(),
                workload,
                params.getTimeUnit(),
                params.getOpsPerInvocation(),
                params.getJvm(),
                params.getJvmArgs(),
                params.getJdkVersion(),
                params.getVmName(),
                params.getVmVersion(),
                params.getJmhVersion(),
                params.getTimeout());
        return new RunResult(all, forks);
    }
}
