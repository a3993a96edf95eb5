package dev.tenrec.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.Scope;
import dev.tenrec.optim.Adam;
import dev.tenrec.optim.AdamW;
import dev.tenrec.optim.AdaptiveMoments.Options;
import dev.tenrec.optim.CountedDevice;
import dev.tenrec.optim.GradientClipping;
import dev.tenrec.optim.Lamb;
import dev.tenrec.optim.Optimizer;
import dev.tenrec.optim.ParameterGroup;
import dev.tenrec.optim.Sgd;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.RowGradient;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tables whose gradients are of some rows, against the same tables with whole gradients. */
class SparseEmbeddingTest {

    private static final int COUNT = 6;
    private static final int WIDTH = 3;

    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static Embedding table(UnaryOperator<Embedding.Builder> options) {
        return options.apply(Embedding.builder(COUNT, WIDTH).dtype(DType.F64).key(RandomKey.of(4)))
                .build();
    }

    private static double[] values(Embedding table) {
        return table.weight().value().toDoubleArray();
    }

    private static Tensor loss(Embedding table, Tensor index) {
        Tensor rows = table.forward(index);
        return rows.mul(rows).mul(rows).sum();
    }

    @Test
    void looksUpTheSameRows() {
        for (Tensor index : List.of(
                Tensor.of(new long[] {5, 1, 5, 0}, 2, 2),
                Tensor.of(new int[] {3}),
                Tensor.full(DType.I64, Shape.scalar(), 2),
                Tensor.zeros(DType.I64, Shape.of(0)))) {
            Tensor expected = table(b -> b).forward(index);
            Tensor given = table(Embedding.Builder::sparse).forward(index);
            assertEquals(expected.shape(), given.shape());
            assertArrayEquals(expected.toDoubleArray(), given.toDoubleArray());
        }
    }

    @Test
    void gradientsAreOfTheRowsThatOccurred() {
        Tensor index = Tensor.of(new long[] {5, 1, 5, 3}, 2, 2);
        for (long padding : new long[] {-1, 3}) {
            UnaryOperator<Embedding.Builder> options = b -> padding < 0 ? b : b.padding(padding);
            Embedding whole = table(options);
            Embedding sparse = table(b -> options.apply(b).sparse());
            Gradients expected = loss(whole, index).backward();
            Gradients given = loss(sparse, index).backward();
            RowGradient rows = given.findRows(sparse.weight()).orElseThrow();
            assertArrayEquals(new long[] {1, 3, 5}, rows.index());
            assertEquals(Shape.of(3, WIDTH), rows.rows().shape());
            assertTrue(expected.findRows(whole.weight()).isEmpty());
            assertArrayEquals(
                    expected.get(whole.weight()).toDoubleArray(),
                    given.get(sparse.weight()).toDoubleArray());
            assertEquals(List.of(sparse.weight()), List.copyOf(given.variables()));
            assertArrayEquals(
                    given.get(sparse.weight()).toDoubleArray(),
                    given.asMap().get(sparse.weight()).toDoubleArray());
        }
        Embedding sparse = table(Embedding.Builder::sparse);
        GradientCheck.first(() -> loss(sparse, index), List.of(sparse.weight()));
        GradientCheck.second(() -> loss(sparse, index), List.of(sparse.weight()));
    }

    @Test
    void severalLookupsAddUp() {
        Tensor one = Tensor.of(new long[] {0, 2});
        Tensor two = Tensor.of(new long[] {4, 2, 1});
        Embedding whole = table(b -> b);
        Embedding sparse = table(Embedding.Builder::sparse);
        double[] expected = loss(whole, one)
                .add(loss(whole, two))
                .backward()
                .get(whole.weight())
                .toDoubleArray();
        Gradients given = loss(sparse, one).add(loss(sparse, two)).backward();
        RowGradient rows = given.findRows(sparse.weight()).orElseThrow();
        assertArrayEquals(new long[] {0, 1, 2, 4}, rows.index());
        assertArrayEquals(expected, given.get(sparse.weight()).toDoubleArray());
        // Read as a whole as well, as where a table is the output's weight too.
        Tensor also = sparse.weight().value().square().sum();
        Gradients both = loss(sparse, one).add(also).add(loss(sparse, two)).backward();
        assertTrue(both.findRows(sparse.weight()).isEmpty());
        double[] values = values(sparse);
        double[] sum = new double[values.length];
        Arrays.setAll(sum, i -> expected[i] + 2 * values[i]);
        assertArrayEquals(sum, both.get(sparse.weight()).toDoubleArray(), 1e-12);
    }

    private static void step(Embedding table, Optimizer optimizer, Tensor index) {
        Scope.run(() -> optimizer.step(loss(table, index).backward()));
    }

    @Test
    void withoutMemoryStepsAreThoseOfWholeGradients() {
        List<Function<Variable, Optimizer>> kinds = List.of(
                p -> new Sgd(List.of(p), 0.1),
                // Not by element: the gradient is made whole.
                p -> new Lamb(List.of(new ParameterGroup(List.of(p), 0.1)), Options.DEFAULT));
        for (Function<Variable, Optimizer> kind : kinds) {
            Embedding whole = table(b -> b);
            Embedding sparse = table(Embedding.Builder::sparse);
            try (Optimizer first = kind.apply(whole.weight());
                    Optimizer second = kind.apply(sparse.weight())) {
                for (long[] index : new long[][] {{5, 1, 5}, {0, 2}, {1}, {4, 3}}) {
                    step(whole, first, Tensor.of(index));
                    step(sparse, second, Tensor.of(index));
                    assertArrayEquals(values(whole), values(sparse), first.toString());
                }
            }
        }
    }

