package dev.tenrec.tensor;

import dev.tenrec.engine.Node;
import dev.tenrec.engine.Operations;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reductions and what is composed of them, with their gradients. */
final class Reductions {

    private Reductions() {}

    static Shape reducedShape(Tensor x, boolean keepDims, int... axes) {
        Shape shape = x.shape();
        int[] sorted = Checks.axes("reduce", shape, axes);
        for (int i = sorted.length - 1; i >= 0; i--) {
            shape = keepDims ? shape.with(sorted[i], 1) : shape.without(sorted[i]);
        }
        return shape;
    }

    static long reducedCount(Tensor x, int... axes) {
        long count = 1;
        for (int axis : Checks.axes("reduce", x.shape(), axes)) {
            count *= x.shape().size(axis);
        }
        return count;
    }

    private static Node reduce(Tensor x, ReduceOp op, boolean keepDims, int[] sorted) {
        if (sorted.length == 0) {
            return x.retainedNode();
        }
        Node reduced;
        try {
            reduced = Operations.reduce(x.node(), op, sorted);
        } finally {
            Reference.reachabilityFence(x);
        }
        if (!keepDims) {
            return reduced;
        }
        try {
            Shape kept = reducedShape(x, true, sorted);
            return Operations.view(reduced, layout -> layout.reshape(kept).orElseThrow());
        } finally {
            reduced.release();
        }
    }

    /** A reduced gradient given back its reduced axes with size 1, so that it broadcasts. */
    private static Tensor restore(Tensor gradient, Tensor like, int[] sorted) {
        return gradient.reshape(reducedShape(like, true, sorted));
    }

    private static void checkNumeric(String operation, Tensor x) {
        Checks.type(operation, "operand", x.dtype(), DType.F32, DType.F64, DType.I32, DType.I64);
    }

    static Tensor sum(Tensor x, boolean keepDims, int... axes) {
        checkNumeric("sum", x);
        int[] sorted = Checks.axes("sum", x.shape(), axes);
        Shape shape = x.shape();
        Shape kept = reducedShape(x, true, sorted.length == 0 ? new int[0] : sorted);
        Shape keptShape = sorted.length == 0 ? shape : kept;
        return GradientFunction.record(
                "sum", reduce(x, ReduceOp.SUM, keepDims, sorted), List.of(x), List.of(), false, call ->
                        new Tensor[] {call.upstream().reshape(keptShape).expand(shape)});
    }

    static Tensor prod(Tensor x, boolean keepDims, int... axes) {
        checkNumeric("prod", x);
        int[] sorted = Checks.axes("prod", x.shape(), axes);
        return GradientFunction.record(
                "prod", reduce(x, ReduceOp.PROD, keepDims, sorted), List.of(x), List.of(x), false, call -> {
                    Tensor value = call.saved(0);
                    return new Tensor[] {restore(call.upstream(), value, sorted).mul(productOfOthers(value, sorted))};
                });
    }

    /**
     * For each element the product of the others, right also where elements are 0: the products of those before and of
     * those after, each computed by doubling steps.
     */
    private static Tensor productOfOthers(Tensor x, int[] sorted) {
        int rank = x.shape().rank();
        int[] order = new int[rank];
        int next = 0;
        for (int axis = 0; axis < rank; axis++) {
            if (Arrays.binarySearch(sorted, axis) < 0) {
                order[next++] = axis;
            }
        }
        for (int axis : sorted) {
            order[next++] = axis;
        }
        int[] back = new int[rank];
        for (int i = 0; i < rank; i++) {
            back[order[i]] = i;
        }
        Tensor moved = x.permute(order);
        Shape movedShape = moved.shape();
        long count = reducedCount(x, sorted);
        Tensor rows = moved.reshape(count == 0 ? 0 : x.shape().elementCount() / count, count);
        Tensor before = rows.slice(1, 0, Math.max(0, count - 1)).pad(1, Math.min(count, 1), 0, 1);
        Tensor after = rows.slice(1, Math.min(1, count), count).pad(1, 0, Math.min(count, 1), 1);
        for (long shift = 1; shift < count; shift *= 2) {
            before = before.mul(before.slice(1, 0, count - shift).pad(1, shift, 0, 1));
            after = after.mul(after.slice(1, shift, count).pad(1, 0, shift, 1));
        }
        return before.mul(after).reshape(movedShape).permute(back);
    }

