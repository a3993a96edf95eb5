package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tenrec.backend.Operand;
import dev.tenrec.cpu.Binding.View;
import dev.tenrec.cpu.Program.Code;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.Ops;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Fused loops against the loops per primitive, bit for bit. */
class FusedLoopTest {
    private static final DType[] ARITHMETIC = {DType.F32, DType.F64, DType.I32, DType.I64, DType.BOOL};

    @BeforeEach
    void needsVectors() {
        assumeFalse(CpuVector.scalar(), "the scalar backend has no fused loops");
    }

    private static ProgramBuilder.Source source(List<Expr> roots, List<Operand> inputs, int params) {
        return ProgramBuilder.Source.of(new Kernel.Map(roots, Fixture.specs(inputs), params));
    }

    /** Runs both programs; returns whether there is a fused one. */
    private static boolean compare(
            Fixture fixture, String what, Shape space, List<Expr> roots, List<Operand> inputs, long... params) {
        ProgramBuilder.Source source = source(roots, inputs, params.length);
        Program fused = ProgramBuilder.fused(source);
        if (fused == null) {
            return false;
        }
        List<Operand> expected = run(fixture, ProgramBuilder.separate(source), space, roots, inputs, params);
        List<Operand> actual = run(fixture, fused, space, roots, inputs, params);
        for (int i = 0; i < roots.size(); i++) {
            Fixture.checkGuards(actual.get(i), what);
            for (long flat = 0; flat < space.elementCount(); flat++) {
                long want = canonical(
                        Fixture.read(expected.get(i), flat), roots.get(i).dtype());
                long got = canonical(
                        Fixture.read(actual.get(i), flat), roots.get(i).dtype());
                long at = flat;
                assertEquals(want, got, () -> what + " at " + at + " of " + space + ": " + roots);
            }
        }
        return true;
    }

    /** Which NaN it is may depend on how the compiler orders operands. */
    private static long canonical(long value, DType dtype) {
        return dtype.isFloating() ? Double.doubleToLongBits(Double.longBitsToDouble(value)) : value;
    }

    private static List<Operand> run(
            Fixture fixture, Program program, Shape space, List<Expr> roots, List<Operand> inputs, long... params) {
        List<Operand> outputs = new ArrayList<>();
        roots.forEach(root -> outputs.add(fixture.blank(root.dtype(), Fixture.guarded(space))));
        Binding binding = new Binding(
                program,
                space,
                inputs.stream().map(View::of).toList(),
                outputs.stream().map(View::of).toList(),
                params);
        try (Block block = new Block(binding, new ScratchPool(1), space.elementCount())) {
            block.evaluateRange(0, space.elementCount());
        }
        return outputs;
    }

    @Test
    void everyOperationOnEveryType() {
        int fused = 0;
        try (Fixture fixture = new Fixture(1, 1)) {
            for (ElementwiseOp op : Ops.all()) {
                for (DType dtype : ARITHMETIC) {
                    if (op.accepts().test(dtype)) {
                        fused += operation(fixture, op, dtype) ? 1 : 0;
                    }
                }
            }
        }
        assertTrue(fused > 150, fused + " operations are fused");
    }

    @Test
    void everyGradient() {
        int fused = 0;
        try (Fixture fixture = new Fixture(1, 2)) {
            for (ElementwiseOp op : Ops.all()) {
                for (DType dtype : List.of(DType.F32, DType.F64)) {
                    for (int operand = 0; op.accepts().test(dtype) && operand < op.arity(); operand++) {
                        var gradient = op.gradient(operand, op.operandTypes(dtype));
                        if (gradient.isPresent()) {
                            fused += operation(fixture, gradient.get().op(), dtype) ? 1 : 0;
                        }
                    }
                }
            }
        }
        assertTrue(fused > 80, fused + " gradients are fused");
    }

    private static boolean operation(Fixture fixture, ElementwiseOp op, DType dtype) {
        DType[] types = op.operandTypes(dtype);
        Expr expr = op.expression(types);
        DType scalarType = op.principalType(types);
        long[] params = Arrays.stream(op.sampleScalars())
                .mapToLong(value -> scalarType.isFloating()
                        ? Double.doubleToRawLongBits(scalarType == DType.F32 ? (float) value : value)
                        : (long) value)
                .toArray();
        boolean fused = false;
        for (Shape space : List.of(Shape.of(5), Shape.of(2117), Shape.of(37, 31))) {
            List<Operand> inputs = new ArrayList<>();
            for (DType type : types) {
                Layout layout = space.rank() == 2 ? fixture.layout(space) : Layout.dense(space);
                inputs.add(fixture.operand(type, layout));
            }
            fused = compare(fixture, op.name() + " " + dtype, space, List.of(expr), inputs, params);
        }
        return fused;
    }

    @Test
    void everyConversion() {
        try (Fixture fixture = new Fixture(1, 3)) {
            for (DType from : DType.values()) {
                for (DType to : DType.values()) {
                    Shape space = Shape.of(1500);
                    Operand input = fixture.operand(from, fixture.layout(space));
                    Expr cast = Expr.input(0, from).cast(to);
                    compare(fixture, from + " to " + to, space, List.of(cast, cast.cast(from)), List.of(input));
                }
            }
        }
    }

