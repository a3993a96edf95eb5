package dev.tenrec.testkit.kernel;

import dev.tenrec.backend.Backend;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Exprs;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.testkit.Tolerance;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * A random map kernel with its operands. The values of an input depend on the seed and on its number alone, so that they
 * stay while the graph shrinks around them.
 *
 * @param seed what made it
 * @param outputs the expressions
 * @param space the iteration space
 * @param types element type of each input
 * @param views layout of each input
 */
public record Graph(long seed, List<Expr> outputs, Shape space, List<DType> types, List<View> views) {

    private static final int MAX_NODES = 24;
    private static final int PARAMS = 2;

    /** Makes the lists immutable. */
    public Graph {
        outputs = List.copyOf(outputs);
        types = List.copyOf(types);
        views = List.copyOf(views);
    }

    /**
     * Makes a graph.
     *
     * @param seed which
     * @param arithmetic types it may compute in
     * @return always the same for the same arguments
     */
    public static Graph random(long seed, Set<DType> arithmetic) {
        Random random = new Random(seed * 0x9E3779B97F4A7C15L);
        List<DType> usable = MapCases.arithmetic(arithmetic.toArray(DType[]::new)).stream()
                .sorted()
                .toList();
        Shape space = shape(random);
        List<DType> types = new ArrayList<>();
        List<View> views = new ArrayList<>();
        List<Expr> pool = new ArrayList<>();
        int inputs = 1 + random.nextInt(4);
        for (int i = 0; i < inputs; i++) {
            DType dtype = random.nextInt(3) == 0 ? DType.values()[random.nextInt(8)] : pick(random, usable);
            types.add(dtype);
            views.add(View.values()[random.nextInt(View.values().length)]);
            Expr input = Expr.input(i, dtype);
            pool.add(dtype.isArithmetic() && usable.contains(dtype) ? input : input.cast(pick(random, usable)));
        }
        for (int i = 0; i < PARAMS; i++) {
            pool.add(Expr.param(i, paramType(i, usable)));
        }
        pool.add(Expr.constant(pick(random, usable), random.nextInt(7) - 3));
        if (usable.contains(DType.I64)) {
            pool.add(Expr.index(random.nextInt(space.rank() + 1) - 1));
        }
        int nodes = 2 + random.nextInt(MAX_NODES);
        for (int i = 0; i < nodes; i++) {
            pool.add(grow(random, pool, usable));
        }
        List<Expr> outputs = new ArrayList<>();
        outputs.add(pool.get(pool.size() - 1));
        for (int i = random.nextInt(3); i > 0; i--) {
            outputs.add(pool.get(pool.size() - 1 - random.nextInt(nodes)));
        }
        return new Graph(seed, outputs, space, types, views);
    }

    private static DType paramType(int index, List<DType> usable) {
        return usable.get(index % usable.size());
    }

    private static <T> T pick(Random random, List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private static Shape shape(Random random) {
        long[] sizes = new long[random.nextInt(5)];
        long budget = 3000;
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = 1 + random.nextInt((int) Math.min(budget, random.nextBoolean() ? 5 : 40));
            budget = Math.max(budget / sizes[i], 1);
        }
        return Shape.of(sizes);
    }

    private static Expr grow(Random random, List<Expr> pool, List<DType> usable) {
        Expr a = recent(random, pool);
        return switch (random.nextInt(10)) {
            case 0 -> a.cast(pick(random, usable));
            case 1 -> {
                Expr b = match(random, pool, a.dtype());
                Expr condition = a.dtype() == DType.BOOL ? a : a.lt(b);
                Expr value = recent(random, pool);
                yield condition.choose(value, match(random, pool, value.dtype()));
            }
            default -> {
                List<ScalarOp> ops = new ArrayList<>();
                for (ScalarOp op : ScalarOp.values()) {
                    boolean compares = op == ScalarOp.LT || op == ScalarOp.LE || op == ScalarOp.EQ;
                    if (op.accepts(a.dtype()) && (!compares || usable.contains(DType.BOOL))) {
                        ops.add(op);
                    }
                }
                ScalarOp op = pick(random, ops);
                List<Expr> args = new ArrayList<>(List.of(a));
                while (args.size() < op.arity()) {
                    args.add(match(random, pool, a.dtype()));
                }
                yield Expr.apply(op, args);
            }
        };
    }

    private static Expr recent(Random random, List<Expr> pool) {
        int from = Math.max(0, pool.size() - 6);
        return random.nextBoolean() ? pick(random, pool) : pool.get(from + random.nextInt(pool.size() - from));
    }

    private static Expr match(Random random, List<Expr> pool, DType dtype) {
        List<Expr> same = pool.stream().filter(expr -> expr.dtype() == dtype).toList();
        return random.nextInt(6) == 0 ? Expr.constant(dtype, random.nextInt(5) - 2) : pick(random, same);
    }

    /**
     * Returns the number of expression nodes.
     *
     * @return operands and constants included
     */
    public int size() {
        return Exprs.topological(outputs).size();
    }

    /**
     * Runs it.
     *
     * @param backend what is tested
     * @param tolerance how far it may be off
     * @return what is wrong, or empty
     */
    public Optional<String> problem(Backend backend, Tolerance tolerance) {
        List<DType> usable = MapCases.arithmetic(
                        backend.capabilities().arithmetic().toArray(DType[]::new))
                .stream()
                .sorted()
                .toList();
        try (Rig rig = new Rig(backend, tolerance)) {
            List<TestOperand> in = new ArrayList<>();
            for (int i = 0; i < types.size(); i++) {
                in.add(rig.input(types.get(i), space, views.get(i), values(i)));
            }
            List<TestOperand> out = new ArrayList<>();
            for (Expr expr : outputs) {
                out.add(rig.output(expr.dtype(), space, View.CONTIGUOUS));
            }
            long[] params = new long[PARAMS];
            for (int i = 0; i < PARAMS; i++) {
                params[i] = Samples.scalar(i + 0.75, paramType(i, usable));
            }
            rig.map(outputs, space, in, out, params);
            return Optional.empty();
        } catch (AssertionError | RuntimeException e) {
            return Optional.of(e instanceof AssertionError ? e.getMessage() : e.toString());
        }
    }

    /** One value in sixteen is special. */
    private Samples values(int input) {
        Random random = new Random(seed ^ (input + 1) * 0x5851F42D4C957F2DL);
        Samples usual = Samples.uniform(-4, 4, random.nextLong());
        return dtype -> {
            long[] specials = Samples.specials(dtype);
            return random.nextInt(16) == 0 ? specials[random.nextInt(specials.length)] : usual.next(dtype);
        };
    }

    /** Returns the expressions, the space and the operands. */
    @Override
    public String toString() {
        return outputs.stream().map(Rig::shorten).toList() + " over " + space + ", inputs " + types + " " + views;
    }
}
