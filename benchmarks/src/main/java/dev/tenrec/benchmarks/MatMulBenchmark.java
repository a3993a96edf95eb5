package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.Problem;
import java.util.Map;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Param;

/**
 * F32 matrix products. Both operands are packed at every call, as other libraries do: the CPU backend would keep the
 * panels of operands that do not change, as weights do not in prediction.
 */
@Fork(value = 3, jvmArgsAppend = "-Dtenrec.cpu.packed=0")
@Workload(Topic.MATMUL)
public class MatMulBenchmark extends TopicBenchmark {

    /** Sizes MxKxN, or one size for square matrices; with transposed operands, or a batch before. */
    @Param({"256", "512", "1024", "2048", "1024-tn", "1024-nt", "1024-tt", "64x784x256", "128x512x512", "32*128x64x128"
    })
    public String shape;

    /** For JMH. */
    public MatMulBenchmark() {}

    @Override
    Problem problem() {
        return Topic.MATMUL.problem(Map.of("shape", shape));
    }
}
