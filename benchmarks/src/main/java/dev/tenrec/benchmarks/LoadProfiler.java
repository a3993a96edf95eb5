package dev.tenrec.benchmarks;

import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Tells how much of the machine other processes used during a measurement. Libraries that spread work over all
 * processors and wait for the last suffer from it by different amounts, so that ratios taken meanwhile mean little.
 */
public final class LoadProfiler implements InternalProfiler {
    /** Name of the secondary result, in percent; missing where it is unknown. */
    static final String LABEL = "other load";

    private MachineLoad before;

    /** For JMH. */
    public LoadProfiler() {}

    @Override
    public String getDescription() {
        return "Share of the machine that other processes use";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        before = MachineLoad.now();
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        double others = before.othersUntilNow();
        return Double.isNaN(others)
                ? List.of()
                : List.of(new ScalarResult(LABEL, 100 * others, "%", AggregationPolicy.AVG));
    }
}
