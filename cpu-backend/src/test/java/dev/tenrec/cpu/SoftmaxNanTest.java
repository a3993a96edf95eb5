package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A NaN makes its row NaN, whatever its bits and wherever it is, and no other row. */
class SoftmaxNanTest {
    private static final int COLUMNS = 83;

    private static void check(int bits, int at, UnaryOperator<Tensor> softmax) {
        float[] values = new float[3 * COLUMNS];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i);
        }
        values[COLUMNS + at] = Float.intBitsToFloat(bits);
        Scope.run(() -> {
            float[] result = softmax.apply(Tensor.of(values, 3, COLUMNS)).toFloatArray();
            for (int i = 0; i < result.length; i++) {
                boolean expected = i / COLUMNS == 1;
                assertEquals(expected, Float.isNaN(result[i]), "element " + i + ": " + result[i]);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {0x7FC00000, 0x7FC00001, 0x7FC000FF, 0xFFC00001, 0x7FC001FF})
    void fillsItsRow(int bits) {
        for (int at : new int[] {0, 17, 40, 70, COLUMNS - 1}) {
            check(bits, at, x -> x.softmax(1));
            check(bits, at, x -> x.logSoftmax(1));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 17, 40, 70, COLUMNS - 1})
    void minusInfinityHasNoShare(int at) {
        float[] values = new float[COLUMNS];
        values[at] = Float.NEGATIVE_INFINITY;
        Scope.run(() -> {
            float[] result = Tensor.of(values, 1, COLUMNS).softmax(1).toFloatArray();
            double sum = 0;
            for (float share : result) {
                sum += share;
            }
            assertEquals(0, result[at]);
            assertTrue(Math.abs(sum - 1) < 1e-6, "sum " + sum);
        });
    }
}
