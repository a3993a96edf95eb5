package dev.tenrec.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.Scope;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataLoaderTest {

    private static final int EXAMPLES = 10;

    private static ArrayDataset dataset() {
        float[] inputs = new float[EXAMPLES * 2];
        int[] labels = new int[EXAMPLES];
        for (int i = 0; i < EXAMPLES; i++) {
            inputs[2 * i] = i;
            inputs[2 * i + 1] = -i;
            labels[i] = 100 + i;
        }
        return ArrayDataset.ofSize(EXAMPLES).with(inputs, 2).with(labels);
    }

    private static List<int[]> labels(DataLoader loader) {
        List<int[]> batches = new ArrayList<>();
        for (Batch batch : loader) {
            Scope.run(() -> {
                int[] labels = batch.labels().toIntArray();
                float[] inputs = batch.inputs().toFloatArray();
                for (int i = 0; i < labels.length; i++) {
                    assertEquals(labels[i] - 100, inputs[2 * i], "columns belong together");
                    assertEquals(100 - labels[i], inputs[2 * i + 1]);
                }
                batches.add(labels);
            });
        }
        return batches;
    }

    private static int[] flat(List<int[]> batches) {
        return batches.stream().flatMapToInt(Arrays::stream).toArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 50})
    void keepsOrderAndLastBatch(int prefetch) {
        DataLoader loader = new DataLoader(dataset(), 4).prefetch(prefetch);
        List<int[]> batches = labels(loader);
        assertEquals(3, loader.batchCount());
        assertEquals(10, loader.exampleCount());
        assertArrayEquals(new int[] {100, 101, 102, 103}, batches.get(0));
        assertArrayEquals(new int[] {108, 109}, batches.get(2));
        assertEquals(3, batches.size());
    }

    @Test
    void dropsLastBatch() {
        DataLoader loader = new DataLoader(dataset(), 4).dropLast();
        assertEquals(2, loader.batchCount());
        assertEquals(8, loader.exampleCount());
        assertEquals(2, labels(loader).size());
    }

    @Test
    void shufflesEachEpochAnewAndRepeatably() {
        DataLoader loader = new DataLoader(dataset(), 3).shuffled(7);
        int[] first = flat(labels(loader));
        int[] second = flat(labels(loader));
        assertFalse(Arrays.equals(first, second), "epochs differ");
        assertArrayEquals(
                IntStream.range(100, 110).toArray(),
                Arrays.stream(first).sorted().toArray());
        DataLoader again = new DataLoader(dataset(), 3).shuffled(7);
        assertArrayEquals(first, flat(labels(again)), "same seed, same order");
        again.setEpoch(1);
        assertArrayEquals(second, flat(labels(again)), "an epoch can be resumed");
        assertFalse(Arrays.equals(first, flat(labels(new DataLoader(dataset(), 3).shuffled(8)))), "seeds differ");
    }

    @Test
    void batchIsInvalidAfterTheNext() {
        Iterator<Batch> batches = new DataLoader(dataset(), 4).iterator();
        Batch first = batches.next();
        batches.next();
        String message = assertThrows(InvalidArgument.class, first::inputs).getMessage();
        assertTrue(message.startsWith("batch: its memory is in use for a later batch"), message);
        batches.next();
        assertThrows(NoSuchElementException.class, batches::next);
    }

    @Test
    void failuresOfTheDatasetReachTheCaller() {
        Dataset broken = new Dataset() {
            @Override
            public int size() {
                return 3;
            }

            @Override
            public int columns() {
                return 1;
            }

            @Override
            public DType dtype(int column) {
                return DType.F32;
            }

            @Override
            public Shape shape(int column) {
                return Shape.scalar();
            }

            @Override
            public void read(int index, int column, MemorySegment target) {
                throw new IllegalStateException("example " + index);
            }
        };
        Iterator<Batch> batches = new DataLoader(broken, 1).iterator();
        assertEquals(
                "example 0",
                assertThrows(IllegalStateException.class, batches::next).getMessage());
    }

    @Test
    void errorsSayWhatWasExpected() {
        assertEquals(
                """
                data loader: the dataset is empty
                  expected at least 1 example
                  given    0\
                """,
                assertThrows(InvalidArgument.class, () -> new DataLoader(ArrayDataset.ofSize(0), 1))
                        .getMessage());
        assertEquals(
                """
                data loader: batch size out of range
                  expected at least 1
                  given    0\
                """,
                assertThrows(InvalidArgument.class, () -> new DataLoader(dataset(), 0))
                        .getMessage());
        assertEquals(
                """
                data loader: no full batch
                  expected at least 11 examples, one batch
                  given    10\
                """,
                assertThrows(
                                InvalidArgument.class,
                                () -> new DataLoader(dataset(), 11).dropLast().iterator())
                        .getMessage());
        assertEquals(
                """
                dataset: column holds another number of examples
                  expected 3 examples   F32 [2] each
                  given    20 bytes\
                """,
                assertThrows(ShapeMismatch.class, () -> ArrayDataset.ofSize(3).with(new float[5], 2))
                        .getMessage());
    }
}
