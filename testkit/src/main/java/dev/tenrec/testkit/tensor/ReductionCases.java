package dev.tenrec.testkit.tensor;

import dev.tenrec.tensor.Tensor;
import dev.tenrec.testkit.tensor.HostArray.Form;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/** Reductions over every choice of axes, and what is composed of them. */
public final class ReductionCases {

    private static final long[][] SHAPES = {{}, {1}, {17}, {3, 5}, {4, 1, 3}, {2, 3, 2, 5}, {3, 0}, {1, 1}};

    private ReductionCases() {}

    private interface Reduction {
        Tensor of(Tensor x, boolean keepDims, int... axes);
    }

    /** What is computed of the elements that are reduced together. */
    interface Formula {
        double of(double[] elements);
    }

    /**
     * Makes the cases.
     *
     * @return one per reduction, then softmax, logSoftmax and cumsum
     */
    public static List<TensorCase> all() {
        List<TensorCase> cases = new ArrayList<>();
        List<DType> numeric = List.of(DType.F32, DType.F64, DType.I32, DType.I64);
        List<DType> floating = List.of(DType.F32, DType.F64);
        add(cases, "sum", numeric, true, Tensor::sum, e -> DoubleStream.of(e).sum());
        add(cases, "prod", floating, true, Tensor::prod, e -> DoubleStream.of(e).reduce(1, (a, b) -> a * b));
        add(cases, "mean", floating, true, Tensor::mean, e -> DoubleStream.of(e).sum() / e.length);
        add(
                cases,
                "max",
                numeric,
                false,
                Tensor::max,
                e -> DoubleStream.of(e).max().orElseThrow());
        add(
                cases,
                "min",
                numeric,
                false,
                Tensor::min,
                e -> DoubleStream.of(e).min().orElseThrow());
        add(cases, "norm", floating, true, (x, keep, axes) -> x.norm(2, keep, axes), e -> norm(e, 2));
        add(cases, "norm 1", floating, true, (x, keep, axes) -> x.norm(1, keep, axes), e -> norm(e, 1));
        add(cases, "norm 3", floating, true, (x, keep, axes) -> x.norm(3, keep, axes), e -> norm(e, 3));
        add(
                cases,
                "norm infinite",
                floating,
                false,
                (x, keep, axes) -> x.norm(Double.POSITIVE_INFINITY, keep, axes),
                e -> DoubleStream.of(e).map(Math::abs).max().orElseThrow());
        add(
                cases,
                "logSumExp",
                floating,
                false,
                Tensor::logSumExp,
                e -> Math.log(DoubleStream.of(e).map(Math::exp).sum()));
        add(cases, "var", floating, true, (x, keep, axes) -> x.var(1, keep, axes), e -> variance(e, 1));
        add(cases, "var 0", floating, true, (x, keep, axes) -> x.var(0, keep, axes), e -> variance(e, 0));
        add(cases, "std", floating, true, (x, keep, axes) -> x.std(1, keep, axes), e -> Math.sqrt(variance(e, 1)));
        cases.add(new TensorCase("argmax, argmin", ReductionCases::positions));
        cases.add(new TensorCase("any, all", ReductionCases::logical));
        cases.add(new TensorCase("softmax, logSoftmax", ReductionCases::softmax));
        cases.add(new TensorCase("cumsum", ReductionCases::cumsum));
        cases.add(new TensorCase("sumTo", ReductionCases::sumTo));
        cases.add(new TensorCase("reductions of NaN and infinities", ReductionCases::specials));
        return cases;
    }

    private static double norm(double[] e, double p) {
        return Math.pow(DoubleStream.of(e).map(x -> Math.pow(Math.abs(x), p)).sum(), 1 / p);
    }

    private static double variance(double[] e, int correction) {
        double mean = DoubleStream.of(e).sum() / e.length;
        return DoubleStream.of(e).map(x -> (x - mean) * (x - mean)).sum() / Math.max(0, e.length - correction);
    }

