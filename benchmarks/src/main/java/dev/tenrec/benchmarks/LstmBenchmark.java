package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.Problem;
import java.util.Map;
import org.openjdk.jmh.annotations.Param;

/** Training steps of a recurrent network with long short-term memory, with Adam. */
@Workload(Topic.LSTM)
public class LstmBenchmark extends TopicBenchmark {

    /** Sequences in a step. */
    @Param("32")
    public String batch;

    /** For JMH. */
    public LstmBenchmark() {}

    @Override
    Problem problem() {
        return Topic.LSTM.problem(Map.of("batch", batch));
    }
}
