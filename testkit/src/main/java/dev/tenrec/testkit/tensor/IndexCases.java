package dev.tenrec.testkit.tensor;

import dev.tenrec.ir.ScatterMode;
import dev.tenrec.tensor.IndexMethods.Ordered;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.testkit.tensor.HostArray.Form;
import dev.tenrec.type.DType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Picking, placing and ordering. */
public final class IndexCases {

    private IndexCases() {}

    /**
     * Makes the cases.
     *
     * @return one per method
     */
    public static List<TensorCase> all() {
        List<TensorCase> cases = new ArrayList<>();
        cases.add(new TensorCase("gather", IndexCases::gather));
        cases.add(new TensorCase("indexSelect", IndexCases::indexSelect));
        cases.add(new TensorCase("scatterAdd", () -> scatter(ScatterMode.ADD)));
        cases.add(new TensorCase("scatter", () -> scatter(ScatterMode.SET)));
        cases.add(new TensorCase("oneHot", IndexCases::oneHot));
        cases.add(new TensorCase("sort, topK", IndexCases::order));
        return cases;
    }

    private static void gather() {
        for (DType dtype : DType.values()) {
            for (Form form : Form.values()) {
                HostArray x = HostArray.between(1, dtype == DType.BOOL ? dtype : DType.U8, 0, 100, 3, 4, 5);
                for (int axis = 0; axis < 3; axis++) {
                    int along = axis;
                    for (boolean shared : new boolean[] {false, true}) {
                        long[] sizes = shared ? new long[] {1, 1, 1} : x.sizes().clone();
                        sizes[axis] = 7;
                        long[] whole = x.sizes().clone();
                        whole[axis] = 7;
                        HostArray index = HostArray.between(2, DType.I32, 0, x.size(axis) - 1.0, sizes);
                        HostArray expected = HostArray.generate(whole, i -> {
                            long[] at = i.clone();
                            at[along] = (long) index.broadcastAt(i);
                            return x.at(at);
                        });
                        Tensor positions = index.tensor(form == Form.DENSE ? DType.I64 : DType.I32, form);
                        expected.assertEqualTo(x.tensor(dtype, form).gather(axis - (shared ? 3 : 0), positions), 0);
                    }
                }
            }
        }
    }

    private static void indexSelect() {
        HostArray x = HostArray.random(1, DType.F32, 5, 3, 4);
        for (Form form : Form.values()) {
            HostArray index = HostArray.between(2, DType.I32, 0, 4, 2, 3);
            HostArray.generate(new long[] {2, 3, 3, 4}, i -> x.at((long) index.at(i[0], i[1]), i[2], i[3]))
                    .assertEqualTo(x.tensor(DType.F32, form).indexSelect(0, index.tensor(DType.I32, form)), 0);
            HostArray one = HostArray.between(3, DType.I32, 0, 2, 6);
            HostArray.generate(new long[] {5, 6, 4}, i -> x.at(i[0], (long) one.at(i[1]), i[2]))
                    .assertEqualTo(x.tensor(DType.F32, form).indexSelect(1, one.tensor(DType.I64, form)), 0);
        }
        HostArray.generate(new long[] {3, 4}, i -> x.at(2, i[0], i[1]))
                .assertEqualTo(
                        x.tensor(DType.F32).indexSelect(0, Tensor.full(DType.I64, dev.tenrec.type.Shape.scalar(), 2)),
                        0);
        HostArray.generate(new long[] {0, 3, 4}, _ -> 0)
                .assertEqualTo(x.tensor(DType.F32).indexSelect(0, Tensor.of(new int[0])), 0);
    }

