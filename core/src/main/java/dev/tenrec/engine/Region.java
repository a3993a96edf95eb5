package dev.tenrec.engine;

import dev.tenrec.engine.Node.Pending;
import dev.tenrec.engine.Node.Product;
import dev.tenrec.engine.Node.Stored;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Simplifier;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * The pending nodes below some roots that one kernel computes. A device has one such object, planned anew for every
 * kernel under the device's lock and read under it: planning happens at every launch and makes no garbage. What is known
 * of a node is written to the node.
 *
 * <p>A pending operand of the roots' shape is computed inside the kernel; one of another shape is stored first and
 * broadcast. A product below becomes the kernel's core, the rest its epilogue, if nothing outside the region waits for
 * the product. An interior node that others wait for becomes an output of its own.
 */
final class Region {

    /** Most regions have a handful of nodes. */
    private static final int FEW = 8;

    /** Places of nodes that are neither computed by the kernel nor read: operands seen, and those to be stored first. */
    private static final int SEEN = Integer.MIN_VALUE;

    private static final int PREREQUISITE = SEEN + 1;

    private static final Node[] NONE = {};

    /** Counts plans, so that what an earlier one wrote to a node is not read. */
    private long stamp;

    private Shape shape;
    private Node[] roots = NONE;
    private Node[] order = new Node[FEW];
    private int count;
    private Node[] leaves = new Node[FEW];
    private int leafCount;
    private Node[] first = new Node[FEW];
    private int firstCount;
    private Node[] outputs = new Node[FEW];
    private int outputCount;
    private boolean[] aboveProduct = new boolean[FEW];
    private int[] code = new int[FEW * FEW];
    private int codes;
    private Layout[] layouts = new Layout[FEW];
    private int scalarCount;
    private boolean mayTakeProduct;
    private Node product;
    private boolean usesIndex;

    /**
     * Plans a region.
     *
     * @param planned pending nodes of one shape
     * @param productAllowed whether the kernel may be a matrix product
     */
    void plan(Node[] planned, boolean productAllowed) {
        roots = planned;
        shape = planned[0].shape();
        mayTakeProduct = productAllowed;
        stamp++;
        for (Node root : planned) {
            visit(root);
        }
        resolveProducts();
        chooseOutputs();
    }

    /** Forgets the nodes, so that they can be collected. */
    void clear() {
        roots = NONE;
        Arrays.fill(order, 0, count, null);
        Arrays.fill(leaves, 0, leafCount, null);
        Arrays.fill(first, 0, firstCount, null);
        Arrays.fill(outputs, 0, outputCount, null);
        count = 0;
        leafCount = 0;
        firstCount = 0;
        outputCount = 0;
        scalarCount = 0;
        product = null;
        usesIndex = false;
    }

    /** A number that no node of the device carries. */
    long nextStamp() {
        return ++stamp;
    }

    private void touch(Node node) {
        if (node.stamp != stamp) {
            node.stamp = stamp;
            node.place = SEEN;
            node.edges = 0;
            node.inside = 0;
        }
    }

    private void visit(Node node) {
        touch(node);
        if (node.place >= 0) {
            return;
        }
        // A root that is stored already: an identity kernel over it.
        if (!(node.state instanceof Pending pending)) {
            leaf(node);
            return;
        }
        usesIndex |= pending.op().usesIndex();
        for (Node arg : pending.args()) {
            touch(arg);
            arg.edges++;
            if (!(arg.state instanceof Pending inner)) {
                leaf(arg);
            } else if (arg.shape().equals(shape) || inner.isConstant()) {
                visit(arg);
            } else if (arg.place == SEEN) {
                arg.place = PREREQUISITE;
                first = with(first, firstCount++, arg);
            }
        }
        node.place = count;
        scalarCount += pending.scalars().length;
        order = with(order, count++, node);
    }

    private static Node[] with(Node[] nodes, int at, Node node) {
        Node[] room = at < nodes.length ? nodes : Arrays.copyOf(nodes, 2 * at);
        room[at] = node;
        return room;
    }

