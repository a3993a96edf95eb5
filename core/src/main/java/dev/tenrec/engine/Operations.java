package dev.tenrec.engine;

import dev.tenrec.backend.Operand;
import dev.tenrec.engine.Node.Pending;
import dev.tenrec.engine.Node.Product;
import dev.tenrec.engine.Node.State;
import dev.tenrec.engine.Node.Stored;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.ir.ScatterMode;
import dev.tenrec.memory.Storage;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Makes nodes. Shapes, types and devices have been checked by the caller. Every node returned carries one reference,
 * which is the caller's.
 */
public final class Operations {

    private Operations() {}

    /**
     * Describes an elementwise operation; runs it at once if fusion is off or a limit is reached.
     *
     * @param context the device
     * @param op the operation
     * @param dtype the result's type
     * @param shape the result's shape, to which every operand broadcasts
     * @param args the operands; the array is the node's from now on
     * @param scalars the run-time scalars, likewise; see {@link dev.tenrec.backend.Launch#params}
     * @return the result
     */
    public static Node apply(
            DeviceContext context, ElementwiseOp op, DType dtype, Shape shape, Node[] args, long[] scalars) {
        // At least 1, so that chains of operations that simplify to nothing end too.
        int own = Math.max(1, Descriptions.expressionSize(op, args));
        Node result;
        boolean now = !context.fusion();
        context.lock();
        try {
            for (Node arg : args) {
                arg.checkLive();
            }
            Node[] leaves = Descriptions.leaves(context, args, shape);
            int size = Descriptions.size(own, args, shape);
            now |= size > Limits.EXPRESSION_NODES || leaves.length > Limits.INPUTS;
            now |= pinsTooMuch(context, leaves);
            result = new Node(
                    context,
                    dtype,
                    shape,
                    new Pending(op, args, scalars, size, leaves, Descriptions.isIndexed(op, args)));
        } finally {
            context.unlock();
        }
        if (now) {
            materializeOrRelease(result);
        }
        return result;
    }

    private static void materializeOrRelease(Node node) {
        boolean done = false;
        try {
            Execution.materialize(node);
            done = true;
        } finally {
            if (!done) {
                node.release();
            }
        }
    }

    /**
     * Describes a small constant over another shape, so that it need not be stored to be looked at in another way.
     *
     * @param node any node
     * @param shape the shape wanted
     * @return a node of that shape; null if the value is stored, depends on others, is a long formula or large
     */
    public static Node constant(Node node, Shape shape) {
        DeviceContext context = node.context();
        context.lock();
        try {
            return Descriptions.constant(node, shape);
        } finally {
            context.unlock();
        }
    }

    private static boolean pinsTooMuch(DeviceContext context, Node... leaves) {
        long bytes = 0;
        for (Node leaf : leaves) {
            bytes += switch (leaf.state) {
                case Stored stored -> stored.storage().bytes();
                case Product product -> storedBytes(product.left()) + storedBytes(product.right());
                case Pending _, Node.Released _ -> 0;
            };
        }
        return bytes > Limits.PINNED_SHARE * context.pool().limit();
    }

    private static long storedBytes(Node node) {
        return node.state instanceof Stored stored ? stored.storage().bytes() : 0;
    }

    /**
     * Computes a node's value unless it is stored already.
     *
     * @param node any node
     */
    public static void materialize(Node node) {
        Execution.materialize(node);
    }

    /**
     * Computes the products that a node waits for, and leaves what is done element by element for whoever reads it.
     *
     * @param node any node
     */
    public static void materializeProducts(Node node) {
        Execution.materializeProducts(node);
    }

    /** How many values one {@link #update} should compute at most. */
    public static final int UPDATES = Limits.OUTPUTS;

    /**
     * Computes new values of variables in one kernel.
     *
     * @param values the new values: of one device and shape, in any state
     * @param current the stored nodes that the variables hold, each with one reference of its variable: the results go
     *     over their memory where nobody else sees it; null for fresh memory
     */
    public static void update(Node[] values, Node[] current) {
        Execution.materialize(values, current);
    }

    /**
     * Reduces over axes.
     *
     * @param node what to reduce
     * @param op how
     * @param axes which axes, ascending, from 0
     * @return the result without those axes
     */
    public static Node reduce(Node node, ReduceOp op, int... axes) {
        return Execution.reduce(node, op, axes);
    }

