package dev.tenrec.engine;

import dev.tenrec.backend.Operand;
import dev.tenrec.engine.Node.Pending;
import dev.tenrec.engine.Node.Product;
import dev.tenrec.engine.Node.Stored;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel.InputSpec;
import dev.tenrec.ir.LayoutClass;
import dev.tenrec.ir.Simplifier;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The pending nodes below some roots that one kernel computes. Made and read under the device's lock.
 *
 * <p>A pending operand of the roots' shape is computed inside the kernel; one of another shape is stored first and
 * broadcast. A product below becomes the kernel's core, the rest its epilogue, if nothing outside the region waits for
 * the product. An interior node that others wait for becomes an output of its own.
 */
final class Region {

    /** Most regions have a handful of nodes, and there is one for every kernel. */
    private static final int FEW = 8;

    private final Shape shape;
    private final List<Node> roots;
    private final List<Node> order = new ArrayList<>();
    private final Map<Node, Integer> position = new IdentityHashMap<>(FEW);
    private final List<Node> leaves = new ArrayList<>();
    private final Map<Node, Integer> leafPosition = new IdentityHashMap<>(FEW);
    private final Map<Node, Integer> edges = new IdentityHashMap<>(FEW);
    private final Set<Node> aboveProduct = new HashSet<>();
    private final List<Node> prerequisites = new ArrayList<>();
    private final List<Node> outputs = new ArrayList<>();
    private final boolean mayTakeProduct;
    private Node product;
    private boolean usesIndex;

    /**
     * Plans a region.
     *
     * @param roots pending nodes of one shape
     * @param mayTakeProduct whether the kernel may be a matrix product
     */
    Region(List<Node> roots, boolean mayTakeProduct) {
        this.roots = roots;
        this.shape = roots.get(0).shape();
        this.mayTakeProduct = mayTakeProduct;
        for (Node root : roots) {
            visit(root);
        }
        resolveProducts();
        chooseOutputs();
    }

    private void visit(Node node) {
        if (position.containsKey(node)) {
            return;
        }
        switch (node.state) {
            case Pending pending -> {
                usesIndex |= pending.op().usesIndex();
                for (Node arg : pending.args()) {
                    edges.merge(arg, 1, Integer::sum);
                    if (!(arg.state instanceof Pending inner)) {
                        leaf(arg);
                    } else if (arg.shape().equals(shape) || isConstant(inner)) {
                        visit(arg);
                    } else if (!prerequisites.contains(arg)) {
                        prerequisites.add(arg);
                    }
                }
                position.put(node, order.size());
                order.add(node);
            }
            // A root that is stored already: an identity kernel over it.
            case Stored _, Product _, Node.Released _ -> leaf(node);
        }
    }

    private static boolean isConstant(Pending pending) {
        return pending.args().length == 0 && !pending.op().usesIndex();
    }

    private void leaf(Node node) {
        node.checkLive();
        if (!leafPosition.containsKey(node)) {
            leafPosition.put(node, leaves.size());
            leaves.add(node);
        }
    }

    private void resolveProducts() {
        for (Node leaf : leaves) {
            if (!(leaf.state instanceof Product)) {
                continue;
            }
            // One that another thread computes is waited for instead of computed twice.
            boolean taken = mayTakeProduct
                    && product == null
                    && !leaf.running
                    && !usesIndex
                    && leaf.shape().equals(shape)
                    // A root is stored in any case, so that those who wait for it will find it.
                    && (roots.contains(leaf) || leaf.consumers == edges.getOrDefault(leaf, 0));
            if (taken) {
                product = leaf;
            } else {
                prerequisites.add(leaf);
            }
        }
        if (product != null) {
            // The product is the epilogue's input 0.
            leaves.remove(product);
            leaves.add(0, product);
            for (int i = 0; i < leaves.size(); i++) {
                leafPosition.put(leaves.get(i), i);
            }
            for (Node node : order) {
                for (Node arg : ((Pending) node.state).args()) {
                    if (arg == product || aboveProduct.contains(arg)) {
                        aboveProduct.add(node);
                    }
                }
            }
        }
    }

