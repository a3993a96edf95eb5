package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Interpreter;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Maps against the interpreter. */
class MapTest {
    private static final DType[] ARITHMETIC = {DType.F32, DType.F64, DType.I32, DType.I64, DType.BOOL};
    private static final int[] LENGTHS = {1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 1023, 1024, 1025, 3000};

    /** The exactly rounded primitives. */
    private static final ScalarOp[] EXACT =
            Arrays.stream(ScalarOp.values()).filter(op -> op.ulps() <= 0.5).toArray(ScalarOp[]::new);

    /** Runs the expressions on the backend and compares every element. */
    static void check(
            Fixture fixture,
            String what,
            double ulps,
            Shape space,
            List<Expr> roots,
            List<Operand> inputs,
            long... params) {
        List<Operand> outputs = new ArrayList<>();
        for (Expr root : roots) {
            outputs.add(fixture.blank(root.dtype(), Fixture.guarded(space)));
        }
        fixture.run(
                new Kernel.Map(roots, Fixture.specs(inputs), params.length),
                space,
                space.rank(),
                inputs,
                outputs,
                params);
        compare(what, ulps, space, roots, inputs, outputs, params);
        outputs.forEach(output -> Fixture.checkGuards(output, what));
    }

    static void compare(
            String what,
            double ulps,
            Shape space,
            List<Expr> roots,
            List<Operand> inputs,
            List<Operand> outputs,
            long... params) {
        Interpreter interpreter = new Interpreter(roots);
        for (long flat = 0; flat < space.elementCount(); flat++) {
            interpreter.evaluate(environment(space, inputs, params, flat));
            for (int i = 0; i < roots.size(); i++) {
                long expected = interpreter.result(i);
                long actual = Fixture.read(outputs.get(i), flat);
                DType dtype = roots.get(i).dtype();
                if (dtype.isFloating()) {
                    double x = Double.longBitsToDouble(expected);
                    double y = Double.longBitsToDouble(actual);
                    double distance = Fixture.ulps(dtype == DType.F64 ? dtype : DType.F32, x, y);
                    assertTrue(
                            distance <= ulps,
                            () -> what + " " + space + ": expected " + x + ", got " + y + ", " + distance + " ulp; "
                                    + roots
                                    + inputs.stream().map(Operand::layout).toList());
                } else {
                    assertEquals(expected, actual, () -> what + " " + space + " " + roots);
                }
            }
        }
    }

    static Interpreter.Environment environment(Shape space, List<Operand> inputs, long[] params, long flat) {
        return new Interpreter.Environment() {
            @Override
            public long input(int index) {
                return Fixture.read(inputs.get(index), flat);
            }

            @Override
            public long param(int index) {
                return params[index];
            }

            @Override
            public long index(int axis) {
                if (axis == Expr.Index.FLAT) {
                    return flat;
                }
                long inner = 1;
                for (int i = axis + 1; i < space.rank(); i++) {
                    inner *= space.size(i);
                }
                return flat / inner % space.size(axis);
            }
        };
    }

    @Test
    void everyPrimitiveOnEveryTypeAndLength() {
        try (Fixture fixture = new Fixture(2, 1)) {
            for (ScalarOp op : ScalarOp.values()) {
                for (DType dtype : ARITHMETIC) {
                    if (!op.accepts(dtype)) {
                        continue;
                    }
                    List<Expr> args = new ArrayList<>();
                    for (int i = 0; i < op.arity(); i++) {
                        args.add(Expr.input(i, dtype));
                    }
                    for (int n : LENGTHS) {
                        Shape space = Shape.of(n);
                        List<Operand> inputs = new ArrayList<>();
                        for (int i = 0; i < op.arity(); i++) {
                            inputs.add(fixture.operand(dtype, fixture.layout(space)));
                        }
                        // The interpreter rounds once more than the bound counts from the exact value.
                        double bound = op.ulps() <= 0.5 ? 0 : op.ulps();
                        check(fixture, op + " " + dtype, bound, space, List.of(Expr.apply(op, args)), inputs);
                    }
                }
            }
        }
    }

    @Test
    void everyConversion() {
        try (Fixture fixture = new Fixture(2, 2)) {
            for (DType from : DType.values()) {
                for (DType to : DType.values()) {
                    for (int n : new int[] {5, 1024, 1500}) {
                        Shape space = Shape.of(n);
                        Operand input = fixture.operand(from, fixture.layout(space));
                        Expr cast = Expr.input(0, from).cast(to);
                        check(fixture, from + " to " + to, 0, space, List.of(cast), List.of(input));
                    }
                }
            }
        }
    }