    /**
     * Multiplies matrices; the product is computed at its first use, together with what follows it.
     *
     * @param left [batch…, M, K]
     * @param right [batch…, K, N]
     * @param shape [batch…, M, N] with batch axes broadcast
     * @return the product
     */
    public static Node matmul(Node left, Node right, Shape shape) {
        Shape space = shape.insert(-1, left.shape().size(-1));
        Node a = withUnitStride(left);
        Node b = null;
        try {
            b = withUnitStride(right);
            Node result;
            DeviceContext context = left.context();
            boolean now = !context.fusion();
            context.lock();
            try {
                result = new Node(context, left.dtype(), shape, new Product(a, b, space));
                now |= pinsTooMuch(context, result);
            } finally {
                context.unlock();
            }
            if (now) {
                materializeOrRelease(result);
            }
            return result;
        } finally {
            a.release();
            if (b != null) {
                b.release();
            }
        }
    }

    /**
     * Returns a node as matrix kernels expect it: stored, with a last or last but one axis of stride 1.
     *
     * @param node any node of rank 2 or more
     * @return it or a copy, for the caller to release
     */
    public static Node withUnitStride(Node node) {
        Layout layout = stored(node).layout();
        int rank = layout.shape().rank();
        for (int axis = rank - 2; axis < rank; axis++) {
            if (layout.stride(axis) == 1 || layout.shape().size(axis) == 1) {
                int other = rank - 2 + (rank - 1 - axis);
                if (layout.stride(other) >= layout.shape().size(axis)
                        || layout.shape().size(other) == 1) {
                    return node.retain();
                }
            }
        }
        return contiguous(node);
    }

    /** The state of a node, computed if need be. */
    private static Stored stored(Node node) {
        Execution.materialize(node);
        node.context().lock();
        try {
            if (node.state instanceof Stored stored) {
                return stored;
            }
            node.checkLive();
            throw new IllegalStateException("a value was not computed");
        } finally {
            node.context().unlock();
        }
    }

    static Operand operand(Node node, UnaryOperator<Layout> view) {
        Stored stored = stored(node);
        return new Operand(stored.storage().buffer(), node.dtype(), view.apply(stored.layout()));
    }

    /**
     * Looks at the same memory in another way.
     *
     * @param node the value
     * @param view makes the new layout
     * @return a node that shares the storage
     */
    public static Node view(Node node, UnaryOperator<Layout> view) {
        Execution.materialize(node);
        DeviceContext context = node.context();
        context.lock();
        try {
            node.checkLive();
            Stored stored = (Stored) node.state;
            Layout layout = view.apply(stored.layout());
            return new Node(
                    context,
                    node.dtype(),
                    layout.shape(),
                    new Stored(stored.storage().retain(), layout));
        } finally {
            context.unlock();
        }
    }

    /**
     * Returns how a value lies in memory, computing it if need be.
     *
     * @param node the value
     * @return its layout
     */
    public static Layout layout(Node node) {
        return stored(node).layout();
    }

    /**
     * Makes a value dense.
     *
     * @param node the value
     * @return the node itself if it is, a copy otherwise
     */
    public static Node contiguous(Node node) {
        if (stored(node).layout().isContiguous()) {
            return node.retain();
        }
        return copy(node);
    }

    /**
     * Makes a value dense, in memory that holds nothing else.
     *
     * @param node the value, computed if need be
     * @return the node itself if it is, a copy otherwise
     */
    public static Node owned(Node node) {
        Stored stored = stored(node);
        boolean whole = stored.layout().equals(Layout.dense(node.shape()))
                && stored.storage().bytes()
                        == node.shape().elementCount() * node.dtype().byteSize();
        return whole ? node.retain() : copy(node);
    }

    /**
     * Copies a value.
     *
     * @param node the value
     * @return a dense node with memory of its own
     */
    public static Node copy(Node node) {
        return assemble(
                node.context(), node.dtype(), node.shape(), List.of(new Part(node, UnaryOperator.identity())), null);
    }

    /**
     * A value and where it goes in a larger one.
     *
     * @param node the value
     * @param place makes of the whole's layout that of the part
     */
    public record Part(Node node, UnaryOperator<Layout> place) {}

    /**
     * Puts parts together into one dense value.
     *
     * @param context the device
     * @param dtype element type
     * @param shape the whole's shape
     * @param parts what goes where; must not overlap
     * @param background a value of the whole's shape that shows between the parts, or null if they cover it
     * @return the whole
     */
    public static Node assemble(DeviceContext context, DType dtype, Shape shape, List<Part> parts, Node background) {
        List<Part> all = new ArrayList<>(parts);
        if (background != null) {
            all.add(0, new Part(background, UnaryOperator.identity()));
        }
        return write(context, dtype, shape, target -> {
            for (Part part : all) {
                Layout place = part.place.apply(target.layout());
                Execution.runAlone(
                        context,
                        new Kernel.Copy(dtype),
                        place.shape(),
                        List.of(operand(part.node, UnaryOperator.identity())),
                        new Operand(target.buffer(), dtype, place));
            }
        });
    }

    private interface Writer {
        void write(Operand target);
    }