    private void chooseOutputs() {
        outputs.addAll(roots);
        if (product != null && product.saved > 0 && !outputs.contains(product)) {
            outputs.add(product);
        }
        for (Node node : order) {
            boolean awaited = node.consumers > edges.getOrDefault(node, 0)
                    // Storing what a gradient needs is cheaper than multiplying the matrices again.
                    || node.saved > 0 && aboveProduct.contains(node);
            if (awaited
                    && !node.running
                    && !outputs.contains(node)
                    && outputs.size() < Limits.OUTPUTS
                    && node.shape().equals(shape)) {
                outputs.add(node);
            }
        }
    }

    /** Nodes that must be stored before this region can be planned again and run. */
    List<Node> prerequisites() {
        return prerequisites;
    }

    /** The product that becomes the kernel's core, or null. */
    Node product() {
        return product;
    }

    Shape shape() {
        return shape;
    }

    /** Whether a node in the region depends on its position. */
    boolean usesIndex() {
        return usesIndex;
    }

    /** Stored nodes that are read; the product first, if there is one. */
    List<Node> leaves() {
        return leaves;
    }

    /** Nodes whose values the kernel stores; the roots first. */
    List<Node> outputs() {
        return outputs;
    }

    /**
     * Says whether nobody but this region and a given number of others refers to a node, so that its memory may be
     * overwritten when the region has run. References of pending nodes that end with the region count as the region's.
     */
    boolean ownsEveryReference(Node node, int others) {
        Map<Node, Integer> fromInside = new IdentityHashMap<>();
        for (int i = order.size() - 1; i >= 0; i--) {
            Node pending = order.get(i);
            if (outputs.contains(pending) || pending.references() == fromInside.getOrDefault(pending, 0)) {
                for (Node arg : ((Pending) pending.state).args()) {
                    fromInside.merge(arg, 1, Integer::sum);
                }
            }
        }
        return fromInside.getOrDefault(node, 0) + others == node.references();
    }

    /** Operands of the leaves over this region's shape. */
    List<Operand> operands() {
        List<Operand> operands = new ArrayList<>();
        for (Node leaf : leaves) {
            if (leaf.state instanceof Stored stored) {
                operands.add(new Operand(
                        stored.storage().buffer(), leaf.dtype(), stored.layout().expand(shape)));
            }
        }
        return operands;
    }

    /** The run-time scalars of all nodes, in the order of the parameters. */
    long[] scalars() {
        int count = 0;
        for (Node node : order) {
            count += ((Pending) node.state).scalars().length;
        }
        long[] all = new long[count];
        int next = 0;
        for (Node node : order) {
            for (long scalar : ((Pending) node.state).scalars()) {
                all[next++] = scalar;
            }
        }
        return all;
    }

    /** The expression of each output. */
    List<Expr> expressions() {
        Map<Node, Expr> made = new IdentityHashMap<>();
        for (int i = 0; i < leaves.size(); i++) {
            made.put(leaves.get(i), Expr.input(i, leaves.get(i).dtype()));
        }
        int nextParam = 0;
        for (Node node : order) {
            Pending pending = (Pending) node.state;
            List<Expr> args = new ArrayList<>();
            DType[] types = new DType[pending.args().length];
            for (int i = 0; i < types.length; i++) {
                args.add(made.get(pending.args()[i]));
                types[i] = pending.args()[i].dtype();
            }
            DType scalarType = pending.op().scalarType(node.dtype(), types);
            for (int i = 0; i < pending.scalars().length; i++) {
                args.add(Expr.param(nextParam++, scalarType));
            }
            made.put(node, pending.op().build(args));
        }
        return Simplifier.simplify(outputs.stream().map(made::get).toList());
    }

