package dev.tenrec.testkit.tensor;

import dev.tenrec.tensor.Tensor;
import dev.tenrec.testkit.tensor.HostArray.Form;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Random programs of tensor operations that share their intermediate results, computed beside each other on the host.
 * {@code -Dtenrec.expressions.seed} and {@code -Dtenrec.expressions.count} choose them. A failing program is shrunk:
 * steps that can go without the failure going are dropped.
 */
public final class RandomExpressions {

    private static final long SEED = 4711;
    private static final int COUNT = 120;
    private static final int STEPS = 14;

    private RandomExpressions() {}

    /**
     * One step: an operation on earlier values.
     *
     * @param operation which
     * @param left a number that picks the first operand among the values so far
     * @param right likewise for the second
     */
    private record Step(int operation, int left, int right) {}

    private record Program(long seed, List<Step> steps, List<Integer> read) {}

    /**
     * Makes the case.
     *
     * @return runs as many programs as the properties say
     */
    public static TensorCase testCase() {
        return new TensorCase("random expressions", () -> {
            long seed = Long.getLong("tenrec.expressions.seed", SEED);
            int count = Integer.getInteger("tenrec.expressions.count", COUNT);
            for (long s = seed; s < seed + count; s++) {
                Program program = make(s);
                String problem = problem(program);
                if (problem != null) {
                    Program small = shrink(program);
                    throw new AssertionError("random expression: wrong value\n  " + problem(small) + "\n  hint: run it"
                            + " again with -Dtenrec.expressions.seed=" + s + " -Dtenrec.expressions.count=1");
                }
            }
        });
    }

