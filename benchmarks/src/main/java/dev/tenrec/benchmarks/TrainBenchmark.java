package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.Problem;
import java.util.Map;
import org.openjdk.jmh.annotations.Param;

/** Training steps of a network of three dense layers with Adam. */
@Workload(Topic.TRAIN)
public class TrainBenchmark extends TopicBenchmark {

    /** Examples in a step. */
    @Param("128")
    public String batch;

    /** For JMH. */
    public TrainBenchmark() {}

    @Override
    Problem problem() {
        return Topic.TRAIN.problem(Map.of("batch", batch));
    }
}
