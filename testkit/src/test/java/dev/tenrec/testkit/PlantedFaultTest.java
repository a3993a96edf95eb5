package dev.tenrec.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.backend.ReferenceBackend;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.op.Ops;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Faults that backends really have, planted in the reference: each must be found by the cases named. */
class PlantedFaultTest {

    private static final List<ConformanceCase> CASES = BackendConformance.cases(Ops.all());

    private static DynamicTest found(String fault, String cases, Function<Backend, Backend> plant) {
        return DynamicTest.dynamicTest(fault, () -> {
            Predicate<ConformanceCase> chosen = c -> c.name().equals(cases);
            assertTrue(CASES.stream().anyMatch(chosen), "no case " + cases);
            assertTrue(passes(new ReferenceBackend(), chosen), "the reference itself fails");
            assertTrue(!passes(plant.apply(new ReferenceBackend()), chosen), cases + " did not find: " + fault);
        });
    }

    private static boolean passes(Backend backend, Predicate<ConformanceCase> chosen) {
        try (backend) {
            CASES.stream().filter(chosen).forEach(c -> c.check().run(backend, Tolerance.STRICT));
            return true;
        } catch (AssertionError e) {
            return false;
        }
    }

    private static Function<Backend, Backend> expression(ScalarOp op, Function<Expr, Expr> change) {
        return backend -> BrokenBackend.expressions(
                backend, expr -> expr instanceof Expr.Apply apply && apply.op() == op ? change.apply(expr) : expr);
    }

    private static Function<Backend, Backend> launch(BrokenBackend.Fault fault) {
        return backend -> BrokenBackend.launches(backend, fault);
    }

    private static Function<Backend, Backend> operands(Function<Layout, Layout> change) {
        return launch((_, compiled, launch) -> compiled.run(new Launch(
                launch.space(),
                launch.keptRank(),
                launch.inputs().stream()
                        .map(o -> new Operand(o.buffer(), o.dtype(), change.apply(o.layout())))
                        .toList(),
                launch.outputs(),
                launch.params())));
    }

    private static MemorySegment memory(Operand operand) {
        return operand.buffer().hostSegment().orElseThrow();
    }

    /** Runs a launch over one element less along an axis if that is longer than a limit. */
    private static Function<Backend, Backend> shortened(int axisFromEnd, long limit) {
        return launch((_, compiled, launch) -> {
            int axis = launch.space().rank() - axisFromEnd;
            boolean cut = axis >= 0 && launch.space().size(axis) > limit;
            compiled.run(
                    cut
                            ? new Launch(
                                    launch.space().with(axis, launch.space().size(axis) - 1),
                                    launch.keptRank(),
                                    launch.inputs(),
                                    launch.outputs(),
                                    launch.params())
                            : launch);
        });
    }

    @TestFactory
    Stream<DynamicTest> arithmetic() {
        return Stream.of(
                found("tanh off by 1e-6", "map tanh F32", expression(ScalarOp.TANH, e -> e.mul(1 + 1e-6))),
                found("exp off by 1e-14 in F64", "map exp F64", expression(ScalarOp.EXP, e -> e.mul(1 + 1e-14))),
                found("exp in F32 within a composite", "map silu F32", expression(ScalarOp.EXP, e -> e.mul(1 + 4e-6))),
                found(
                        "division by a reciprocal",
                        "map div F32",
                        expression(
                                ScalarOp.DIV,
                                e -> e.children()
                                        .get(0)
                                        .mul(e.like(1).div(e.children().get(1))))),
                found("max loses NaN", "map maximum F32", expression(ScalarOp.MAX, e -> {
                    Expr a = e.children().get(0);
                    Expr b = e.children().get(1);
                    return a.lt(b).choose(b, a);
                })),
                found(
                        "subnormals flushed",
                        "map abs F32",
                        expression(ScalarOp.ABS, e -> e.lt(Float.MIN_NORMAL).choose(e.like(0), e))),
                found(
                        "sign of zero lost",
                        "map neg F32",
                        expression(ScalarOp.NEG, e -> e.like(0).sub(e.children().get(0)))),
                found("shift not taken modulo the width", "map shiftLeft I32", expression(ScalarOp.SHL, e -> {
                    Expr by = e.children().get(1);
                    return by.lt(32).choose(e, e.like(0));
                })),
                found("round halves away from zero", "map round F32", expression(ScalarOp.ROUND, e -> {
                    Expr x = e.children().get(0);
                    return Expr.apply(ScalarOp.FLOOR, List.of(x.add(0.5)));
                })),
                found(
                        "cast does not saturate",
                        "map cast F32 to I32",
                        backend -> BrokenBackend.expressions(
                                backend,
                                e -> e instanceof Expr.Cast cast && cast.dtype() == DType.I32 && !cast.bitwise()
                                        ? cast.arg().cast(DType.I64).cast(DType.I32)
                                        : e)),
                found("parameters exchanged", "map parameters F32", launch((_, compiled, launch) -> {
                    long[] p = launch.params().clone();
                    long first = p[0];
                    p[0] = p[1];
                    p[1] = first;
                    compiled.run(new Launch(launch.space(), launch.keptRank(), launch.inputs(), launch.outputs(), p));
                })));
    }

