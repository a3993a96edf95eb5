package dev.tenrec.tensor;

import dev.tenrec.engine.Node;
import dev.tenrec.engine.Operations;
import dev.tenrec.error.ClosedTensor;
import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.UnscopedTensors;
import dev.tenrec.type.DType;
import dev.tenrec.type.Device;
import dev.tenrec.type.Shape;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A named value that changes: a parameter, which is trained, or a buffer, which is not. The only mutable thing. Lives
 * outside of scopes, until it is closed or collected.
 *
 * <p>Tensors read from it before an assignment keep the old value.
 */
public final class Variable implements AutoCloseable {

    /** The value, apart from the variable, so that it can be released after the variable was collected. */
    private static final class Cell implements UnscopedTensors.Resource {
        private final AtomicReference<Node> node;

        Cell(Node node) {
            this.node = new AtomicReference<>(node);
        }

        @Override
        public boolean release() {
            Node last = node.getAndSet(null);
            if (last == null) {
                return false;
            }
            last.release();
            return true;
        }

        @Override
        public boolean isLeak() {
            return false;
        }
    }

    private static final AtomicLong NEXT_NUMBER = new AtomicLong();

    private final String name;
    private final Shape shape;
    private final DType dtype;
    private final Device device;
    private final Cell cell;
    private final GradientFunction record;
    /** Held while the value is taken or changed; several are taken in the order of {@link #number}. */
    private final ReentrantLock lock = new ReentrantLock();

    private final long number = NEXT_NUMBER.getAndIncrement();
    private volatile boolean trainable;
    private volatile long version;

    /**
     * Makes a variable.
     *
     * @param name its name within its module, such as {@code weight}
     * @param initial its first value, copied if it is a view
     * @param trainable whether gradients are computed for it
     */
    public Variable(String name, Tensor initial, boolean trainable) {
        this.name = name;
        this.shape = initial.shape();
        this.dtype = initial.dtype();
        this.device = initial.device();
        this.trainable = trainable;
        this.cell = new Cell(own(initial));
        this.record = GradientFunction.leaf(this);
        UnscopedTensors.watch(this, cell);
    }

    /**
     * Makes a trainable variable.
     *
     * @param name its name within its module
     * @param initial its first value
     * @return the parameter
     */
    public static Variable parameter(String name, Tensor initial) {
        return new Variable(name, initial, true);
    }

    /**
     * Makes a variable that is not trained, such as running statistics.
     *
     * @param name its name within its module
     * @param initial its first value
     * @return the buffer
     */
    public static Variable buffer(String name, Tensor initial) {
        return new Variable(name, initial, false);
    }

    private static Node own(Tensor tensor) {
        try {
            return Operations.owned(tensor.node());
        } finally {
            Reference.reachabilityFence(tensor);
        }
    }

    /**
     * Returns the name within its module.
     *
     * @return the name
     */
    public String name() {
        return name;
    }

    /**
     * Returns the sizes, which never change.
     *
     * @return the shape
     */
    public Shape shape() {
        return shape;
    }

    /**
     * Returns the element type, which never changes.
     *
     * @return the type
     */
    public DType dtype() {
        return dtype;
    }

    /**
     * Returns where the value lives.
     *
     * @return the device
     */
    public Device device() {
        return device;
    }

    /**
     * Says whether gradients are computed for it.
     *
     * @return true for parameters, unless frozen
     */
    public boolean isTrainable() {
        return trainable;
    }

    /**
     * Freezes or unfreezes the variable.
     *
     * @param newTrainable whether gradients are computed for it from now on
     */
    public void setTrainable(boolean newTrainable) {
        trainable = newTrainable;
    }

    /**
     * Returns how often the value was assigned.
     *
     * @return a number that grows with each assignment
     */
    public long version() {
        return version;
    }

    /**
     * Returns the current value; gradients flow back to the variable if it is trainable and of a floating type.
     *
     * @return a tensor of the current scope
     */
    public Tensor value() {
        lock.lock();
        try {
            boolean recorded = trainable && dtype.isFloating() && GradientMode.isOn();
            return new Tensor(node().retain(), recorded ? record.retain() : null);
        } finally {
            lock.unlock();
        }
    }

