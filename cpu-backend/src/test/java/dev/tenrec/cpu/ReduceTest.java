package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.backend.Operand;
import dev.tenrec.error.KernelCompile;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Interpreter;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Reductions against one-by-one evaluation in double precision. */
class ReduceTest {

    private static Shape kept(Shape space, int rank) {
        return Shape.of(Arrays.copyOf(space.sizes(), rank));
    }

    private static void check(
            Fixture fixture, String what, ReduceOp op, Shape space, int keptRank, Expr body, List<Operand> inputs) {
        check(fixture, what, op, space, keptRank, body, inputs, evaluate(space, body, inputs));
    }

    /** The values of a body at every point of the space, row by row. */
    private static long[] evaluate(Shape space, Expr body, List<Operand> inputs) {
        long[] values = new long[Math.toIntExact(space.elementCount())];
        Interpreter interpreter = new Interpreter(List.of(body));
        for (int i = 0; i < values.length; i++) {
            interpreter.evaluate(MapTest.environment(space, inputs, new long[0], i));
            values[i] = interpreter.result(0);
        }
        return values;
    }

    private static void check(
            Fixture fixture,
            String what,
            ReduceOp op,
            Shape space,
            int keptRank,
            Expr body,
            List<Operand> inputs,
            long[] all) {
        Shape keptShape = kept(space, keptRank);
        DType type = op.resultType(body.dtype());
        Operand out = fixture.blank(type, Fixture.guarded(keptShape));
        fixture.run(new Kernel.Reduce(op, body, Fixture.specs(inputs), 0), space, keptRank, inputs, List.of(out));
        Fixture.checkGuards(out, what);
        int kept = Math.toIntExact(keptShape.elementCount());
        int reduced = kept == 0 ? 0 : all.length / kept;
        for (int k = 0; k < kept; k++) {
            long[] values = Arrays.copyOfRange(all, k * reduced, (k + 1) * reduced);
            long actual = Fixture.read(out, k);
            String where = what + " at " + k + " of " + space;
            if (op.isIndex() || !body.dtype().isFloating()) {
                assertEquals(naive(op, body.dtype(), values), actual, where);
            } else {
                checkReal(where, op, body.dtype(), values, Double.longBitsToDouble(actual));
            }
        }
    }

    private static void checkReal(String what, ReduceOp op, DType dtype, long[] values, double actual) {
        double sum = 0;
        double lost = 0;
        double magnitude = 0;
        double product = 1;
        double largest = 1;
        double smallest = 1;
        double most = Double.NEGATIVE_INFINITY;
        double least = Double.POSITIVE_INFINITY;
        for (long value : values) {
            double x = Double.longBitsToDouble(value);
            double next = sum + x;
            lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
            sum = next;
            magnitude += Math.abs(x);
            product *= x;
            largest *= Math.max(1, Math.abs(x));
            smallest *= Math.min(1, Math.abs(x));
            most = Math.max(most, x);
            least = Math.min(least, x);
        }
        if (op == ReduceOp.PROD && (!(largest < Float.MAX_VALUE) || smallest < Float.MIN_NORMAL)) {
            // Whether an intermediate product overflows depends on the order.
            return;
        }
        double unit = dtype == DType.F32 ? 0x1p-24 : 0x1p-53;
        double expected = switch (op) {
            // With what rounding lost taken back (Neumaier's sum).
            case SUM -> Double.isFinite(lost) ? sum + lost : sum;
            case PROD -> product;
            case MAX -> most;
            default -> least;
        };
        double allowed = switch (op) {
            case SUM -> 40 * unit * magnitude;
            case PROD -> 2 * unit * values.length * Math.abs(product) + Float.MIN_NORMAL;
            default -> 0;
        };
        boolean good = Double.isNaN(expected)
                ? Double.isNaN(actual)
                : expected == actual || Math.abs(expected - actual) <= allowed;
        assertTrue(
                good || Double.isInfinite(magnitude), what + ": " + op + " expected " + expected + ", got " + actual);
    }

    private static long naive(ReduceOp op, DType dtype, long[] values) {
        long best = 0;
        if (!op.isIndex()) {
            long total = op == ReduceOp.PROD ? 1 : op == ReduceOp.SUM ? 0 : values[0];
            for (long value : values) {
                total = switch (op) {
                    case SUM -> total + value;
                    case PROD -> total * value;
                    case MAX -> Math.max(total, value);
                    default -> Math.min(total, value);
                };
                total = dtype == DType.I32 ? (int) total : total;
            }
            return total;
        }
        for (int i = 1; i < values.length; i++) {
            double x = real(dtype, values[i]);
            double y = real(dtype, values[(int) best]);
            boolean exact = !dtype.isFloating();
            boolean more = exact ? values[i] > values[(int) best] : x > y;
            boolean less = exact ? values[i] < values[(int) best] : x < y;
            if (!Double.isNaN(y) && (Double.isNaN(x) || (op == ReduceOp.ARGMAX ? more : less))) {
                best = i;
            }
        }
        return best;
    }

