package dev.tenrec.optim;

import static dev.tenrec.optim.Trajectories.ones;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WeightAverageTest {

    private static void set(Variable variable, double... values) {
        Scope.run(() ->
                variable.assign(Tensor.of(values).reshape(variable.shape()).to(variable.dtype())));
    }

    private static double[] values(Variable variable) {
        return Scope.call(() -> variable.value().detach().toDoubleArray());
    }

    @Test
    void averageIsThatOfTheFormula() {
        Scope.run(() -> {
            for (boolean warmUp : new boolean[] {false, true}) {
                Variable p = Variable.parameter("p", Tensor.of(new double[] {1, -2}));
                WeightAverage average = new WeightAverage(List.of(p), 0.5, warmUp);
                double[] expected = {1, -2};
                for (int t = 1; t <= 20; t++) {
                    double[] now = {Math.sin(t), t};
                    set(p, now);
                    average.update();
                    double d = warmUp ? Math.min(0.5, (1.0 + t) / (10 + t)) : 0.5;
                    for (int i = 0; i < 2; i++) {
                        expected[i] = d * expected[i] + (1 - d) * now[i];
                    }
                }
                assertArrayEquals(expected, average.get(p).toDoubleArray(), 1e-13);
            }
        });
    }

    @Test
    void swapPutsAveragesInAndBackWithoutKernels() {
        CountedDevice device = CountedDevice.open();
        device.on(() -> Scope.run(() -> {
            Variable a = ones("a", 4);
            Variable b = ones("b", 2, 3);
            WeightAverage average = new WeightAverage(List.of(a, b), 0.75);
            Scope.run(() -> {
                a.assign(Tensor.full(DType.F32, a.shape(), 5));
                b.assign(Tensor.full(DType.F32, b.shape(), 9));
            });
            for (int i = 0; i < 3; i++) {
                long before = device.liveBytes();
                assertEquals("{Map=2}", device.count(average::update));
                assertEquals(before, device.liveBytes());
                assertEquals(before, device.peakBytes(), "nothing is allocated");
            }
            double[] mean = Scope.call(() -> average.get(a).toDoubleArray());
            assertEquals(5 - 4 * Math.pow(0.75, 3), mean[0], 1e-6);
            WeightAverage.Swapped[] swapped = new WeightAverage.Swapped[1];
            assertEquals("{}", device.count(() -> swapped[0] = average.swapIn()));
            assertArrayEquals(mean, values(a), 0);
            assertEquals(9 - 8 * Math.pow(0.75, 3), values(b)[0], 1e-6);
            assertEquals("{}", device.count(swapped[0]::close));
            swapped[0].close();
            assertEquals(5, values(a)[0]);
            assertEquals(9, values(b)[5]);
            // Both still own their memory: updates go on in place.
            long before = device.liveBytes();
            assertEquals("{Map=2}", device.count(average::update));
            assertEquals(before, device.peakBytes());
        }));
    }

    @Test
    void trainingGoesOnAfterASwap() {
        Scope.run(() -> {
            Variable p = ones("p", 2);
            WeightAverage average = new WeightAverage(List.of(p), 0.5);
            Sgd sgd = new Sgd(List.of(p), 1);
            sgd.step(new Gradients(Map.of(p, Tensor.ones(2))));
            average.update();
            try (WeightAverage.Swapped _ = average.swapIn()) {
                assertArrayEquals(new double[] {0.5, 0.5}, values(p), 0);
            }
            sgd.step(new Gradients(Map.of(p, Tensor.ones(2))));
            assertArrayEquals(new double[] {-1, -1}, values(p), 0);
            assertArrayEquals(new float[] {0.5f, 0.5f}, average.get(p).toFloatArray());
        });
    }

    @Test
    void closingGivesValuesBack() {
        Scope.run(() -> {
            Variable p = ones("p", 2);
            WeightAverage average = new WeightAverage(List.of(p), 0.5);
            set(p, 7, 8);
            average.swapIn();
            average.close();
            average.close();
            assertArrayEquals(new double[] {7, 8}, values(p), 0);
        });
    }

    @Test
    void stateContinuesWhereItWasSaved() {
        Scope.run(() -> {
            Variable p = ones("p", 2);
            WeightAverage one = new WeightAverage(List.of(p), 0.9, true);
            set(p, 3, 4);
            one.update();
            Map<String, Tensor> state = one.state();
            assertEquals(List.of("0.average", "updates"), new ArrayList<>(state.keySet()));
            WeightAverage two = new WeightAverage(List.of(p), 0.9, true);
            two.load(state);
            set(p, -1, 0);
            one.update();
            two.update();
            assertArrayEquals(one.get(p).toFloatArray(), two.get(p).toFloatArray(), 0);
            Map<String, Tensor> wrong = new LinkedHashMap<>(state);
            wrong.put("0.average", Tensor.ones(3));
            assertMessage("state does not fit", () -> two.load(wrong));
            Map<String, Tensor> more = new LinkedHashMap<>(state);
            more.put("1.average", Tensor.ones(3));
            assertMessage("also 1.average", () -> two.load(more));
            assertArrayEquals(one.get(p).toFloatArray(), two.get(p).toFloatArray(), 0);
        });
    }

    @Test
    void wrongUseIsRefused() {
        Scope.run(() -> {
            Variable p = ones("p", 2);
            Variable count = Variable.buffer("count", Tensor.of(new long[] {1}));
            assertMessage("decay out of range", () -> new WeightAverage(List.of(p), 1));
            assertMessage("named twice", () -> new WeightAverage(List.of(p, p), 0.9));
            assertMessage("F32 or F64", () -> new WeightAverage(List.of(count), 0.9));
            WeightAverage average = new WeightAverage(List.of(p), 0.9);
            assertMessage("not averaged", () -> average.get(count));
            try (WeightAverage.Swapped _ = average.swapIn()) {
                assertMessage("update while averages are swapped in", average::update);
                assertMessage("swapIn while averages are swapped in", average::swapIn);
                assertMessage("state while", average::state);
                assertMessage("load while", () -> average.load(Map.of()));
                assertMessage("get while", () -> average.get(p));
            }
            average.update();
        });
    }

    private static void assertMessage(String part, Runnable body) {
        InvalidArgument error = assertThrows(InvalidArgument.class, body::run);
        assertTrue(error.getMessage().contains(part), error.getMessage());
    }
}