    @TestFactory
    Stream<DynamicTest> memory() {
        return Stream.of(
                found(
                        "offset ignored",
                        "map add F32",
                        operands(l -> l.offset() % 2 == 1 ? Layout.of(l.shape(), l.strides(), l.offset() - 3) : l)),
                found("negative strides taken for positive", "map relu F32", operands(l -> {
                    long[] strides = l.strides();
                    boolean negative = false;
                    for (int i = 0; i < strides.length; i++) {
                        negative |= strides[i] < 0;
                        strides[i] = Math.abs(strides[i]);
                    }
                    return negative ? Layout.of(l.shape(), strides, 64) : l;
                })),
                found("tail of a length not a multiple of 8 left out", "map add F32", shortened(1, 1024)),
                found("writes one element too many", "map mul F32", launch((_, compiled, launch) -> {
                    compiled.run(launch);
                    Operand out = launch.outputs().get(0);
                    long last = out.layout().bounds()[1] + 1;
                    memory(out).setAtIndex(ValueLayout.JAVA_FLOAT, last, 0);
                })),
                found("writes before the output", "matmul F32 AB", launch((_, compiled, launch) -> {
                    compiled.run(launch);
                    Operand out = launch.outputs().get(0);
                    memory(out).setAtIndex(ValueLayout.JAVA_FLOAT, out.layout().offset() - 1, 0);
                })),
                found("writes into an input", "reduce SUM F32", launch((_, compiled, launch) -> {
                    compiled.run(launch);
                    memory(launch.inputs().get(0)).setAtIndex(ValueLayout.JAVA_FLOAT, 64, 0);
                })),
                found("index out of range accepted", "gather index out of range", launch((_, compiled, launch) -> {
                    try {
                        compiled.run(launch);
                    } catch (InvalidArgument e) {
                        return;
                    }
                })),
                found("scatter forgets what was there", "scatter F32", launch((kernel, compiled, launch) -> {
                    Operand out = launch.outputs().get(0);
                    for (long i = 0; i < out.layout().shape().elementCount(); i++) {
                        memory(out)
                                .setAtIndex(ValueLayout.JAVA_FLOAT, out.layout().offset() + i, 0);
                    }
                    compiled.run(launch);
                })),
                found(
                        "copy of doubles as floats",
                        "copy F64",
                        backend -> BrokenBackend.kernels(
                                backend, k -> k instanceof Kernel.Copy ? new Kernel.Copy(DType.F32) : k)));
    }

    @TestFactory
    Stream<DynamicTest> structure() {
        return Stream.of(
                found("a long sum loses one element", "reduce SUM large", shortened(1, 20_000)),
                found(
                        "a NaN is skipped",
                        "reduce MAX F32 special values",
                        backend -> BrokenBackend.kernels(
                                backend,
                                k -> k instanceof Kernel.Reduce r
                                        ? new Kernel.Reduce(
                                                r.op(),
                                                r.body()
                                                        .eq(r.body())
                                                        .choose(
                                                                r.body(),
                                                                r.body().like(-1e30)),
                                                r.inputs(),
                                                r.params())
                                        : k)),
                found(
                        "argmin for argmax",
                        "reduce ARGMAX I32",
                        backend -> BrokenBackend.kernels(
                                backend,
                                k -> k instanceof Kernel.Reduce r
                                        ? new Kernel.Reduce(ReduceOp.ARGMIN, r.body(), r.inputs(), r.params())
                                        : k)),
                found("a product loses the last of many terms", "matmul F32 AB", shortened(1, 1000)),
                found(
                        "the epilogue is lost",
                        "matmul F64 ABᵀ epilogues",
                        backend -> BrokenBackend.kernels(
                                backend,
                                k -> k instanceof Kernel.MatMul m
                                                && m.epilogue().size() == 1
                                                && m.epilogue().get(0).dtype() == DType.F64
                                        ? new Kernel.MatMul(
                                                m.dtype(), List.of(Expr.input(0, m.dtype())), m.extras(), m.params())
                                        : k)),
                found("results differ from run to run", "repeat reduce", alternating()),
                found("a kernel keeps its launch in a field", "repeat map", shared()));
    }

    private static Function<Backend, Backend> alternating() {
        AtomicInteger runs = new AtomicInteger();
        return launch((_, compiled, launch) -> {
            compiled.run(launch);
            if (runs.incrementAndGet() % 2 == 0) {
                Operand out = launch.outputs().get(0);
                float value = memory(out)
                        .getAtIndex(ValueLayout.JAVA_FLOAT, out.layout().offset());
                memory(out).setAtIndex(ValueLayout.JAVA_FLOAT, out.layout().offset(), Math.nextUp(value));
            }
        });
    }

    private static Function<Backend, Backend> shared() {
        AtomicReference<Launch> field = new AtomicReference<>();
        return launch((_, compiled, launch) -> {
            field.set(launch);
            Thread.yield();
            compiled.run(field.get());
        });
    }
}
