package dev.tenrec.testkit.tensor;

import dev.tenrec.tensor.Tensor;
import dev.tenrec.testkit.tensor.HostArray.Form;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;

/** Views and combinations of every form of tensor, of every type, and views of views. */
public final class ShapeCases {

    private ShapeCases() {}

    /**
     * Makes the cases.
     *
     * @return one per method and type
     */
    public static List<TensorCase> all() {
        List<TensorCase> cases = new ArrayList<>();
        each(cases, "reshape", ShapeCases::reshape);
        each(cases, "transpose, permute", ShapeCases::permute);
        each(cases, "slice, select", ShapeCases::slice);
        each(cases, "expand, squeeze, unsqueeze, flip", ShapeCases::stretch);
        each(cases, "pad", ShapeCases::pad);
        each(cases, "concat, stack, split", ShapeCases::combine);
        cases.add(new TensorCase("random views of views", ShapeCases::randomViews));
        return cases;
    }

    private static void each(List<TensorCase> cases, String name, BiConsumer<DType, Form> body) {
        for (DType dtype : DType.values()) {
            cases.add(new TensorCase(name + " " + dtype, () -> {
                for (Form form : Form.values()) {
                    body.accept(dtype, form);
                }
            }));
        }
    }

    private static HostArray whole(DType dtype, long... sizes) {
        return HostArray.between(sizes.length, dtype == DType.BOOL ? dtype : DType.U8, 0, 100, sizes);
    }

    private static HostArray shaped(HostArray x, long... sizes) {
        return new HostArray(sizes, x.values());
    }

    private static void reshape(DType dtype, Form form) {
        HostArray x = whole(dtype, 2, 3, 4);
        Tensor t = x.tensor(dtype, form);
        for (long[] sizes :
                new long[][] {{24}, {6, 4}, {2, 12}, {4, 3, 2}, {1, 2, 1, 3, 4, 1}, {2, 3, 4}, {2, 3, 2, 2}}) {
            shaped(x, sizes).assertEqualTo(t.reshape(sizes), 0);
        }
        shaped(x, 2, 12).assertEqualTo(t.reshape(2, -1), 0);
        shaped(x, 24).assertEqualTo(t.flatten(), 0);
        shaped(x, 2, 12).assertEqualTo(t.flatten(1), 0);
        shaped(x, 24).assertEqualTo(t.transpose(0, 2).transpose(2, 0).flatten(), 0);
        shaped(x.permute(2, 0, 1), 4, 6).assertEqualTo(t.permute(2, 0, 1).reshape(4, 6), 0);
        HostArray none = whole(dtype, 0, 3);
        shaped(none, 3, 0, 2).assertEqualTo(none.tensor(dtype).reshape(3, 0, 2), 0);
        HostArray one = whole(dtype);
        shaped(one, 1, 1).assertEqualTo(one.tensor(dtype).reshape(1, 1), 0);
        shaped(one).assertEqualTo(one.tensor(dtype).reshape(1).reshape(), 0);
    }

    private static void permute(DType dtype, Form form) {
        HostArray x = whole(dtype, 2, 3, 4);
        Tensor t = x.tensor(dtype, form);
        for (int[] order : new int[][] {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}) {
            x.permute(order).assertEqualTo(t.permute(order), 0);
            int[] again = {order[order[0]], order[order[1]], order[order[2]]};
            x.permute(again).assertEqualTo(t.permute(order).permute(order), 0);
        }
        x.permute(0, 2, 1).assertEqualTo(t.transpose(), 0);
        x.permute(2, 1, 0).assertEqualTo(t.transpose(0, -1), 0);
        x.permute(1, 2, 0).assertEqualTo(t.permute(-2, -1, -3), 0);
    }

    private static HostArray sliced(HostArray x, int axis, long start, long count, long step) {
        long[] sizes = x.sizes().clone();
        sizes[axis] = count;
        return HostArray.generate(sizes, i -> {
            long[] at = i.clone();
            at[axis] = start + i[axis] * step;
            return x.at(at);
        });
    }