    private void leaf(Node node) {
        node.checkLive();
        if (node.place == SEEN) {
            node.place = -1 - leafCount;
            leaves = with(leaves, leafCount++, node);
        }
    }

    private void resolveProducts() {
        for (int i = 0; i < leafCount; i++) {
            Node leaf = leaves[i];
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
                    && (isRoot(leaf) || leaf.consumers == leaf.edges);
            if (taken) {
                product = leaf;
            } else {
                first = with(first, firstCount++, leaf);
            }
        }
        if (product != null) {
            putProductFirst();
        }
    }

    private boolean isRoot(Node node) {
        for (Node root : roots) {
            if (root == node) {
                return true;
            }
        }
        return false;
    }

    /** The product is the epilogue's input 0. */
    private void putProductFirst() {
        int at = -1 - product.place;
        System.arraycopy(leaves, 0, leaves, 1, at);
        leaves[0] = product;
        for (int i = 0; i <= at; i++) {
            leaves[i].place = -1 - i;
        }
        if (aboveProduct.length < count) {
            aboveProduct = new boolean[order.length];
        }
        for (int i = 0; i < count; i++) {
            boolean above = false;
            for (Node arg : ((Pending) order[i].state).args()) {
                above |= arg == product || arg.place >= 0 && aboveProduct[arg.place];
            }
            aboveProduct[i] = above;
        }
    }

    private void chooseOutputs() {
        for (Node root : roots) {
            outputs = with(outputs, outputCount++, root);
        }
        if (product != null && product.saved > 0 && !isOutput(product)) {
            outputs = with(outputs, outputCount++, product);
        }
        for (int i = 0; i < count; i++) {
            Node node = order[i];
            boolean awaited = node.consumers > node.edges
                    // Storing what a gradient needs is cheaper than multiplying the matrices again.
                    || node.saved > 0 && product != null && aboveProduct[i];
            if (awaited
                    && !node.running
                    && outputCount < Limits.OUTPUTS
                    && node.shape().equals(shape)
                    && !isOutput(node)) {
                outputs = with(outputs, outputCount++, node);
            }
        }
    }

    private boolean isOutput(Node node) {
        for (int i = 0; i < outputCount; i++) {
            if (outputs[i] == node) {
                return true;
            }
        }
        return false;
    }

