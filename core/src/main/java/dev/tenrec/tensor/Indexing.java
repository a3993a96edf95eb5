package dev.tenrec.tensor;

import dev.tenrec.engine.Devices;
import dev.tenrec.engine.Node;
import dev.tenrec.engine.Operations;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.ir.ScatterMode;
import dev.tenrec.tensor.IndexMethods.Ordered;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Gather, scatter and ordering, with their gradients. */
final class Indexing {

    private Indexing() {}

    private static void checkIndex(String operation, Tensor index) {
        Checks.type(operation, "index", index.dtype(), DType.I64, DType.I32);
    }

    static Tensor gather(Tensor x, int axis, Tensor index) {
        Checks.sameDevice("gather", x, index);
        checkIndex("gather", index);
        int along = Checks.axis("gather", x.shape(), axis);
        boolean fits = index.rank() == x.rank();
        for (int i = 0; fits && i < x.rank(); i++) {
            fits = i == along || index.size(i) == x.size(i) || index.size(i) == 1;
        }
        if (!fits) {
            throw new ShapeMismatch(Message.of("gather", "index does not fit")
                    .line("this", x.shape())
                    .line("index", index.shape(), "sizes other than that of axis " + axis + " must be equal or 1")
                    .toString());
        }
        return picked(x, along, index);
    }

    private static Tensor picked(Tensor x, int axis, Tensor index) {
        Shape from = x.shape();
        Shape shape = from.with(axis, index.size(axis));
        Node result = Operations.gather(x.node(), index.node(), axis, shape);
        return GradientFunction.record("gather", result, List.of(x), List.of(index), false, call -> {
            Tensor upstream = call.upstream();
            Tensor base = Creation.full(upstream.context(), upstream.dtype(), from, 0);
            return new Tensor[] {added(base, axis, call.saved(0), upstream)};
        });
    }

    static Tensor indexSelect(Tensor x, int axis, Tensor index) {
        Checks.sameDevice("indexSelect", x, index);
        checkIndex("indexSelect", index);
        int along = Checks.axis("indexSelect", x.shape(), axis);
        long[] line = new long[x.rank()];
        Arrays.fill(line, 1);
        line[along] = index.elementCount();
        Tensor result = picked(x, along, index.reshape(Shape.of(line)));
        if (index.rank() == 1) {
            return result;
        }
        Shape shape = x.shape().without(along);
        for (int i = 0; i < index.rank(); i++) {
            shape = shape.insert(along + i, index.size(i));
        }
        return result.reshape(shape);
    }

    static Tensor scatterAdd(Tensor x, int axis, Tensor index, Tensor source) {
        Checks.type("scatterAdd", "operand", x.dtype(), DType.F32, DType.F64, DType.I32, DType.I64);
        int along = checkScatter("scatterAdd", x, axis, index, source);
        return added(x, along, index, source);
    }

    static Tensor scatter(Tensor x, int axis, Tensor index, Tensor source) {
        int along = checkScatter("scatter", x, axis, index, source);
        Node result = Operations.scatter(x.node(), index.node(), source.node(), along, ScatterMode.SET);
        Shape from = source.shape();
        return GradientFunction.record("scatter", result, List.of(x, source), List.of(index), false, call -> {
            Tensor upstream = call.upstream();
            Tensor at = call.saved(0).expand(from);
            Tensor kept = null;
            if (call.needs(0)) {
                kept = scatter(upstream, along, at, Creation.full(upstream.context(), upstream.dtype(), from, 0));
            }
            Tensor written = null;
            if (call.needs(1)) {
                written = picked(upstream, along, at)
                        .maskedFill(lasting(upstream.shape(), along, at).not(), 0);
            }
            return new Tensor[] {kept, written};
        });
    }

    /** Which of the values that are written stay: all but those with another one for the same element after them. */
    private static Tensor lasting(Shape shape, int axis, Tensor index) {
        return Devices.with(index.device(), () -> {
            Tensor numbers =
                    Tensor.arange(DType.I64, 0, index.elementCount(), 1).reshape(index.shape());
            Tensor last = scatter(Tensor.zeros(DType.I64, shape), axis, index, numbers);
            return picked(last, axis, index).eq(numbers);
        });
    }