    private static double real(DType dtype, long value) {
        return dtype.isFloating() ? Double.longBitsToDouble(value) : value;
    }

    private static Expr body(Fixture fixture, DType dtype) {
        Expr x = Expr.input(0, dtype);
        if (fixture.random.nextBoolean()) {
            return x;
        }
        Expr y = Expr.input(1, dtype);
        if (dtype == DType.BOOL) {
            return x.eq(y);
        }
        return fixture.random.nextInt(4) == 0
                ? x.mul(y).add(Expr.index(Expr.Index.FLAT).cast(dtype))
                : x.mul(y).sub(x);
    }

    @Test
    void randomReductions() {
        DType[] types = {DType.F32, DType.F64, DType.I32, DType.I64, DType.BOOL};
        for (int seed = 0; seed < 600; seed++) {
            try (Fixture fixture = new Fixture(1 + seed % 2, seed)) {
                DType dtype = types[seed % 5];
                ReduceOp op = ReduceOp.values()[fixture.random.nextInt(6)];
                if (dtype == DType.BOOL && (op == ReduceOp.SUM || op == ReduceOp.PROD)) {
                    op = ReduceOp.MAX;
                }
                Shape space = fixture.shape(seed % 20 == 0 ? 300_000 : 6000);
                List<Operand> inputs = List.of(
                        fixture.operand(dtype, fixture.layout(space)), fixture.operand(dtype, fixture.layout(space)));
                int kept = fixture.random.nextInt(space.rank() + 1);
                check(fixture, "seed " + seed + " " + op + dtype, op, space, kept, body(fixture, dtype), inputs);
            }
        }
    }

    @Test
    void columns() {
        for (ReduceOp op : ReduceOp.values()) {
            for (long[] size :
                    new long[][] {{1, 16}, {5, 17}, {33, 100}, {700, 1024}, {90, 1025}, {2000, 333}, {8, 3000}}) {
                try (Fixture fixture = new Fixture(2, size[0])) {
                    // Kept axis first in the space, dense in memory.
                    Layout layout = Layout.dense(Shape.of(size)).permute(1, 0);
                    List<Operand> inputs = List.of(fixture.operand(DType.F32, layout));
                    Expr x = Expr.input(0, DType.F32);
                    check(fixture, "columns", op, layout.shape(), 1, x, inputs);
                    check(
                            fixture,
                            "columns of a body",
                            op,
                            layout.shape(),
                            1,
                            x.mul(x).add(1),
                            inputs);
                }
            }
        }
    }

    /** Plain inputs whose last kept or reduced axis is dense, with further axes around it. */
    @Test
    void operandsReadWhereTheyLie() {
        record Case(Layout layout, int kept) {}
        List<Case> cases = List.of(
                new Case(Layout.dense(Shape.of(4, 6, 700)).permute(1, 0, 2), 1),
                new Case(Layout.dense(Shape.of(3, 5003)), 1),
                new Case(Layout.dense(Shape.of(2, 3, 9)).permute(1, 0, 2), 1),
                new Case(Layout.dense(Shape.of(200_003)), 0),
                new Case(Layout.dense(Shape.of(11, 1000)).slice(1, 3, 37, 1), 1),
                new Case(Layout.dense(Shape.of(1300, 40)).permute(1, 0), 1),
                new Case(Layout.dense(Shape.of(5, 600, 30)).permute(0, 2, 1), 2),
                new Case(Layout.dense(Shape.of(7, 20, 9, 33)).permute(1, 3, 0, 2), 2),
                new Case(Layout.dense(Shape.of(800, 1100)).slice(1, 7, 1030, 1).permute(1, 0), 1));
        for (DType dtype : new DType[] {DType.F32, DType.F64, DType.I32, DType.I64, DType.BOOL}) {
            for (Case c : cases) {
                try (Fixture fixture = new Fixture(2, c.kept)) {
                    List<Operand> inputs = List.of(fixture.operand(dtype, c.layout));
                    Expr body = Expr.input(0, dtype);
                    long[] values = evaluate(c.layout.shape(), body, inputs);
                    for (ReduceOp op : ReduceOp.values()) {
                        if (dtype != DType.BOOL || op != ReduceOp.SUM && op != ReduceOp.PROD) {
                            String what = op + " " + dtype + " of " + c.layout;
                            check(fixture, what, op, c.layout.shape(), c.kept, body, inputs, values);
                        }
                    }
                }
            }
        }
    }

