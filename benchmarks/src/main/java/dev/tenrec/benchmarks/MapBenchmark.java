package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.Problem;
import java.util.Map;
import org.openjdk.jmh.annotations.Param;

/** F32 elementwise operations on arrays that no cache holds. */
@Workload(Topic.MAP)
public class MapBenchmark extends TopicBenchmark {

    /** The operation. */
    @Param({"add", "relu", "sigmoid", "exp", "tanh", "multiply-add", "scaled-relu", "gelu-tanh"})
    public String op;

    /** Elements of each array. */
    @Param("10000000")
    public String elements;

    /** For JMH. */
    public MapBenchmark() {}

    @Override
    Problem problem() {
        return Topic.MAP.problem(Map.of("op", op, "elements", elements));
    }
}
