package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Sequential;
import dev.tenrec.optim.Adam;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import org.junit.jupiter.api.Test;

/**
 * What operations, a prediction and a step of training allocate on the Java heap once the JVM has compiled them. Until
 * then vectors are objects; so the work is repeated until it stays within its bound, and a bound that is never met fails.
 */
class OverheadTest {

    private static final long PATIENCE_NANOS = 60_000_000_000L;
    private static final int OPERATIONS = 100;

    @Test
    void anOperation() {
        float[] values = new float[16];
        try (Scope _ = Scope.open();
                Variable variable = Variable.parameter("x", Tensor.of(values))) {
            Tensor x = Tensor.of(values);
            Tensor y = Tensor.of(values);
            assertAllocates(700, "x + y, described", 5000, OPERATIONS, () -> {
                for (int i = 0; i < OPERATIONS; i++) {
                    x.add(y);
                }
            });
            assertAllocates(2400, "x + y, computed", 500, OPERATIONS, () -> {
                for (int i = 0; i < OPERATIONS; i++) {
                    x.add(y).materialize();
                }
            });
            assertAllocates(3000, "x · y of a variable, computed and recorded", 500, OPERATIONS, () -> {
                Tensor recorded = variable.value();
                for (int i = 0; i < OPERATIONS; i++) {
                    recorded.mul(y).materialize();
                }
            });
        }
    }

    @Test
    void aPrediction() {
        try (Sequential model = mlp()) {
            float[] input = new float[784];
            assertAllocates(
                    24_000,
                    "a prediction",
                    500,
                    1,
                    () -> Autograd.noGrad(() ->
                            model.forward(Tensor.of(input, 1, input.length)).toFloatArray()));
        }
    }

    @Test
    void aStepOfTraining() {
        try (Scope _ = Scope.open();
                Sequential model = mlp();
                Adam adam = new Adam(model.parameters(), 1e-3)) {
            Tensor inputs =
                    RandomKey.of(3).normal(DType.F32, Shape.of(128, 784)).materialize();
            Tensor labels = inputs.slice(1, 0, 10).argmax(1).materialize();
            assertAllocates(200_000, "a step of training", 50, 1, () -> {
                Tensor loss = Losses.crossEntropy(model.forward(inputs), labels);
                adam.step(loss.backward());
            });
        }
    }

    private static Sequential mlp() {
        Sequential model = Sequential.of(
                new Dense(784, 512), Activation.RELU, new Dense(512, 256), Activation.RELU, new Dense(256, 10));
        model.initialize(5);
        return model;
    }

    /**
     * Repeats a body, each time in a scope, until all threads together allocate so little. What the compilers leave out
     * differs from one JVM to the next by a tenth, so that bounds stand half above what is usual.
     */
    private static void assertAllocates(long bound, String what, int repeats, int operations, Runnable body) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        if (!(threads instanceof com.sun.management.ThreadMXBean counting)) {
            throw new AssertionError("this JVM does not count allocated bytes");
        }
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        long least = Long.MAX_VALUE;
        while (least > bound && System.nanoTime() < deadline) {
            long before = counting.getTotalThreadAllocatedBytes();
            for (int i = 0; i < repeats; i++) {
                Scope.run(body);
            }
            long bytes = (counting.getTotalThreadAllocatedBytes() - before) / repeats / operations;
            least = Math.min(least, bytes);
        }
        long found = least;
        assertTrue(found <= bound, () -> what + ": at most " + bound + " bytes expected, " + found + " allocated");
    }
}