    private static void checkNotEmpty(String operation, Tensor x, int[] sorted) {
        for (int axis : sorted) {
            if (x.shape().size(axis) == 0) {
                throw new InvalidArgument(Message.of(operation, "no elements along an axis")
                        .line("expected", "at least one element")
                        .line("given", x.shape(), "size of axis " + axis + " = 0")
                        .toString());
            }
        }
    }

    static Tensor extreme(Tensor x, ReduceOp op, boolean keepDims, int... axes) {
        return extreme(op == ReduceOp.MAX ? "max" : "min", x, op, keepDims, axes);
    }

    private static Tensor extreme(String name, Tensor x, ReduceOp op, boolean keepDims, int... axes) {
        checkNumeric(name, x);
        int[] sorted = Checks.axes(name, x.shape(), axes);
        checkNotEmpty(name, x, sorted);
        return GradientFunction.record(name, reduce(x, op, keepDims, sorted), List.of(x), List.of(x), true, call -> {
            Tensor value = call.saved(0);
            Tensor hit = value.eq(restore(call.saved(1), value, sorted)).to(value.dtype());
            Tensor share = restore(call.upstream(), value, sorted).div(hit.sum(true, sorted));
            return new Tensor[] {sorted.length == 0 ? call.upstream() : hit.mul(share)};
        });
    }

    static Tensor position(Tensor x, ReduceOp op, int axis) {
        String name = op == ReduceOp.ARGMAX ? "argmax" : "argmin";
        checkNumeric(name, x);
        int[] sorted = {Checks.axis(name, x.shape(), axis)};
        checkNotEmpty(name, x, sorted);
        return Tensor.constant(reduce(x, op, false, sorted));
    }

    static Tensor logical(Tensor x, ReduceOp op, int... axes) {
        String name = op == ReduceOp.MAX ? "any" : "all";
        Checks.type(name, "operand", x.dtype(), DType.BOOL);
        int[] sorted = Checks.axes(name, x.shape(), axes);
        if (reducedCount(x, sorted.length == 0 ? new int[0] : sorted) == 0) {
            return Creation.full(x.context(), DType.BOOL, reducedShape(x, false, sorted), op == ReduceOp.MIN ? 1 : 0);
        }
        return Tensor.constant(reduce(x, op, false, sorted));
    }

    /** The largest elements as constants, 0 where they are infinite, so that subtracting them makes no NaN. */
    static Tensor finiteMax(Tensor x, int... axes) {
        Checks.type("logSumExp", "operand", x.dtype(), DType.F32, DType.F64);
        return GradientMode.without(() -> {
            Tensor max = extreme("logSumExp", x, ReduceOp.MAX, true, axes);
            return max.maskedFill(max.isFinite().not(), 0);
        });
    }

    /** Doubling steps (Hillis and Steele 1986): after step k each element holds the sum of 2ᵏ neighbours. */
    static Tensor cumsum(Tensor x, int axis) {
        checkNumeric("cumsum", x);
        int along = Checks.axis("cumsum", x.shape(), axis);
        Tensor result = GradientMode.without(() -> {
            Tensor sums = x;
            long size = x.shape().size(along);
            for (long shift = 1; shift < size; shift *= 2) {
                sums = sums.add(sums.slice(along, 0, size - shift).pad(along, shift, 0, 0));
            }
            return sums;
        });
        return GradientFunction.record("cumsum", result.retainedNode(), List.of(x), List.of(), false, call ->
                new Tensor[] {call.upstream().flip(along).cumsum(along).flip(along)});
    }

    static Tensor sumTo(Tensor x, Shape target) {
        if (x.shape().equals(target)) {
            return x.unchanged();
        }
        if (!target.broadcastsTo(x.shape())) {
            throw new ShapeMismatch(Message.of("sumTo", "shape does not broadcast to this one")
                    .line("this", x.shape())
                    .line("target", target)
                    .toString());
        }
        if (!x.dtype().isArithmetic()) {
            // Gradients of values that are stored in a smaller type.
            return sumTo(x.to(DType.F32), target).to(x.dtype());
        }
        int added = x.shape().rank() - target.rank();
        List<Integer> axes = new ArrayList<>();
        for (int axis = 0; axis < x.shape().rank(); axis++) {
            if (axis < added || target.size(axis - added) == 1 && x.shape().size(axis) != 1) {
                axes.add(axis);
            }
        }
        return axes.isEmpty()
                ? x.reshape(target)
                : x.sum(axes.stream().mapToInt(Integer::intValue).toArray()).reshape(target);
    }
}