    /** Returns the axis, counted from 0. */
    private static int checkScatter(String operation, Tensor x, int axis, Tensor index, Tensor source) {
        Checks.sameDevice(operation, x, index, source);
        checkIndex(operation, index);
        Checks.sameType(operation, x, source);
        int along = Checks.axis(operation, x.shape(), axis);
        boolean fits = source.rank() == x.rank() && index.rank() == x.rank();
        for (int i = 0; fits && i < x.rank(); i++) {
            fits = (i == along || source.size(i) == x.size(i))
                    && (index.size(i) == source.size(i) || index.size(i) == 1);
        }
        if (!fits) {
            throw new ShapeMismatch(Message.of(operation, "source or index does not fit")
                    .line("this", x.shape())
                    .line("source", source.shape(), "sizes other than that of axis " + axis + " must be this tensor's")
                    .line("index", index.shape(), "sizes must be the source's or 1")
                    .toString());
        }
        return along;
    }

    private static Tensor added(Tensor x, int axis, Tensor index, Tensor source) {
        Node result = Operations.scatter(x.node(), index.node(), source.node(), axis, ScatterMode.ADD);
        Shape from = source.shape();
        return GradientFunction.record("scatterAdd", result, List.of(x, source), List.of(index), false, call -> {
            Tensor upstream = call.upstream();
            return new Tensor[] {
                upstream, call.needs(1) ? picked(upstream, axis, call.saved(0).expand(from)) : null
            };
        });
    }

    static Tensor oneHot(Tensor x, long classes, DType dtype) {
        checkIndex("oneHot", x);
        if (classes < 1) {
            throw new InvalidArgument(Message.of("oneHot", "no classes")
                    .line("expected", "1 or more")
                    .line("given", classes)
                    .toString());
        }
        Tensor numbers = Devices.with(x.device(), () -> Tensor.arange(x.dtype(), 0, classes, 1));
        return x.unsqueeze(-1).eq(numbers).to(dtype);
    }

    static Ordered sort(Tensor x, int axis, boolean descending) {
        int along = Checks.axis("sort", x.shape(), axis);
        return ordered(x, along, x.size(along), descending);
    }

    static Ordered topK(Tensor x, long count, int axis) {
        int along = Checks.axis("topK", x.shape(), axis);
        if (count < 0 || count > x.size(along)) {
            throw new InvalidArgument(Message.of("topK", "count out of range")
                    .line("expected", "0 to " + x.size(along), "size of axis " + axis + " of " + x.shape())
                    .line("given", count)
                    .toString());
        }
        return ordered(x, along, count, true);
    }

    /** Positions are found on the host, so that a backend needs no sorting kernel; the values are gathered. */
    private static Ordered ordered(Tensor x, int axis, long count, boolean descending) {
        Tensor moved = GradientMode.without(() -> x.detach().transpose(axis, -1));
        int size = Math.toIntExact(x.size(axis));
        int rows = size == 0 ? 0 : Math.toIntExact(x.elementCount() / size);
        int kept = Math.toIntExact(count);
        long[] positions = new long[Math.multiplyExact(rows, kept)];
        Keys keys = Keys.of(moved);
        Integer[] order = new Integer[size];
        for (int row = 0; row < rows; row++) {
            int start = row * size;
            Arrays.setAll(order, i -> i);
            Comparator<Integer> ascending = (a, b) -> keys.compare(start + a, start + b);
            Arrays.sort(order, descending ? (a, b) -> ascending.compare(b, a) : ascending);
            for (int i = 0; i < kept; i++) {
                positions[row * kept + i] = order[i];
            }
        }
        Shape shape = moved.shape().with(-1, count);
        Tensor indices = Devices.with(
                x.device(), () -> Tensor.of(positions, shape.sizes()).transpose(axis, -1));
        return new Ordered(picked(x, axis, indices), indices);
    }

    /** The elements of a tensor on the host, to be compared. */
    private interface Keys {
        int compare(int left, int right);

        static Keys of(Tensor x) {
            if (x.dtype().isFloating()) {
                double[] values = x.toDoubleArray();
                // Double.compare puts NaN last; -0 and 0 are equal for a stable order.
                return (a, b) -> values[a] == values[b] ? 0 : Double.compare(values[a], values[b]);
            }
            long[] values = x.toLongArray();
            return (a, b) -> Long.compare(values[a], values[b]);
        }
    }
}
