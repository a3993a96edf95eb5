package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.Problem;
import java.util.Map;
import org.openjdk.jmh.annotations.Param;

/** Softmax of the rows of an F32 matrix, and the loss made of it. */
@Workload(Topic.SOFTMAX)
public class SoftmaxBenchmark extends TopicBenchmark {

    /** Probabilities or loss. */
    @Param({"softmax", "log-softmax-nll"})
    public String op;

    /** Size of axis 0. */
    @Param("4096")
    public String rows;

    /** Size of axis 1. */
    @Param("1024")
    public String columns;

    /** For JMH. */
    public SoftmaxBenchmark() {}

    @Override
    Problem problem() {
        return Topic.SOFTMAX.problem(Map.of("op", op, "rows", rows, "columns", columns));
    }
}
