package dev.tenrec.engine;

import dev.tenrec.engine.Node.Pending;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;

/** What is known of elementwise nodes before they run. All but {@link #expressionSize} under the device's lock. */
final class Descriptions {

    /** Expression nodes of a constant that may be described again. */
    private static final int SHORT = 4;

    /** Elements of such a constant; one element with strides of 0 takes less memory than more of them would. */
    private static final long SMALL = 4096;

    private Descriptions() {}

    private static boolean joins(Node arg, Shape shape) {
        return arg.state instanceof Pending pending && (arg.shape().equals(shape) || pending.isConstant());
    }

    static boolean isIndexed(ElementwiseOp op, Node[] args) {
        boolean indexed = op.usesIndex();
        for (Node arg : args) {
            indexed |= arg.state instanceof Pending pending && pending.indexed();
        }
        return indexed;
    }

    /** A small constant over another shape, or null; see {@link Operations#constant}. */
    static Node constant(Node node, Shape shape) {
        return shape.elementCount() <= SMALL && isShortConstant(node, SHORT) ? copyOf(node, shape) : null;
    }

    /** Whether a node is a formula without stored operands; those may have been stored since it was described. */
    private static boolean isShortConstant(Node node, int length) {
        if (!(node.state instanceof Pending pending) || !pending.isConstant() || pending.size() > length) {
            return false;
        }
        for (Node arg : pending.args()) {
            if (!isShortConstant(arg, length)) {
                return false;
            }
        }
        return true;
    }

    private static Node copyOf(Node node, Shape shape) {
        Pending pending = (Pending) node.state;
        Node[] args = new Node[pending.args().length];
        for (int i = 0; i < args.length; i++) {
            args[i] = copyOf(pending.args()[i], shape);
        }
        Node copy = new Node(
                node.context(),
                node.dtype(),
                shape,
                new Pending(pending.op(), args, pending.scalars(), pending.size(), pending.leaves(), false));
        for (Node arg : args) {
            arg.release();
        }
        return copy;
    }

    static int size(int own, Node[] args, Shape shape) {
        int size = own;
        for (Node arg : args) {
            size += joins(arg, shape) ? ((Pending) arg.state).size() : 0;
        }
        return size;
    }

    static int expressionSize(ElementwiseOp op, Node[] args) {
        DType[] types = new DType[args.length];
        for (int i = 0; i < args.length; i++) {
            types[i] = args[i].dtype();
        }
        return op.expressionSize(types);
    }

    /** The distinct nodes that are read below; the operands themselves where that is what they are. */
    static Node[] leaves(DeviceContext context, Node[] args, Shape shape) {
        long counted = context.region().nextStamp();
        int count = 0;
        boolean joined = false;
        for (Node arg : args) {
            if (joins(arg, shape)) {
                joined = true;
                for (Node leaf : ((Pending) arg.state).leaves()) {
                    count += leaf.stamp == counted ? 0 : 1;
                    leaf.stamp = counted;
                }
            } else {
                count += arg.stamp == counted ? 0 : 1;
                arg.stamp = counted;
            }
        }
        if (!joined && count == args.length) {
            return args;
        }
        long listed = context.region().nextStamp();
        Node[] found = new Node[count];
        for (Node arg : args) {
            if (joins(arg, shape)) {
                for (Node leaf : ((Pending) arg.state).leaves()) {
                    count = list(found, count, leaf, listed);
                }
            } else {
                count = list(found, count, arg, listed);
            }
        }
        return found;
    }

    /** Puts a node before those listed already, unless it is among them; returns where the list begins. */
    private static int list(Node[] found, int begin, Node leaf, long stamp) {
        if (leaf.stamp == stamp) {
            return begin;
        }
        leaf.stamp = stamp;
        found[begin - 1] = leaf;
        return begin - 1;
    }
}
