package dev.tenrec.tensor;

import dev.tenrec.engine.DeviceContext;
import dev.tenrec.engine.Node;
import dev.tenrec.engine.Operations;
import dev.tenrec.engine.Operations.Part;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** Views and combinations, with their gradients. */
final class Shapes {

    private Shapes() {}

    private static Tensor view(
            String name, Tensor x, UnaryOperator<Layout> layout, GradientFunction.Backward backward) {
        return GradientFunction.record(name, Operations.view(x.node(), layout), List.of(x), List.of(), false, backward);
    }

    static Shape inferSize(Tensor x, long[] sizes) {
        int unknown = -1;
        long known = 1;
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == -1 && unknown < 0) {
                unknown = i;
            } else if (sizes[i] >= 0) {
                known *= sizes[i];
            } else {
                throw new InvalidArgument(Message.of("reshape", "sizes out of range")
                        .line("expected", "sizes of 0 or more, and at most one -1")
                        .line("given", Arrays.toString(sizes))
                        .toString());
            }
        }
        if (unknown < 0) {
            return Shape.of(sizes);
        }
        long count = x.shape().elementCount();
        if (known == 0 || count % known != 0) {
            throw elementsDiffer(x, Arrays.toString(sizes), known);
        }
        long[] complete = sizes.clone();
        complete[unknown] = count / known;
        return Shape.of(complete);
    }

    private static ShapeMismatch elementsDiffer(Tensor x, String target, long count) {
        return new ShapeMismatch(Message.of("reshape", "numbers of elements differ")
                .line("from", x.shape(), x.shape().elementCount() + " elements")
                .line("to", target, count + " elements")
                .toString());
    }

    static Tensor reshape(Tensor x, Shape target) {
        Shape from = x.shape();
        if (from.elementCount() != target.elementCount()) {
            throw elementsDiffer(x, target.toString(), target.elementCount());
        }
        if (from.equals(target)) {
            return x.unchanged();
        }
        Node constant = Operations.constant(x.node(), target);
        if (constant != null) {
            return reshaped(x, constant);
        }
        Node source = x.node().retain();
        try {
            if (Operations.layout(source).reshape(target).isEmpty()) {
                Node dense = Operations.contiguous(source);
                source.release();
                source = dense;
            }
            Node result =
                    Operations.view(source, layout -> layout.reshape(target).orElseThrow());
            return reshaped(x, result);
        } finally {
            source.release();
        }
    }

    private static Tensor reshaped(Tensor x, Node result) {
        Shape from = x.shape();
        return GradientFunction.record("reshape", result, List.of(x), List.of(), false, call ->
                new Tensor[] {call.upstream().reshape(from)});
    }

    static Tensor flatten(Tensor x, int fromAxis) {
        int from = Checks.axis("flatten", x.shape(), fromAxis);
        long[] sizes = Arrays.copyOf(x.shape().sizes(), from + 1);
        for (int axis = from + 1; axis < x.shape().rank(); axis++) {
            sizes[from] *= x.shape().size(axis);
        }
        return reshape(x, Shape.of(sizes));
    }

    static Tensor transpose(Tensor x) {
        if (x.shape().rank() < 2) {
            throw new ShapeMismatch(Message.of("transpose", "too few axes")
                    .line("expected", "at least two")
                    .line("given", x.shape())
                    .hint("unsqueeze(0) makes a row, unsqueeze(1) a column")
                    .toString());
        }
        return transpose(x, -2, -1);
    }

    static Tensor transpose(Tensor x, int first, int second) {
        int[] order = new int[x.shape().rank()];
        Arrays.setAll(order, i -> i);
        int a = Checks.axis("transpose", x.shape(), first);
        int b = Checks.axis("transpose", x.shape(), second);
        order[a] = b;
        order[b] = a;
        return view("transpose", x, layout -> layout.permute(order), call ->
                new Tensor[] {call.upstream().transpose(a, b)});
    }

    static Tensor permute(Tensor x, int... axes) {
        int rank = x.shape().rank();
        int[] order = new int[axes.length];
        int[] back = new int[rank];
        Arrays.fill(back, -1);
        boolean valid = axes.length == rank;
        for (int i = 0; valid && i < rank; i++) {
            order[i] = Checks.axis("permute", x.shape(), axes[i]);
            valid = back[order[i]] < 0;
            back[order[i]] = i;
        }
        if (!valid) {
            throw new InvalidArgument(Message.of("permute", "not a permutation of the axes")
                    .line("expected", "each of the " + rank + " axes once")
                    .line("given", Arrays.toString(axes))
                    .line("shape", x.shape())
                    .toString());
        }
        return view("permute", x, layout -> layout.permute(order), call ->
                new Tensor[] {call.upstream().permute(back)});
    }

    static Tensor slice(Tensor x, int axis, long start, long end, long step) {
        int along = Checks.axis("slice", x.shape(), axis);
        long size = x.shape().size(along);
        long first = start < 0 ? start + size : start;
        boolean backwards = step < 0;
        long bound = end == Long.MIN_VALUE && backwards ? -1 : end < 0 ? end + size : end;
        long low = backwards ? -1 : 0;
        long high = backwards ? size - 1 : size;
        if (step == 0 || first < Math.min(low, 0) || first > high || bound < low || bound > size) {
            throw new InvalidArgument(Message.of("slice", step == 0 ? "step is 0" : "range outside of the axis")
                    .line("expected", "start and end within -" + size + " to " + size + ", step other than 0")
                    .line("given", "start " + start + ", end " + end + ", step " + step)
                    .line("shape", x.shape(), "axis " + axis + " has size " + size)
                    .toString());
        }
        long count = Math.max(0, Math.ceilDiv(bound - first, step));
        if (count == size && step == 1) {
            return x.unchanged();
        }
        return sliceView(x, along, first, count, step);
    }

    private static Tensor sliceView(Tensor x, int axis, long start, long count, long step) {
        Shape from = x.shape();
        UnaryOperator<Layout> place = layout -> layout.slice(axis, start, count, step);
        return view("slice", x, place, call ->
                new Tensor[] {embed(call.upstream(), from, place, 0, up -> sliceView(up, axis, start, count, step))});
    }

    /** Puts a tensor into a larger one filled with a value; the gradient is the part cut out again. */
    static Tensor embed(Tensor x, Shape whole, UnaryOperator<Layout> place, double value, UnaryOperator<Tensor> cut) {
        DeviceContext context = x.context();
        Tensor background = GradientMode.without(() -> Creation.full(context, x.dtype(), whole, value));
        Node result =
                Operations.assemble(context, x.dtype(), whole, List.of(new Part(x.node(), place)), background.node());
        background.close();
        return GradientFunction.record(
                "pad", result, List.of(x), List.of(), false, call -> new Tensor[] {cut.apply(call.upstream())});
    }

    static Tensor select(Tensor x, int axis, long index) {
        int along = Checks.axis("select", x.shape(), axis);
        long size = x.shape().size(along);
        long at = index < 0 ? index + size : index;
        if (at < 0 || at >= size) {
            throw new InvalidArgument(Message.of("select", "index outside of the axis")
                    .line("expected", "-" + size + " to " + (size - 1))
                    .line("given", index)
                    .line("shape", x.shape(), "axis " + axis)
                    .toString());
        }
        return slice(x, along, at, at + 1, 1).reshape(x.shape().without(along));
    }

    static Tensor expand(Tensor x, Shape target) {
        Shape from = x.shape();
        if (from.equals(target)) {
            return x.unchanged();
        }
        if (!from.broadcastsTo(target)) {
            throw new ShapeMismatch(Message.of("expand", "shape does not stretch to the target")
                    .line("from", from)
                    .line("to", target)
                    .hint("sizes must be equal or 1, counted from the last axis")
                    .toString());
        }
        Node constant = Operations.constant(x.node(), target);
        Node result = constant != null ? constant : Operations.view(x.node(), layout -> layout.expand(target));
        return GradientFunction.record("expand", result, List.of(x), List.of(), false, call ->
                new Tensor[] {call.upstream().sumTo(from)});
    }

    static Tensor squeeze(Tensor x, int... axes) {
        Shape shape = x.shape();
        int[] sorted;
        if (axes.length == 0) {
            sorted = java.util.stream.IntStream.range(0, shape.rank())
                    .filter(axis -> shape.size(axis) == 1)
                    .toArray();
        } else {
            sorted = Checks.axes("squeeze", shape, axes);
        }
        Shape rest = shape;
        for (int i = sorted.length - 1; i >= 0; i--) {
            if (shape.size(sorted[i]) != 1) {
                throw new ShapeMismatch(Message.of("squeeze", "axis has a size other than 1")
                        .line("expected", "size 1")
                        .line("given", shape, "size of axis " + sorted[i] + " = " + shape.size(sorted[i]))
                        .toString());
            }
            rest = rest.without(sorted[i]);
        }
        return reshape(x, rest);
    }

    static Tensor flip(Tensor x, int... axes) {
        int[] sorted = Checks.axes("flip", x.shape(), axes);
        UnaryOperator<Layout> reverse = layout -> {
            Layout reversed = layout;
            for (int axis : sorted) {
                long size = layout.shape().size(axis);
                reversed = reversed.slice(axis, size - 1, size, -1);
            }
            return reversed;
        };
        return view("flip", x, reverse, call -> new Tensor[] {call.upstream().flip(sorted)});
    }

    static Tensor pad(Tensor x, int axis, long before, long after, double value) {
        int along = Checks.axis("pad", x.shape(), axis);
        if (before < 0 || after < 0) {
            throw new InvalidArgument(Message.of("pad", "negative padding")
                    .line("expected", "0 or more on both sides")
                    .line("given", before + " before, " + after + " after")
                    .hint("slice cuts elements off")
                    .toString());
        }
        if (before == 0 && after == 0) {
            return x.unchanged();
        }
        long size = x.shape().size(along);
        Shape whole = x.shape().with(along, Math.addExact(size, Math.addExact(before, after)));
        return embed(
                x,
                whole,
                layout -> layout.slice(along, before, size, 1),
                value,
                upstream -> upstream.slice(along, before, before + size));
    }

    static Tensor[] split(Tensor x, int axis, long size) {
        int along = Checks.axis("split", x.shape(), axis);
        if (size <= 0) {
            throw new InvalidArgument(Message.of("split", "size of the parts is not above 0")
                    .line("expected", "1 or more")
                    .line("given", size)
                    .toString());
        }
        long total = x.shape().size(along);
        List<Tensor> parts = new ArrayList<>();
        for (long start = 0; start < total; start += size) {
            parts.add(slice(x, along, start, Math.min(total, start + size), 1));
        }
        return parts.toArray(Tensor[]::new);
    }

    static Tensor[] split(Tensor x, int axis, long[] sizes) {
        int along = Checks.axis("split", x.shape(), axis);
        if (Arrays.stream(sizes).sum() != x.shape().size(along)
                || Arrays.stream(sizes).anyMatch(size -> size < 0)) {
            throw new ShapeMismatch(Message.of("split", "sizes do not add up to the axis")
                    .line("expected", x.shape().size(along), "size of axis " + axis + " of " + x.shape())
                    .line("given", Arrays.toString(sizes))
                    .toString());
        }
        Tensor[] parts = new Tensor[sizes.length];
        long start = 0;
        for (int i = 0; i < sizes.length; i++) {
            parts[i] = slice(x, along, start, start + sizes[i], 1);
            start += sizes[i];
        }
        return parts;
    }

    static Tensor concat(int axis, Tensor... parts) {
        if (parts.length == 0) {
            throw new InvalidArgument(Message.of("concat", "nothing to put together")
                    .line("expected", "at least one tensor")
                    .line("given", "none")
                    .toString());
        }
        DeviceContext context = Checks.sameDevice("concat", parts);
        Shape first = parts[0].shape();
        int along = Checks.axis("concat", first, axis);
        long total = 0;
        for (int i = 0; i < parts.length; i++) {
            Checks.sameType("concat", parts[0], parts[i]);
            Shape shape = parts[i].shape();
            if (shape.rank() != first.rank() || !shape.with(along, 0).equals(first.with(along, 0))) {
                throw new ShapeMismatch(Message.of("concat", "shapes differ beyond axis " + axis)
                        .line("part 0", first)
                        .line("part " + i, shape)
                        .toString());
            }
            total = Math.addExact(total, shape.size(along));
        }
        Shape whole = first.with(along, total);
        List<Part> placed = new ArrayList<>();
        long[] sizes = new long[parts.length];
        long start = 0;
        for (int i = 0; i < parts.length; i++) {
            long begin = start;
            long size = parts[i].shape().size(along);
            placed.add(new Part(parts[i].node(), layout -> layout.slice(along, begin, size, 1)));
            sizes[i] = size;
            start += size;
        }
        Node result = Operations.assemble(context, parts[0].dtype(), whole, placed, null);
        return GradientFunction.record(
                "concat", result, List.of(parts), List.of(), false, call -> split(call.upstream(), along, sizes));
    }

    static Tensor stack(int axis, Tensor... parts) {
        Tensor[] rows = new Tensor[parts.length];
        for (int i = 0; i < parts.length; i++) {
            if (!parts[i].shape().equals(parts[0].shape())) {
                throw new ShapeMismatch(Message.of("stack", "shapes differ")
                        .line("part 0", parts[0].shape())
                        .line("part " + i, parts[i].shape())
                        .toString());
            }
            rows[i] = parts[i].unsqueeze(axis);
        }
        int along = axis < 0 && rows.length > 0 ? axis + rows[0].rank() : axis;
        return concat(along, rows);
    }
}