    @Test
    void randomExpressions() {
        int fused = 0;
        for (int seed = 0; seed < 300; seed++) {
            try (Fixture fixture = new Fixture(1, seed)) {
                Random random = fixture.random;
                Shape space = fixture.shape(4000);
                List<Operand> inputs = new ArrayList<>();
                List<Expr> pool = new ArrayList<>();
                for (int i = 0; i < 1 + random.nextInt(4); i++) {
                    DType dtype = ARITHMETIC[random.nextInt(5)];
                    inputs.add(fixture.operand(dtype, fixture.layout(space)));
                    pool.add(Expr.input(i, dtype));
                }
                DType paramType = ARITHMETIC[random.nextInt(5)];
                pool.add(Expr.param(0, paramType));
                pool.add(Expr.constant(ARITHMETIC[random.nextInt(5)], random.nextInt(5)));
                pool.add(Expr.index(random.nextInt(space.rank() + 1) - 1));
                MapTest.grow(pool, random, 2 + random.nextInt(40), ScalarOp.values());
                List<Expr> roots = new ArrayList<>();
                for (int i = 0; i < 1 + random.nextInt(3); i++) {
                    roots.add(pool.get(Math.max(0, pool.size() - 1 - random.nextInt(4))));
                }
                long param = fixture.randomValue(paramType);
                fused += compare(fixture, "seed " + seed, space, roots, inputs, param) ? 1 : 0;
            }
        }
        assertTrue(fused > 200, fused + " of 300 are fused");
    }

    @Test
    void anExpressionTooLongForOneLoopIsCut() {
        try (Fixture fixture = new Fixture(1, 4)) {
            Shape space = Shape.of(2500);
            Operand x = fixture.operand(DType.F32, Layout.dense(space));
            Expr expr = Expr.input(0, DType.F32);
            for (int i = 0; i < 12; i++) {
                expr = expr.tanh().add(expr.mul(0.5)).exp().log();
            }
            List<Expr> roots = List.of(expr, expr.lt(0.25));
            assertTrue(compare(fixture, "long", space, roots, List.of(x)));
            Program fused = ProgramBuilder.fused(source(roots, List.of(x), 0));
            assertTrue(fused.instructions().length > 3);
        }
    }

    @Test
    void writesOverAnInput() {
        try (Fixture fixture = new Fixture(1, 5)) {
            Shape space = Shape.of(3, 1111);
            Expr a = Expr.input(0, DType.F32);
            Expr b = Expr.input(1, DType.F32);
            List<Expr> roots = List.of(a.mul(b).tanh(), a.add(b).mul(a));
            Operand x = fixture.operand(DType.F32, Layout.dense(space));
            Operand y = fixture.operand(DType.F32, Layout.dense(space));
            Operand second = fixture.blank(DType.F32, Fixture.guarded(space));
            ProgramBuilder.Source source = source(roots, List.of(x, y), 0);
            List<Operand> expected = run(fixture, ProgramBuilder.separate(source), space, roots, List.of(x, y));
            Binding binding = new Binding(
                    ProgramBuilder.fused(source),
                    space,
                    List.of(View.of(x), View.of(y)),
                    List.of(View.of(x), View.of(second)),
                    new long[0]);
            try (Block block = new Block(binding, new ScratchPool(1), space.elementCount())) {
                block.evaluateRange(0, space.elementCount());
            }
            for (long flat = 0; flat < space.elementCount(); flat++) {
                assertEquals(Fixture.read(expected.get(0), flat), Fixture.read(x, flat));
                assertEquals(Fixture.read(expected.get(1), flat), Fixture.read(second, flat));
            }
        }
    }

    @Test
    void takesOverInTheBackgroundAndIsUnloadedWithItsProgram() throws Exception {
        assumeTrue(CodegenMode.CURRENT == CodegenMode.ON);
        // Emulated vectors are never fast, and fused loops then rightly not taken.
        assumeTrue(CpuVector.BITS <= FloatVector.SPECIES_PREFERRED.vectorBitSize());
        WeakReference<Class<?>> loop = runUntilFused();
        for (int i = 0; i < 100 && loop.get() != null; i++) {
            System.gc();
            Thread.sleep(50);
        }
        assertTrue(loop.refersTo(null), "the loop's class is still loaded");
    }

    private static WeakReference<Class<?>> runUntilFused() throws Exception {
        try (Fixture fixture = new Fixture(1, 6)) {
            Shape space = Shape.of(300_000);
            Operand x = fixture.operand(DType.F32, Layout.dense(space));
            Expr a = Expr.input(0, DType.F32);
            List<Expr> roots = List.of(a.mul(3).tanh().add(a.mul(a)).mul(0.5));
            Program program = ProgramBuilder.build(new Kernel.Map(roots, Fixture.specs(List.of(x)), 0));
            List<Operand> before = run(fixture, program, space, roots, List.of(x));
            assertFalse(program.isFused());
            long deadline = System.nanoTime() + 60_000_000_000L;
            while (!program.isFused() && System.nanoTime() < deadline) {
                program.launch(space.elementCount());
                Thread.sleep(5);
            }
            assertTrue(program.isFused(), "still not fused after a minute");
            List<Operand> after = run(fixture, program, space, roots, List.of(x));
            assertEquals(-1, Fixture.memory(before.get(0)).mismatch(Fixture.memory(after.get(0))));
            Program fused = program.launch(1);
            Class<?> code = Arrays.stream(fused.instructions())
                    .filter(i -> i.code() == Code.LOOP)
                    .findFirst()
                    .orElseThrow()
                    .loop()
                    .getClass();
            assertTrue(code.isHidden());
            assertNotNull(code);
            return new WeakReference<>(code);
        }
    }
}
