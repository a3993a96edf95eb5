package dev.tenrec.testkit.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.autograd.Autograd.Graph;
import dev.tenrec.error.NotDifferentiable;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Differentiable;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.testkit.TensorGradientCheck;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GradientTest extends DeviceTest {

    private Variable v;

    @BeforeEach
    void variable() {
        Scope.run(() -> v = Variable.parameter("v", Tensor.of(new float[] {1, 2, 3})));
    }

    @AfterEach
    void closeVariable() {
        v.close();
    }

    private static final class Doubled implements Differentiable {
        @Override
        public Tensor forward(Tensor... inputs) {
            return inputs[0].mul(2);
        }

        @Override
        public Tensor[] backward(Tensor upstream, Tensor output, Tensor... inputs) {
            return new Tensor[] {upstream.mul(output).mul(inputs[0])};
        }
    }

    @Test
    void statedGradientsAreUsed() {
        Tensor x = v.value();
        Gradients gradients = Autograd.apply(new Doubled(), x).sum().backward();
        assertArrayEquals(new float[] {2, 8, 18}, gradients.get(v).toFloatArray());
    }

    @Test
    void statedGradientsHaveSecondDerivatives() {
        Tensor x = v.value();
        Tensor y = Autograd.apply(new Doubled(), x).sum();
        Tensor first = Autograd.grad(y, Graph.CREATE, x).getFirst();
        // 2x·x, with the output differentiated by its stated gradient: 2x + x·(output·x) = 2x + 2x³.
        assertArrayEquals(new float[] {4, 20, 60}, first.sum().backward().get(v).toFloatArray());
    }

    @Test
    void statedGradientsAreChecked() {
        Differentiable wrong = new Differentiable() {
            @Override
            public Tensor forward(Tensor... inputs) {
                return inputs[0].mul(2);
            }

            @Override
            public Tensor[] backward(Tensor upstream, Tensor output, Tensor... inputs) {
                return new Tensor[] {upstream.sum()};
            }
        };
        Tensor loss = Autograd.apply(wrong, v.value()).sum();
        ShapeMismatch error = assertThrows(ShapeMismatch.class, loss::backward);
        assertEquals("""
            backward: gradients of a custom function do not fit
              expected [3]   input 0
              given    []\
            """, error.getMessage());
    }

    @Test
    void aRecordIsUsedOnceUnlessRetained() {
        Tensor loss = v.value().square().sum();
        Autograd.grad(loss, List.of(v), Graph.RETAIN);
        loss.backward();
        NotDifferentiable error = assertThrows(NotDifferentiable.class, loss::backward);
        assertEquals("""
            backward: the record of this computation was released
              expected one backward pass, or passes that retain the record
              given    a second pass through sum
              hint: use Autograd.grad with Graph.RETAIN for all passes but the last\
            """, error.getMessage());
    }

    @Test
    void withoutARecordThereIsNoGradient() {
        Tensor x = Autograd.noGrad(() -> v.value().mul(2));
        assertFalse(x.requiresGradient());
        assertFalse(v.value().detach().mul(2).requiresGradient());
        assertFalse(v.value().gt(1).requiresGradient());
        assertFalse(v.value().to(DType.I32).requiresGradient());
        NotDifferentiable error =
                assertThrows(NotDifferentiable.class, () -> x.sum().backward());
        assertEquals("""
            backward: nothing was recorded
              expected a tensor that depends on a trainable variable
              given    F32 []
              hint: was it made inside of noGrad, detached, or from frozen variables only?\
            """, error.getMessage());
    }

    @Test
    void lossesAreScalars() {
        ShapeMismatch error = assertThrows(ShapeMismatch.class, () -> v.value().backward());
        assertEquals("""
            backward: the loss is not a scalar
              expected 1 element
              given    [3]         3 elements
              hint: reduce it first, such as .mean()\
            """, error.getMessage());
    }

    @Test
    void gradientsByIntermediateTensors() {
        Tensor x = v.value();
        Tensor y = x.square();
        Tensor z = y.mul(x);
        Tensor unused = x.exp();
        List<Tensor> gradients = Autograd.grad(z.sum(), Graph.RELEASE, y, x, unused);
        assertArrayEquals(new float[] {1, 2, 3}, gradients.get(0).toFloatArray());
        assertArrayEquals(new float[] {3, 12, 27}, gradients.get(1).toFloatArray());
        assertNull(gradients.get(2));
        NotDifferentiable error = assertThrows(
                NotDifferentiable.class, () -> Autograd.grad(v.value().sum(), Graph.RELEASE, Tensor.ones(2)));
        assertEquals("""
            gradients: an input has no record
              expected the value of a trainable variable, or a tensor computed from one
              given    F32 [2]\
            """, error.getMessage());
    }

    @Test
    void weightedGradients() {
        Tensor x = v.value();
        Tensor y = x.square();
        assertArrayEquals(
                new float[] {2, 0, -6},
                Autograd.vjp(y, Tensor.of(new float[] {1, 0, -1}), Graph.RELEASE, x)
                        .getFirst()
                        .toFloatArray());
        ShapeMismatch error =
                assertThrows(ShapeMismatch.class, () -> Autograd.vjp(v.value(), Tensor.ones(2), Graph.RELEASE, x));
        assertEquals("""
            gradients: upstream gradient has another shape
              output   [3]
              upstream [2]\
            """, error.getMessage());
    }

    @Test
    void variablesTheLossDoesNotDependOn() {
        try (Variable other = Variable.parameter("other", Tensor.ones(2))) {
            Gradients gradients = Autograd.grad(v.value().sum(), List.of(v, other));
            assertTrue(gradients.find(other).isEmpty());
            assertEquals(List.of(v), List.copyOf(gradients.variables()));
            NotDifferentiable error = assertThrows(NotDifferentiable.class, () -> gradients.get(other));
            assertEquals("""
                gradients: the loss does not depend on it
                  variable other F32 [2]
                  known    [v F32 [3]]\
                """, error.getMessage());
        }
    }

    @Test
    void thirdDerivative() {
        Tensor x = v.value();
        Tensor first = Autograd.grad(x.pow(4).sum(), Graph.CREATE, x).getFirst();
        Tensor second = Autograd.grad(first.sum(), Graph.CREATE, x).getFirst();
        Tensor third = Autograd.grad(second.sum(), Graph.RELEASE, x).getFirst();
        assertArrayEquals(new float[] {24, 48, 72}, third.toFloatArray(), 1e-3f);
    }

    @Test
    void gradientsCreatedInsideOfNoGradAreRecorded() {
        Tensor x = v.value();
        Tensor loss = x.pow(3).sum();
        Tensor first =
                Autograd.noGrad(() -> Autograd.grad(loss, Graph.CREATE, x).getFirst());
        assertArrayEquals(new float[] {6, 12, 18}, first.sum().backward().get(v).toFloatArray(), 1e-4f);
    }

    @Test
    void roundTripsThroughStorageTypes() {
        Tensor y = v.value().to(DType.BF16).to(DType.F32).square();
        assertArrayEquals(new float[] {2, 4, 6}, y.sum().backward().get(v).toFloatArray());
        Tensor shared = v.value().to(DType.F16);
        Tensor twice = shared.to(DType.F32).add(shared.to(DType.F32).square());
        assertArrayEquals(new float[] {3, 5, 7}, twice.sum().backward().get(v).toFloatArray());
        Tensor stretched = v.value().to(DType.F16).unsqueeze(0).expand(2, 3).to(DType.F32);
        assertArrayEquals(
                new float[] {2, 2, 2}, stretched.sum().backward().get(v).toFloatArray());
    }

    @Test
    void longChainsDoNotOverflowTheStack() {
        long before = device.liveBytes();
        Scope.run(() -> {
            Tensor x = v.value();
            for (int i = 0; i < 20_000; i++) {
                Tensor next = i % 5 == 0 ? x.sin() : x.add(1e-4);
                x.close();
                x = next;
            }
            Gradients gradients = x.sum().backward();
            assertEquals(3, gradients.get(v).toFloatArray().length);
        });
        assertEquals(before, device.liveBytes());
        Scope.run(() -> {
            Tensor x = v.value();
            for (int i = 0; i < 20_000; i++) {
                x = x.reshape(3, 1).reshape(3);
            }
            x.sum().requiresGradient();
        });
        assertEquals(before, device.liveBytes());
    }

    @Test
    void backwardLetsGoOfTheRecord() {
        long before = device.liveBytes();
        Scope.run(() -> {
            Tensor loss;
            try (Scope inner = Scope.open()) {
                Tensor x = v.value().unsqueeze(0);
                Tensor hidden = x.transpose().matmul(x);
                loss = hidden.square().matmul(hidden).sum();
                inner.keep(loss);
            }
            // What the gradient needs outlives the scope it was made in.
            assertTrue(device.liveBytes() > before + 64);
            Gradients gradients = loss.backward();
            gradients.get(v).materialize();
            assertEquals(before + 128, device.liveBytes());
        });
        assertEquals(before, device.liveBytes());
    }

    @Test
    void checksFindWrongGradients() {
        Differentiable wrong = new Differentiable() {
            @Override
            public Tensor forward(Tensor... inputs) {
                return inputs[0].square();
            }

            @Override
            public Tensor[] backward(Tensor upstream, Tensor output, Tensor... inputs) {
                return new Tensor[] {upstream.mul(inputs[0]).mul(2.001)};
            }
        };
        Tensor at = Tensor.linspace(DType.F64, 1, 2, 5);
        TensorGradientCheck.check(x -> x[0].square(), at);
        AssertionError error = assertThrows(
                AssertionError.class, () -> TensorGradientCheck.check(x -> Autograd.apply(wrong, x[0]), at));
        assertTrue(error.getMessage().startsWith("wrong gradient\n  expected "), error.getMessage());
        Differentiable detached = new Differentiable() {
            @Override
            public Tensor forward(Tensor... inputs) {
                return inputs[0].square();
            }

            @Override
            public Tensor[] backward(Tensor upstream, Tensor output, Tensor... inputs) {
                return new Tensor[] {upstream.mul(inputs[0].detach()).mul(2)};
            }
        };
        error = assertThrows(
                AssertionError.class, () -> TensorGradientCheck.check(x -> Autograd.apply(detached, x[0]), at));
        assertTrue(error.getMessage().startsWith("wrong second derivative"), error.getMessage());
    }

    @Test
    void tensorsOfARecordMayBeClosedEarly() {
        Tensor x = v.value();
        Tensor y = x.exp();
        Tensor z = y.mul(x).sum();
        x.close();
        y.close();
        float[] given = z.backward().get(v).toFloatArray();
        for (int i = 0; i < 3; i++) {
            assertEquals((2 + i) * Math.exp(1 + i), given[i], 1e-4);
        }
        assertEquals(Shape.of(3), v.shape());
    }
}
