package dev.tenrec.tensor;

import dev.tenrec.engine.Devices;
import dev.tenrec.engine.Node;
import dev.tenrec.engine.Operations;
import dev.tenrec.error.ClosedTensor;
import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.Scope;
import dev.tenrec.memory.UnscopedTensors;
import dev.tenrec.type.DType;
import dev.tenrec.type.Device;
import dev.tenrec.type.Shape;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
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
    private static final Variable[] NONE = {};
    private static final Comparator<Variable> BY_NUMBER = Comparator.comparingLong(variable -> variable.number);

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

    /**
     * Returns some rows of the current value. A backward pass from a loss gives a gradient of these rows alone, see
     * {@link Gradients#findRows}, and optimizers change only them: what a step costs depends on how many rows there are,
     * not on the size of the whole.
     *
     * @param index places on the first axis, ascending, each once
     * @return [n, …], a tensor of the current scope
     * @throws ShapeMismatch if this is a scalar
     * @throws InvalidArgument if a place is out of range, or they do not ascend
     */
    public Tensor rows(long... index) {
        checkRows("rows", index);
        long[] kept = index.clone();
        lock.lock();
        try {
            boolean recorded = trainable && dtype.isFloating() && GradientMode.isOn();
            // Whatever refers to the whole is closed at once: who is alone may change it in place.
            Node rows;
            try (Scope _ = Scope.open()) {
                rows = GradientMode.without(() -> Devices.with(device, () -> {
                    Tensor picked = value().indexSelect(0, Tensor.of(kept));
                    Node node = picked.node().retain();
                    Reference.reachabilityFence(picked);
                    return node;
                }));
            }
            return recorded ? GradientFunction.rows(rows, this, kept) : Tensor.constant(rows);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Changes some rows of several variables. It writes over a variable's own memory where no other tensor shares it.
     *
     * @param index places on the first axis, ascending, each once
     * @param rows for each variable new rows [n, …], of its type and device
     * @throws ShapeMismatch if a shape differs; nothing has changed then
     * @throws DTypeMismatch if a type differs; nothing has changed then
     * @throws InvalidArgument if a place is out of range, or they do not ascend, or a device differs; nothing has changed
     *     then
     */
    public static void assignRows(long[] index, Map<Variable, Tensor> rows) {
        rows.forEach((variable, tensor) -> {
            variable.checkRows("assignRows", index);
            variable.check("assignRows", variable.shape.with(0, index.length), tensor);
        });
        Variable[] ordered = rows.keySet().toArray(NONE);
        Arrays.sort(ordered, BY_NUMBER);
        for (Variable variable : ordered) {
            variable.lock.lock();
        }
        try (Scope _ = Scope.open()) {
            for (Variable variable : ordered) {
                variable.node();
            }
            // All rows are computed before the first is written: what fails, fails before.
            compute(rows.values());
            for (Variable variable : ordered) {
                Tensor tensor = rows.get(variable);
                Tensor places = RowGradient.column(index, tensor).materialize();
                Node next = Operations.assignRows(variable.node(), places.node(), tensor.node());
                variable.exchange(next).release();
                Reference.reachabilityFence(places);
                Reference.reachabilityFence(tensor);
            }
        } finally {
            for (Variable variable : ordered) {
                variable.lock.unlock();
            }
        }
    }

    /** Computes values, those of one shape that are described but not computed by one kernel if it holds them. */
    private static void compute(Collection<Tensor> values) {
        List<Node> pending = new ArrayList<>();
        for (Tensor value : values) {
            if (!value.node().isStored()
                    && pending.size() < Operations.UPDATES
                    && (pending.isEmpty() || pending.get(0).shape().equals(value.shape()))) {
                pending.add(value.node());
            }
        }
        if (!pending.isEmpty()) {
            Operations.update(pending.toArray(Node[]::new), null);
        }
        values.forEach(Tensor::materialize);
    }

    private void checkRows(String operation, long[] index) {
        if (shape.rank() == 0) {
            throw new ShapeMismatch(Message.of(operation, "a scalar has no rows")
                    .line("expected", "at least one axis")
                    .line("variable", shape, name)
                    .toString());
        }
        for (int i = 0; i < index.length; i++) {
            if (index[i] < 0 || index[i] >= shape.size(0) || i > 0 && index[i] <= index[i - 1]) {
                throw new InvalidArgument(Message.of(operation, "rows out of range or order")
                        .line("expected", "0 to " + (shape.size(0) - 1) + ", ascending, each once")
                        .line("given", index[i], "element " + i + (i > 0 ? ", after " + index[i - 1] : ""))
                        .line("variable", shape, name)
                        .toString());
            }
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
        Variable[] variables = values.keySet().toArray(NONE);
        Tensor[] next = new Tensor[variables.length];
        for (int i = 0; i < next.length; i++) {
            next[i] = values.get(variables[i]);
            variables[i].check("assign", variables[i].shape, next[i]);
        }
        Variable[] ordered = variables.clone();
        Arrays.sort(ordered, BY_NUMBER);
        for (Variable variable : ordered) {
            variable.lock.lock();
        }
        try {
            for (Variable variable : variables) {
                variable.node();
            }
            assignLocked(variables, next);
        } finally {
            for (Variable variable : ordered) {
                variable.lock.unlock();
            }
        }
    }

    private static void assignLocked(Variable[] variables, Tensor[] values) {
        Node[] next = new Node[variables.length];
        try {
            List<int[]> kernels = new ArrayList<>();
            for (int i = 0; i < next.length; i++) {
                if (values[i].node().isStored()) {
                    next[i] = own(values[i]);
                } else {
                    join(kernels, variables, i);
                }
            }
            for (int k = 0; k < kernels.size(); k++) {
                int[] group = kernels.get(k);
                Node[] computed = new Node[group.length];
                Node[] current = new Node[group.length];
                for (int i = 0; i < group.length; i++) {
                    computed[i] = values[group[i]].node();
                    current[i] = variables[group[i]].node();
                }
                // Memory is written over last, when nothing can fail any more.
                Operations.update(computed, k == kernels.size() - 1 ? current : null);
                for (int i : group) {
                    next[i] = own(values[i]);
                }
            }
            for (int i = 0; i < next.length; i++) {
                next[i] = variables[i].exchange(next[i]);
            }
        } finally {
            for (Node node : next) {
                if (node != null) {
                    node.release();
                }
            }
        }
    }

    /** Adds a variable to the last kernel of its device and shape, or to a new one. */
    private static void join(List<int[]> kernels, Variable[] variables, int joining) {
        Variable variable = variables[joining];
        for (int k = kernels.size() - 1; k >= 0; k--) {
            int[] group = kernels.get(k);
            Variable first = variables[group[0]];
            if (first.shape.equals(variable.shape) && first.device.equals(variable.device)) {
                if (group.length < Operations.UPDATES) {
                    int[] joined = Arrays.copyOf(group, group.length + 1);
                    joined[group.length] = joining;
                    kernels.set(k, joined);
                    return;
                }
                break;
            }
        }
        kernels.add(new int[] {joining});
    }

    /** Takes over a reference and returns that of the value before. */
    private Node exchange(Node next) {
        version++;
        return cell.node.getAndSet(next);
    }

    private void check(String operation, Shape expected, Tensor value) {
        if (!value.shape().equals(expected)) {
            throw new ShapeMismatch(Message.of(operation, "shape differs")
                    .line("variable", expected, name)
                    .line("value", value.shape())
                    .toString());
        }
        if (value.dtype() != dtype) {
            throw new DTypeMismatch(Message.of(operation, "element type differs")
                    .line("variable", dtype, name)
                    .line("value", value.dtype())
                    .hint("convert with .to(DType." + dtype + ")")
                    .toString());
        }
        if (!value.device().equals(device)) {
            throw new InvalidArgument(Message.of(operation, "device differs")
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
