package dev.tenrec.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EmbeddingTest {

    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @Test
    void looksUpRowsAndAddsUpTheirGradients() {
        Embedding table = Embedding.builder(4, 2).padding(0).dtype(DType.F64).build();
        assertArrayEquals(new double[2], table.weight().value().select(0, 0).toDoubleArray());
        Tensor index = Tensor.of(new long[] {1, 3, 0, 1}, 2, 2);
        table.weight().assign(Tensor.of(new double[] {1, 2, 3, 4, 5, 6, 7, 8}, 4, 2));
        Tensor rows = table.forward(index);
        assertEquals(Shape.of(2, 2, 2), rows.shape());
        assertArrayEquals(new double[] {3, 4, 7, 8, 1, 2, 3, 4}, rows.toDoubleArray());
        Tensor weights = Tensor.of(new double[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 2);
        assertArrayEquals(
                new double[] {0, 0, 8, 10, 0, 0, 3, 4},
                rows.mul(weights).sum().backward().get(table.weight()).toDoubleArray());
        Embedding plain = Embedding.builder(4, 2).dtype(DType.F64).build();
        GradientCheck.first(() -> plain.forward(index).pow(3).sum(), List.of(plain.weight()));
        GradientCheck.second(() -> plain.forward(index).pow(3).sum(), List.of(plain.weight()));
    }

    @Test
    void boundsTheNormOfRowsThatOccur() {
        Embedding table = Embedding.builder(3, 2).maxNorm(1).dtype(DType.F64).build();
        double[] start = {3, 4, 0.3, 0.4, 6, 8};
        table.weight().assign(Tensor.of(start, 3, 2));
        Tensor index = Tensor.of(new int[] {0, 1});
        double scale = 1 / (5 + 1e-7);
        double[] expected = {3 * scale, 4 * scale, 0.3, 0.4};
        table.eval();
        assertArrayEquals(expected, table.forward(index).toDoubleArray(), 1e-15);
        assertArrayEquals(start, table.weight().value().toDoubleArray());
        table.train();
        assertArrayEquals(expected, table.forward(index).toDoubleArray(), 1e-15);
        assertArrayEquals(
                new double[] {3 * scale, 4 * scale, 0.3, 0.4, 6, 8},
                table.weight().value().toDoubleArray(),
                1e-15);
    }

    @Test
    void refusesNumbersThatAreNoRows() {
        Embedding table = new Embedding(10, 2);
        assertEquals(
                """
                Embedding: index out of range
                  expected 0 to 9   Embedding(10, 2)
                  given    10       element 1 of [3]\
                """,
                assertThrows(InvalidArgument.class, () -> table.forward(Tensor.of(new long[] {1, 10, -1})))
                        .getMessage());
        assertThrows(InvalidArgument.class, () -> table.forward(Tensor.of(new int[] {-1})));
        assertThrows(DTypeMismatch.class, () -> table.forward(Tensor.zeros(2)));
        assertThrows(InvalidArgument.class, () -> new Embedding(0, 2));
        assertThrows(InvalidArgument.class, () -> Embedding.builder(3, 2).padding(3));
        assertThrows(InvalidArgument.class, () -> Embedding.builder(3, 2).maxNorm(0));
    }

    @Test
    void positionsAgreeWithPlainLoops() {
        Tensor input = Golden.numbers(1, 2, 3, 4);
        double[] x = input.toDoubleArray();
        double[] added = Positions.sinusoidal(9, 4, DType.F64).forward(input, 2).toDoubleArray();
        double[] turned = new RotaryPositions(9, 4, DType.F64).forward(input, 2).toDoubleArray();
        for (int row = 0; row < 6; row++) {
            double t = row % 3 + 2;
            for (int i = 0; i < 2; i++) {
                double angle = t * Math.pow(10_000, -i / 2.0);
                int at = row * 4;
                assertEquals(x[at + 2 * i] + Math.sin(angle), added[at + 2 * i], 1e-14);
                assertEquals(x[at + 2 * i + 1] + Math.cos(angle), added[at + 2 * i + 1], 1e-14);
                double a = x[at + i];
                double b = x[at + i + 2];
                assertEquals(a * Math.cos(angle) - b * Math.sin(angle), turned[at + i], 1e-14);
                assertEquals(a * Math.sin(angle) + b * Math.cos(angle), turned[at + i + 2], 1e-14);
            }
        }
        Positions learned = Positions.learned(3, 4, DType.F64, null);
        Variable value = GradientCheck.variable(3, 2, 3, 4);
        RotaryPositions rotary = new RotaryPositions(3, 4, DType.F64);
        List<Variable> variables = List.of(value, learned.parameters().get(0));
        GradientCheck.first(
                () -> rotary.forward(learned.forward(value.value())).pow(3).sum(), variables);
        GradientCheck.second(
                () -> rotary.forward(learned.forward(value.value())).pow(3).sum(), variables);
        assertEquals(
                """
                RotaryPositions: not as many places
                  expected places from 0 to 2
                  given    1 to 3
                  hint: make it for longer sequences\
                """,
                assertThrows(InvalidArgument.class, () -> rotary.forward(input, 1))
                        .getMessage());
        assertThrows(InvalidArgument.class, () -> new RotaryPositions(3, 3, DType.F32));
    }
}
