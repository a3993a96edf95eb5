package dev.tenrec.testkit.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Exprs;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.testkit.Tolerance;
import dev.tenrec.type.DType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OracleTest {

    private static final Expr X = Expr.input(0, DType.F32);
    private static final Expr Y = Expr.input(1, DType.F32);

    private static Interval evaluate(Expr expr, Tolerance tolerance, double... values) {
        Oracle oracle = new Oracle(List.of(expr), tolerance);
        oracle.evaluate(new Oracle.Environment() {
            @Override
            public void input(int index, Interval into) {
                into.point(Samples.real(values[index], DType.F32), DType.F32);
            }

            @Override
            public long param(int index) {
                return Samples.real(values[index], DType.F32);
            }

            @Override
            public long index(int axis) {
                return axis;
            }
        });
        return oracle.result(0);
    }

    private static Interval strict(Expr expr, double... values) {
        return evaluate(expr, Tolerance.STRICT, values);
    }

    private static void assertPoint(double expected, Interval given) {
        assertTrue(given.isPoint(DType.F32), given.describe(DType.F32));
        assertTrue(given.contains(Double.doubleToRawLongBits(expected), DType.F32), given.describe(DType.F32));
    }

    @Test
    void correctlyRoundedPrimitivesLeaveOneValue() {
        assertPoint(0.1f + 0.2f, strict(X.add(Y), 0.1f, 0.2f));
        assertPoint(0.1f * 0.3f, strict(X.mul(Y), 0.1f, 0.3f));
        assertPoint((float) Math.sqrt(2), strict(X.sqrt(), 2));
        assertPoint(1f / 3f, strict(X.div(Y), 1, 3));
    }

    @Test
    void othersMayBeOffByTheirUlps() {
        Interval exp = strict(X.exp(), 1);
        float e = (float) Math.E;
        assertTrue(exp.contains(Double.doubleToRawLongBits(e + 2 * Math.ulp(e)), DType.F32));
        assertFalse(exp.contains(Double.doubleToRawLongBits(e + 3 * Math.ulp(e)), DType.F32));
    }

    @Test
    void cancellationWidensTheResult() {
        Interval difference = strict(X.exp().sub(Y), 1, (float) Math.E);
        double width = difference.high - difference.low;
        assertTrue(width >= 4 * Math.ulp((float) Math.E) && width < 8 * Math.ulp((float) Math.E), "" + width);
    }

    @Test
    void aComparisonThatRoundingDecidesAllowsBoth() {
        Expr both = X.exp().lt(Y);
        assertEquals("[0, 1]", strict(both, 1, (float) Math.E).describe(DType.BOOL));
        assertEquals("1", strict(both, 1, 3).describe(DType.BOOL));
        assertEquals("0", strict(both, 1, 2).describe(DType.BOOL));
        assertEquals("0", strict(both, Double.NaN, 2).describe(DType.BOOL));
    }

    @Test
    void nanAndInfinitiesFollowTheSpecification() {
        assertEquals(
                "NaN",
                strict(X.sub(Y), Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY)
                        .describe(DType.F32));
        assertEquals("NaN", strict(X.max(Y), 1, Double.NaN).describe(DType.F32));
        assertEquals("-Infinity", strict(X.div(Y), 1, -0.0).describe(DType.F32));
        assertEquals("NaN", strict(X.neg().log(), 1).describe(DType.F32));
        assertEquals(
                "0.0",
                strict(X.exp(), Double.NEGATIVE_INFINITY).describe(DType.F32).replace("[-0.0, 0.0]", "0.0"));
        assertEquals("Infinity", strict(X.exp(), 100).describe(DType.F32));
    }

    @Test
    void aPowerThatMayBeOneToInfinityAllowsNan() {
        Expr power = Expr.apply(ScalarOp.POW, List.of(X.erf(), Y));
        assertTrue(strict(power, 6, Double.POSITIVE_INFINITY).contains(Samples.real(Double.NaN, DType.F32), DType.F32));
    }

    @Test
    void contractionAllowsTheUnroundedProduct() {
        Expr sum = X.mul(X).add(Y);
        double x = 1 + 0x1p-12;
        double y = -(float) (x * x);
        double fused = Math.fma((float) x, (float) x, (float) y);
        assertTrue(fused != 0);
        assertFalse(strict(sum, x, y).contains(Double.doubleToRawLongBits(fused), DType.F32));
        Interval contracted = evaluate(sum, Tolerance.STRICT.withContraction(), x, y);
        assertTrue(contracted.contains(Double.doubleToRawLongBits(fused), DType.F32));
        assertTrue(contracted.contains(Double.doubleToRawLongBits(0.0), DType.F32));
    }

    @Test
    void flushingAllowsZeroForSubnormals() {
        assertFalse(strict(X.mul(Y), 1e-30f, 1e-10f).contains(0, DType.F32));
        Interval flushed = evaluate(X.mul(Y), Tolerance.STRICT.withFlushedSubnormals(), 1e-30f, 1e-10f);
        assertTrue(flushed.contains(0, DType.F32));
    }

    @Test
    void ownBoundsReplaceThoseOfThePrimitive() {
        Tolerance wide = Tolerance.STRICT.withUlps(ScalarOp.DIV, 2.5);
        assertFalse(evaluate(X.div(Y), wide, 1, 3).isPoint(DType.F32));
        assertTrue(evaluate(X.mul(Y), wide, 1, 3).isPoint(DType.F32));
    }

    /** Whatever errors within the ulps a backend makes, and however they add up, the result is allowed. */
    @Test
    void anyAdmissibleErrorIsInside() {
        Random random = new Random(4);
        int checked = 0;
        for (long seed = 1; seed <= 400; seed++) {
            Graph graph = Graph.random(seed, Set.of(DType.F32, DType.BOOL));
            Oracle oracle = new Oracle(graph.outputs(), Tolerance.STRICT);
            for (int sample = 0; sample < 40; sample++) {
                double[] values = random.doubles(8, -4, 4).map(v -> (float) v).toArray();
                oracle.evaluate(new Environment(graph, values));
                Map<Expr, Double> noisy = noisy(graph, values, random);
                for (int k = 0; k < graph.outputs().size(); k++) {
                    Expr output = graph.outputs().get(k);
                    double given = noisy.get(output);
                    long bits = output.dtype().isFloating() ? Double.doubleToRawLongBits(given) : (long) given;
                    Interval allowed = oracle.result(k);
                    assertTrue(
                            allowed.contains(bits, output.dtype()),
                            () -> output + " gave " + given + ", allowed " + allowed.describe(output.dtype()));
                    checked += allowed.isVague(output.dtype()) ? 0 : 1;
                }
            }
        }
        assertTrue(checked > 10_000, "only " + checked + " results had a bound");
    }

    private record Environment(Graph graph, double[] values) implements Oracle.Environment {
        @Override
        public void input(int index, Interval into) {
            DType dtype = graph.types().get(index);
            into.point(Samples.scalar(values[index], dtype), dtype);
        }

        @Override
        public long param(int index) {
            return index == 0 ? Samples.real(values[7], DType.F32) : 1;
        }

        @Override
        public long index(int axis) {
            return 3;
        }
    }

    /** Evaluates with a random error within the ulps at each primitive. Booleans are 0 and 1. */
    private static Map<Expr, Double> noisy(Graph graph, double[] values, Random random) {
        Map<Expr, Double> results = new HashMap<>();
        for (Expr expr : Exprs.topological(graph.outputs())) {
            List<Double> args = expr.children().stream().map(results::get).toList();
            double value = switch (expr) {
                case Expr.Input input -> number(Samples.scalar(values[input.index()], input.dtype()), input.dtype());
                case Expr.Param param -> param.index() == 0 ? values[7] : 1;
                case Expr.Const constant -> constant.value();
                case Expr.Select _ -> args.get(0) != 0 ? args.get(1) : args.get(2);
                case Expr.Cast cast ->
                    number(
                            dev.tenrec.ir.Interpreter.convert(
                                    bits(args.get(0), cast.arg().dtype()),
                                    cast.arg().dtype(),
                                    cast.dtype()),
                            cast.dtype());
                case Expr.Apply apply -> noisy(apply, args, random);
                default -> 3;
            };
            results.put(expr, value);
        }
        return results;
    }

    private static long bits(double value, DType dtype) {
        return dtype.isFloating() ? Double.doubleToRawLongBits(value) : (long) value;
    }

    private static double number(long bits, DType dtype) {
        return dtype.isFloating() ? Double.longBitsToDouble(bits) : bits;
    }

    private static double noisy(Expr.Apply apply, List<Double> args, Random random) {
        double a = args.get(0);
        double b = args.size() > 1 ? args.get(1) : 0;
        DType type = apply.children().get(0).dtype();
        ScalarOp op = apply.op();
        if (!type.isFloating()) {
            return op.evaluate(type, (long) a, (long) b);
        }
        if (op == ScalarOp.FMA) {
            return Math.fma((float) a, (float) b, args.get(2).floatValue());
        }
        double exact = op.evaluate(a, b, 0);
        if (apply.dtype() == DType.BOOL) {
            return exact;
        }
        float nearest = (float) exact;
        if (op.ulps() <= 0.5 || nearest == 0 || Float.isInfinite(nearest) || Float.isNaN(nearest)) {
            return nearest;
        }
        // The nearest number is off by half an ulp already.
        int steps = (int) (op.ulps() - 0.5);
        return nearest + (random.nextInt(2 * steps + 1) - steps) * Math.ulp(nearest / 2);
    }
}
