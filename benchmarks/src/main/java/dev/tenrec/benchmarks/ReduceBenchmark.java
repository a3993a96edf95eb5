package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.Problem;
import java.util.Map;
import org.openjdk.jmh.annotations.Param;

/** Reductions of an F32 matrix. */
@Workload(Topic.REDUCE)
public class ReduceBenchmark extends TopicBenchmark {

    /** The reduction. */
    @Param({"sum", "sum-axis-0", "sum-axis-1", "max"})
    public String op;

    /** Size of axis 0. */
    @Param("4096")
    public String rows;

    /** Size of axis 1. */
    @Param("1024")
    public String columns;

    /** For JMH. */
    public ReduceBenchmark() {}

    @Override
    Problem problem() {
        return Topic.REDUCE.problem(Map.of("op", op, "rows", rows, "columns", columns));
    }
}
