package dev.tenrec.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.backend.Backend;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Dense;
import dev.tenrec.optim.Adam;
import dev.tenrec.optim.AdamW;
import dev.tenrec.optim.Optimizer;
import dev.tenrec.optim.Sgd;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.testkit.MeasuredDevice;
import dev.tenrec.testkit.device.ForwardingBackend;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Updates of many parameters as one launch change them as updates one by one do. */
@Isolated("counters of the emulator are the process's")
class JoinedUpdatesTest {

    /** Smaller and larger than a group, and no multiples of one. */
    private static final long[][] FEW = {{1}, {10}, {256}, {257}, {30, 40}, {3, 5, 7}, {1000}};

    private static final int STEPS = 4;

    @BeforeEach
    void needsTheEmulator() {
        TestDevice.requireEmulator();
    }

    /** Hands launches on one by one. */
    private static final class Apart extends ForwardingBackend {
        Apart(Backend backend) {
            super(backend);
        }

        @Override
        public void together(Runnable launches) {
            launches.run();
        }
    }

    /** The parameters after some steps, and the launches of the last update. */
    private record Outcome(List<float[]> values, long launches) {}

    private static Outcome train(Backend backend, long[][] shapes, Function<List<Variable>, Optimizer> create) {
        List<float[]> values = new ArrayList<>();
        long[] launches = {0};
        try (MeasuredDevice device = MeasuredDevice.open(backend)) {
            device.run(() -> {
                List<Variable> variables = new ArrayList<>();
                for (int i = 0; i < shapes.length; i++) {
                    RandomKey key = RandomKey.of(i);
                    Shape shape = Shape.of(shapes[i]);
                    String name = "v" + i;
                    Scope.run(() -> variables.add(Variable.parameter(name, key.normal(DType.F32, shape))));
                }
                try (Optimizer optimizer = create.apply(variables)) {
                    for (int step = 0; step < STEPS; step++) {
                        RandomKey key = RandomKey.of(100 + step);
                        Scope.run(() -> {
                            Tensor loss = Tensor.zeros();
                            for (Variable variable : variables) {
                                Tensor noise = key.normal(DType.F32, variable.shape());
                                loss = loss.add(
                                        variable.value().mul(noise).square().sum());
                            }
                            Gradients gradients = loss.backward();
                            for (Variable variable : variables) {
                                gradients.get(variable).materialize();
                            }
                            device.context().backend().synchronize();
                            long before = Emulator.get("launches");
                            optimizer.step(gradients);
                            device.context().backend().synchronize();
                            launches[0] = Emulator.get("launches") - before;
                        });
                    }
                    for (Variable variable : variables) {
                        values.add(Scope.call(() -> variable.value().toFloatArray()));
                    }
                }
                variables.forEach(Variable::close);
            });
        }
        return new Outcome(values, launches[0]);
    }

    private static void check(long[][] shapes, int launches, Function<List<Variable>, Optimizer> create) {
        Outcome apart = train(new Apart(TestDevice.open(false)), shapes, create);
        Outcome together = train(TestDevice.open(false), shapes, create);
        assertEquals(shapes.length, apart.launches, "one launch a parameter");
        assertEquals(launches, together.launches, "launches of all together");
        for (int i = 0; i < shapes.length; i++) {
            assertArrayEquals(apart.values.get(i), together.values.get(i), "parameter " + i);
            assertTrue(Float.isFinite(together.values.get(i)[0]));
        }
    }

    @Test
    void adam() {
        check(FEW, 1, variables -> new Adam(variables, 1e-2));
    }

    @Test
    void adamWithWeightDecay() {
        check(FEW, 1, variables -> new AdamW(variables, 1e-2, 0.01));
    }

    @Test
    void gradientDescent() {
        check(FEW, 1, variables -> new Sgd(variables, 1e-2));
    }

    /** More parameters than the arguments of one launch have room for. */
    @Test
    void manyParameters() {
        long[][] many = new long[100][];
        for (int i = 0; i < many.length; i++) {
            many[i] = new long[] {1 + 7L * i};
        }
        Outcome apart = train(new Apart(TestDevice.open(false)), many, variables -> new Adam(variables, 1e-2));
        Outcome together = train(TestDevice.open(false), many, variables -> new Adam(variables, 1e-2));
        assertTrue(together.launches > 1 && together.launches < 5, together.launches + " launches");
        for (int i = 0; i < many.length; i++) {
            assertArrayEquals(apart.values.get(i), together.values.get(i), "parameter " + i);
        }
    }

    /** Two maps of one kernel, of which the second reads what the first writes: joined, they would run in any order. */
    @Test
    void aMapThatReadsAnotherIsNotJoinedWithIt() {
        float[] ones = new float[1000];
        Arrays.fill(ones, 1);
        float[] threes = new float[1000];
        Arrays.fill(threes, 3);
        try (MeasuredDevice device = MeasuredDevice.open(TestDevice.open(false))) {
            device.run(() -> Scope.run(() -> {
                Tensor x = Tensor.of(ones).materialize();
                Backend backend = device.context().backend();
                backend.synchronize();
                long before = Emulator.get("launches");
                Tensor[] last = new Tensor[1];
                backend.together(() -> last[0] = x.add(1).materialize().add(1).materialize());
                backend.synchronize();
                assertEquals(2, Emulator.get("launches") - before);
                assertArrayEquals(threes, last[0].toFloatArray());
            }));
        }
    }

    /** A gradient that nobody asks for stays a description. */
    @Test
    void productsOfOtherVariablesAreNotComputed() {
        try (MeasuredDevice device = MeasuredDevice.open(TestDevice.open(false))) {
            device.run(() -> {
                Dense first = new Dense(8, 6);
                Dense second = new Dense(6, 4);
                first.initialize(1);
                second.initialize(2);
                try (first;
                        second;
                        Adam adam = new Adam(second.parameters(), 1e-2);
                        Scope _ = Scope.open()) {
                    Tensor x = RandomKey.of(1).normal(DType.F32, Shape.of(5, 8)).materialize();
                    String kernels = device.measure(() -> Scope.run(() -> adam.step(second.forward(first.forward(x))
                                    .square()
                                    .sum()
                                    .backward())))
                            .summary();
                    assertTrue(
                            kernels.contains("MatMul 4"),
                            "two forward, the second's gradient, and that of its input: " + kernels);
                }
            });
        }
    }
}
