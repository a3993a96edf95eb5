package dev.tenrec.testkit.kernel;

import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.LayoutClass;
import dev.tenrec.op.Domain;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.testkit.ConformanceCase;
import dev.tenrec.testkit.ConformanceCase.Purpose;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Cases of {@link Kernel.Map}: every operation of a registry, on every type it takes, over every kind of layout. */
public final class MapCases {

    private static final long[] LENGTHS = {1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 1023, 1024, 1025};
    private static final List<Shape> SHAPES = List.of(Shape.of(5, 9), Shape.of(2, 3, 4, 5));
    private static final List<Shape> RARE_SHAPES =
            List.of(Shape.of(13), Shape.scalar(), Shape.of(0), Shape.of(3, 0, 2), Shape.of(2, 1, 3, 1, 1, 2, 1, 3));
    private static final int MAX_SPECIALS = 6000;

    private MapCases() {}

    /**
     * Makes the cases of a registry: the operations and the gradients derived from them.
     *
     * @param registry the operations
     * @return one per operation and type
     */
    public static List<ConformanceCase> of(List<ElementwiseOp> registry) {
        List<ConformanceCase> cases = new ArrayList<>();
        for (ElementwiseOp op : registry) {
            for (DType dtype : DType.values()) {
                if (op.accepts().test(dtype)) {
                    cases.add(new ConformanceCase(
                            "map " + op.name() + " " + dtype,
                            Kernel.Map.class,
                            Optional.of(op),
                            Purpose.FORWARD,
                            Set.of(dtype),
                            (backend, tolerance) -> {
                                try (Rig rig = new Rig(backend, tolerance)) {
                                    operation(rig, op, dtype);
                                }
                            }));
                }
            }
            cases.addAll(gradients(op));
        }
        return cases;
    }

