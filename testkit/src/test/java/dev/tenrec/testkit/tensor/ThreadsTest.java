package dev.tenrec.testkit.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.memory.Scope;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ThreadsTest extends DeviceTest {

    private static <T> List<T> together(int count, java.util.function.IntFunction<T> body) throws Exception {
        CyclicBarrier start = new CyclicBarrier(count);
        List<T> results = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(count)) {
            List<Future<T>> futures = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int number = i;
                Callable<T> task = () -> {
                    start.await();
                    return body.apply(number);
                };
                futures.add(threads.submit(task));
            }
            for (Future<T> future : futures) {
                results.add(future.get());
            }
        }
        return results;
    }

    /** Trains a small network and returns its weights. */
    private static float[] train(int number) {
        RandomKey[] keys = RandomKey.of(number).split(4);
        Map<String, Variable> weights = new LinkedHashMap<>();
        Scope.run(() -> {
            weights.put("in", Variable.parameter("in", keys[0].normal(DType.F32, Shape.of(3, 8))));
            weights.put("bias", Variable.parameter("bias", Tensor.zeros(8)));
            weights.put("out", Variable.parameter("out", keys[1].normal(DType.F32, Shape.of(8, 2))));
        });
        for (int i = 0; i < 10; i++) {
            int step = i;
            Scope.run(() -> {
                Tensor x = keys[2].fold(step).normal(DType.F32, Shape.of(6, 3));
                Tensor target = x.slice(1, 0, 2).sin();
                Tensor hidden = x.matmul(weights.get("in").value())
                        .add(weights.get("bias").value())
                        .gelu();
                Tensor loss = hidden.matmul(weights.get("out").value())
                        .sub(target)
                        .square()
                        .mean();
                Gradients gradients = loss.backward();
                Map<Variable, Tensor> next = new LinkedHashMap<>();
                for (Variable v : gradients.variables()) {
                    next.put(v, v.value().sub(gradients.get(v).mul(0.1)));
                }
                Variable.assignAll(next);
            });
        }
        float[] result = Scope.call(() -> Tensor.concat(
                        0,
                        weights.get("in").value().flatten(),
                        weights.get("bias").value(),
                        weights.get("out").value().flatten())
                .toFloatArray());
        weights.values().forEach(Variable::close);
        return result;
    }

    @Test
    void modelsTrainedTogetherGetTheBitsTheyGetAlone() throws Exception {
        float[][] alone = new float[32][];
        for (int i = 0; i < alone.length; i++) {
            alone[i] = train(i);
            assertTrue(Float.isFinite(alone[i][0]));
        }
        List<float[]> trained = together(32, ThreadsTest::train);
        for (int i = 0; i < alone.length; i++) {
            assertArrayEquals(alone[i], trained.get(i), "model " + i);
        }
    }

    @Test
    void pendingTensorsAreComputedOnceForAllThreads() throws Exception {
        for (int round = 0; round < 20; round++) {
            Scope.run(() -> {
                Tensor x = Tensor.linspace(DType.F32, 0, 1, 1000).materialize();
                Tensor w = Tensor.ones(1000, 2).materialize();
                Tensor pending = x.exp().mul(2);
                Tensor product = x.reshape(1, 1000).matmul(w);
                device.backend().reset();
                try {
                    List<Float> read = together(8, i -> {
                        try (Scope _ = Scope.open()) {
                            return i % 2 == 0 ? pending.toFloatArray()[0] : product.toFloatArray()[0];
                        }
                    });
                    assertEquals(2f, read.get(0));
                    assertEquals(2f, read.get(6));
                    assertEquals(500f, read.get(1), 0.01f);
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
                device.backend().assertKernels(dev.tenrec.ir.Kernel.MatMul.class, 1);
                device.backend().assertKernels(dev.tenrec.ir.Kernel.Map.class, 1);
            });
        }
    }

    @Test
    void productsSavedForGradientsAreStoredOnce() throws Exception {
        try (Variable v =
                Variable.parameter("v", Tensor.linspace(DType.F32, -1, 1, 400).reshape(20, 20))) {
            for (int round = 0; round < 100; round++) {
                Scope.run(() -> {
                    Tensor product = v.value().matmul(v.value());
                    Tensor activated = product.gelu();
                    Tensor squared = product.square();
                    try {
                        together(3, i -> {
                            try (Scope _ = Scope.open()) {
                                return (i == 0 ? product : i == 1 ? activated : squared).toFloatArray();
                            }
                        });
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                    float[] p = product.toFloatArray();
                    float[] s = squared.toFloatArray();
                    for (int i = 0; i < p.length; i++) {
                        assertEquals(p[i] * p[i], s[i], 1e-6f);
                    }
                });
            }
        }
    }

    @Test
    void sharedOperandsOfManyThreads() throws Exception {
        Tensor x = Tensor.linspace(DType.F32, 0, 1, 64).reshape(8, 8);
        Tensor y = x.mul(3).add(1);
        List<float[]> results = together(
                16,
                i -> Scope.call(() -> {
                    float[] last = null;
                    for (int round = 0; round < 20; round++) {
                        last = y.add(i)
                                .mul(y.transpose())
                                .sum(i % 2)
                                .add(y.max())
                                .toFloatArray();
                    }
                    return last;
                }));
        Scope.run(() -> {
            for (int i = 0; i < results.size(); i++) {
                assertArrayEquals(
                        y.add(i).mul(y.transpose()).sum(i % 2).add(y.max()).toFloatArray(), results.get(i));
            }
        });
    }

    @Test
    void readersNeverSeeHalfAnAssignment() throws Exception {
        try (Variable v = Variable.buffer("v", Tensor.zeros(5000))) {
            together(3, i -> {
                for (int round = 0; round < 60; round++) {
                    Scope.run(() -> {
                        if (i == 0) {
                            Tensor next;
                            try (Tensor value = v.value()) {
                                next = value.add(1);
                            }
                            v.assign(next);
                        } else {
                            Tensor value = v.value();
                            assertEquals(value.min().item(), value.max().item());
                        }
                    });
                }
                return null;
            });
            Scope.run(() -> assertEquals(60, v.value().max().item()));
        }
    }

    @Test
    void assignmentsOfSeveralVariablesInOppositeOrderDoNotDeadlock() throws Exception {
        Variable a = Variable.buffer("a", Tensor.zeros(10));
        Variable b = Variable.buffer("b", Tensor.zeros(10));
        together(4, i -> {
            for (int round = 0; round < 100; round++) {
                Scope.run(() -> {
                    Map<Variable, Tensor> next = new LinkedHashMap<>();
                    next.put(i % 2 == 0 ? a : b, Tensor.ones(10));
                    next.put(i % 2 == 0 ? b : a, Tensor.ones(10));
                    Variable.assignAll(next);
                });
            }
            return null;
        });
        assertEquals(400, a.version());
        a.close();
        b.close();
    }
}