    private static Node write(DeviceContext context, DType dtype, Shape shape, Writer writer) {
        Storage storage = Execution.allocate(context, dtype, shape);
        boolean done = false;
        try {
            Layout layout = Layout.dense(shape);
            writer.write(new Operand(storage.buffer(), dtype, layout));
            done = true;
            return new Node(context, dtype, shape, new Stored(storage, layout));
        } finally {
            if (!done) {
                storage.release();
            }
        }
    }

    /**
     * Picks elements along an axis.
     *
     * @param source the values
     * @param index positions along the axis, I32 or I64; broadcasts to the result
     * @param axis along which, from 0
     * @param shape the result's shape: the source's except on the axis
     * @return the picked values
     */
    public static Node gather(Node source, Node index, int axis, Shape shape) {
        DeviceContext context = source.context();
        Operand values = operand(source, UnaryOperator.identity());
        Operand positions = operand(index, layout -> layout.expand(shape));
        return write(
                context,
                source.dtype(),
                shape,
                target -> Execution.runAlone(
                        context,
                        new Kernel.Gather(source.dtype(), index.dtype(), axis),
                        shape,
                        List.of(values, positions),
                        target));
    }

    /**
     * Adds or writes elements along an axis, in a copy.
     *
     * @param base the values before
     * @param index positions along the axis, I32 or I64; broadcasts to the source
     * @param source what is added or written
     * @param axis along which, from 0
     * @param mode whether to add or to write over
     * @return the base with the source
     */
    public static Node scatter(Node base, Node index, Node source, int axis, ScatterMode mode) {
        DeviceContext context = base.context();
        Operand start = operand(base, UnaryOperator.identity());
        return write(context, base.dtype(), base.shape(), target -> {
            Execution.runAlone(context, new Kernel.Copy(base.dtype()), base.shape(), List.of(start), target);
            scatter(context, index, source, new Kernel.Scatter(base.dtype(), index.dtype(), axis, mode), target);
        });
    }

    private static void scatter(DeviceContext context, Node index, Node source, Kernel.Scatter kernel, Operand target) {
        Operand read = operand(source, UnaryOperator.identity());
        Operand positions = operand(index, layout -> layout.expand(source.shape()));
        Execution.runAlone(context, kernel, source.shape(), List.of(read, positions), target);
    }

    /**
     * Writes rows over those of a value: in its own memory if nobody but the caller refers to it, else in a copy.
     *
     * @param whole the value, of which the caller holds one reference and lets nobody take another meanwhile
     * @param index which rows, I64 [n, 1…], all of them within the value
     * @param rows [n, …]
     * @return a reference to the value after that
     */
    public static Node assignRows(Node whole, Node index, Node rows) {
        Stored stored = stored(whole);
        DeviceContext context = whole.context();
        boolean alone;
        context.lock();
        try {
            alone = whole.references() == 1
                    && stored.storage().users() == 1
                    && stored.layout().equals(Layout.dense(whole.shape()));
        } finally {
            context.unlock();
        }
        if (!alone) {
            return scatter(whole, index, rows, 0, ScatterMode.SET);
        }
        Kernel.Scatter kernel = new Kernel.Scatter(whole.dtype(), index.dtype(), 0, ScatterMode.SET);
        scatter(context, index, rows, kernel, operand(whole, UnaryOperator.identity()));
        return whole.retain();
    }

    /**
     * Copies host memory to the device.
     *
     * @param context the device
     * @param dtype element type
     * @param shape the sizes
     * @param values dense elements in native byte order
     * @return the value
     */
    public static Node fromHost(DeviceContext context, DType dtype, Shape shape, MemorySegment values) {
        return write(context, dtype, shape, target -> {
            if (values.byteSize() > 0) {
                context.backend().upload(values, target.buffer(), 0);
            }
        });
    }

    /**
     * Copies a value to host memory, computing it if need be.
     *
     * @param node the value
     * @param target room for its elements, dense, in native byte order
     */
    public static void toHost(Node node, MemorySegment target) {
        Node dense = contiguous(node);
        try {
            Stored stored = stored(dense);
            if (target.byteSize() > 0) {
                long offset = stored.layout().offset() * node.dtype().byteSize();
                node.context().backend().download(stored.storage().buffer(), offset, target);
            }
        } finally {
            dense.release();
        }
    }

    /**
     * Runs something under the device's lock, so that reads of several nodes' states agree.
     *
     * @param node any node of the device
     * @return a description of the node's state for diagnostics
     */
    public static String describe(Node node) {
        node.context().lock();
        try {
            State state = node.state;
            return switch (state) {
                case Stored stored -> "stored " + stored.layout();
                case Pending pending -> "pending " + pending.op() + ", " + pending.size() + " expression nodes";
                case Product product -> "pending product over " + product.space();
                case Node.Released _ -> "released";
            };
        } finally {
            node.context().unlock();
        }
    }
}