    private static Program make(long seed) {
        Random random = new Random(seed * 0x9E3779B97F4A7C15L);
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < STEPS; i++) {
            steps.add(new Step(random.nextInt(17), random.nextInt(1 << 20), random.nextInt(1 << 20)));
        }
        List<Integer> read = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            read.add(random.nextInt(1 << 20));
        }
        return new Program(seed, steps, read);
    }

    private static Program shrink(Program program) {
        Program smallest = program;
        boolean smaller = true;
        while (smaller) {
            smaller = false;
            for (int i = 0; i < smallest.steps.size(); i++) {
                List<Step> fewer = new ArrayList<>(smallest.steps);
                fewer.remove(i);
                Program candidate = new Program(program.seed, fewer, program.read);
                if (problem(candidate) != null) {
                    smallest = candidate;
                    smaller = true;
                    break;
                }
            }
        }
        return smallest;
    }

    /** A value on both sides and how it was made. */
    private record Value(Tensor tensor, HostArray host, String text) {}

    private static String problem(Program program) {
        Random random = new Random(program.seed);
        List<Value> values = new ArrayList<>();
        long[] shape = {1 + random.nextInt(4), 1 + random.nextInt(9), 1 + random.nextInt(5)};
        for (int i = 0; i < 4; i++) {
            long[] sizes = shape.clone();
            if (i >= 2) {
                sizes[random.nextInt(3)] = 1;
            }
            HostArray host = HostArray.between(program.seed + i, DType.F64, -2, 2, sizes);
            Form form = Form.values()[random.nextInt(Form.values().length)];
            values.add(new Value(
                    host.tensor(DType.F64, form), host, form + Shape.of(sizes).toString()));
        }
        for (Step step : program.steps) {
            values.add(next(step, values));
        }
        List<Value> checked = new ArrayList<>();
        program.read.forEach(number -> checked.add(values.get(number % values.size())));
        checked.add(values.getLast());
        for (Value value : checked) {
            try {
                value.host.assertEqualTo(value.tensor, 1e-8);
            } catch (RuntimeException | AssertionError e) {
                return value.text + "\n  " + e;
            }
        }
        return null;
    }

    private static Value next(Step step, List<Value> values) {
        Value a = values.get(step.left % values.size());
        Value b = values.get(step.right % values.size());
        if (!compatible(a, b)) {
            b = a;
        }
        HostArray x = a.host;
        HostArray y = b.host;
        int last = x.rank() - 1;
        return switch (step.operation) {
            case 0 -> binary("add", a, b, a.tensor.add(b.tensor), 0);
            case 1 -> binary("mul", a, b, a.tensor.mul(b.tensor).tanh(), 1);
            case 2 -> binary("sub", a, b, a.tensor.sub(b.tensor), 2);
            case 3 -> binary("max", a, b, a.tensor.maximum(b.tensor), 3);
            case 4 -> binary("where", a, b, a.tensor.gt(b.tensor).where(a.tensor, b.tensor), 3);
            case 5 -> unary("tanh", a, a.tensor.tanh(), x.map(Math::tanh));
            case 6 -> unary("sigmoid", a, a.tensor.sigmoid(), x.map(v -> 1 / (1 + Math.exp(-v))));
            case 7 -> unary("relu", a, a.tensor.relu(), x.map(v -> Math.max(v, 0)));
            case 8 -> unary("scaled", a, a.tensor.mul(0.5).add(0.25), x.map(v -> v * 0.5 + 0.25));
            case 9 -> unary("mean", a, a.tensor.mean(true, last), ReductionCases.reduced(x, true, e -> mean(e), last));
            case 10 -> unary("max", a, a.tensor.max(true, 0), ReductionCases.reduced(x, true, e -> largest(e), 0));
            case 11 ->
                unary("flip", a, a.tensor.flip(last), HostArray.generate(x.sizes(), i -> {
                    long[] at = i.clone();
                    at[last] = x.size(last) - 1 - i[last];
                    return x.at(at);
                }));
            case 12 -> unary("copy", a, a.tensor.transpose().materialize().transpose(), x);
            case 13 -> {
                HostArray transposed = x.permute(0, 2, 1);
                HostArray product = ProductCases.product(x, transposed);
                double scale = 1.0 / x.size(last);
                Tensor given = a.tensor.matmul(a.tensor.transpose()).mul(scale).tanh();
                HostArray square = product.map(v -> Math.tanh(v * scale));
                // Back to the common shape, so that later steps can use it.
                yield unary(
                        "matmul",
                        a,
                        given.mean(true, 1, 2).add(a.tensor),
                        HostArray.generate(
                                x.sizes(),
                                i -> x.at(i)
                                        + ReductionCases.reduced(square, true, e -> mean(e), 1, 2)
                                                .at(i[0], 0, 0)));
            }
            case 14 -> unary("abs", a, a.tensor.abs(), x.map(Math::abs));
            case 15 -> unary("stored", a, a.tensor.materialize(), x);
            default -> binary("fma", a, b, a.tensor.fma(b.tensor, a.tensor).mul(0.5), 4);
        };
    }

    private static double mean(double[] elements) {
        return java.util.stream.DoubleStream.of(elements).average().orElseThrow();
    }

    private static double largest(double[] elements) {
        return java.util.stream.DoubleStream.of(elements).max().orElseThrow();
    }

    private static boolean compatible(Value a, Value b) {
        for (int axis = 0; axis < 3; axis++) {
            long p = a.host.size(axis);
            long q = b.host.size(axis);
            if (p != q && p != 1 && q != 1) {
                return false;
            }
        }
        return true;
    }

    private static Value unary(String name, Value a, Tensor tensor, HostArray host) {
        return new Value(tensor, host, name + "(" + a.text + ")");
    }

    private static Value binary(String name, Value a, Value b, Tensor tensor, int formula) {
        Shape shape = Shape.broadcast("test", Shape.of(a.host.sizes()), Shape.of(b.host.sizes()));
        HostArray host = HostArray.generate(shape.sizes(), i -> {
            double x = a.host.broadcastAt(i);
            double y = b.host.broadcastAt(i);
            return switch (formula) {
                case 0 -> x + y;
                case 1 -> Math.tanh(x * y);
                case 2 -> x - y;
                case 3 -> Math.max(x, y);
                default -> (x * y + x) * 0.5;
            };
        });
        return new Value(tensor, host, name + "(" + a.text + ", " + b.text + ")");
    }
}
