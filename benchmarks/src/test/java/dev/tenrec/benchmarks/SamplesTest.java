package dev.tenrec.benchmarks;

import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class SamplesTest {
    private static final MatMulShape SHAPE = new MatMulShape(5, 7, 3);

    private final float[] left = Samples.integers(35, 1);
    private final float[] right = Samples.integers(21, 2);

    private float[] product() {
        float[] product = new float[15];
        for (int row = 0; row < 5; row++) {
            for (int column = 0; column < 3; column++) {
                for (int k = 0; k < 7; k++) {
                    product[row * 3 + column] += left[row * 7 + k] * right[k * 3 + column];
                }
            }
        }
        return product;
    }

    @Test
    void acceptsARightProductAndNoOther() {
        Samples.checkProduct("test", SHAPE, left, right, product());
        for (int i = 0; i < 15; i++) {
            float[] wrong = product();
            wrong[i] += 1;
            assertThrows(IllegalStateException.class, () -> Samples.checkProduct("test", SHAPE, left, right, wrong));
            wrong[i] = Float.NaN;
            assertThrows(IllegalStateException.class, () -> Samples.checkProduct("test", SHAPE, left, right, wrong));
        }
    }

    @Test
    void refusesResultsOutOfTolerance() {
        Samples.check("test", new float[] {1, 2}, i -> i + 1.1, 0.2);
        assertThrows(IllegalStateException.class, () -> Samples.check("test", new float[] {1, 2}, i -> i + 1.3, 0.2));
        assertThrows(IllegalStateException.class, () -> Samples.check("test", new float[] {Float.NaN}, _ -> 0, 0.2));
    }
}