    /** Nodes that must be stored before this region can be planned again and run, each with a new reference; or null. */
    Node[] retainedPrerequisites() {
        if (firstCount == 0) {
            return null;
        }
        Node[] nodes = Arrays.copyOf(first, firstCount);
        for (Node node : nodes) {
            node.retain();
        }
        return nodes;
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

    int leafCount() {
        return leafCount;
    }

    /** A stored node that is read; the product comes first, if there is one. */
    Node leaf(int index) {
        return leaves[index];
    }

    /** Whether a node is among those that are read. */
    boolean reads(Node node) {
        return node.stamp == stamp && node.place < 0 && node.place > PREREQUISITE;
    }

    /** Nodes whose values the kernel stores; the roots first. */
    Node[] outputs() {
        return Arrays.copyOf(outputs, outputCount);
    }

    /**
     * Counts for each node how many of its references end when the region has run: those of pending nodes that are
     * stored then or that nobody else refers to.
     */
    void countInsideReferences() {
        for (int i = 0; i < count; i++) {
            for (Node arg : ((Pending) order[i].state).args()) {
                arg.inside = 0;
            }
            order[i].inside = 0;
        }
        for (int i = count - 1; i >= 0; i--) {
            Node pending = order[i];
            if (pending.references() == pending.inside || isOutput(pending)) {
                for (Node arg : ((Pending) pending.state).args()) {
                    arg.inside++;
                }
            }
        }
    }

    /**
     * Says whether nobody but this region and a given number of others refers to a node, so that its memory may be
     * overwritten when the region has run. To be asked after {@link #countInsideReferences}.
     */
    boolean ownsEveryReference(Node node, int others) {
        return (node.stamp == stamp ? node.inside : 0) + others == node.references();
    }

    /** The run-time scalars of all nodes, in the order of the parameters. */
    long[] scalars() {
        long[] all = new long[scalarCount];
        int next = 0;
        for (int i = 0; i < count; i++) {
            for (long scalar : ((Pending) order[i].state).scalars()) {
                all[next++] = scalar;
            }
        }
        return all;
    }

    /** The expression of each output. */
    List<Expr> expressions() {
        Map<Node, Expr> made = new IdentityHashMap<>();
        for (int i = 0; i < leafCount; i++) {
            made.put(leaves[i], Expr.input(i, leaves[i].dtype()));
        }
        int nextParam = 0;
        for (int n = 0; n < count; n++) {
            Node node = order[n];
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
        return Simplifier.simplify(
                Arrays.stream(outputs, 0, outputCount).map(made::get).toList());
    }

    /** Writes the structure of this region as numbers, and lists how what it reads lies in memory. */
    private void encode() {
        codes = 0;
        add(product == null ? -1 : product.dtype().ordinal());
        add(leafCount);
        add(count);
        add(outputCount);
        for (int i = 0; i < leafCount; i++) {
            add(leaves[i].dtype().ordinal());
        }
        for (int i = 0; i < count; i++) {
            Pending pending = (Pending) order[i].state;
            add(pending.op().id());
            add(order[i].dtype().ordinal());
            for (Node arg : pending.args()) {
                add(arg.place);
            }
        }
        for (int i = 0; i < outputCount; i++) {
            add(outputs[i].place);
        }
        if (layouts.length < leafCount + 1) {
            layouts = new Layout[2 * leafCount];
        }
        int next = 0;
        if (product != null) {
            Product factors = (Product) product.state;
            layouts[next++] = ((Stored) factors.left().state).layout();
            layouts[next++] = ((Stored) factors.right().state).layout();
        }
        for (int i = product == null ? 0 : 1; i < leafCount; i++) {
            layouts[next++] = ((Stored) leaves[i].state).layout();
        }
    }

    private void add(int number) {
        if (codes == code.length) {
            code = Arrays.copyOf(code, 2 * codes);
        }
        code[codes++] = number;
    }

    /** How many operands the kernel reads: leaves, with two factors in the place of the product. */
    int operandCount() {
        return leafCount + (product == null ? 0 : 1);
    }

    /** The stored node of an operand; the factors of a product come first. */
    Node operand(int index) {
        if (product == null) {
            return leaves[index];
        }
        Product factors = (Product) product.state;
        return switch (index) {
            case 0 -> factors.left();
            case 1 -> factors.right();
            default -> leaves[index - 1];
        };
    }

    /** Finds how this region was launched before, or null. Encodes the region for {@link #key} and {@link #kernelKey}. */
    PlanCache.Plan find(PlanCache plans, int variant) {
        encode();
        return plans.find(variant, shape, code, codes, layouts, operandCount());
    }

    /** What the plan of this region is found by. To be asked after {@link #find}. */
    PlanCache.Key key(int variant) {
        return new PlanCache.Key(variant, shape, Arrays.copyOf(code, codes), Arrays.copyOf(layouts, operandCount()));
    }

    /**
     * The structure of this region as numbers: equal keys mean equal kernels. To be asked after {@link #find}.
     *
     * @param kind the kind of kernel
     * @param classes the layout classes of the operands as they will be launched
     */
    KernelKey kernelKey(int kind, int[] classes) {
        int[] all = Arrays.copyOf(code, codes + classes.length + 1);
        System.arraycopy(classes, 0, all, codes, classes.length);
        all[codes + classes.length] = kind;
        return new KernelKey(all);
    }

    /** Numbers compared by value. */
    record KernelKey(int[] code) {
        @Override
        public boolean equals(Object other) {
            return other instanceof KernelKey key && Arrays.equals(code, key.code);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(code);
        }
    }
}
