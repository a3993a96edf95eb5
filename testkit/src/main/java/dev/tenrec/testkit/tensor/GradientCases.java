package dev.tenrec.testkit.tensor;

import dev.tenrec.op.Domain;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.Ops;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.testkit.TensorGradientCheck;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** The gradient of every differentiable operation and method, to second order, broadcast and through views. */
public final class GradientCases {

    private GradientCases() {}

    /**
     * Makes the cases.
     *
     * @return of the registry, then of methods
     */
    public static List<TensorCase> all() {
        List<TensorCase> cases = new ArrayList<>();
        for (ElementwiseOp op : Ops.all()) {
            if (op.accepts().test(DType.F64) && op.arity() > 0) {
                cases.add(new TensorCase("gradient of " + op.name(), () -> operation(op)));
            }
        }
        one(cases, "sum", x -> x.sum(0, 2));
        one(cases, "sum keepDims", x -> x.sum(true, 1).mul(x));
        one(cases, "mean", x -> x.mean().mul(x));
        one(cases, "prod", x -> x.prod(1));
        one(cases, "prod of all", Tensor::prod);
        one(cases, "max", x -> x.max(2));
        one(cases, "min", x -> x.min(true, 0, 1));
        one(cases, "var", x -> x.var(1));
        one(cases, "std", x -> x.std(0, true, 0, 2));
        one(cases, "norm", x -> x.norm(2));
        one(cases, "norm 1", x -> x.norm(1, false, 1));
        one(cases, "norm 3", x -> x.norm(3, true, 1));
        one(cases, "norm infinite", x -> x.norm(Double.POSITIVE_INFINITY, false, 0));
        one(cases, "logSumExp", x -> x.logSumExp(1, 2));
        one(cases, "softmax", x -> x.softmax(1));
        one(cases, "logSoftmax", x -> x.logSoftmax(-1));
        one(cases, "cumsum", x -> x.cumsum(1).square());
        one(cases, "sumTo", x -> x.sumTo(Shape.of(3, 1)).square());
        one(cases, "reshape", x -> x.reshape(4, 6).square());
        one(
                cases,
                "flatten, transpose, permute",
                x -> x.transpose(0, 2).permute(1, 2, 0).flatten(1).square());
        one(cases, "slice", x -> x.slice(2, 3, Long.MIN_VALUE, -2).square());
        one(cases, "select", x -> x.select(1, 2).square());
        one(cases, "expand", x -> x.select(0, 1).unsqueeze(0).expand(3, 3, 4).square());
        one(cases, "flip", x -> x.flip(1).mul(x));
        one(cases, "pad", x -> x.pad(1, 2, 1, 0.5).square());
        one(cases, "concat", x -> Tensor.concat(1, x, x.square(), x).square());
        one(cases, "stack", x -> Tensor.stack(1, x, x.exp()).square());
        one(cases, "split", x -> x.split(2, 3)[1].mul(x.split(2, new long[] {1, 3})[0]));
        one(
                cases,
                "gather",
                x -> x.gather(2, Tensor.of(new int[] {3, 0, 3, 1}, 1, 1, 4)).square());
        one(
                cases,
                "indexSelect",
                x -> x.indexSelect(1, Tensor.of(new long[] {2, 2, 0, 1}, 2, 2)).square());
        two(
                cases,
                "scatterAdd",
                (x, y) -> x.scatterAdd(1, Tensor.of(new int[] {2, 0, 2}, 1, 3, 1), y)
                        .square());
        two(
                cases,
                "scatter",
                (x, y) ->
                        x.scatter(1, Tensor.of(new int[] {2, 0, 2}, 1, 3, 1), y).square());
        one(cases, "sort", x -> x.sort(2, true).values().mul(x));
        one(cases, "topK", x -> x.topK(2, 1).values().square());
        one(cases, "cast", x -> x.to(DType.F64).mul(x));
        one(cases, "detach", x -> x.mul(x.detach()).sub(x.detach().mul(x)).add(x));
        one(cases, "shared subexpressions", x -> {
            Tensor y = x.exp();
            Tensor z = y.mul(y).add(y);
            return z.mul(z).add(y.sin());
        });
        two(cases, "matmul", (x, y) -> x.matmul(y.transpose()).tanh());
        two(
                cases,
                "matmul of views",
                (x, y) -> x.slice(2, 0, 4, 2).matmul(y.flip(1).slice(1, 1, 3)));
        two(cases, "matmul broadcast", (x, y) -> x.matmul(y.select(0, 1).transpose()));
        two(cases, "matmul broadcast batch", (x, y) -> x.select(0, 0).matmul(y.transpose()));
        two(cases, "matmul vectors", (x, y) -> x.matmul(y.select(0, 0).select(0, 1)));
        two(cases, "matmul of a vector", (x, y) -> x.select(0, 0).select(0, 1).matmul(y.transpose()));
        two(cases, "dot", (x, y) -> x.flatten().dot(y.flatten()).square());
        two(cases, "where", (x, y) -> x.gt(y.detach()).where(x.mul(y), y.square()));
        two(
                cases,
                "network",
                (x, y) -> x.reshape(6, 4)
                        .matmul(y.reshape(6, 4).transpose())
                        .add(y.select(0, 0).select(0, 0).sum())
                        .gelu()
                        .softmax(1)
                        .log()
                        .mean());
        return cases;
    }

    private interface Two {
        Tensor apply(Tensor x, Tensor y);
    }

    private static void one(List<TensorCase> cases, String name, UnaryOperator<Tensor> function) {
        cases.add(new TensorCase(
                "gradient of " + name,
                () -> TensorGradientCheck.check(values -> function.apply(values[0]), sample(2, 2, 3, 4))));
    }

    private static void two(List<TensorCase> cases, String name, Two function) {
        cases.add(new TensorCase(
                "gradient of " + name,
                () -> TensorGradientCheck.check(
                        values -> function.apply(values[0], values[1]), sample(3, 2, 3, 4), sample(4, 2, 3, 4))));
    }

    /** Distinct numbers, so that orders and extremes do not change within a step. */
    private static Tensor sample(long seed, long... sizes) {
        Random random = new Random(seed);
        int count = (int) Shape.of(sizes).elementCount();
        List<Double> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(0.3 + 0.08 * i + 0.01 * random.nextDouble());
        }
        java.util.Collections.shuffle(values, random);
        return Tensor.of(values.stream().mapToDouble(v -> v).toArray(), sizes);
    }

    private static void operation(ElementwiseOp op) {
        DType[] types = op.operandTypes(DType.F64);
        long[][] shapes = {{3, 4}, {4}, {3, 1}};
        Tensor[] inputs = new Tensor[types.length];
        Random random = new Random(op.name().hashCode());
        for (int i = 0; i < inputs.length; i++) {
            boolean real = types[i].isFloating();
            Domain domain = op.domain();
            HostArray array = HostArray.generate(shapes[i], _ -> {
                double value;
                do {
                    value = real
                            ? domain.low() + random.nextDouble() * (domain.high() - domain.low())
                            : random.nextInt(2);
                } while (real && !domain.isSmoothAt(value, 0.02));
                return value;
            });
            inputs[i] = array.tensor(types[i]);
        }
        Function<Tensor[], Tensor> function = values -> {
            Tensor result = Tensor.apply(op, op.sampleScalars(), values);
            return result.dtype().isFloating() ? result : result.to(DType.F64);
        };
        TensorGradientCheck.check(function, inputs);
    }
}
