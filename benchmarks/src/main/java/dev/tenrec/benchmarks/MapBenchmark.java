package dev.tenrec.benchmarks;

import dev.tenrec.tensor.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** F32 elementwise operations on arrays that no cache holds. */
@Workload(Work.MAP)
public class MapBenchmark extends BackendBenchmark {

    /** Elements of each array. */
    @Param("10000000")
    public String elements;

    private Tensor a;
    private Tensor b;
    private Tensor c;

    /** For JMH. */
    public MapBenchmark() {}

    /** {@return how many arrays a method reads and writes} */
    static int arraysTouched(String method) {
        return switch (method) {
            case "add" -> 3;
            case "scaledRelu" -> 4;
            case "geluTanh" -> 2;
            default -> throw new IllegalArgumentException("no such map benchmark: " + method);
        };
    }

    /** Makes the operands and checks the results. */
    @Setup
    public void prepare() {
        int count = Work.positive("elements", elements);
        float[] x = Samples.uniform(count, 1);
        float[] y = Samples.uniform(count, 2);
        float[] z = Samples.uniform(count, 3);
        a = operand(x);
        b = operand(y);
        c = operand(z);
        Samples.check("a + b", read(() -> a.add(b)), i -> (double) x[i] + y[i], 1e-6);
        Samples.check(
                "relu(a * b + c) * 0.5",
                read(this::scaledReluOfProduct),
                i -> Math.max((double) x[i] * y[i] + z[i], 0) * 0.5,
                1e-6);
        double slope = Math.sqrt(2 / Math.PI);
        Samples.check(
                "tanh gelu",
                read(a::geluTanh),
                i -> 0.5 * x[i] * (1 + Math.tanh(slope * (x[i] + 0.044715 * x[i] * x[i] * x[i]))),
                1e-6);
    }

    private Tensor scaledReluOfProduct() {
        return a.mul(b).add(c).relu().mul(0.5);
    }

    /** Computes a + b. */
    @Benchmark
    public void add() {
        compute(() -> a.add(b));
    }

    /** Computes relu(a * b + c) * 0.5. */
    @Benchmark
    public void scaledRelu() {
        compute(this::scaledReluOfProduct);
    }

    /** Computes the tanh approximation of gelu. */
    @Benchmark
    public void geluTanh() {
        compute(a::geluTanh);
    }
}
