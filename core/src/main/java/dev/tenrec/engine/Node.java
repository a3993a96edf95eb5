package dev.tenrec.engine;

import dev.tenrec.memory.Storage;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;

/**
 * The value behind a tensor: stored, or a description of how to compute it. Counted: tensors, pending nodes above and
 * gradient records each hold a reference. All mutable fields are guarded by the device's lock.
 */
public final class Node {

    /** What is known of the value. */
    sealed interface State {}

    /** The value lies in memory; views share the storage. */
    record Stored(Storage storage, Layout layout) implements State {}

    /**
     * An elementwise operation that has not run.
     *
     * @param op the operation
     * @param args its operands, broadcast to this node's shape
     * @param scalars its run-time scalars
     * @param size expression nodes of this and the pending nodes below
     * @param leaves the distinct stored or product nodes below
     * @param indexed whether it depends on the position
     */
    record Pending(ElementwiseOp op, Node[] args, long[] scalars, int size, Node[] leaves, boolean indexed)
            implements State {

        /** Whether it is the same for every element, and described without reading any. */
        boolean isConstant() {
            return leaves.length == 0 && !indexed;
        }
    }

    /**
     * A matrix product that waits for its epilogue.
     *
     * @param left stored, unit stride in one of its two last axes
     * @param right likewise
     * @param space [batch…, M, N, K]
     */
    record Product(Node left, Node right, Shape space) implements State {}

    /** Nobody refers to the node any more. */
    record Released() implements State {}

    private static final Released RELEASED = new Released();

    private final DeviceContext context;
    private final DType dtype;
    private final Shape shape;

    State state;

    /** Pending nodes that have this one as an operand, counted once per operand. */
    int consumers;

    /** Gradient records that will read this value. */
    int saved;

    /** Whether some thread is computing the value. */
    boolean running;

    private int references = 1;

    /** The plan that wrote {@link #place}, {@link #edges} and {@link #inside}; of another plan they mean nothing. */
    long stamp;

    /** Where a plan has put this node. */
    int place;

    /** How often the nodes of a plan have this one as an operand. */
    int edges;

    /** References that end with a plan. */
    int inside;

    /** The next in a list of nodes that nobody refers to any more. */
    private Node nextReleased;

    Node(DeviceContext context, DType dtype, Shape shape, State state) {
        this.context = context;
        this.dtype = dtype;
        this.shape = shape;
        this.state = state;
        switch (state) {
            case Pending pending -> {
                for (Node arg : pending.args) {
                    arg.references++;
                    arg.consumers++;
                }
            }
            case Product product -> {
                product.left.references++;
                product.right.references++;
            }
            case Stored _, Released _ -> {
                // Holds no nodes.
            }
        }
    }

    /**
     * Returns the device the value lives on.
     *
     * @return its context
     */
    public DeviceContext context() {
        return context;
    }

    /**
     * Returns the element type.
     *
     * @return the type
     */
    public DType dtype() {
        return dtype;
    }

    /**
     * Returns the sizes.
     *
     * @return the shape
     */
    public Shape shape() {
        return shape;
    }

    /**
     * Adds a reference.
     *
     * @return this
     */
    public Node retain() {
        context.lock();
        try {
            checkLive();
            references++;
            return this;
        } finally {
            context.unlock();
        }
    }

    /**
     * Adds a reference, if any is left.
     *
     * @return false if the value was released
     */
    public boolean tryRetain() {
        context.lock();
        try {
            if (state instanceof Released) {
                return false;
            }
            references++;
            return true;
        } finally {
            context.unlock();
        }
    }

    /** Adds a reference for a gradient record, which will read the value. */
    public void retainSaved() {
        context.lock();
        try {
            checkLive();
            references++;
            saved++;
        } finally {
            context.unlock();
        }
    }

    /** Removes a reference added by {@link #retainSaved}. */
    public void releaseSaved() {
        context.lock();
        try {
            saved--;
            releaseLocked();
        } finally {
            context.unlock();
        }
    }

    /** Removes a reference; the last one releases storage and operands. */
    public void release() {
        context.lock();
        try {
            releaseLocked();
        } finally {
            context.unlock();
        }
    }

    /**
     * Says whether the value has been computed.
     *
     * @return false while it is only described
     */
    public boolean isStored() {
        context.lock();
        try {
            return state instanceof Stored;
        } finally {
            context.unlock();
        }
    }

    int references() {
        return references;
    }

    void checkLive() {
        if (state instanceof Released) {
            throw new IllegalStateException("the value was released by another thread while it was used");
        }
    }

    /** Sets the value once it lies in memory, and lets go of what it was computed from. */
    void store(Storage storage, Layout layout) {
        if (state instanceof Released || state instanceof Stored) {
            storage.release();
            return;
        }
        State before = state;
        state = new Stored(storage, layout);
        drain(letGo(before, null));
    }

    void releaseLocked() {
        if (dropReference()) {
            drain(this);
        }
    }

    /** Whether that was the last reference. */
    private boolean dropReference() {
        if (--references < 0) {
            throw new IllegalStateException("a node was released more often than retained");
        }
        return references == 0;
    }

    // A list instead of recursion: chains of nodes can be longer than a thread's stack.
    private static void drain(Node released) {
        Node next = released;
        while (next != null) {
            Node node = next;
            next = node.nextReleased;
            node.nextReleased = null;
            State before = node.state;
            node.state = RELEASED;
            if (before instanceof Stored stored) {
                stored.storage.release();
            } else {
                next = letGo(before, next);
            }
        }
    }

    /** Drops the references that a state holds; returns the list of the released with those whose last one it was. */
    private static Node letGo(State before, Node released) {
        Node list = released;
        switch (before) {
            case Pending pending -> {
                for (Node arg : pending.args) {
                    arg.consumers--;
                    list = drop(arg, list);
                }
            }
            case Product product -> list = drop(product.right, drop(product.left, list));
            case Stored _, Released _ -> {
                // Held no nodes.
            }
        }
        return list;
    }

    private static Node drop(Node node, Node released) {
        if (!node.dropReference()) {
            return released;
        }
        node.nextReleased = released;
        return node;
    }
}
