package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.Problem;
import dev.tenrec.benchmarks.work.Task;
import java.util.concurrent.TimeUnit;
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

/** What all benchmarks share: a library that is prepared for a problem, checked, and then timed. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 12, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 10, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public abstract class TopicBenchmark {

    /** A backend of Tenrec: a name, or name and index; or another library. */
    @Param("cpu")
    public String backend;

    private Task task;

    /** For subclasses. */
    protected TopicBenchmark() {}

    /** Reads the parameters; package-private, for JMH wants no other methods in public. */
    abstract Problem problem();

    /** Prepares the work and checks its result. */
    @Setup
    public void prepare() {
        Problem problem = problem();
        task = Libraries.open(backend).prepare(problem);
        problem.check(backend, task);
    }

    /** Frees the operands. */
    @TearDown
    public void release() {
        task.close();
    }

    /** Does the work once. */
    @Benchmark
    public void run() {
        task.run();
    }
}
