package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.Problem;
import java.util.Map;
import org.openjdk.jmh.annotations.Param;

/** Training steps of a recurrent network with gated recurrent units, with Adam. */
@Workload(Topic.GRU)
public class GruBenchmark extends TopicBenchmark {

    /** Sequences in a step. */
    @Param("32")
    public String batch;

    /** For JMH. */
    public GruBenchmark() {}

    @Override
    Problem problem() {
        return Topic.GRU.problem(Map.of("batch", batch));
    }
}
