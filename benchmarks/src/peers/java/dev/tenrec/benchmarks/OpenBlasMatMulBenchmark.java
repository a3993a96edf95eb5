package dev.tenrec.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** F32 matrix products by OpenBLAS, into memory that was allocated before: it pays for the arithmetic alone. */
@Workload(value = Work.MATMUL, library = OpenBlasSetup.NAME, setup = OpenBlasSetup.class)
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 10, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class OpenBlasMatMulBenchmark {
    private static final int ALIGNMENT = 64;

    /** Sizes MxKxN, or one size for square matrices. */
    @Param({"256", "512", "1024", "2048", "64x784x256"})
    public String shape;

    private MatMulShape sizes;
    private Arena arena;
    private MemorySegment leftMemory;
    private MemorySegment rightMemory;
    private MemorySegment productMemory;
    private FloatPointer left;
    private FloatPointer right;
    private FloatPointer product;

    /** For JMH. */
    public OpenBlasMatMulBenchmark() {}

    /** Checks a product, then makes the operands that are timed. */
    @Setup
    public void prepare() {
        OpenBlasSetup.useAllProcessors();
        sizes = MatMulShape.parse(shape);
        int leftCount = sizes.rows() * sizes.inner();
        int rightCount = sizes.inner() * sizes.columns();
        arena = Arena.ofShared();
        leftMemory = allocate(leftCount);
        rightMemory = allocate(rightCount);
        productMemory = allocate(sizes.rows() * sizes.columns());
        left = pointer(leftMemory);
        right = pointer(rightMemory);
        product = pointer(productMemory);

        float[] leftValues = Samples.integers(leftCount, 1);
        float[] rightValues = Samples.integers(rightCount, 2);
        fill(leftValues, rightValues);
        multiply();
        Samples.checkProduct(
                OpenBlasSetup.NAME, sizes, leftValues, rightValues, productMemory.toArray(ValueLayout.JAVA_FLOAT));
        fill(Samples.uniform(leftCount, 3), Samples.uniform(rightCount, 4));
    }

    private MemorySegment allocate(int count) {
        return arena.allocate((long) Float.BYTES * count, ALIGNMENT);
    }

    private static FloatPointer pointer(MemorySegment memory) {
        return new FloatPointer(
                memory.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer());
    }

    private void fill(float[] leftValues, float[] rightValues) {
        leftMemory.copyFrom(MemorySegment.ofArray(leftValues));
        rightMemory.copyFrom(MemorySegment.ofArray(rightValues));
    }

    /** Frees the memory. */
    @TearDown
    public void release() {
        left.close();
        right.close();
        product.close();
        arena.close();
    }

    /** Computes a · b. */
    @Benchmark
    public void multiply() {
        openblas_nolapack.cblas_sgemm(
                openblas_nolapack.CblasRowMajor,
                openblas_nolapack.CblasNoTrans,
                openblas_nolapack.CblasNoTrans,
                sizes.rows(),
                sizes.columns(),
                sizes.inner(),
                1,
                left,
                sizes.inner(),
                right,
                sizes.columns(),
                0,
                product,
                sizes.columns());
    }
}
