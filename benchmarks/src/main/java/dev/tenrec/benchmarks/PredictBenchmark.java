package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.Problem;
import java.util.Map;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;

/** Answers of a network of three dense layers to one example; each call is timed, for the slowest count too. */
@Workload(Topic.PREDICT)
@BenchmarkMode(Mode.SampleTime)
public class PredictBenchmark extends TopicBenchmark {

    /** For JMH. */
    public PredictBenchmark() {}

    @Override
    Problem problem() {
        return Topic.PREDICT.problem(Map.of());
    }
}
