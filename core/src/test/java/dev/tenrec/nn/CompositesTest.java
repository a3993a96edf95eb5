package dev.tenrec.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.autograd.Autograd.Graph;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.memory.Scope;
import dev.tenrec.optim.CountedDevice;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.tensor.Window;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Composites that the backend claims against the same functions composed of other kernels. */
class CompositesTest {

    private static final double[] X = new SplittableRandom(3).doubles(24, -3, 3).toArray();

    private static final List<UnaryOperator<Tensor>> FUNCTIONS = List.of(
            x -> x.softmax(1),
            x -> x.softmax(0).square(),
            x -> x.logSoftmax(-1),
            x -> x.transpose(0, 2).logSoftmax(0).exp(),
            x -> x.var(1),
            x -> x.var(0, true, 0, 2).mul(x),
            x -> x.std(1, false),
            x -> x.meanAndVariance(0, false, 1)
                    .mean()
                    .mul(x.meanAndVariance(1, false, 1).variance()),
            x -> x.meanAndVariance(0, true).mean().mul(x),
            x -> x.maxPool(new long[] {2}, Window.of(1).stride(2)).square(),
            x -> x.relu()
                    .maxPool(new long[] {2, 3}, Window.of(2))
                    .mul(x.slice(2, 0, 2).slice(1, 0, 2)),
            x -> loss(x, ClassLossOptions.DEFAULT),
            x -> loss(x, ClassLossOptions.DEFAULT.withReduction(Reduction.NONE).withLabelSmoothing(0.1)),
            x -> loss(
                    x,
                    ClassLossOptions.DEFAULT
                            .withLabelSmoothing(0.2)
                            .withIgnoreIndex(1)
                            .withClassWeights(
                                    Tensor.of(new double[] {1, 2, 0.5, 3}).to(x.dtype()))),
            x -> loss(x.mul(0.5), ClassLossOptions.DEFAULT.withReduction(Reduction.SUM))
                    .square());

    private static Tensor loss(Tensor x, ClassLossOptions options) {
        return Losses.crossEntropy(x, Tensor.of(new long[] {0, 1, 3, 2, 1, 0}).reshape(2, 3), options);
    }

    /** Value, gradient, and the gradient of a function of the gradient. */
    private static List<double[]> derivatives(CountedDevice device, UnaryOperator<Tensor> function, DType dtype) {
        List<double[]> results = new ArrayList<>();
        device.on(() -> Scope.run(() -> {
            Variable v = Variable.parameter("x", Tensor.of(X, 2, 3, 4).to(dtype));
            Tensor y = function.apply(v.value());
            results.add(y.toDoubleArray());
            Tensor upstream =
                    Tensor.arange(y.elementCount()).to(dtype).reshape(y.shape()).add(1);
            results.add(Autograd.vjp(function.apply(v.value()), upstream, Graph.RELEASE, v.value())
                    .get(0)
                    .toDoubleArray());
            Tensor x = v.value();
            Tensor gradient =
                    Autograd.vjp(function.apply(x), upstream, Graph.CREATE, x).get(0);
            results.add(gradient.toDoubleArray());
            results.add(Autograd.grad(gradient.square().sum(), Graph.RELEASE, x)
                    .get(0)
                    .toDoubleArray());
        }));
        return results;
    }

    @Test
    void claimedAndComposedAgree() {
        for (int f = 0; f < FUNCTIONS.size(); f++) {
            for (DType dtype : List.of(DType.F64, DType.F32)) {
                List<double[]> claimed = derivatives(CountedDevice.open(), FUNCTIONS.get(f), dtype);
                List<double[]> composed = derivatives(CountedDevice.withoutComposites(), FUNCTIONS.get(f), dtype);
                double allowed = dtype == DType.F64 ? 1e-10 : 2e-3;
                for (int i = 0; i < 4; i++) {
                    String what = "function " + f + ", " + dtype + ", derivative " + i;
                    assertArrayEquals(composed.get(i), claimed.get(i), allowed, what);
                }
                assertArrayEquals(claimed.get(1), claimed.get(2), allowed, "function " + f + ": recorded gradient");
            }
        }
    }

    @Test
    void specialValuesAgree() {
        double inf = Double.POSITIVE_INFINITY;
        double[] x = {
            1, 2, 3, -inf, 1, inf, 2, 3, Double.NaN, 1, 2, 3, -inf, -inf, -inf, -inf, 1, 2, 3, 4, 5, -inf, 7, 8
        };
        List<List<double[]>> results = new ArrayList<>();
        for (CountedDevice device : List.of(CountedDevice.open(), CountedDevice.withoutComposites())) {
            List<double[]> found = new ArrayList<>();
            device.on(() -> Scope.run(() -> {
                Tensor t = Tensor.of(x, 6, 4);
                found.add(t.softmax(1).toDoubleArray());
                found.add(t.logSoftmax(1).toDoubleArray());
                found.add(t.meanAndVariance(1, false, 1).mean().toDoubleArray());
                found.add(t.var(1).toDoubleArray());
                Variable v = Variable.parameter("x", t);
                Tensor labels = Tensor.of(new int[] {3, 0, 0, 0, 1, 1});
                Tensor losses =
                        Losses.crossEntropy(v.value(), labels, ClassLossOptions.DEFAULT.withReduction(Reduction.NONE));
                found.add(losses.toDoubleArray());
                found.add(losses.sum().backward().get(v).toDoubleArray());
                Tensor pooled = v.value().maxPool(new long[] {2, 2}, Window.of(2));
                found.add(pooled.toDoubleArray());
                found.add(pooled.mul(3).sum().backward().get(v).toDoubleArray());
            }));
            results.add(found);
        }
        for (int i = 0; i < results.get(0).size(); i++) {
            assertArrayEquals(results.get(1).get(i), results.get(0).get(i), 1e-12, "result " + i);
        }
    }

    @Test
    void bothNameALabelOutOfRange() {
        List<String> messages = new ArrayList<>();
        for (CountedDevice device : List.of(CountedDevice.open(), CountedDevice.withoutComposites())) {
            device.on(() -> Scope.run(() -> {
                Tensor labels = Tensor.of(new int[] {0, 1, 2, 3, 4, 0}).reshape(2, 3);
                messages.add(assertThrows(
                                InvalidArgument.class, () -> Losses.crossEntropy(Tensor.of(X, 2, 3, 4), labels))
                        .getMessage());
            }));
        }
        assertEquals(messages.get(1), messages.get(0));
    }
}
