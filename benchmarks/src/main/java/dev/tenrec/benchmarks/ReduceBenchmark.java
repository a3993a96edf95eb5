package dev.tenrec.benchmarks;

import dev.tenrec.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** F32 sums of a matrix. */
@Workload(Work.REDUCE)
public class ReduceBenchmark extends BackendBenchmark {

    /** Size of axis 0. */
    @Param("4096")
    public String rows;

    /** Size of axis 1. */
    @Param("1024")
    public String columns;

    private Tensor matrix;

    /** For JMH. */
    public ReduceBenchmark() {}

    /** Makes the operand and checks the sums. */
    @Setup
    public void prepare() {
        int height = Work.positive("rows", rows);
        int width = Work.positive("columns", columns);
        float[] values = Samples.uniform(Math.multiplyExact(height, width), 1);
        matrix = operand(values, height, width);
        double[] ofRows = new double[height];
        double[] ofColumns = new double[width];
        double whole = 0;
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
                float value = values[row * width + column];
                ofRows[row] += value;
                ofColumns[column] += value;
                whole += value;
            }
        }
        double total = whole;
        // Against the sum of magnitudes, which is half the count: the sums themselves may cancel to nothing.
        Samples.check("sum", read(matrix::sum), _ -> total, 1e-6 * values.length);
        Samples.check("sum over axis 0", read(() -> matrix.sum(0)), i -> ofColumns[i], 1e-6 * height);
        Samples.check("sum over axis 1", read(() -> matrix.sum(1)), i -> ofRows[i], 1e-6 * width);
    }

    /** Adds up everything. */
    @Benchmark
    public void sumAll() {
        compute(matrix::sum);
    }

    /** Adds up each column. */
    @Benchmark
    public void sumAxis0() {
        compute(() -> matrix.sum(0));
    }

    /** Adds up each row. */
    @Benchmark
    public void sumAxis1() {
        compute(() -> matrix.sum(1));
    }
}