    private static List<ConformanceCase> gradients(ElementwiseOp op) {
        List<ConformanceCase> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            if (!op.accepts().test(dtype)) {
                continue;
            }
            for (int operand = 0; operand < op.arity(); operand++) {
                op.gradient(operand, op.operandTypes(dtype))
                        .ifPresent(gradient -> cases.add(new ConformanceCase(
                                "map " + gradient.op().name() + " " + dtype,
                                Kernel.Map.class,
                                Optional.empty(),
                                Purpose.FORWARD,
                                Set.of(dtype),
                                (backend, tolerance) -> {
                                    try (Rig rig = new Rig(backend, tolerance)) {
                                        gradientKernel(rig, gradient.op(), dtype);
                                    }
                                })));
            }
        }
        return cases;
    }

    private static void operation(Rig rig, ElementwiseOp op, DType dtype) {
        for (long length : LENGTHS) {
            run(rig, op, dtype, Shape.of(length), 0, 0, uniform(op, length));
        }
        if (dtype == DType.F32) {
            run(rig, op, dtype, Shape.of(4097), View.OFFSET.ordinal(), 0, uniform(op, 4097));
        }
        View[] views = View.values();
        for (int v = 0; v < views.length; v++) {
            for (Shape shape : SHAPES) {
                run(rig, op, dtype, shape, v, 0, uniform(op, v));
                if (op.arity() > 1) {
                    run(rig, op, dtype, shape, v, 1, uniform(op, v + 50));
                    run(rig, op, dtype, shape, v, 3, uniform(op, v + 90));
                }
            }
            for (Shape shape : RARE_SHAPES) {
                run(rig, op, dtype, shape, v, 1, uniform(op, v));
            }
        }
        rig.requireMeaning();
        specials(rig, op, dtype);
    }

    private static void gradientKernel(Rig rig, ElementwiseOp gradient, DType dtype) {
        run(rig, gradient, dtype, Shape.of(33), 0, 0, uniform(gradient, 1));
        run(rig, gradient, dtype, Shape.of(5, 9), View.ROW.ordinal(), 1, uniform(gradient, 2));
        run(rig, gradient, dtype, Shape.of(3, 5, 7), View.TRANSPOSED.ordinal(), 2, uniform(gradient, 3));
    }

    /** Operand i has the view {@code first + i·step}. */
    private static void run(Rig rig, ElementwiseOp op, DType dtype, Shape space, int first, int step, Samples samples) {
        DType[] types = op.operandTypes(dtype);
        View[] views = View.values();
        List<TestOperand> in = new ArrayList<>();
        for (int i = 0; i < types.length; i++) {
            in.add(rig.input(types[i], space, views[(first + i * step) % views.length], samples));
        }
        launch(rig, op, dtype, types, space, in);
    }

    private static void launch(
            Rig rig, ElementwiseOp op, DType dtype, DType[] types, Shape space, List<TestOperand> in) {
        Expr expr = op.expression(types);
        DType scalarType = op.principalType(types);
        long[] params = Arrays.stream(op.sampleScalars())
                .mapToLong(value -> Samples.scalar(value, scalarType))
                .toArray();
        rig.map(List.of(expr), space, in, List.of(rig.output(expr.dtype(), space, View.CONTIGUOUS)), params);
        rig.release();
    }

    /** Every combination of special values, up to a limit. */
    private static void specials(Rig rig, ElementwiseOp op, DType dtype) {
        DType[] types = op.operandTypes(dtype);
        long count = 1;
        for (DType type : types) {
            count *= Samples.specials(type).length;
        }
        Shape space = Shape.of(Math.min(count, MAX_SPECIALS));
        List<TestOperand> in = new ArrayList<>();
        int repeat = 1;
        for (DType type : types) {
            in.add(rig.input(type, space, View.CONTIGUOUS, Samples.specials(repeat)));
            repeat *= Samples.specials(type).length;
        }
        launch(rig, op, dtype, types, space, in);
    }

    private static Samples uniform(ElementwiseOp op, long seed) {
        return Samples.uniform(op.domain(), seed * 31 + op.name().hashCode());
    }

    /**
     * Makes the cases that belong to no operation.
     *
     * @return casts, bit casts, indexes, several outputs, strided outputs, in-place updates, parameters, large spaces
     */
    public static List<ConformanceCase> general() {
        List<ConformanceCase> cases = new ArrayList<>();
        for (DType from : DType.values()) {
            for (DType to : DType.values()) {
                if (from != to) {
                    cases.add(general("cast " + from + " to " + to, arithmetic(from, to), rig -> cast(rig, from, to)));
                }
            }
        }
        bitcast(cases, DType.F32, DType.I32);
        bitcast(cases, DType.I32, DType.F32);
        bitcast(cases, DType.F64, DType.I64);
        bitcast(cases, DType.I64, DType.F64);
        cases.add(general("indexes", Set.of(DType.I64, DType.F32), MapCases::indexes));
        cases.add(general("several outputs", Set.of(DType.F32, DType.BOOL, DType.I32), MapCases::severalOutputs));
        cases.add(general("strided outputs", Set.of(DType.F32), MapCases::stridedOutputs));
        cases.add(general("in place", Set.of(DType.F32, DType.F64), MapCases::inPlace));
        for (DType dtype : arithmetic(DType.values())) {
            cases.add(general("parameters " + dtype, Set.of(dtype), rig -> parameters(rig, dtype)));
            cases.add(general("constants " + dtype, Set.of(dtype), rig -> constants(rig, dtype)));
        }
        cases.add(general("contiguous operands of a strided kernel", Set.of(DType.F32), MapCases::widerClass));
        cases.add(general("eight inputs, sixty nodes", Set.of(DType.F32), MapCases::large));
        cases.add(general("large spaces", Set.of(DType.F32), MapCases::largeSpaces));
        return cases;
    }

    private interface Body {
        void run(Rig rig);
    }

    private static ConformanceCase general(String name, Set<DType> arithmetic, Body body) {
        return new ConformanceCase(
                "map " + name,
                Kernel.Map.class,
                Optional.empty(),
                Purpose.FORWARD,
                arithmetic,
                (backend, tolerance) -> {
                    try (Rig rig = new Rig(backend, tolerance)) {
                        body.run(rig);
                        rig.requireMeaning();
                    }
                });
    }

    /** Those of some types that kernels compute in. */
    static Set<DType> arithmetic(DType... types) {
        return Arrays.stream(types)
                .filter(DType::isArithmetic)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(DType.class)));
    }

    private static void cast(Rig rig, DType from, DType to) {
        convert(rig, from, Expr.input(0, from).cast(to));
    }

    private static void bitcast(List<ConformanceCase> cases, DType from, DType to) {
        cases.add(general(
                "bitcast " + from + " to " + to,
                arithmetic(from, to),
                rig -> convert(rig, from, Expr.input(0, from).bitcast(to))));
    }

    private static void convert(Rig rig, DType from, Expr expr) {
        Samples wide = Samples.uniform(-300, 300, 7);
        for (View view : View.values()) {
            one(rig, expr, Shape.of(3, 11), rig.input(from, Shape.of(3, 11), view, wide));
        }
        for (long length : new long[] {1, 7, 8, 9, 16, 17, 33, 257}) {
            one(rig, expr, Shape.of(length), rig.input(from, Shape.of(length), View.CONTIGUOUS, wide));
        }
        Samples halves =
                Samples.choice(3, 0.5, -0.5, 1.5, -1.5, 2.5, 254.5, 255.5, 256, 65504, 65520, 1e10, -1e10, 1e20);
        one(rig, expr, Shape.of(64), rig.input(from, Shape.of(64), View.CONTIGUOUS, halves));
        Shape specials = Shape.of(Samples.specials(from).length);
        one(rig, expr, specials, rig.input(from, specials, View.CONTIGUOUS, Samples.specials(1)));
        rig.release();
    }

    private static void one(Rig rig, Expr expr, Shape space, TestOperand in) {
        rig.map(List.of(expr), space, List.of(in), List.of(rig.output(expr.dtype(), space, View.CONTIGUOUS)));
    }

    private static void indexes(Rig rig) {
        Expr flat = Expr.index(Expr.Index.FLAT);
        Expr diagonal = Expr.index(1).eq(Expr.index(2)).choose(Expr.constant(DType.F32, 1), Expr.input(0, DType.F32));
        List<Expr> outputs = List.of(flat, Expr.index(0).add(Expr.index(2).mul(100)), diagonal, flat.cast(DType.F32));
        for (Shape space : List.of(Shape.of(2, 5, 5), Shape.of(3, 1, 17), Shape.of(1, 40, 33), Shape.of(2, 0, 3))) {
            for (View view : View.values()) {
                List<TestOperand> in = List.of(rig.input(DType.F32, space, view, Samples.uniform(-4, 4, 5)));
                rig.map(outputs, space, in, outputsOf(rig, outputs, space));
                rig.release();
            }
        }
        rig.map(List.of(flat), Shape.scalar(), List.of(), outputsOf(rig, List.of(flat), Shape.scalar()));
    }

    private static List<TestOperand> outputsOf(Rig rig, List<Expr> outputs, Shape space) {
        return outputs.stream()
                .map(expr -> rig.output(expr.dtype(), space, View.CONTIGUOUS))
                .toList();
    }

    private static void severalOutputs(Rig rig) {
        Expr a = Expr.input(0, DType.F32);
        Expr b = Expr.input(1, DType.F32);
        Expr shared = a.mul(b).add(1);
        List<Expr> outputs = List.of(shared, shared.exp(), shared.lt(a), shared.cast(DType.I32), a);
        for (View view : View.values()) {
            for (Shape space : List.of(Shape.of(7, 9), Shape.of(1030))) {
                List<TestOperand> in = List.of(
                        rig.input(DType.F32, space, View.CONTIGUOUS, Samples.uniform(-3, 3, 1)),
                        rig.input(DType.F32, space, view, Samples.uniform(-3, 3, 2)));
                rig.map(outputs, space, in, outputsOf(rig, outputs, space));
                rig.release();
            }
        }
    }

    private static void stridedOutputs(Rig rig) {
        Expr expr = Expr.input(0, DType.F32).mul(Expr.input(1, DType.F32));
        for (View view : View.DISTINCT) {
            for (Shape space : List.of(Shape.of(6, 11), Shape.of(2, 3, 5), Shape.of(1100), Shape.scalar())) {
                for (View inView : List.of(View.CONTIGUOUS, View.TRANSPOSED, View.COLUMN)) {
                    List<TestOperand> in = List.of(
                            rig.input(DType.F32, space, inView, Samples.uniform(-3, 3, 1)),
                            rig.input(DType.F32, space, View.CONTIGUOUS, Samples.uniform(-3, 3, 2)));
                    rig.map(List.of(expr), space, in, List.of(rig.output(DType.F32, space, view)));
                    rig.release();
                }
            }
        }
    }

    private static void inPlace(Rig rig) {
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            Expr weight = Expr.input(0, dtype);
            Expr moment = Expr.input(1, dtype);
            Expr gradient = Expr.input(2, dtype);
            Expr next = moment.mul(0.9).add(gradient.mul(gradient).mul(0.1));
            List<Expr> outputs = List.of(weight.sub(gradient.div(next.sqrt().add(1e-3))), next);
            for (View view : View.DISTINCT) {
                for (Shape space : List.of(Shape.of(6, 11), Shape.of(1025), Shape.of(5000))) {
                    List<TestOperand> both = List.of(
                            rig.output(dtype, view.layout(space), Samples.uniform(-1, 1, 1)),
                            rig.output(dtype, view.layout(space), Samples.uniform(0.1, 1, 2)));
                    List<TestOperand> in = new ArrayList<>(both);
                    in.add(rig.input(dtype, space, View.CONTIGUOUS, Samples.uniform(-1, 1, 3)));
                    rig.map(outputs, space, in, both);
                    rig.release();
                }
            }
        }
    }

    private static void parameters(Rig rig, DType dtype) {
        Expr x = Expr.input(0, dtype);
        Expr p = Expr.param(1, dtype);
        Expr q = Expr.param(0, dtype);
        Expr expr = dtype == DType.BOOL ? x.eq(p).choose(q, x) : x.mul(p).add(q);
        long[] values = Samples.specials(dtype);
        Shape space = Shape.of(37);
        for (int i = 0; i < values.length; i++) {
            TestOperand in = rig.input(dtype, space, View.CONTIGUOUS, Samples.uniform(-4, 4, i));
            TestOperand out = rig.output(dtype, space, View.CONTIGUOUS);
            rig.map(
                    List.of(expr, p),
                    space,
                    List.of(in),
                    List.of(out, rig.output(dtype, space, View.OFFSET)),
                    values[(i + 3) % values.length],
                    values[i]);
            rig.release();
        }
    }

    private static void constants(Rig rig, DType dtype) {
        Shape space = Shape.of(3, 7);
        for (long value : Samples.specials(dtype)) {
            Expr constant = Expr.constantBits(dtype, value);
            rig.map(List.of(constant), space, List.of(), List.of(rig.output(dtype, space, View.CONTIGUOUS)));
            Expr same = Expr.input(0, dtype).eq(constant);
            rig.map(
                    List.of(same),
                    space,
                    List.of(rig.input(dtype, space, View.SLICED, Samples.specials(1))),
                    List.of(rig.output(DType.BOOL, space, View.CONTIGUOUS)));
            rig.release();
        }
    }

    private static void widerClass(Rig rig) {
        Expr expr = Expr.input(0, DType.F32).add(Expr.input(1, DType.F32));
        Kernel.InputSpec strided = new Kernel.InputSpec(DType.F32, LayoutClass.STRIDED);
        Kernel.Map kernel = new Kernel.Map(List.of(expr), List.of(strided, strided), 0);
        for (View view : View.values()) {
            Shape space = Shape.of(4, 19);
            List<TestOperand> in = List.of(
                    rig.input(DType.F32, space, view, Samples.uniform(-3, 3, 1)),
                    rig.input(DType.F32, space, View.CONTIGUOUS, Samples.uniform(-3, 3, 2)));
            rig.map(kernel, space, in, List.of(rig.output(DType.F32, space, View.CONTIGUOUS)));
        }
    }

    private static void large(Rig rig) {
        Expr sum = Expr.constant(DType.F32, 0.25);
        for (int i = 0; i < 8; i++) {
            Expr x = Expr.input(i, DType.F32);
            sum = sum.mul(x).add(x.tanh()).max(x.neg()).add(x.abs().sqrt());
        }
        for (View view : View.values()) {
            Shape space = Shape.of(9, 131);
            List<TestOperand> in = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                View own = i % 3 == 0 ? view : View.CONTIGUOUS;
                in.add(rig.input(DType.F32, space, own, Samples.uniform(-1, 1, i)));
            }
            rig.map(List.of(sum), space, in, List.of(rig.output(DType.F32, space, View.CONTIGUOUS)));
            rig.release();
        }
    }

    private static void largeSpaces(Rig rig) {
        Expr a = Expr.input(0, DType.F32);
        Expr b = Expr.input(1, DType.F32);
        List<Expr> outputs = List.of(a.mul(b).sub(1), a.lt(b));
        Samples samples = Samples.uniform(new Domain(-4, 4), 11);
        for (Shape space : List.of(Shape.of(70_001), Shape.of(263, 257), Shape.of(3, 20_011), Shape.of(20_011, 3))) {
            for (View view : List.of(View.CONTIGUOUS, View.TRANSPOSED, View.COLUMN)) {
                List<TestOperand> in = List.of(
                        rig.input(DType.F32, space, View.CONTIGUOUS, samples),
                        rig.input(DType.F32, space, view, samples));
                rig.map(outputs, space, in, outputsOf(rig, outputs, space));
                rig.release();
            }
        }
    }
}
