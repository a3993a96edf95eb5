package dev.tenrec.benchmarks;

import dev.tenrec.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** F32 matrix products. */
@Workload(Work.MATMUL)
public class MatMulBenchmark extends BackendBenchmark {

    /** Sizes MxKxN, or one size for square matrices. */
    @Param({"256", "512", "1024", "2048", "64x784x256"})
    public String shape;

    private Tensor left;
    private Tensor right;

    /** For JMH. */
    public MatMulBenchmark() {}

    /** Checks a product, then makes the operands that are timed. */
    @Setup
    public void prepare() {
        MatMulShape sizes = MatMulShape.parse(shape);
        int leftCount = sizes.rows() * sizes.inner();
        int rightCount = sizes.inner() * sizes.columns();
        float[] leftValues = Samples.integers(leftCount, 1);
        float[] rightValues = Samples.integers(rightCount, 2);
        try (Tensor a = operand(leftValues, sizes.rows(), sizes.inner());
                Tensor b = operand(rightValues, sizes.inner(), sizes.columns())) {
            Samples.checkProduct(backend, sizes, leftValues, rightValues, read(() -> a.matmul(b)));
        }
        left = operand(Samples.uniform(leftCount, 3), sizes.rows(), sizes.inner());
        right = operand(Samples.uniform(rightCount, 4), sizes.inner(), sizes.columns());
    }

    /** Computes a · b. */
    @Benchmark
    public void multiply() {
        compute(() -> left.matmul(right));
    }
}