    private static void scatter(ScatterMode mode) {
        boolean adds = mode == ScatterMode.ADD;
        for (DType dtype : List.of(DType.F32, DType.F64, DType.I32, DType.I64)) {
            for (Form form : Form.values()) {
                HostArray base = HostArray.random(1, DType.I32, 3, 4, 5);
                for (int axis = 0; axis < 3; axis++) {
                    int along = axis;
                    long[] sizes = base.sizes().clone();
                    sizes[axis] = 7;
                    HostArray source = HostArray.random(2, DType.I32, sizes);
                    HostArray index = HostArray.between(3, DType.I32, 0, base.size(axis) - 1.0, sizes);
                    HostArray expected = base.map(v -> v);
                    HostArray.generate(sizes, i -> {
                        long[] at = i.clone();
                        at[along] = (long) index.at(i);
                        long position = 0;
                        for (int k = 0; k < at.length; k++) {
                            position = position * base.size(k) + at[k];
                        }
                        double before = adds ? expected.values()[(int) position] : 0;
                        expected.values()[(int) position] = before + source.at(i);
                        return 0;
                    });
                    Tensor to = base.tensor(dtype, form);
                    Tensor at = index.tensor(DType.I64, form);
                    Tensor from = source.tensor(dtype, form);
                    expected.assertEqualTo(adds ? to.scatterAdd(axis, at, from) : to.scatter(axis, at, from), 0);
                }
            }
        }
    }

    private static void oneHot() {
        for (DType dtype : DType.values()) {
            for (Form form : Form.values()) {
                HostArray x = HostArray.between(1, DType.I32, -1, 5, 4, 3);
                HostArray.generate(new long[] {4, 3, 5}, i -> x.at(i[0], i[1]) == i[2] ? 1 : 0)
                        .assertEqualTo(x.tensor(DType.I64, form).oneHot(5, dtype), 0);
            }
        }
    }

    private static void order() {
        for (DType dtype : List.of(DType.F32, DType.F64, DType.I32, DType.I64)) {
            for (Form form : Form.values()) {
                HostArray x = HostArray.between(1, DType.I32, -4, 4, 3, 6, 2);
                for (int axis = -3; axis < 3; axis++) {
                    for (boolean descending : new boolean[] {false, true}) {
                        Tensor t = x.tensor(dtype, form);
                        HostArray indices = ordered(x, Math.floorMod(axis, 3), descending);
                        compare(x, indices, Math.floorMod(axis, 3), t.sort(axis, descending));
                        if (descending) {
                            long count = Math.min(2, x.size(Math.floorMod(axis, 3)));
                            long[] sizes = x.sizes().clone();
                            sizes[Math.floorMod(axis, 3)] = count;
                            compare(
                                    x,
                                    HostArray.generate(sizes, indices::at),
                                    Math.floorMod(axis, 3),
                                    t.topK(count, axis));
                        }
                    }
                }
            }
        }
        double nan = Double.NaN;
        new HostArray(new long[] {4}, new double[] {-1, 2, 3, nan})
                .assertEqualTo(
                        Tensor.of(new double[] {3, nan, -1, 2}).sort(0, false).values(), 0);
        new HostArray(new long[] {2}, new double[] {nan, 3})
                .assertEqualTo(
                        Tensor.of(new double[] {3, nan, -1, 2}).topK(2, 0).values(), 0);
        new HostArray(new long[] {2, 0}, new double[0])
                .assertEqualTo(Tensor.zeros(2, 0).sort(1, true).values(), 0);
        new HostArray(new long[] {0, 2}, new double[0])
                .assertEqualTo(Tensor.zeros(0, 2).sort(1, true).indices(), 0);
    }

    private static void compare(HostArray x, HostArray indices, int axis, Ordered given) {
        indices.assertEqualTo(given.indices(), 0);
        HostArray.generate(indices.sizes(), i -> {
                    long[] at = i.clone();
                    at[axis] = (long) indices.at(i);
                    return x.at(at);
                })
                .assertEqualTo(given.values(), 0);
    }

    /** Positions in order; equal elements stay in theirs. */
    private static HostArray ordered(HostArray x, int axis, boolean descending) {
        return HostArray.generate(x.sizes(), i -> {
            long[] at = i.clone();
            Comparator<Integer> byValue = Comparator.comparingDouble(k -> {
                long[] place = at.clone();
                place[axis] = k;
                return x.at(place);
            });
            return IntStream.range(0, (int) x.size(axis))
                    .boxed()
                    .sorted(descending ? byValue.reversed() : byValue)
                    .toList()
                    .get((int) i[axis]);
        });
    }
}
