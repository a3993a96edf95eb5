package dev.tenrec.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Interpreter;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.op.ElementwiseOp.GradientOp;
import dev.tenrec.type.DType;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OpsTest {

    private static final int SAMPLES = 60;
    private static final double MARGIN = 0.02;
    private static final double UPSTREAM = 1.3;

    static List<ElementwiseOp> all() {
        return Ops.all();
    }

    static Stream<ElementwiseOp> differentiable() {
        return Ops.all().stream()
                .filter(op -> op.accepts().test(DType.F64))
                .filter(op -> op.expression(op.operandTypes(DType.F64)).dtype().isFloating());
    }

    @Test
    void namesAreUniqueAndFound() {
        Set<String> names = new HashSet<>();
        for (ElementwiseOp op : Ops.all()) {
            assertTrue(names.add(op.name()), op.name());
            assertSame(op, Ops.byName(op.name()));
        }
        for (ElementwiseOp op : Ops.casts()) {
            assertTrue(names.add(op.name()), op.name());
            assertSame(op, Ops.byName(op.name()));
        }
        assertSame(Ops.NEG, Ops.all().get(0));
        InvalidArgument error = assertThrows(InvalidArgument.class, () -> Ops.byName("frobnicate"));
        assertTrue(
                error.getMessage().contains("frobnicate") && error.getMessage().contains("leakyRelu"));
    }

    @ParameterizedTest
    @MethodSource("all")
    void buildsInEveryTypeItAccepts(ElementwiseOp op) {
        int types = 0;
        for (DType dtype : DType.values()) {
            if (op.accepts().test(dtype)) {
                types++;
                DType[] operands = op.operandTypes(dtype);
                DType result = op.expression(operands).dtype();
                assertTrue(result == dtype || result == DType.BOOL, op + " of " + dtype + " gives " + result);
                for (int i = 0; i < op.arity(); i++) {
                    boolean real = operands[i].isFloating() && result.isFloating();
                    assertTrue(real || op.gradient(i, operands).isEmpty());
                }
            }
        }
        assertTrue(types > 0);
        assertFalse(op.usesIndex());
    }

    @ParameterizedTest
    @MethodSource("differentiable")
    void gradientMatchesDifferenceQuotient(ElementwiseOp op) {
        DType[] types = op.operandTypes(DType.F64);
        SplittableRandom random = new SplittableRandom(20_260_101);
        for (int n = 0; n < SAMPLES; n++) {
            double[] x = sample(op, random);
            for (int i = 0; i < op.arity(); i++) {
                if (types[i].isFloating()) {
                    double expected = difference(op, x, i, point -> value(op, point)) * UPSTREAM;
                    close(op, "gradient " + i, x, expected, gradient(op, x, i));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("differentiable")
    void secondDerivativeMatchesDifferenceQuotient(ElementwiseOp op) {
        DType[] types = op.operandTypes(DType.F64);
        SplittableRandom random = new SplittableRandom(20_260_102);
        for (int n = 0; n < SAMPLES; n++) {
            double[] x = sample(op, random);
            for (int i = 0; i < op.arity(); i++) {
                for (int j = 0; j < op.arity(); j++) {
                    if (types[i].isFloating() && types[j].isFloating()) {
                        int by = i;
                        double expected = difference(op, x, j, point -> gradient(op, point, by));
                        close(op, "second derivative " + i + "," + j, x, expected, second(op, x, i, j));
                    }
                }
            }
        }
    }

    @Test
    void derivativesAreRightAtTheSeamOfStableFormulas() {
        for (ElementwiseOp op : List.of(
                Ops.SIGMOID, Ops.SILU, Ops.MISH, Ops.SOFTPLUS, Ops.LOG_SIGMOID, Ops.EXPM1, Ops.GELU, Ops.GELU_TANH)) {
            double[] zero = {0};
            close(op, "gradient", zero, difference(op, zero, 0, p -> value(op, p)) * UPSTREAM, gradient(op, zero, 0));
            close(op, "second", zero, difference(op, zero, 0, p -> gradient(op, p, 0)), second(op, zero, 0, 0));
        }
        for (int operand = 0; operand < 2; operand++) {
            assertEquals(UPSTREAM / 2, gradient(Ops.LOG_ADD_EXP, new double[] {2, 2}, operand), 1e-15);
        }
    }

    @Test
    void activationsStayFiniteFarOut() {
        for (ElementwiseOp op : List.of(
                Ops.SIGMOID,
                Ops.SILU,
                Ops.MISH,
                Ops.SOFTPLUS,
                Ops.LOG_SIGMOID,
                Ops.ELU,
                Ops.CELU,
                Ops.SELU,
                Ops.GELU,
                Ops.GELU_TANH,
                Ops.TANH,
                Ops.SOFTSIGN,
                Ops.HARD_SWISH,
                Ops.RELU,
                Ops.LEAKY_RELU)) {
            for (double far : new double[] {-1e6, -1000, -110, -90, 90, 110, 1000, 1e6}) {
                double[] x = {far};
                assertTrue(Double.isFinite(evaluate(op, DType.F32, x)), op + " at " + far);
                assertTrue(Double.isFinite(gradient(op, DType.F32, x, 0)), op + " gradient at " + far);
                assertTrue(Double.isFinite(second(op, DType.F32, x, 0, 0)), op + " second derivative at " + far);
            }
        }
    }

    @Test
    void compositesMatchIndependentFormulas() {
        check(Ops.SIGMOID, x -> 1 / (1 + Math.exp(-x)));
        check(Ops.SILU, x -> x / (1 + Math.exp(-x)));
        check(Ops.MISH, x -> x * Math.tanh(Math.log1p(Math.exp(x))));
        check(Ops.SOFTPLUS, x -> Math.log1p(Math.exp(x)));
        check(Ops.LOG_SIGMOID, x -> -Math.log1p(Math.exp(-x)));
        check(Ops.ELU, x -> x > 0 ? x : 0.75 * Math.expm1(x));
        check(Ops.CELU, x -> Math.max(x, 0) + Math.min(0, 0.75 * Math.expm1(x / 0.75)));
        check(Ops.SELU, x -> 1.0507009873554804934 * (x > 0 ? x : 1.6732632423543772848 * Math.expm1(x)));
        check(Ops.LEAKY_RELU, x -> x > 0 ? x : 0.1 * x);
        check(Ops.RELU, x -> Math.max(x, 0));
        check(Ops.RELU6, x -> Math.clamp(x, 0.0, 6.0));
        check(Ops.HARD_TANH, x -> Math.clamp(x, -1.0, 1.0));
        check(Ops.HARD_SIGMOID, x -> Math.clamp((x + 3) / 6, 0.0, 1.0));
        check(Ops.HARD_SWISH, x -> x * Math.clamp((x + 3) / 6, 0.0, 1.0));
        check(Ops.CLAMP, x -> Math.clamp(x, -1.5, 2.25));
        check(Ops.SOFTSIGN, x -> x / (1 + Math.abs(x)));
        check(Ops.STEP, x -> x > 0 ? 1 : 0);
        check(Ops.SIGN, Math::signum);
        check(Ops.SQUARE, x -> x * x);
        check(Ops.RECIPROCAL, x -> 1 / x);
        check(Ops.TAN, Math::tan);
        check(Ops.LOG2, x -> Math.log(x) / Math.log(2));
        check(Ops.LOG10, Math::log10);
        check(Ops.RSUB_SCALAR, x -> 2.5 - x);
        check(Ops.RDIV_SCALAR, x -> 2.5 / x);
        check(Ops.RPOW_SCALAR, x -> Math.pow(2.5, x));
        check(Ops.POW_SCALAR, x -> Math.pow(x, 2.5));
        check(Ops.GELU_TANH, x -> x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))));
        check(Ops.GREATER_EQUAL_SCALAR, x -> x >= 1 ? 1 : 0);
        check(Ops.NOT_EQUAL_SCALAR, x -> x != 1 ? 1 : 0);
    }

    /** Values of Φ from tables of the normal distribution. */
    @Test
    void geluMatchesTheNormalDistribution() {
        assertEquals(0.8413447460685429, evaluate(Ops.GELU, DType.F64, 1), 1e-15);
        assertEquals(2 * 0.9772498680518208, evaluate(Ops.GELU, DType.F64, 2), 1e-15);
        assertEquals(-0.15865525393145705, evaluate(Ops.GELU, DType.F64, -1), 1e-15);
    }

    @Test
    void smallArgumentsKeepTheirDigits() {
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            double ulp = dtype == DType.F32 ? Math.ulp(1f) : Math.ulp(1.0);
            for (double x = 1e-30; x < 20; x *= 1.7) {
                double at = dtype == DType.F32 ? (float) x : x;
                assertEquals(1, evaluate(Ops.LOG1P, dtype, at) / Math.log1p(at), 4 * ulp, "log1p " + at);
                assertEquals(1, evaluate(Ops.EXPM1, dtype, at) / Math.expm1(at), 4 * ulp, "expm1 " + at);
                assertEquals(1, evaluate(Ops.EXPM1, dtype, -at) / Math.expm1(-at), 4 * ulp, "expm1 " + -at);
                double softplus = evaluate(Ops.SOFTPLUS, dtype, -at);
                assertEquals(1, softplus / Math.log1p(Math.exp(-at)), 4 * ulp, "softplus " + -at);
            }
        }
        assertEquals(Double.POSITIVE_INFINITY, evaluate(Ops.LOG1P, DType.F64, Double.POSITIVE_INFINITY));
        assertEquals(Double.NEGATIVE_INFINITY, evaluate(Ops.LOG1P, DType.F64, -1));
        assertEquals(Double.POSITIVE_INFINITY, evaluate(Ops.EXPM1, DType.F64, 1000));
        assertEquals(-1, evaluate(Ops.EXPM1, DType.F64, -1000));
    }

    @Test
    void notANumberIsNotSwallowed() {
        for (ElementwiseOp op : List.of(
                Ops.RELU,
                Ops.RELU6,
                Ops.CLAMP,
                Ops.SIGMOID,
                Ops.SILU,
                Ops.MISH,
                Ops.SOFTPLUS,
                Ops.ELU,
                Ops.SELU,
                Ops.CELU,
                Ops.HARD_TANH,
                Ops.HARD_SWISH,
                Ops.SIGN,
                Ops.LEAKY_RELU,
                Ops.MAX_SCALAR,
                Ops.LOG1P,
                Ops.EXPM1)) {
            assertTrue(Double.isNaN(evaluate(op, DType.F32, Double.NaN)), op.name());
        }
        assertEquals(1, evaluate(Ops.IS_NAN, DType.F32, Double.NaN));
        assertEquals(0, evaluate(Ops.IS_NAN, DType.F32, Double.POSITIVE_INFINITY));
        assertEquals(1, evaluate(Ops.IS_INFINITE, DType.F32, Double.NEGATIVE_INFINITY));
        assertEquals(0, evaluate(Ops.IS_INFINITE, DType.F32, Double.NaN));
        assertEquals(0, evaluate(Ops.IS_FINITE, DType.F32, Double.NaN));
        assertEquals(0, evaluate(Ops.IS_FINITE, DType.F32, Double.POSITIVE_INFINITY));
        assertEquals(1, evaluate(Ops.IS_FINITE, DType.F32, 3));
        assertEquals(1, evaluate(Ops.NOT_EQUAL, DType.F32, Double.NaN, Double.NaN));
    }

    @Test
    void gradientsReadTheOutputWhereThatIsEnough() {
        for (ElementwiseOp op : List.of(
                Ops.RELU,
                Ops.RELU6,
                Ops.SIGMOID,
                Ops.TANH,
                Ops.EXP,
                Ops.SQRT,
                Ops.RECIPROCAL,
                Ops.SELU,
                Ops.TAN,
                Ops.HARD_TANH,
                Ops.HARD_SIGMOID,
                Ops.EXPM1)) {
            GradientOp gradient = op.gradient(0, DType.F32).orElseThrow();
            assertFalse(gradient.reads(0), op.name());
            assertTrue(gradient.reads(1), op.name());
        }
        GradientOp byLeft = Ops.ADD.gradient(0, DType.F32, DType.F32).orElseThrow();
        assertTrue(Arrays.equals(new int[] {3}, byLeft.operands()));
        assertTrue(Ops.STEP.gradient(0, DType.F32).isEmpty());
        assertTrue(Ops.SIGN.gradient(0, DType.F64).isEmpty());
        assertTrue(Ops.FLOOR.gradient(0, DType.F64).isEmpty());
    }

    @Test
    void castsTakeEveryTypeAndAreDifferentiableBetweenFloatingOnes() {
        for (DType to : DType.values()) {
            ElementwiseOp cast = Ops.cast(to);
            assertEquals(Accepts.CONVERT, cast.accepts());
            for (DType from : DType.values()) {
                assertTrue(cast.accepts().test(from));
                assertSame(to, cast.expression(from).dtype());
                Optional<GradientOp> gradient = cast.gradient(0, from);
                assertEquals(from.isFloating() && to.isFloating(), gradient.isPresent());
                if (gradient.isPresent()) {
                    ElementwiseOp op = gradient.get().op();
                    assertTrue(op.accepts().test(to));
                    assertSame(Expr.input(0, to).cast(from), op.expression(to));
                }
            }
        }
        assertEquals("castBf16", Ops.cast(DType.BF16).name());
    }

    // --- evaluation in one type, values as doubles ---

    private static double evaluate(ElementwiseOp op, DType dtype, double... x) {
        return evaluate(op, op.operandTypes(dtype), x, op.sampleScalars());
    }

    private static double value(ElementwiseOp op, double[] x) {
        return evaluate(op, DType.F64, x);
    }

    private static double gradient(ElementwiseOp op, double[] x, int operand) {
        return gradient(op, DType.F64, x, operand);
    }

    private static double gradient(ElementwiseOp op, DType dtype, double[] x, int operand) {
        return op.gradient(operand, op.operandTypes(dtype))
                .map(g -> evaluate(g.op(), g.op().operandTypes(dtype), operands(op, dtype, g, x), op.sampleScalars()))
                .orElse(0.0);
    }

    private static double[] operands(ElementwiseOp op, DType dtype, GradientOp gradient, double[] x) {
        double[] full = Arrays.copyOf(x, x.length + 2);
        full[x.length] = evaluate(op, dtype, x);
        full[x.length + 1] = UPSTREAM;
        return Arrays.stream(gradient.operands()).mapToDouble(i -> full[i]).toArray();
    }

    private static double second(ElementwiseOp op, double[] x, int by, int then) {
        return second(op, DType.F64, x, by, then);
    }

    /** The chain rule over what the gradient reads: operands and the output, which depends on them too. */
    private static double second(ElementwiseOp op, DType dtype, double[] x, int by, int then) {
        Optional<GradientOp> first = op.gradient(by, op.operandTypes(dtype));
        if (first.isEmpty()) {
            return 0;
        }
        GradientOp gradient = first.get();
        double[] operands = operands(op, dtype, gradient, x);
        DType[] types = gradient.op().operandTypes(dtype);
        double total = 0;
        for (int k = 0; k < operands.length; k++) {
            int read = gradient.operands()[k];
            Optional<GradientOp> partial = gradient.op().gradient(k, types);
            if (partial.isEmpty() || read != then && read != op.arity()) {
                continue;
            }
            double[] full = Arrays.copyOf(operands, operands.length + 2);
            full[operands.length] = evaluate(gradient.op(), types, operands, op.sampleScalars());
            full[operands.length + 1] = 1;
            double[] args = Arrays.stream(partial.get().operands())
                    .mapToDouble(i -> full[i])
                    .toArray();
            ElementwiseOp partialOp = partial.get().op();
            double derivative = evaluate(partialOp, partialOp.operandTypes(dtype), args, op.sampleScalars());
            total += read == then ? derivative : derivative * gradient(op, dtype, x, then) / UPSTREAM;
        }
        return total;
    }

    private static double evaluate(ElementwiseOp op, DType[] types, double[] x, double[] scalars) {
        Expr expression = op.expression(types);
        Interpreter interpreter = new Interpreter(List.of(expression));
        DType scalarType = op.scalarType(DType.F32, types);
        interpreter.evaluate(new Interpreter.Environment() {
            @Override
            public long input(int index) {
                return Interpreter.convert(Double.doubleToRawLongBits(x[index]), DType.F64, types[index]);
            }

            @Override
            public long param(int index) {
                return Interpreter.convert(Double.doubleToRawLongBits(scalars[index]), DType.F64, scalarType);
            }

            @Override
            public long index(int axis) {
                throw new AssertionError("no index expected");
            }
        });
        long result = interpreter.result(0);
        return expression.dtype().isFloating() ? Double.longBitsToDouble(result) : result;
    }

    // --- sampling and comparison ---

    private static double[] sample(ElementwiseOp op, SplittableRandom random) {
        DType[] types = op.operandTypes(DType.F64);
        while (true) {
            double[] x = new double[op.arity()];
            boolean smooth = true;
            for (int i = 0; i < x.length; i++) {
                Domain domain = op.domain();
                x[i] = types[i] == DType.BOOL ? random.nextInt(2) : random.nextDouble(domain.low(), domain.high());
                smooth &= types[i] == DType.BOOL || domain.isSmoothAt(x[i], MARGIN);
            }
            if (op == Ops.MINIMUM || op == Ops.MAXIMUM) {
                smooth &= Math.abs(x[0] - x[1]) > MARGIN;
            } else if (op == Ops.REMAINDER) {
                double quotient = x[0] / x[1];
                smooth &= Math.abs(quotient - Math.rint(quotient)) > MARGIN && Math.abs(x[1]) > 0.2;
            }
            if (smooth) {
                return x;
            }
        }
    }

    /** The five-point central difference, with a step that shrinks near a kink, where functions bend most. */
    private static double difference(ElementwiseOp op, double[] x, int operand, ToDoubleFunction<double[]> f) {
        double h = 1e-3;
        for (double kink : op.domain().kinks()) {
            h = Math.min(h, Math.abs(x[operand] - kink) / 100);
        }
        if (op.domain().equals(Domain.POSITIVE)) {
            h = Math.min(h, x[operand] / 100);
        }
        double[] at = new double[4];
        double[] steps = {-2 * h, -h, h, 2 * h};
        for (int i = 0; i < 4; i++) {
            double[] point = x.clone();
            point[operand] += steps[i];
            at[i] = f.applyAsDouble(point);
        }
        return (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * h);
    }

    private static void close(ElementwiseOp op, String what, double[] x, double expected, double actual) {
        double tolerance = 1e-6 * Math.max(1, Math.abs(expected));
        assertEquals(expected, actual, tolerance, () -> op + " " + what + " at " + Arrays.toString(x));
    }

    private static void check(ElementwiseOp op, DoubleUnaryOperator formula) {
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 200; i++) {
            double x = random.nextDouble(op.domain().low(), op.domain().high());
            double expected = formula.applyAsDouble(x);
            double tolerance = 1e-14 * Math.max(1, Math.abs(expected));
            assertEquals(expected, evaluate(op, DType.F64, x), tolerance, op + " at " + x);
        }
    }
}
