package dev.tenrec.testkit.kernel;

import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.testkit.ConformanceCase;
import dev.tenrec.testkit.ConformanceCase.Purpose;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Cases of {@link Kernel.Reduce}. */
public final class ReduceCases {

    private static final long[] LENGTHS = {1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 1000, 4097};

    private ReduceCases() {}

    /** The iteration space of a reduction. */
    private record Space(Shape shape, int keptRank) {
        Shape kept() {
            return Shape.of(java.util.Arrays.copyOf(shape.sizes(), keptRank));
        }

        static Space of(int keptRank, long... sizes) {
            return new Space(Shape.of(sizes), keptRank);
        }
    }

    /**
     * Makes the cases.
     *
     * @return one per operation and type, and those with fused bodies and with special values
     */
    public static List<ConformanceCase> all() {
        List<ConformanceCase> cases = new ArrayList<>();
        for (ReduceOp op : ReduceOp.values()) {
            for (DType dtype : MapCases.arithmetic(DType.values())) {
                if (dtype == DType.BOOL && op != ReduceOp.MAX && op != ReduceOp.MIN) {
                    continue;
                }
                add(cases, op + " " + dtype, Set.of(dtype), rig -> plain(rig, op, dtype));
                if (dtype.isFloating()) {
                    add(cases, op + " " + dtype + " special values", Set.of(dtype), rig -> special(rig, op, dtype));
                    add(cases, op + " " + dtype + " fused", Set.of(dtype, DType.I64), rig -> fused(rig, op, dtype));
                }
            }
            add(cases, op + " large", Set.of(DType.F32, DType.I32), rig -> large(rig, op));
        }
        return cases;
    }

    private interface Body {
        void run(Rig rig);
    }

    private static void add(List<ConformanceCase> cases, String name, Set<DType> arithmetic, Body body) {
        cases.add(new ConformanceCase(
                "reduce " + name,
                Kernel.Reduce.class,
                Optional.empty(),
                Purpose.FORWARD,
                arithmetic,
                (backend, tolerance) -> {
                    try (Rig rig = new Rig(backend, tolerance)) {
                        body.run(rig);
                        rig.requireMeaning();
                    }
                }));
    }

    private static List<Samples> samples(ReduceOp op) {
        return switch (op) {
            case SUM -> List.of(Samples.whole(8, 1), Samples.uniform(-4, 4, 2), Samples.uniform(1, 2, 3));
            case PROD ->
                List.of(
                        Samples.choice(1, 1, 1, 1, 1, 1, 1, 1, -1, 1, 1, 1, 1, -1, 2, 0.5, 1, 1, 1, 1, 1, 1, 1, 1),
                        Samples.uniform(0.98, 1.02, 2));
            case MAX, MIN -> List.of(Samples.uniform(-4, 4, 1), Samples.choice(2, -2, -1, 1, 2));
            case ARGMAX, ARGMIN ->
                List.of(Samples.uniform(-4, 4, 1), Samples.choice(2, -2, -1, 1, 2), Samples.choice(3, 5));
        };
    }

    private static void plain(Rig rig, ReduceOp op, DType dtype) {
        Expr body = Expr.input(0, dtype);
        for (Samples samples : samples(op)) {
            for (long length : LENGTHS) {
                one(rig, op, body, Space.of(0, length), View.CONTIGUOUS, samples);
            }
            for (View view : View.values()) {
                for (Space space : spaces()) {
                    one(rig, op, body, space, view, samples);
                }
            }
        }
        one(rig, op, body, Space.of(1, 0, 5), View.CONTIGUOUS, samples(op).get(0));
        if (op == ReduceOp.SUM || op == ReduceOp.PROD) {
            one(rig, op, body, Space.of(0, 0), View.CONTIGUOUS, samples(op).get(0));
            one(rig, op, body, Space.of(1, 5, 0), View.CONTIGUOUS, samples(op).get(0));
            one(
                    rig,
                    op,
                    body,
                    Space.of(2, 2, 3, 0, 4),
                    View.TRANSPOSED,
                    samples(op).get(0));
        }
    }

    private static List<Space> spaces() {
        return List.of(
                Space.of(0),
                Space.of(1, 6),
                Space.of(1, 5, 7),
                Space.of(1, 17, 3),
                Space.of(1, 3, 33),
                Space.of(2, 2, 3, 4, 5),
                Space.of(1, 3, 5, 7),
                Space.of(3, 2, 3, 2, 9),
                Space.of(4, 2, 1, 3, 2, 1, 2, 2, 3),
                Space.of(0, 4, 9),
                Space.of(1, 4, 1),
                Space.of(1, 1, 129));
    }

    private static void one(Rig rig, ReduceOp op, Expr body, Space space, View view, Samples samples) {
        DType dtype = ((Expr.Input) body).dtype();
        run(rig, op, body, space, List.of(rig.input(dtype, space.shape(), view, samples)));
    }

    private static void run(Rig rig, ReduceOp op, Expr body, Space space, List<TestOperand> in, long... params) {
        Kernel.Reduce kernel = new Kernel.Reduce(op, body, Rig.specs(in), params.length);
        DType resultType = op.resultType(body.dtype());
        Shape kept = space.kept();
        List<TestOperand> out = List.of(rig.output(resultType, kept, View.CONTIGUOUS));
        rig.compile(kernel).run(Rig.launch(space.shape(), space.keptRank(), in, out, params));
        compare(rig, kernel, space, in, Rig.readOutputs(in, out)[0], params);
        rig.release();
    }

