package dev.tenrec.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.memory.Scope;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class InitializersTest {

    private static final Shape SHAPE = Shape.of(120, 80);
    private static final Fans FANS = Fans.of(SHAPE);

    private static double[] draw(Initializer initializer, Shape shape) {
        return Scope.call(() -> {
            Tensor value = initializer.create(RandomKey.of(17), DType.F64, shape, Fans.of(shape));
            assertEquals(shape, value.shape());
            assertEquals(DType.F64, value.dtype());
            return value.toDoubleArray();
        });
    }

    private static double variance(double[] values) {
        double mean = Arrays.stream(values).average().orElseThrow();
        return Arrays.stream(values).map(x -> (x - mean) * (x - mean)).sum() / (values.length - 1);
    }

    private static void assertUniform(double bound, Initializer initializer) {
        double[] values = draw(initializer, SHAPE);
        double largest = Arrays.stream(values).map(Math::abs).max().orElseThrow();
        assertTrue(largest <= bound && largest > 0.99 * bound, largest + " of " + bound);
        assertEquals(0, Arrays.stream(values).average().orElseThrow(), 0.03 * bound);
        assertEquals(bound * bound / 3, variance(values), 0.03 * bound * bound / 3);
    }

    private static void assertNormal(double deviation, Initializer initializer) {
        double[] values = draw(initializer, SHAPE);
        assertEquals(0, Arrays.stream(values).average().orElseThrow(), 0.05 * deviation);
        assertEquals(deviation * deviation, variance(values), 0.06 * deviation * deviation);
        long outside =
                Arrays.stream(values).filter(x -> Math.abs(x) > deviation).count();
        assertEquals(0.3173, (double) outside / values.length, 0.02);
    }

    @Test
    void scalesFollowThePapers() {
        double sum = 120 + 80;
        assertUniform(Math.sqrt(6 / sum), Initializers.xavierUniform());
        assertUniform(2 * Math.sqrt(6 / sum), Initializers.xavierUniform(2));
        assertNormal(Math.sqrt(2 / sum), Initializers.xavierNormal());
        assertUniform(Math.sqrt(6 / 120.0), Initializers.heUniform());
        assertUniform(Math.sqrt(6 / (120 * 1.25)), Initializers.heUniform(0.5));
        assertNormal(Math.sqrt(2 / 120.0), Initializers.heNormal());
        assertUniform(Math.sqrt(3 / 120.0), Initializers.leCunUniform());
        assertNormal(Math.sqrt(1 / 120.0), Initializers.leCunNormal());
        assertUniform(1 / Math.sqrt(120), Initializers.fanInUniform());
        assertUniform(0.25, Initializers.uniform(-0.25, 0.25));
        assertNormal(3, Initializers.normal(0, 3));
    }

    @Test
    void fansCountTheReceptiveField() {
        assertEquals(new Fans(120, 80), FANS);
        assertEquals(new Fans(3 * 25, 8 * 25), Fans.of(Shape.of(3, 8, 5, 5)));
        assertEquals(new Fans(7, 7), Fans.of(Shape.of(7)));
        assertEquals(new Fans(1, 1), Fans.of(Shape.scalar()));
    }

    @Test
    void constants() {
        assertArrayEquals(new double[] {0, 0}, draw(Initializers.zeros(), Shape.of(2)));
        assertArrayEquals(new double[] {1, 1}, draw(Initializers.ones(), Shape.of(2)));
        assertArrayEquals(new double[] {-2.5}, draw(Initializers.constant(-2.5), Shape.of(1)));
        assertArrayEquals(draw(Initializers.heNormal(), SHAPE), draw(Initializers.heNormal(), SHAPE));
    }

    @Test
    void orthogonalMatricesAreOrthogonal() {
        for (Shape shape : new Shape[] {Shape.of(6, 6), Shape.of(9, 4), Shape.of(4, 9), Shape.of(3, 2, 5)}) {
            double[] q = draw(Initializers.orthogonal(1.5), shape);
            int rows = (int) shape.size(0);
            int columns = q.length / rows;
            boolean tall = rows >= columns;
            int count = Math.min(rows, columns);
            for (int a = 0; a < count; a++) {
                for (int b = 0; b < count; b++) {
                    double dot = 0;
                    for (int i = 0; i < Math.max(rows, columns); i++) {
                        dot += tall ? q[i * columns + a] * q[i * columns + b] : q[a * columns + i] * q[b * columns + i];
                    }
                    assertEquals(a == b ? 2.25 : 0, dot, 1e-13, shape + " " + a + " " + b);
                }
            }
        }
    }

    @Test
    void orthogonalMatricesAreEvenlyDistributed() {
        // Without the sign of R's diagonal the first element would never be above 0.
        int positive = 0;
        for (int i = 0; i < 200; i++) {
            int seed = i;
            double[] normal = Scope.call(
                    () -> RandomKey.of(seed).normal(DType.F64, Shape.of(3, 3)).toDoubleArray());
            positive += Orthogonal.orthonormal(normal, 3, 3)[0] > 0 ? 1 : 0;
        }
        assertEquals(100, positive, 4 * Math.sqrt(50));
    }

    @Test
    void truncatedNormalStaysInside() {
        double[] values = draw(Initializers.truncatedNormal(1, 2, -1, 4), Shape.of(20_000));
        for (double value : values) {
            assertTrue(value >= -1 && value <= 4, "" + value);
        }
        // Mean and variance of a normal distribution cut at α = −1 and β = 1.5 deviations.
        double mass = NormalDistribution.below(1.5) - NormalDistribution.below(-1);
        double ratio = (density(-1) - density(1.5)) / mass;
        double expected = 1 + 2 * ratio;
        double spread = 4 * (1 + (-density(-1) - 1.5 * density(1.5)) / mass - ratio * ratio);
        assertEquals(expected, Arrays.stream(values).average().orElseThrow(), 0.04);
        assertEquals(spread, variance(values), 0.04);
        double[] tail = draw(Initializers.truncatedNormal(0, 1, 5, 6), Shape.of(1000));
        double mean = Arrays.stream(tail).average().orElseThrow();
        assertEquals((density(5) - density(6)) / 2.8566e-7, mean, 0.03);
    }

    private static double density(double x) {
        return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }

    @Test
    void inverseOfTheNormalDistribution() {
        for (double x = -5; x <= 5; x += 0.0625) {
            double p = NormalDistribution.below(x);
            // An error of p by one ulp near 1, or by the absolute error of erf near 0, moves x by that over the
            // density.
            double tolerance = 4e-16 / density(x) + 1e-14;
            assertEquals(x, NormalDistribution.inverse(p), tolerance);
        }
        assertEquals(-10, NormalDistribution.inverse(7.619853024160527e-24), 1e-12);
    }

    private static void assertMessage(String part, Runnable body) {
        InvalidArgument error = assertThrows(InvalidArgument.class, body::run);
        assertTrue(error.getMessage().contains(part), error.getMessage());
    }

    @Test
    void wrongArgumentsAreRefused() {
        assertMessage("no such interval", () -> Initializers.uniform(1, 1));
        assertMessage("deviation out of range", () -> Initializers.normal(0, -1));
        assertMessage("gain out of range", () -> Initializers.xavierNormal(Double.NaN));
        assertMessage("slope out of range", () -> Initializers.heNormal(Double.NaN));
        assertMessage("no such distribution", () -> Initializers.truncatedNormal(0, 0, -1, 1));
        assertMessage("bounds are too far out", () -> draw(Initializers.truncatedNormal(0, 1, 50, 60), SHAPE));
        assertMessage("not a matrix", () -> draw(Initializers.orthogonal(1), Shape.of(3)));
        assertMessage("negative number", () -> new Fans(-1, 2));
    }
}
