package dev.tenrec.tensor;

import dev.tenrec.engine.DeviceContext;
import dev.tenrec.engine.Devices;
import dev.tenrec.engine.Node;
import dev.tenrec.engine.Operations;
import dev.tenrec.error.ClosedTensor;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.UnscopedTensors;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.Ops;
import dev.tenrec.type.DType;
import dev.tenrec.type.Device;
import dev.tenrec.type.Shape;
import java.lang.ref.Reference;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * An immutable value of several axes on some device. Every operation makes a new tensor; only a {@link Variable}
 * changes. Elementwise operations are computed when something needs them, so a chain of them is one pass over memory.
 *
 * <p>A tensor belongs to the innermost {@link dev.tenrec.memory.Scope} of the thread that made it and is closed with it.
 * Tensors may be used by several threads at once.
 *
 * <p>The mathematics is in the interfaces this class implements, by topic.
 */
public final class Tensor extends TensorCreation
        implements ElementwiseMethods,
                ComparisonMethods,
                ActivationMethods,
                ReductionMethods,
                ShapeMethods,
                IndexMethods,
                LinearAlgebraMethods,
                HostMethods,
                AutoCloseable {

    private static final boolean TRACKING = Boolean.getBoolean("tenrec.memory.tracking");

    /** What a tensor holds, apart from it, so that it can be released after the tensor was collected. */
    private static final class Holdings implements UnscopedTensors.Resource {
        private static final AtomicIntegerFieldUpdater<Holdings> RELEASED =
                AtomicIntegerFieldUpdater.newUpdater(Holdings.class, "released");

        private final Node node;
        private final GradientFunction producer;

        /** 1 once it happened. */
        private volatile int released;

        Holdings(Node node, GradientFunction producer) {
            this.node = node;
            this.producer = producer;
        }

        @Override
        public boolean release() {
            if (!RELEASED.compareAndSet(this, 0, 1)) {
                return false;
            }
            node.release();
            if (producer != null) {
                producer.release();
            }
            return true;
        }
    }

    private final Holdings holdings;
    private final Throwable made;
    private volatile Throwable ended;

    /** Takes over one reference of each. */
    Tensor(Node node, GradientFunction producer) {
        holdings = new Holdings(node, producer);
        made = TRACKING ? new Throwable("made here") : null;
        if (!enterCurrentScope()) {
            onUnscoped();
        }
    }

    /** {@return a tensor of the value, which takes over the caller's reference; for code that works with nodes} */
    static Tensor constant(Node node) {
        return new Tensor(node, null);
    }

    Node node() {
        if (holdings.released != 0) {
            ClosedTensor error = new ClosedTensor(Message.of("tensor", "it was closed")
                    .line("tensor", dtype() + " " + shape())
                    .hint(
                            TRACKING
                                    ? "see below where it was made and closed"
                                    : "keep it with Scope.call or Scope.keep; run with -Dtenrec.memory.tracking=true"
                                            + " to see where it was made and closed")
                    .toString());
            if (made != null) {
                error.addSuppressed(made);
            }
            if (ended != null) {
                error.addSuppressed(ended);
            }
            throw error;
        }
        return holdings.node;
    }

    GradientFunction producer() {
        return holdings.producer;
    }

    /**
     * Takes a reference of the value. Not {@code node().retain()}: outside of scopes the garbage collector may release a
     * tensor as soon as nothing refers to it, also while one of its methods runs.
     */
    Node retainedNode() {
        try {
            return node().retain();
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** Another tensor of the same value and record. */
    Tensor alias() {
        try {
            GradientFunction producer = producer();
            return new Tensor(node().retain(), producer == null ? null : producer.retain());
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /** {@return this, for operations that change nothing} */
    Tensor unchanged() {
        node();
        return this;
    }

    // What it is

    /**
     * Returns the sizes.
     *
     * @return the shape
     */
    @Override
    public Shape shape() {
        return holdings.node.shape();
    }

    /**
     * Returns the element type.
     *
     * @return the type
     */
    @Override
    public DType dtype() {
        return holdings.node.dtype();
    }

    /**
     * Returns where the value lives.
     *
     * @return the device
     */
    public Device device() {
        return holdings.node.context().device();
    }

    /**
     * Says whether gradients can flow back through this tensor.
     *
     * @return true if it depends on a trainable variable through recorded operations
     */
    public boolean requiresGradient() {
        return producer() != null;
    }

    @Override
    public Tensor self() {
        return this;
    }

    // Conversion

    /**
     * Converts the elements.
     *
     * @param target the type wanted
     * @return this if it has the type
     */
    public Tensor to(DType target) {
        return target == dtype() ? unchanged() : Elementwise.apply(Ops.cast(target), Elementwise.NO_SCALARS, this);
    }

    /**
     * Moves the value to another device. Gradients flow back.
     *
     * @param target the device wanted
     * @return this if it lives there
     */
    public Tensor to(Device target) {
        return target.equals(device()) ? unchanged() : Creation.move(this, Devices.context(target));
    }

    /**
     * Applies an elementwise operation of the registry, or one of your own.
     *
     * @param op the operation; this tensor is its first operand
     * @param others its further tensor operands, broadcast together
     * @return the result
     */
    public Tensor apply(ElementwiseOp op, Tensor... others) {
        Tensor[] args = new Tensor[others.length + 1];
        args[0] = this;
        System.arraycopy(others, 0, args, 1, others.length);
        return Elementwise.apply(op, Elementwise.NO_SCALARS, args);
    }

    /**
     * Applies an elementwise operation with run-time scalars.
     *
     * @param op the operation; this tensor is its only tensor operand
     * @param scalar its first scalar; scalars are no part of the compiled kernel
     * @param more its further scalars
     * @return the result
     */
    public Tensor apply(ElementwiseOp op, double scalar, double... more) {
        double[] scalars = new double[more.length + 1];
        scalars[0] = scalar;
        System.arraycopy(more, 0, scalars, 1, more.length);
        return Elementwise.apply(op, scalars, this);
    }

    /**
     * Applies an elementwise operation with several tensors and run-time scalars.
     *
     * @param op the operation
     * @param scalars its scalars
     * @param args its tensor operands, broadcast together
     * @return the result
     */
    public static Tensor apply(ElementwiseOp op, double[] scalars, Tensor... args) {
        return Elementwise.apply(op, scalars, args);
    }

    // Gradients

    /**
     * Computes the gradients of this scalar by every trainable variable it depends on, and lets go of the record.
     *
     * @return the gradients
     * @throws ShapeMismatch if this has more than one element
     * @throws dev.tenrec.error.NotDifferentiable if it depends on no variable
     */
    public Gradients backward() {
        return Backpropagation.backward(this);
    }

    /**
     * Returns the same value without a record: gradients stop here.
     *
     * @return a constant
     */
    public Tensor detach() {
        return new Tensor(retainedNode(), null);
    }

    // Execution

    /**
     * Computes the value now instead of at its first use.
     *
     * @return this
     */
    public Tensor materialize() {
        try {
            Operations.materialize(node());
            return this;
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    /**
     * Computes the value on another thread.
     *
     * @return completes with this when the value is there
     */
    public CompletableFuture<Tensor> materializeAsync() {
        Node node = retainedNode();
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        Operations.materialize(node);
                        return this;
                    } finally {
                        node.release();
                    }
                },
                HostReads.READERS);
    }

    /** Releases the value. Idempotent. Using the tensor afterwards throws {@link ClosedTensor}. */
    @Override
    public void close() {
        leaveScope();
        release();
    }

    /**
     * Says whether the tensor was closed.
     *
     * @return true after {@link #close} or the end of its scope
     */
    public boolean isClosed() {
        return holdings.released != 0;
    }

    @Override
    protected void release() {
        if (TRACKING && ended == null) {
            ended = new Throwable("closed here");
        }
        holdings.release();
    }

    @Override
    protected void prepareToEscape() {
        if (!isClosed()) {
            Operations.materialize(node());
        }
    }

    @Override
    protected void onUnscoped() {
        UnscopedTensors.watch(this, holdings);
    }

    /** Takes this out of every scope: the caller closes it. */
    void leaveScopes() {
        leaveScope();
    }

    DeviceContext context() {
        return holdings.node.context();
    }

    /** Returns type, shape and elements; of large tensors the ends of each axis. */
    @Override
    public String toString() {
        return isClosed() ? "Tensor " + dtype() + " " + shape() + " (closed)" : TensorPrinter.print(this);
    }
}