    @Test
    void nanIsTheFirstBest() {
        for (DType dtype : new DType[] {DType.F32, DType.F64}) {
            for (Layout layout :
                    List.of(Layout.dense(Shape.of(1200, 37)).permute(1, 0), Layout.dense(Shape.of(37, 1200)))) {
                for (ReduceOp op : new ReduceOp[] {ReduceOp.ARGMAX, ReduceOp.ARGMIN, ReduceOp.MAX}) {
                    try (Fixture fixture = new Fixture(2, 5)) {
                        Operand x = fixture.operand(dtype, layout);
                        for (int row = 0; row < 37; row += 2) {
                            for (int at : new int[] {(row * 31 + 511) % 1200, (row * 31 + 900) % 1200}) {
                                Fixture.write(x, row * 1200L + at, Double.doubleToRawLongBits(Double.NaN));
                            }
                        }
                        check(fixture, op + " with NaN", op, layout.shape(), 1, Expr.input(0, dtype), List.of(x));
                    }
                }
            }
        }
    }

    /** The same example gives the same result wherever it stands in a batch. */
    @Test
    void rowsDoNotDependOnTheirPlace() {
        for (int length : new int[] {5, 1000, 1024, 5003}) {
            try (Fixture fixture = new Fixture(2, length)) {
                Shape space = Shape.of(7, length);
                Operand x = fixture.operand(DType.F32, Layout.dense(space));
                for (int i = 0; i < length; i++) {
                    long value = Double.doubleToRawLongBits((float) fixture.random.nextGaussian());
                    for (long row = 0; row < 7; row++) {
                        Fixture.write(x, row * length + i, value);
                    }
                }
                Operand out = fixture.blank(DType.F32, Layout.dense(Shape.of(7)));
                Kernel sum = new Kernel.Reduce(ReduceOp.SUM, Expr.input(0, DType.F32), Fixture.specs(List.of(x)), 0);
                fixture.run(sum, space, 1, List.of(x), List.of(out));
                for (int row = 1; row < 7; row++) {
                    assertEquals(Fixture.read(out, 0), Fixture.read(out, row), "row " + row + " of " + length);
                }
            }
        }
    }

    @Test
    void nothingReducesToTheNeutralElement() {
        try (Fixture fixture = new Fixture(1, 1)) {
            Shape space = Shape.of(3, 0);
            List<Operand> inputs = List.of(fixture.operand(DType.F32, Layout.dense(space)));
            check(fixture, "empty", ReduceOp.SUM, space, 1, Expr.input(0, DType.F32), inputs);
            check(fixture, "empty", ReduceOp.PROD, space, 1, Expr.input(0, DType.F32), inputs);
        }
    }

    @Test
    void sumsOfTruthValuesAreRefused() {
        try (Fixture fixture = new Fixture(1, 1)) {
            Kernel kernel = new Kernel.Reduce(
                    ReduceOp.SUM,
                    Expr.input(0, DType.BOOL),
                    List.of(new Kernel.InputSpec(DType.BOOL, dev.tenrec.ir.LayoutClass.CONTIGUOUS)),
                    0);
            KernelCompile e = assertThrows(KernelCompile.class, () -> fixture.backend.compile(kernel));
            assertEquals(
                    "reduce: SUM is not defined on BOOL\n  hint: cast the operand first, to I64 or F32 for example",
                    e.getMessage());
        }
    }

    @Test
    void sameBitsForAnyNumberOfThreads() {
        for (int kept : new int[] {0, 1}) {
            for (boolean transposed : new boolean[] {false, true}) {
                long[][] results = new long[3][];
                int[] threads = {1, 2, 8};
                for (int i = 0; i < 3; i++) {
                    try (Fixture fixture = new Fixture(threads[i], 9)) {
                        Layout layout = transposed
                                ? Layout.dense(Shape.of(1500, 400)).permute(1, 0)
                                : Layout.dense(Shape.of(400, 1500));
                        Operand x = fixture.operand(DType.F32, layout);
                        for (long j = 0; j < layout.shape().elementCount(); j++) {
                            Fixture.write(x, j, Double.doubleToRawLongBits((float) fixture.random.nextGaussian()));
                        }
                        Operand out = fixture.blank(DType.F32, Fixture.guarded(kept(layout.shape(), kept)));
                        Kernel sum =
                                new Kernel.Reduce(ReduceOp.SUM, Expr.input(0, DType.F32), Fixture.specs(List.of(x)), 0);
                        fixture.run(sum, layout.shape(), kept, List.of(x), List.of(out));
                        results[i] = new long[kept == 0 ? 1 : 400];
                        for (int j = 0; j < results[i].length; j++) {
                            results[i][j] = Fixture.read(out, j);
                        }
                    }
                }
                assertTrue(Arrays.equals(results[0], results[1]) && Arrays.equals(results[0], results[2]));
            }
        }
    }
}