    private static void slice(DType dtype, Form form) {
        HostArray x = whole(dtype, 5, 7);
        Tensor t = x.tensor(dtype, form);
        sliced(x, 1, 2, 3, 1).assertEqualTo(t.slice(1, 2, 5), 0);
        sliced(x, 1, 2, 4, 1).assertEqualTo(t.slice(-1, -5, -1), 0);
        sliced(x, 1, 0, 4, 2).assertEqualTo(t.slice(1, 0, 7, 2), 0);
        sliced(x, 1, 1, 2, 3).assertEqualTo(t.slice(1, 1, 6, 3), 0);
        sliced(x, 0, 4, 5, -1).assertEqualTo(t.slice(0, -1, Long.MIN_VALUE, -1), 0);
        sliced(x, 1, 6, 3, -2).assertEqualTo(t.slice(1, 6, 0, -2), 0);
        sliced(x, 1, 5, 2, -3).assertEqualTo(t.slice(1, 5, -6, -3), 0);
        sliced(x, 0, 2, 0, 1).assertEqualTo(t.slice(0, 2, 2), 0);
        sliced(x, 0, 3, 0, 1).assertEqualTo(t.slice(0, 3, 1), 0);
        sliced(x, 0, 2, 1, 1).assertEqualTo(t.slice(0, 2, 5, Long.MAX_VALUE), 0);
        sliced(x, 0, 2, 1, 1).assertEqualTo(t.slice(0, 2, 0, Long.MIN_VALUE), 0);
        sliced(sliced(x, 1, 1, 3, 2), 0, 3, 2, -2)
                .assertEqualTo(t.slice(1, 1, 7, 2).slice(0, 3, Long.MIN_VALUE, -2), 0);
        shaped(sliced(x, 0, 3, 1, 1), 7).assertEqualTo(t.select(0, 3), 0);
        shaped(sliced(x, 1, 6, 1, 1), 5).assertEqualTo(t.select(-1, -1), 0);
        new HostArray(new long[0], new double[] {x.at(2, 3)})
                .assertEqualTo(t.select(0, 2).select(0, 3), 0);
    }

    private static void stretch(DType dtype, Form form) {
        HostArray x = whole(dtype, 3, 1, 2);
        Tensor t = x.tensor(dtype, form);
        HostArray.generate(new long[] {4, 3, 5, 2}, x::broadcastAt).assertEqualTo(t.expand(4, 3, 5, 2), 0);
        HostArray.generate(new long[] {2, 3, 0, 2}, x::broadcastAt).assertEqualTo(t.expand(2, 3, 0, 2), 0);
        HostArray.generate(new long[] {3, 3, 5, 2}, x::broadcastAt)
                .permute(2, 0, 3, 1)
                .assertEqualTo(t.expand(3, 3, 5, 2).permute(2, 0, 3, 1), 0);
        shaped(x, 3, 2).assertEqualTo(t.squeeze(), 0);
        shaped(x, 3, 2).assertEqualTo(t.squeeze(-2), 0);
        shaped(x, 3, 1, 1, 2).assertEqualTo(t.unsqueeze(1), 0);
        shaped(x, 3, 1, 2, 1).assertEqualTo(t.unsqueeze(-1), 0);
        shaped(x, 1, 3, 1, 2).assertEqualTo(t.unsqueeze(0), 0);
        HostArray.generate(x.sizes(), i -> x.at(2 - i[0], 0, 1 - i[2])).assertEqualTo(t.flip(), 0);
        HostArray.generate(x.sizes(), i -> x.at(2 - i[0], 0, i[2])).assertEqualTo(t.flip(0), 0);
        HostArray.generate(x.sizes(), i -> x.at(2 - i[0], 0, 1 - i[2])).assertEqualTo(t.flip(-1, 0), 0);
        whole(dtype, 0, 2).assertEqualTo(whole(dtype, 0, 2).tensor(dtype).flip(), 0);
        whole(dtype).assertEqualTo(whole(dtype).tensor(dtype).flip(), 0);
    }

    private static void pad(DType dtype, Form form) {
        HostArray x = whole(dtype, 3, 4);
        Tensor t = x.tensor(dtype, form);
        HostArray.generate(new long[] {3, 7}, i -> i[1] < 1 || i[1] > 4 ? 1 : x.at(i[0], i[1] - 1))
                .assertEqualTo(t.pad(1, 1, 2, 1), 0);
        HostArray.generate(new long[] {5, 4}, i -> i[0] < 2 ? 0 : x.at(i[0] - 2, i[1]))
                .assertEqualTo(t.pad(-2, 2, 0, 0), 0);
        x.assertEqualTo(t.pad(0, 0, 0, 5), 0);
        HostArray.generate(new long[] {2, 4}, _ -> 1)
                .assertEqualTo(whole(dtype, 0, 4).tensor(dtype).pad(0, 1, 1, 1), 0);
    }

