package dev.tenrec.tensor;

import dev.tenrec.engine.Operations;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.List;
import java.util.function.UnaryOperator;

/** Sliding windows as views, and the sum that is their gradient. */
final class Windows {

    private Windows() {}

    static Tensor of(Tensor x, long[] sizes, Window window) {
        check("windows", x, sizes, window);
        return unfold(x, sizes, window);
    }

    static void check(String name, Tensor x, long[] sizes, Window window) {
        int axes = sizes.length;
        if (axes != window.axes() || !window.isUnpadded()) {
            throw new InvalidArgument(Message.of(name, "window does not fit its sizes")
                    .line("expected", axes + " axes, no padding")
                    .line("given", window)
                    .hint("pad the tensor first")
                    .toString());
        }
        if (x.rank() < axes) {
            throw new ShapeMismatch(Message.of(name, "too few axes")
                    .line("expected", "at least " + axes)
                    .line("given", x.shape())
                    .toString());
        }
        int first = x.rank() - axes;
        for (int i = 0; i < axes; i++) {
            if (sizes[i] < 1 || window.positions(i, x.size(first + i), sizes[i]) < 1) {
                throw new ShapeMismatch(Message.of(name, "window does not fit into its axis")
                        .line("expected", "1 to " + x.size(first + i) + " elements on axis " + (first + i))
                        .line("given", sizes[i] < 1 ? 0 : window.span(i, sizes[i]), window.toString())
                        .toString());
            }
        }
    }

    private static Tensor unfold(Tensor x, long[] sizes, Window window) {
        Shape from = x.shape();
        return GradientFunction.record(
                "windows",
                Operations.view(x.node(), layout -> layout(layout, sizes, window)),
                List.of(x),
                List.of(),
                false,
                call -> new Tensor[] {fold(call.upstream(), from, sizes, window)});
    }

    /** Axes [batch…, out…, size…] over one of [batch…, in…]; windows must fit. */
    static Layout layout(Layout layout, long[] sizes, Window window) {
        int axes = sizes.length;
        int rank = layout.shape().rank();
        int first = rank - axes;
        long[] shape = new long[rank + axes];
        long[] strides = new long[rank + axes];
        for (int i = 0; i < rank; i++) {
            shape[i] = layout.shape().size(i);
            strides[i] = layout.stride(i);
        }
        for (int i = 0; i < axes; i++) {
            shape[first + i] = window.positions(i, shape[first + i], sizes[i]);
            shape[rank + i] = sizes[i];
            strides[rank + i] = strides[first + i] * window.dilationOf(i);
            strides[first + i] *= window.strideOf(i);
        }
        return Layout.of(Shape.of(shape), strides, layout.offset());
    }

    /** Adds every window's elements at the places they were read from: one strided copy per element of the window. */
    static Tensor fold(Tensor y, Shape whole, long[] sizes, Window window) {
        Shape from = y.shape();
        Tensor result = GradientMode.without(() -> sum(y, whole, sizes, window));
        return GradientFunction.record("fold", result.retainedNode(), List.of(y), List.of(), false, call -> {
            Tensor gradient = unfold(call.upstream(), sizes, window);
            return new Tensor[] {gradient.reshape(from)};
        });
    }

    private static Tensor sum(Tensor y, Shape whole, long[] sizes, Window window) {
        int axes = sizes.length;
        int first = whole.rank() - axes;
        long[] at = new long[axes];
        Tensor sum = null;
        while (true) {
            Tensor part = y;
            for (int i = axes - 1; i >= 0; i--) {
                part = part.select(-1, at[i]);
            }
            long[] place = at.clone();
            Shape positions = part.shape();
            UnaryOperator<Layout> strided = layout -> {
                Layout result = layout;
                for (int i = 0; i < axes; i++) {
                    long start = place[i] * window.dilationOf(i);
                    result = result.slice(first + i, start, positions.size(first + i), window.strideOf(i));
                }
                return result;
            };
            Tensor placed = Shapes.embed(part, whole, strided, 0, UnaryOperator.identity());
            sum = sum == null ? placed : sum.add(placed);
            int axis = axes - 1;
            while (axis >= 0 && ++at[axis] == sizes[axis]) {
                at[axis--] = 0;
            }
            if (axis < 0) {
                return sum;
            }
        }
    }
}