    private static void add(
            List<TensorCase> cases,
            String name,
            List<DType> types,
            boolean empty,
            Reduction reduction,
            Formula formula) {
        for (DType dtype : types) {
            cases.add(new TensorCase(name + " " + dtype, () -> {
                int form = 0;
                for (long[] shape : SHAPES) {
                    for (int mask = 0; mask < 1 << shape.length; mask++) {
                        int[] axes = axes(mask, shape.length);
                        HostArray x = HostArray.random(mask + 7, dtype, shape);
                        boolean none = Arrays.stream(mask == 0 ? range(shape.length) : axes)
                                .anyMatch(axis -> shape[Math.floorMod(axis, shape.length)] == 0);
                        if (none && !empty) {
                            continue;
                        }
                        boolean keep = form % 3 == 0;
                        Tensor given =
                                reduction.of(x.tensor(dtype, Form.values()[form++ % Form.values().length]), keep, axes);
                        reduced(x, keep, formula, mask == 0 ? range(shape.length) : axes)
                                .assertEqualTo(given, HostArray.tolerance(dtype) * 10);
                    }
                }
            }));
        }
    }

    /** The axes of a mask, some counted from the end, in falling order. */
    private static int[] axes(int mask, int rank) {
        List<Integer> axes = new ArrayList<>();
        for (int axis = rank - 1; axis >= 0; axis--) {
            if ((mask >> axis & 1) != 0) {
                axes.add(axis % 2 == 0 ? axis : axis - rank);
            }
        }
        return axes.stream().mapToInt(axis -> axis).toArray();
    }

    private static int[] range(int count) {
        int[] range = new int[count];
        Arrays.setAll(range, i -> i);
        return range;
    }

    static HostArray reduced(HostArray x, boolean keep, Formula formula, int... axes) {
        boolean[] gone = new boolean[x.rank()];
        for (int axis : axes) {
            gone[axis < 0 ? axis + x.rank() : axis] = true;
        }
        long[] one = x.sizes().clone();
        for (int axis = 0; axis < one.length; axis++) {
            one[axis] = gone[axis] ? 1 : one[axis];
        }
        HostArray kept = HostArray.generate(one, index -> {
            List<Double> elements = new ArrayList<>();
            HostArray.generate(x.sizes(), at -> {
                boolean belongs = true;
                for (int axis = 0; axis < gone.length; axis++) {
                    belongs &= gone[axis] || at[axis] == index[axis];
                }
                if (belongs) {
                    elements.add(x.at(at));
                }
                return 0;
            });
            return formula.of(elements.stream().mapToDouble(e -> e).toArray());
        });
        long[] rest = java.util.stream.IntStream.range(0, gone.length)
                .filter(axis -> keep || !gone[axis])
                .mapToLong(axis -> one[axis])
                .toArray();
        return new HostArray(rest, kept.values());
    }

    private static double position(double[] elements, boolean largest) {
        int best = 0;
        for (int i = 1; i < elements.length; i++) {
            best = (largest ? elements[i] > elements[best] : elements[i] < elements[best]) ? i : best;
        }
        return best;
    }

    private static void positions() {
        for (DType dtype : List.of(DType.F32, DType.F64, DType.I32, DType.I64)) {
            for (Form form : Form.values()) {
                // Few values, so that ties occur: the first one counts.
                HostArray x = HostArray.between(5, DType.I32, 0, 4, 3, 7, 2);
                Tensor t = x.tensor(dtype, form);
                for (int axis = -3; axis < 3; axis++) {
                    reduced(x, false, e -> position(e, true), axis).assertEqualTo(t.argmax(axis), 0);
                    reduced(x, false, e -> position(e, false), axis).assertEqualTo(t.argmin(axis), 0);
                }
                reduced(x, false, e -> position(e, true), 0, 1, 2).assertEqualTo(t.argmax(), 0);
                reduced(x, false, e -> position(e, false), 0, 1, 2).assertEqualTo(t.argmin(), 0);
            }
        }
    }

    private static void logical() {
        for (Form form : Form.values()) {
            for (long[] shape : SHAPES) {
                for (int mask = 1; mask < 1 << shape.length; mask++) {
                    HostArray x = HostArray.random(mask, DType.BOOL, shape);
                    Tensor t = x.tensor(DType.BOOL, form);
                    int[] axes = axes(mask, shape.length);
                    reduced(x, false, e -> DoubleStream.of(e).anyMatch(v -> v != 0) ? 1 : 0, axes)
                            .assertEqualTo(t.any(axes), 0);
                    reduced(x, false, e -> DoubleStream.of(e).allMatch(v -> v != 0) ? 1 : 0, axes)
                            .assertEqualTo(t.all(axes), 0);
                }
            }
        }
        new HostArray(new long[0], new double[] {1})
                .assertEqualTo(Tensor.of(new boolean[] {false, true}).any(), 0);
        new HostArray(new long[0], new double[] {0})
                .assertEqualTo(Tensor.of(new boolean[] {false, true}).all(), 0);
    }

