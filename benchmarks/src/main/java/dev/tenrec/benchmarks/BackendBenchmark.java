package dev.tenrec.benchmarks;

import dev.tenrec.backend.Backend;
import dev.tenrec.engine.Devices;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What benchmarks of Tenrec share: a backend, and results that are computed when a call returns. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 10, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public abstract class BackendBenchmark {

    /** The backend: a name, or name and index. */
    @Param("cpu")
    public String backend;

    private final List<Tensor> operands = new ArrayList<>();
    private Device device;
    private Backend opened;

    /** For subclasses. */
    protected BackendBenchmark() {}

    /** Opens the backend; runs before the subclass's own preparation. */
    @Setup
    public void openBackend() {
        device = BackendNames.device(backend);
        opened = Devices.context(device).backend();
    }

    /** Closes the operands. */
    @TearDown
    public void closeOperands() {
        operands.forEach(Tensor::close);
        operands.clear();
    }

    /** {@return values as a tensor on the backend, which lives as long as this does} */
    final Tensor operand(float[] values, long... sizes) {
        Tensor operand = Devices.with(device, () -> Tensor.of(values, sizes));
        operands.add(operand);
        return operand;
    }

    /** Computes something and waits until it is done; its memory goes back to the pool. */
    final void compute(Supplier<Tensor> work) {
        try (Scope _ = Scope.open()) {
            work.get().materialize();
            opened.synchronize();
        }
    }

    /** {@return what is computed, as a Java array} */
    static float[] read(Supplier<Tensor> work) {
        try (Scope _ = Scope.open()) {
            return work.get().toFloatArray();
        }
    }
}
