package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.Problem;
import java.util.Map;
import org.openjdk.jmh.annotations.Param;

/** Training steps of a convolutional network with Adam. */
@Workload(Topic.CNN)
public class CnnBenchmark extends TopicBenchmark {

    /** Examples in a step. */
    @Param("128")
    public String batch;

    /** For JMH. */
    public CnnBenchmark() {}

    @Override
    Problem problem() {
        return Topic.CNN.problem(Map.of("batch", batch));
    }
}
