package dev.tenrec.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ConfusionMatrixTest {
    @Test
    void measuresFollowFromTheCounts() {
        ConfusionMatrix matrix = new ConfusionMatrix(List.of("cat", "dog", "bird"));
        add(matrix, 0, 0, 8);
        add(matrix, 0, 1, 2);
        add(matrix, 1, 0, 4);
        add(matrix, 1, 1, 6);
        assertEquals(20, matrix.total());
        assertEquals(2, matrix.count(0, 1));
        assertEquals(10, matrix.support(1));
        assertEquals(0.7, matrix.accuracy(), 1e-12);
        assertEquals(8.0 / 12, matrix.precision(0), 1e-12);
        assertEquals(0.8, matrix.recall(0), 1e-12);
        assertEquals(2 * (8.0 / 12) * 0.8 / (8.0 / 12 + 0.8), matrix.f1(0), 1e-12);
        assertEquals(Double.NaN, matrix.precision(2));
        assertEquals(Double.NaN, matrix.recall(2));
        assertEquals(Double.NaN, matrix.f1(2));
    }

    @Test
    void textIsAligned() {
        ConfusionMatrix matrix = new ConfusionMatrix(List.of("cat", "dog", "bird"));
        add(matrix, 0, 0, 8);
        add(matrix, 0, 1, 2);
        add(matrix, 1, 0, 4);
        add(matrix, 1, 1, 6);
        assertEquals("""
            Confusion matrix (rows: actual class, columns: predicted class)

                      0  1  2
            0 cat     8  2  .
            1 dog     4  6  .
            2 bird    .  .  .

                      precision   recall       F1    count
            0 cat        66.7 %   80.0 %   72.7 %       10
            1 dog        75.0 %   60.0 %   66.7 %       10
            2 bird            -        -        -        0
              accuracy              70.0 %                20
            """, matrix.toText());
    }

    @Test
    void tenClassesFitEightyColumnsWithTheFullTestSet() {
        ConfusionMatrix matrix = new ConfusionMatrix(FashionMnistData.CLASS_NAMES);
        for (int label = 0; label < 10; label++) {
            add(matrix, label, label, 1000);
        }
        assertTrue(matrix.toText().lines().allMatch(line -> line.length() <= 80), matrix::toText);
    }

    @Test
    void unknownClassesAreRefused() {
        ConfusionMatrix matrix = new ConfusionMatrix(List.of("cat", "dog"));
        assertThrows(IndexOutOfBoundsException.class, () -> matrix.add(0, 2));
        assertThrows(IndexOutOfBoundsException.class, () -> matrix.add(-1, 0));
        assertThrows(IllegalArgumentException.class, () -> new ConfusionMatrix(List.of()));
        assertEquals(0, matrix.total());
        assertEquals(Double.NaN, matrix.accuracy());
    }

    private static void add(ConfusionMatrix matrix, int actual, int predicted, int times) {
        for (int i = 0; i < times; i++) {
            matrix.add(actual, predicted);
        }
    }
}
