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
    void launchesOfOneStructureDoNotShareOffsetsStridesOrScalars() {
        float[] values = new float[24];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        Tensor x = Tensor.of(values, 4, 6);
        Tensor wide = Tensor.of(values, 2, 12);
        for (int round = 0; round < 2; round++) {
            for (int row = 0; row < 4; row++) {
                Tensor part = x.slice(0, row, row + 1);
                assertEquals(2 * 6 * row + row, part.mul(2).add(row).toFloatArray()[0]);
                assertEquals(6 * row + 5, part.max().item());
                assertEquals(36 * row + 15, part.sum().item());
                Tensor column = x.slice(1, row, row + 1);
                assertEquals(18 + row + 0.5, column.add(0.5).toFloatArray()[3]);
                assertEquals(18 + row, column.max().item());
                assertEquals(
                        4 * (6.0 * row) + 6,
                        part.slice(1, 0, 4).matmul(Tensor.ones(4, 1)).item());
            }
            // The same sizes with other strides, and the same elements with other sizes.
            assertEquals(13, wide.slice(1, 0, 6).add(1).toFloatArray()[6]);
            assertEquals(7, x.slice(0, 0, 2).add(1).toFloatArray()[6]);
            assertEquals(12, x.transpose().add(0.0).toFloatArray()[2]);
            assertEquals(2, x.reshape(6, 4).add(0.0).toFloatArray()[2]);
            assertEquals(66, x.sum(1).toFloatArray()[1] + x.sum(0).toFloatArray()[0] - 21);
        }
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
