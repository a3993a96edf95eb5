package dev.tenrec.benchmarks.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class MatMulTest {
    private static final MatMul SHAPE = new MatMul(1, 5, 7, 3, false, false);

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
        SHAPE.checkProduct("test", left, right, product());
        for (int i = 0; i < 15; i++) {
            float[] wrong = product();
            wrong[i] += 1;
            assertThrows(IllegalStateException.class, () -> SHAPE.checkProduct("test", left, right, wrong));
            wrong[i] = Float.NaN;
            assertThrows(IllegalStateException.class, () -> SHAPE.checkProduct("test", left, right, wrong));
        }
    }

    @Test
    void findsTransposedOperandsAndBatches() {
        float[] one = {1, 2, 3, 4};
        float[] two = {5, 6, 7, 8};
        // [1 3; 2 4] · [5 7; 6 8], twice.
        MatMul both = new MatMul(2, 2, 2, 2, true, true);
        float[] product = {23, 31, 34, 46};
        both.checkProduct("test", twice(one), twice(two), twice(product));
        float[] wrong = twice(product);
        wrong[7] = 45;
        assertThrows(IllegalStateException.class, () -> both.checkProduct("test", twice(one), twice(two), wrong));
    }

    private static float[] twice(float[] values) {
        float[] result = Arrays.copyOf(values, 2 * values.length);
        System.arraycopy(values, 0, result, values.length, values.length);
        return result;
    }

    @Test
    void readsShapes() {
        assertEquals(new MatMul(1, 8, 8, 8, false, false), MatMul.parse("8"));
        assertEquals(new MatMul(1, 8, 8, 8, false, true), MatMul.parse("8-nt"));
        assertEquals(new MatMul(32, 1, 2, 3, true, false), MatMul.parse("32*1x2x3-tn"));
    }

    @Test
    void refusesResultsOutOfTolerance() {
        float[] given = {1, 2};
        Samples.check("test", given, 2, i -> i + 1.1, _ -> 0.2);
        assertThrows(IllegalStateException.class, () -> Samples.check("test", given, 2, i -> i + 1.3, _ -> 0.2));
        assertThrows(IllegalStateException.class, () -> Samples.check("test", given, 1, i -> i + 1, _ -> 0.2));
        float[] nothing = {Float.NaN};
        assertThrows(IllegalStateException.class, () -> Samples.check("test", nothing, 1, _ -> 0, _ -> 0.2));
    }
}