    private static void softmax() {
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            for (Form form : Form.values()) {
                HostArray x = HostArray.between(11, dtype, -300, 300, 3, 5, 4);
                for (int axis = -3; axis < 3; axis++) {
                    int along = axis < 0 ? axis + 3 : axis;
                    HostArray max =
                            reduced(x, true, e -> DoubleStream.of(e).max().orElseThrow(), along);
                    HostArray sum = reduced(
                            HostArray.generate(x.sizes(), i -> Math.exp(x.at(i) - max.broadcastAt(i))),
                            true,
                            e -> DoubleStream.of(e).sum(),
                            along);
                    Tensor t = x.tensor(dtype, form);
                    HostArray.generate(x.sizes(), i -> Math.exp(x.at(i) - max.broadcastAt(i)) / sum.broadcastAt(i))
                            .assertEqualTo(t.softmax(axis), HostArray.tolerance(dtype));
                    HostArray.generate(x.sizes(), i -> x.at(i) - max.broadcastAt(i) - Math.log(sum.broadcastAt(i)))
                            .assertEqualTo(t.logSoftmax(axis), HostArray.tolerance(dtype));
                }
            }
        }
        new HostArray(new long[] {2, 0}, new double[0])
                .assertEqualTo(Tensor.zeros(2, 0).softmax(1), 0);
        new HostArray(new long[] {0, 2}, new double[0])
                .assertEqualTo(Tensor.zeros(0, 2).logSoftmax(1), 0);
    }

    private static void cumsum() {
        for (DType dtype : List.of(DType.F32, DType.F64, DType.I32, DType.I64)) {
            for (Form form : Form.values()) {
                for (long[] shape : new long[][] {{1}, {9}, {3, 8}, {2, 17, 3}, {0, 2}}) {
                    HostArray x = HostArray.random(3, dtype, shape);
                    for (int axis = 0; axis < shape.length; axis++) {
                        int along = axis;
                        HostArray.generate(shape, i -> {
                                    double sum = 0;
                                    long[] at = i.clone();
                                    for (at[along] = 0; at[along] <= i[along]; at[along]++) {
                                        sum += x.at(at);
                                    }
                                    return sum;
                                })
                                .assertEqualTo(x.tensor(dtype, form).cumsum(axis), HostArray.tolerance(dtype) * 10);
                    }
                }
            }
        }
    }

    private static void sumTo() {
        HostArray x = HostArray.random(3, DType.F64, 2, 3, 4);
        Formula sum = e -> DoubleStream.of(e).sum();
        Tensor t = x.tensor(DType.F64);
        reduced(x, false, sum, 0).assertEqualTo(t.sumTo(dev.tenrec.type.Shape.of(3, 4)), 1e-12);
        reduced(reduced(x, false, sum, 0), true, sum, 0).assertEqualTo(t.sumTo(dev.tenrec.type.Shape.of(1, 4)), 1e-12);
        reduced(x, false, sum, 0, 1, 2).assertEqualTo(t.sumTo(dev.tenrec.type.Shape.scalar()), 1e-12);
        x.assertEqualTo(t.sumTo(t.shape()), 0);
    }

    private static void specials() {
        double inf = Double.POSITIVE_INFINITY;
        double[] none = {Double.NaN, 1, -inf, inf};
        Tensor t = Tensor.of(none);
        expect(Double.NaN, t.max());
        expect(Double.NaN, t.min());
        expect(Double.NaN, t.sum());
        expect(0, t.argmax());
        expect(0, t.argmin());
        expect(-inf, Tensor.of(new double[] {-inf, -inf}).logSumExp());
        expect(inf, Tensor.of(new double[] {-inf, inf, 3}).logSumExp());
        expect(Double.NaN, Tensor.of(new double[] {Double.NaN, 3}).logSumExp());
        expect(1000 + Math.log(2), Tensor.of(new double[] {1000, 1000}).logSumExp());
        expect(Double.NaN, Tensor.of(new double[] {3}).var());
    }

    private static void expect(double expected, Tensor given) {
        new HostArray(new long[0], new double[] {expected}).assertEqualTo(given, 1e-12);
    }
}
