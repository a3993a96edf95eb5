package dev.tenrec.testkit.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import org.junit.jupiter.api.Test;

class KernelCacheTest extends DeviceTest {

    private long compiled(Runnable body) {
        return device.measure(() -> Scope.run(body)).compiled();
    }

    private static void chain(Tensor x, double scalar) {
        x.mul(scalar).add(1 / scalar).relu().materialize();
        x.square().sum(0).materialize();
    }

    @Test
    void otherScalarsAndShapesDoNotCompileAgain() {
        Tensor[] xs = {Tensor.ones(4, 5), Tensor.ones(7), Tensor.ones(2, 3, 4, 5), Tensor.ones(1000)};
        for (Tensor x : xs) {
            x.materialize();
        }
        assertEquals(2, compiled(() -> chain(xs[0], 2)));
        for (Tensor x : xs) {
            for (double scalar : new double[] {2, 3, -1e-9, 0.5}) {
                assertEquals(
                        0, compiled(() -> x.mul(scalar).add(1 / scalar).relu().materialize()));
            }
        }
        Tensor other = Tensor.ones(6, 3).materialize();
        assertEquals(0, compiled(() -> chain(other, 3)));
    }

    @Test
    void otherTypesAndLayoutClassesDo() {
        Tensor x = Tensor.ones(4, 5).materialize();
        Tensor y = Tensor.ones(DType.F64, x.shape()).materialize();
        assertEquals(1, compiled(() -> x.exp().materialize()));
        assertEquals(1, compiled(() -> y.exp().materialize()));
        assertEquals(0, compiled(() -> x.transpose().exp().add(0).sub(0).shape()));
        assertEquals(1, compiled(() -> x.slice(1, 0, 4).exp().materialize()));
        assertEquals(0, compiled(() -> x.slice(1, 1, 3).exp().materialize()));
        assertEquals(0, compiled(() -> x.slice(0, 1, 3).exp().materialize()));
    }

    @Test
    void operandsThatAreOneTensorAreAnotherStructure() {
        Tensor x = Tensor.of(new float[] {2, 3}).materialize();
        Tensor y = Tensor.of(new float[] {5, 7}).materialize();
        assertEquals(10, x.mul(y).toFloatArray()[0]);
        assertEquals(4, x.mul(x).toFloatArray()[0]);
        assertEquals(25, y.mul(y).toFloatArray()[0]);
        assertEquals(-3, x.sub(y).toFloatArray()[0]);
        assertEquals(3, y.sub(x).toFloatArray()[0]);
        assertEquals(2 * 5 - 2, x.mul(y).sub(x).toFloatArray()[0]);
        assertEquals(2 * 5 - 5, x.mul(y).sub(y).toFloatArray()[0]);
    }

    @Test
    void theCacheIsBounded() {
        Tensor x = Tensor.ones(1).materialize();
        long compiled = compiled(() -> {
            for (int i = 0; i < 2200; i++) {
                int code = i;
                Scope.run(() -> pattern(x, code));
            }
        });
        assertEquals(2200, compiled);
        // What was used last is there, what was used first is not.
        assertEquals(0, compiled(() -> pattern(x, 2199)));
        assertEquals(1, compiled(() -> pattern(x, 0)));
        assertTrue(compiled(() -> pattern(x, 1)) == 1);
    }

    /** A chain whose structure spells a number in binary digits. */
    private static void pattern(Tensor x, int code) {
        Tensor result = x.exp();
        for (int bit = 0; bit < 12; bit++) {
            result = (code >> bit & 1) == 0 ? result.sin() : result.cos();
        }
        result.materialize();
    }
}