    private static void compare(
            Rig rig, Kernel.Reduce kernel, Space space, List<TestOperand> in, long[] actual, long... params) {
        ReduceOp op = kernel.op();
        DType dtype = kernel.body().dtype();
        if (actual.length == 0) {
            return;
        }
        int reduced = Math.toIntExact(space.shape().elementCount() / actual.length);
        Reader reader = new Reader(space.shape(), in, params);
        Oracle oracle = new Oracle(List.of(kernel.body()), rig.tolerance());
        ReduceOracle expected = new ReduceOracle(op, dtype, reduced);
        Interval allowed = new Interval();
        for (int k = 0; k < actual.length; k++) {
            expected.clear();
            for (int r = 0; r < reduced; r++) {
                reader.moveTo(k * reduced + r);
                oracle.evaluate(reader);
                expected.add(oracle.result(0));
            }
            String what = "reduce " + op + " of " + Rig.shorten(kernel.body()) + ", result " + k + " of kept "
                    + space.kept() + ", " + reduced + " elements each";
            if (op.isIndex()) {
                boolean right = expected.acceptsPosition(actual[k], allowed);
                if (right) {
                    allowed.whole(actual[k]);
                }
                rig.compare(allowed, right ? actual[k] : -1 - actual[k], DType.I64, () -> what, reader);
            } else {
                expected.result(allowed);
                rig.compare(allowed, actual[k], dtype, () -> what, reader);
            }
        }
    }

    private static void special(Rig rig, ReduceOp op, DType dtype) {
        double inf = Double.POSITIVE_INFINITY;
        double[][] lists = {
            {1, 2, Double.NaN}, {1, 2, inf}, {1, 2, -inf}, {1, inf, -inf}, {Double.NaN}, {inf}, {-inf, 1}, {0.0, -0.0}
        };
        for (int i = 0; i < lists.length; i++) {
            boolean vague = op == ReduceOp.PROD && i != 0 && i != 4 && i != 7;
            if (vague) {
                continue;
            }
            Samples samples = Samples.choice(i, lists[i]);
            Expr body = Expr.input(0, dtype);
            one(rig, op, body, Space.of(1, 40, 3), View.CONTIGUOUS, samples);
            one(rig, op, body, Space.of(1, 40, 3), View.TRANSPOSED, samples);
            one(rig, op, body, Space.of(1, 9, 17), View.CONTIGUOUS, samples);
            one(rig, op, body, Space.of(0, 2000), View.CONTIGUOUS, samples);
        }
        // One NaN, at each place of a short row and around the blocks of a long one.
        for (int at : new int[] {0, 1, 7, 8, 15, 16, 17, 31, 32, 36}) {
            spike(rig, op, dtype, Space.of(0, 37), at);
        }
        for (int at : new int[] {0, 1023, 1024, 2048, 2999}) {
            spike(rig, op, dtype, Space.of(0, 3000), at);
        }
    }

    private static void spike(Rig rig, ReduceOp op, DType dtype, Space space, int at) {
        int[] position = {0};
        Samples samples = type -> Samples.real(position[0]++ == at ? Double.NaN : 1, type);
        one(rig, op, Expr.input(0, dtype), space, View.CONTIGUOUS, samples);
    }

    private static void fused(Rig rig, ReduceOp op, DType dtype) {
        Expr a = Expr.input(0, dtype);
        Expr b = Expr.input(1, dtype);
        Expr p = Expr.param(0, dtype);
        Samples samples = op == ReduceOp.PROD ? Samples.uniform(0.99, 1.01, 4) : Samples.uniform(-2, 2, 4);
        List<Expr> bodies = op == ReduceOp.PROD
                ? List.of(
                        a.mul(b).sub(p).add(p),
                        Expr.index(1).lt(Expr.constant(DType.I64, 3)).choose(a, b.like(1)))
                : List.of(
                        a.mul(b).add(p).max(a.like(0)),
                        a.sub(b).exp(),
                        Expr.index(1).lt(Expr.constant(DType.I64, 3)).choose(a, b),
                        Expr.index(Expr.Index.FLAT).cast(dtype).mul(p));
        View[] views = {View.CONTIGUOUS, View.TRANSPOSED, View.ROW, View.COLUMN, View.SCALAR, View.SLICED};
        for (Expr body : bodies) {
            for (View view : views) {
                for (Space space : List.of(Space.of(1, 5, 37), Space.of(2, 3, 2, 9), Space.of(0, 3, 70))) {
                    List<TestOperand> in = List.of(
                            rig.input(dtype, space.shape(), View.CONTIGUOUS, samples),
                            rig.input(dtype, space.shape(), view, samples));
                    run(rig, op, body, space, in, Samples.real(0.25, dtype));
                }
            }
        }
    }

    private static void large(Rig rig, ReduceOp op) {
        for (DType dtype : List.of(DType.F32, DType.I32)) {
            Expr body = Expr.input(0, dtype);
            Samples samples = samples(op).get(0);
            one(rig, op, body, Space.of(0, 70_000), View.CONTIGUOUS, op == ReduceOp.PROD ? ones() : samples);
            one(rig, op, body, Space.of(1, 3, 20_003), View.CONTIGUOUS, op == ReduceOp.PROD ? ones() : samples);
            one(rig, op, body, Space.of(1, 20_003, 3), View.TRANSPOSED, samples);
            one(rig, op, body, Space.of(1, 1000, 30), View.CONTIGUOUS, samples);
        }
    }

    /** Ones with a factor of −1 or 2 at few places, so that the product of any number stays exact. */
    private static Samples ones() {
        int[] position = {0};
        return dtype -> {
            int at = position[0]++;
            return Samples.scalar(at % 9973 == 5 ? 2 : at % 7919 == 3 ? -1 : 1, dtype);
        };
    }
}