    @Test
    void rowsThatDoNotOccurStayWithTheirMoments() {
        for (boolean decoupled : new boolean[] {false, true}) {
            Embedding sparse = table(Embedding.Builder::sparse);
            Embedding whole = table(b -> b);
            try (Optimizer lazy = decoupled
                            ? new AdamW(List.of(sparse.weight()), 0.1, 0.2)
                            : new Adam(List.of(sparse.weight()), 0.1);
                    Optimizer eager = decoupled
                            ? new AdamW(List.of(whole.weight()), 0.1, 0.2)
                            : new Adam(List.of(whole.weight()), 0.1)) {
                double[] start = values(sparse);
                step(sparse, lazy, Tensor.of(new long[] {1, 4}));
                step(whole, eager, Tensor.of(new long[] {1, 4}));
                double[] once = values(sparse);
                for (int i = 0; i < once.length; i++) {
                    boolean occurred = i / WIDTH == 1 || i / WIDTH == 4;
                    assertEquals(occurred ? values(whole)[i] : start[i], once[i]);
                }
                double[] moment = lazy.state().get("0.firstMoment").toDoubleArray();
                step(sparse, lazy, Tensor.of(new long[] {2}));
                double[] twice = values(sparse);
                double[] later = lazy.state().get("0.firstMoment").toDoubleArray();
                for (int i = 0; i < once.length; i++) {
                    boolean occurred = i / WIDTH == 2;
                    assertEquals(occurred, twice[i] != once[i]);
                    assertEquals(occurred, later[i] != moment[i]);
                }
            }
        }
    }

    @Test
    void clippingCountsAndScalesTheRows() {
        Tensor index = Tensor.of(new long[] {5, 1, 5});
        Embedding whole = table(b -> b);
        Embedding sparse = table(Embedding.Builder::sparse);
        Gradients expected = loss(whole, index).backward();
        Gradients given = loss(sparse, index).backward();
        assertEquals(
                GradientClipping.norm(expected).item(),
                GradientClipping.norm(given).item(),
                1e-12);
        Gradients clipped = GradientClipping.byNorm(given, 0.5);
        assertArrayEquals(
                new long[] {1, 5},
                clipped.findRows(sparse.weight()).orElseThrow().index());
        assertArrayEquals(
                GradientClipping.byNorm(expected, 0.5).get(whole.weight()).toDoubleArray(),
                clipped.get(sparse.weight()).toDoubleArray(),
                1e-12);
        assertArrayEquals(
                GradientClipping.byValue(expected, 0.1).get(whole.weight()).toDoubleArray(),
                GradientClipping.byValue(given, 0.1).get(sparse.weight()).toDoubleArray());
    }

    @Test
    void tensorsReadBeforeKeepTheirValues() {
        Embedding sparse = table(Embedding.Builder::sparse);
        double[] start = values(sparse);
        Tensor before = sparse.weight().value();
        Tensor view = sparse.weight().value().slice(0, 1, 3);
        try (Sgd sgd = new Sgd(List.of(sparse.weight()), 0.1)) {
            step(sparse, sgd, Tensor.of(new long[] {1, 2}));
        }
        assertArrayEquals(start, before.toDoubleArray());
        assertArrayEquals(Arrays.copyOfRange(start, WIDTH, 3 * WIDTH), view.toDoubleArray());
        assertFalse(Arrays.equals(start, values(sparse)));
    }

    /** Nothing of the table's size is allocated or copied, neither of the weight nor of what the optimizer remembers. */
    @Test
    void aStepCostsWhatItsRowsCost() {
        CountedDevice device = CountedDevice.open();
        device.on(() -> {
            Embedding table = Embedding.builder(1000, 8).sparse().build();
            try (Adam adam = new Adam(table.parameters(), 0.1)) {
                step(table, adam, Tensor.of(new long[] {7, 900}));
                long live = device.liveBytes();
                device.count(() -> step(table, adam, Tensor.of(new long[] {3, 7, 500})));
                long more = device.peakBytes() - live;
                assertTrue(more < 1000 * 8 * Float.BYTES / 4, more + " bytes");
            }
        });
    }

    @Test
    void withoutARecordThereIsNoGradient() {
        Embedding sparse = table(Embedding.Builder::sparse);
        Tensor index = Tensor.of(new long[] {1});
        Tensor free = Autograd.noGrad(() -> loss(sparse, index));
        assertThrows(RuntimeException.class, free::backward);
        sparse.weight().setTrainable(false);
        assertThrows(RuntimeException.class, () -> loss(sparse, index).backward());
    }

    @Test
    void badRowsAreNamed() {
        Variable weight = table(b -> b).weight();
        double[] start = weight.value().toDoubleArray();
        for (long[] index : new long[][] {{6}, {-1}, {2, 1}, {1, 1}}) {
            InvalidArgument error = assertThrows(InvalidArgument.class, () -> weight.rows(index));
            assertTrue(error.getMessage().contains("0 to 5, ascending"), error.getMessage());
            Tensor rows = Tensor.zeros(DType.F64, Shape.of(index.length, WIDTH));
            assertThrows(InvalidArgument.class, () -> Variable.assignRows(index, Map.of(weight, rows)));
        }
        Tensor wide = Tensor.zeros(DType.F64, Shape.of(1, WIDTH + 1));
        assertThrows(ShapeMismatch.class, () -> Variable.assignRows(new long[] {1}, Map.of(weight, wide)));
        assertArrayEquals(start, weight.value().toDoubleArray());
        Variable scalar = Variable.parameter("s", Tensor.full(DType.F32, Shape.scalar(), 1));
        assertThrows(ShapeMismatch.class, () -> scalar.rows(0));
    }
}