    private static void combine(DType dtype, Form form) {
        HostArray a = whole(dtype, 2, 3);
        HostArray b = whole(dtype, 2, 4).map(v -> v);
        Tensor x = a.tensor(dtype, form);
        Tensor y = b.tensor(dtype, form);
        HostArray joined = HostArray.generate(
                new long[] {2, 10}, i -> i[1] < 3 ? a.at(i) : i[1] < 7 ? b.at(i[0], i[1] - 3) : a.at(i[0], i[1] - 7));
        Tensor whole = Tensor.concat(-1, x, y, x);
        joined.assertEqualTo(whole, 0);
        a.assertEqualTo(Tensor.concat(0, x), 0);
        a.assertEqualTo(Tensor.concat(0, x, x.slice(0, 1, 1)), 0);
        HostArray.generate(new long[] {2, 2, 3}, i -> a.at(i[1], i[2])).assertEqualTo(Tensor.stack(0, x, x), 0);
        HostArray.generate(new long[] {2, 3, 2}, i -> a.at(i[0], i[1])).assertEqualTo(Tensor.stack(-1, x, x), 0);
        HostArray.generate(new long[] {2, 2, 3}, i -> a.at(i[0], i[2])).assertEqualTo(Tensor.stack(1, x, x), 0);
        Tensor[] even = whole.split(1, 4);
        require(even.length == 3, "parts");
        sliced(joined, 1, 4, 4, 1).assertEqualTo(even[1], 0);
        sliced(joined, 1, 8, 2, 1).assertEqualTo(even[2], 0);
        Tensor[] parts = whole.split(-1, new long[] {3, 0, 7});
        a.assertEqualTo(parts[0], 0);
        sliced(joined, 1, 3, 0, 1).assertEqualTo(parts[1], 0);
        sliced(joined, 1, 3, 7, 1).assertEqualTo(parts[2], 0);
    }

    private static void require(boolean met, String what) {
        if (!met) {
            throw new AssertionError("wrong number of " + what);
        }
    }

    /** Chains of random views, computed beside each other on the host. */
    private static void randomViews() {
        for (long seed = 1; seed <= 150; seed++) {
            Random random = new Random(seed * 0x9E3779B97F4A7C15L);
            HostArray x = HostArray.between(seed, DType.U8, 0, 200, 2 + random.nextInt(3), 3, 1 + random.nextInt(4));
            Tensor t = x.tensor(DType.F32, Form.values()[random.nextInt(Form.values().length)]);
            StringBuilder path = new StringBuilder("seed " + seed + ": " + t.shape());
            try {
                for (int i = 0; i < 6; i++) {
                    int axis = random.nextInt(x.rank());
                    long size = x.size(axis);
                    switch (random.nextInt(6)) {
                        case 0 -> {
                            int other = random.nextInt(x.rank());
                            int[] order = java.util.stream.IntStream.range(0, x.rank())
                                    .toArray();
                            order[axis] = other;
                            order[other] = axis;
                            path.append(" transpose ").append(axis).append(' ').append(other);
                            x = x.permute(order);
                            t = t.transpose(axis, other);
                        }
                        case 1 -> {
                            long step = 1 + random.nextInt(2);
                            long start = random.nextInt((int) size);
                            path.append(" slice ")
                                    .append(axis)
                                    .append(" from ")
                                    .append(start)
                                    .append(" by ")
                                    .append(step);
                            x = sliced(x, axis, start, (size - start + step - 1) / step, step);
                            t = t.slice(axis, start, size, step);
                        }
                        case 2 -> {
                            path.append(" flip ").append(axis);
                            x = sliced(x, axis, size - 1, size, -1);
                            t = t.flip(axis);
                        }
                        case 3 -> {
                            path.append(" add");
                            x = x.map(v -> v + 1);
                            t = t.add(1);
                        }
                        case 4 -> {
                            long[] sizes = mergedOrSplit(x.sizes(), random);
                            path.append(" reshape ").append(java.util.Arrays.toString(sizes));
                            x = shaped(x, sizes);
                            t = t.reshape(sizes);
                        }
                        default -> {
                            long[] sizes = x.rank() < 5
                                    ? Shape.of(x.sizes()).insert(0, 2).sizes()
                                    : x.sizes();
                            path.append(" expand ").append(java.util.Arrays.toString(sizes));
                            x = HostArray.generate(sizes, x::broadcastAt);
                            t = t.expand(sizes);
                        }
                    }
                }
                x.assertEqualTo(t, 0);
                HostArray last = x;
                HostArray.generate(x.sizes(), i -> 2 * last.at(i)).assertEqualTo(t.mul(2), 0);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(path.toString(), e);
            }
        }
    }

    private static long[] mergedOrSplit(long[] sizes, Random random) {
        if (sizes.length > 1 && random.nextBoolean()) {
            int axis = random.nextInt(sizes.length - 1);
            return Shape.of(sizes)
                    .without(axis)
                    .with(axis, sizes[axis] * sizes[axis + 1])
                    .sizes();
        }
        int axis = random.nextInt(sizes.length);
        boolean even = sizes[axis] % 2 == 0 && sizes.length < 6;
        return even
                ? Shape.of(sizes)
                        .with(axis, sizes[axis] / 2)
                        .insert(axis + 1, 2)
                        .sizes()
                : sizes;
    }
}