    @Test
    void randomExpressions() {
        for (int seed = 0; seed < 400; seed++) {
            try (Fixture fixture = new Fixture(1 + seed % 3, seed)) {
                Random random = fixture.random;
                Shape space = fixture.shape(5000);
                List<Operand> inputs = new ArrayList<>();
                List<Expr> pool = new ArrayList<>();
                for (int i = 0; i < 1 + random.nextInt(4); i++) {
                    DType dtype = ARITHMETIC[random.nextInt(5)];
                    inputs.add(fixture.operand(dtype, fixture.layout(space)));
                    pool.add(Expr.input(i, dtype));
                }
                DType paramType = ARITHMETIC[random.nextInt(5)];
                pool.add(Expr.param(0, paramType));
                pool.add(Expr.constant(ARITHMETIC[random.nextInt(4)], random.nextInt(5)));
                pool.add(Expr.index(random.nextInt(space.rank() + 1) - 1));
                grow(pool, random, 2 + random.nextInt(20), EXACT);
                List<Expr> roots = new ArrayList<>();
                for (int i = 0; i < 1 + random.nextInt(3); i++) {
                    roots.add(pool.get(Math.max(0, pool.size() - 1 - random.nextInt(4))));
                }
                check(fixture, "seed " + seed, 0, space, roots, inputs, fixture.randomValue(paramType));
            }
        }
    }

    /** Adds random expressions of some primitives. */
    static void grow(List<Expr> pool, Random random, int count, ScalarOp[] ops) {
        while (count > 0) {
            Expr a = pool.get(random.nextInt(pool.size()));
            if (random.nextInt(6) == 0) {
                pool.add(a.cast(ARITHMETIC[random.nextInt(5)]));
                count--;
                continue;
            }
            List<Expr> same = pool.stream().filter(e -> e.dtype() == a.dtype()).toList();
            List<Expr> conditions =
                    pool.stream().filter(e -> e.dtype() == DType.BOOL).toList();
            if (random.nextInt(4) == 0 && !conditions.isEmpty()) {
                Expr condition = conditions.get(conditions.size() - 1 - random.nextInt(Math.min(2, conditions.size())));
                pool.add(Expr.select(condition, a, same.get(random.nextInt(same.size()))));
                count--;
                continue;
            }
            ScalarOp op = ops[random.nextInt(ops.length)];
            if (!op.accepts(a.dtype())) {
                continue;
            }
            List<Expr> args = new ArrayList<>(List.of(a));
            while (args.size() < op.arity()) {
                args.add(same.get(random.nextInt(same.size())));
            }
            pool.add(Expr.apply(op, args));
            count--;
        }
    }

    @Test
    void writesOverAnInput() {
        try (Fixture fixture = new Fixture(2, 3)) {
            Shape space = Shape.of(3, 1111);
            Operand x = fixture.operand(DType.F32, Layout.dense(space));
            Operand y = fixture.operand(DType.F32, Layout.dense(space));
            Operand before = fixture.operand(DType.F32, Layout.dense(space));
            Fixture.memory(before).copyFrom(Fixture.memory(x));
            Expr a = Expr.input(0, DType.F32);
            Expr b = Expr.input(1, DType.F32);
            // The first output is x itself and is ready before the second has read x.
            List<Expr> roots = List.of(a.mul(b), a.add(b).mul(a));
            Operand second = fixture.blank(DType.F32, Fixture.guarded(space));
            Kernel map = new Kernel.Map(roots, Fixture.specs(List.of(x, y)), 0);
            fixture.run(map, space, 2, List.of(x, y), List.of(x, second));
            compare("in place", 0, space, roots, List.of(before, y), List.of(x, second));
        }
    }

    @Test
    void writesIntoAStridedOutput() {
        try (Fixture fixture = new Fixture(2, 4)) {
            Shape space = Shape.of(37, 53);
            Operand x = fixture.operand(DType.F64, Layout.dense(space));
            Operand out = fixture.blank(
                    DType.F64, Layout.dense(Shape.of(53, 40)).permute(1, 0).slice(0, 2, 37, 1));
            List<Expr> roots = List.of(Expr.input(0, DType.F64).add(1));
            fixture.run(new Kernel.Map(roots, Fixture.specs(List.of(x)), 0), space, 2, List.of(x), List.of(out));
            compare("strided", 0, space, roots, List.of(x), List.of(out));
        }
    }

    @Test
    void sameBitsForAnyNumberOfThreads() {
        Shape space = Shape.of(301, 1009);
        byte[][] results = new byte[3][];
        int[] threads = {1, 2, 8};
        for (int i = 0; i < 3; i++) {
            try (Fixture fixture = new Fixture(threads[i], 5)) {
                Operand x = fixture.operand(DType.F32, Layout.dense(space));
                Operand bias = fixture.operand(DType.F32, Layout.of(space, new long[] {0, 1}, 0));
                Expr a = Expr.input(0, DType.F32).add(Expr.input(1, DType.F32));
                Expr root = a.tanh().mul(a.exp()).add(a.erf());
                Operand out = fixture.blank(DType.F32, Fixture.guarded(space));
                Kernel map = new Kernel.Map(List.of(root), Fixture.specs(List.of(x, bias)), 0);
                fixture.run(map, space, 2, List.of(x, bias), List.of(out));
                results[i] = Fixture.memory(out).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
            }
        }
        assertTrue(Arrays.equals(results[0], results[1]));
        assertTrue(Arrays.equals(results[0], results[2]));
    }
}