    /** What a kernel is told of the inputs. */
    static List<InputSpec> specs(List<Operand> operands) {
        return operands.stream()
                .map(operand -> new InputSpec(operand.dtype(), LayoutClass.of(operand.layout())))
                .toList();
    }

    /**
     * The structure of this region as numbers: equal keys mean equal kernels.
     *
     * @param kind what else the kernel depends on
     * @param inputs the operands as they will be launched
     */
    Key key(int[] kind, List<Operand> inputs) {
        int[] code = new int[kind.length + 5 + order.size() * 8 + inputs.size() + outputs.size()];
        int n = 0;
        for (int value : kind) {
            code[n++] = value;
        }
        code[n++] = product == null ? -1 : product.dtype().ordinal();
        code[n++] = inputs.size();
        code[n++] = order.size();
        code[n++] = outputs.size();
        for (Operand input : inputs) {
            code[n++] =
                    input.dtype().ordinal() * 4 + LayoutClass.of(input.layout()).ordinal();
        }
        for (Node node : order) {
            Pending pending = (Pending) node.state;
            if (n + pending.args().length + 3 > code.length) {
                code = Arrays.copyOf(code, code.length * 2 + pending.args().length);
            }
            code[n++] = pending.op().id();
            code[n++] = node.dtype().ordinal();
            for (Node arg : pending.args()) {
                Integer inner = position.get(arg);
                code[n++] = inner != null ? inner : -1 - leafPosition.get(arg);
            }
        }
        if (n + outputs.size() > code.length) {
            code = Arrays.copyOf(code, n + outputs.size());
        }
        for (Node output : outputs) {
            Integer inner = position.get(output);
            code[n++] = inner != null ? inner : -1 - leafPosition.get(output);
        }
        return new Key(Arrays.copyOf(code, n));
    }

    /** Numbers compared by value. */
    record Key(int[] code) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && Arrays.equals(code, key.code);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(code);
        }
    }

    /**
     * Merges axes that all layouts can walk with one stride, and drops axes of size 1.
     *
     * @param layouts of one shape
     * @param boundary axes before and from this one on are not merged with each other
     */
    static Collapsed collapse(List<Layout> layouts, int boundary) {
        Shape space = layouts.get(0).shape();
        int rank = space.rank();
        boolean[] startsAxis = new boolean[rank];
        int last = -1;
        List<Integer> kept = new ArrayList<>();
        for (int axis = 0; axis < rank; axis++) {
            if (space.size(axis) == 1) {
                continue;
            }
            boolean merges = last >= 0 && (last >= boundary || axis < boundary);
            for (Layout layout : layouts) {
                merges = merges && layout.stride(last) == layout.stride(axis) * space.size(axis);
            }
            startsAxis[axis] = !merges;
            kept.add(axis);
            last = axis;
        }
        List<long[]> strides = new ArrayList<>();
        long[] sizes = new long[kept.size()];
        int count = 0;
        int before = 0;
        for (int axis : kept) {
            if (startsAxis[axis]) {
                before += axis < boundary ? 1 : 0;
                sizes[count++] = space.size(axis);
            } else {
                sizes[count - 1] *= space.size(axis);
            }
        }
        Shape collapsed = Shape.of(Arrays.copyOf(sizes, count));
        for (Layout layout : layouts) {
            long[] merged = new long[count];
            int next = -1;
            for (int axis : kept) {
                next += startsAxis[axis] ? 1 : 0;
                merged[next] = layout.stride(axis);
            }
            strides.add(merged);
        }
        List<Layout> result = new ArrayList<>();
        for (int i = 0; i < layouts.size(); i++) {
            result.add(Layout.of(collapsed, strides.get(i), layouts.get(i).offset()));
        }
        return new Collapsed(collapsed, before, result);
    }

    /** Layouts with as few axes as possible; {@code boundary} says how many of them come before the boundary. */
    record Collapsed(Shape space, int boundary, List<Layout> layouts) {}
}