    private Node node() {
        Node node = cell.node.get();
        if (node == null) {
            throw new ClosedTensor(Message.of("variable", "it was closed")
                    .line("variable", name + " " + dtype + " " + shape)
                    .toString());
        }
        return node;
    }

    /**
     * Changes the value.
     *
     * @param value of the same shape, type and device
     */
    public void assign(Tensor value) {
        Map<Variable, Tensor> one = new LinkedHashMap<>();
        one.put(this, value);
        assignAll(one);
    }

    /**
     * Changes several variables at once. Values that are described but not computed yet are computed together, by one
     * kernel for every four of one shape. If one kernel is enough, it writes over the variables' own memory where no
     * other tensor shares it. Either all values are assigned or none.
     *
     * @param values new values, each of its variable's shape, type and device
     * @throws ShapeMismatch if a shape differs
     * @throws DTypeMismatch if a type differs
     */
    public static void assignAll(Map<Variable, Tensor> values) {
        values.forEach(Variable::check);
        List<Variable> ordered = values.keySet().stream()
                .sorted(Comparator.comparingLong(variable -> variable.number))
                .toList();
        ordered.forEach(variable -> variable.lock.lock());
        try {
            values.keySet().forEach(Variable::node);
            assignLocked(values);
        } finally {
            ordered.forEach(variable -> variable.lock.unlock());
        }
    }

    private static void assignLocked(Map<Variable, Tensor> values) {
        Map<Variable, Node> next = new LinkedHashMap<>();
        try {
            List<List<Variable>> kernels = new ArrayList<>();
            values.forEach((variable, value) -> {
                if (value.node().isStored()) {
                    next.put(variable, own(value));
                } else {
                    join(kernels, variable);
                }
            });
            for (int i = 0; i < kernels.size(); i++) {
                List<Variable> group = kernels.get(i);
                List<Node> computed =
                        group.stream().map(v -> values.get(v).node()).toList();
                // Memory is written over last, when nothing can fail any more.
                boolean last = i == kernels.size() - 1;
                Operations.update(
                        computed, last ? group.stream().map(Variable::node).toList() : null);
                group.forEach(variable -> next.put(variable, own(values.get(variable))));
            }
            next.replaceAll(Variable::exchange);
        } finally {
            next.values().forEach(Node::release);
        }
    }

    /** Adds a variable to the last kernel of its device and shape, or to a new one. */
    private static void join(List<List<Variable>> kernels, Variable variable) {
        for (List<Variable> group : kernels.reversed()) {
            Variable first = group.getFirst();
            if (first.shape.equals(variable.shape) && first.device.equals(variable.device)) {
                if (group.size() < Operations.UPDATES) {
                    group.add(variable);
                    return;
                }
                break;
            }
        }
        kernels.add(new ArrayList<>(List.of(variable)));
    }

    /** Takes over a reference and returns that of the value before. */
    private Node exchange(Node next) {
        version++;
        return cell.node.getAndSet(next);
    }

    private void check(Tensor value) {
        if (!value.shape().equals(shape)) {
            throw new ShapeMismatch(Message.of("assign", "shape differs")
                    .line("variable", shape, name)
                    .line("value", value.shape())
                    .toString());
        }
        if (value.dtype() != dtype) {
            throw new DTypeMismatch(Message.of("assign", "element type differs")
                    .line("variable", dtype, name)
                    .line("value", value.dtype())
                    .hint("convert with .to(DType." + dtype + ")")
                    .toString());
        }
        if (!value.device().equals(device)) {
            throw new InvalidArgument(Message.of("assign", "device differs")
                    .line("variable", device, name)
                    .line("value", value.device())
                    .hint("move with .to(device)")
                    .toString());
        }
        value.node();
    }

    /** Releases the value. Idempotent. */
    @Override
    public void close() {
        lock.lock();
        try {
            cell.release();
        } finally {
            lock.unlock();
        }
    }

    GradientFunction gradientRecord() {
        return record;
    }

    /** Returns name, type and shape. */
    @Override
    public String toString() {
        return name + " " + dtype + " " + shape;
    }
}
