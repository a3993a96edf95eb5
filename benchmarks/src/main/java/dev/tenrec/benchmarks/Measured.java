package dev.tenrec.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
        double rate = trial.workload().value().rate(trial.method(), trial.params(), seconds(fork, median(fork)));
        String unit = trial.workload().value().unit();
        fork.addBenchmarkResult(new ScalarResult(unit, rate, unit, AggregationPolicy.AVG));
        forks.add(fork);
    }

    private static double median(BenchmarkResult fork) {
        return fork.getPrimaryResult().getStatistics().getPercentile(50);
    }

    /** Turns a score into seconds for each call, whichever thread makes it. */
    private double seconds(BenchmarkResult fork, double score) {
        BenchmarkParams ran = fork.getParams();
        double unit = ran.getTimeUnit().toNanos(1) / (double) TimeUnit.SECONDS.toNanos(1);
        return ran.getMode() == Mode.Throughput ? unit / score : score * unit / ran.getThreads();
    }

    /** {@return a row of the table of results} */
    ResultTable.Row row() {
        double[] medians =
                forks.stream().mapToDouble(fork -> seconds(fork, median(fork))).toArray();
        double mean = Arrays.stream(forks.stream()
                        .mapToDouble(
                                fork -> seconds(fork, fork.getPrimaryResult().getScore()))
                        .toArray())
                .average()
                .orElseThrow();
        double others = forks.stream()
                .map(fork -> fork.getSecondaryResults().get(LoadProfiler.LABEL))
                .mapToDouble(load -> load == null ? Double.NaN : load.getScore())
                .average()
                .orElseThrow();
        Work work = trial.workload().value();
        return new ResultTable.Row(
                trial.label(),
                trial.sizes(),
                trial.library(),
                trial.peer(),
                mean,
                medians,
                seconds -> work.rate(trial.method(), trial.params(), seconds),
                work.unit(),
                others);
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
