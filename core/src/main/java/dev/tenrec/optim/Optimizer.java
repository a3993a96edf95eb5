package dev.tenrec.optim;

import dev.tenrec.backend.Backend;
import dev.tenrec.engine.Devices;
import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.GradientMode;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.RowGradient;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Device;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Changes parameters by their gradients, and keeps what it remembers of each. To be used by one thread at a time.
 *
 * <p>A subclass names what it remembers, and describes one parameter's step with elementwise operations; it then runs
 * as one kernel that writes over the memory of the parameter and of all that is remembered.
 */
public abstract class Optimizer implements AutoCloseable {

    private static final String STEPS = "steps";

    private final List<ParameterGroup> groups;
    private final List<Slot> slots = new ArrayList<>();

    /** A parameter, its group, and what is remembered of it. */
    private static final class Slot {
        private final ParameterGroup group;
        private final Variable parameter;
        private final List<Variable> memory = new ArrayList<>();
        private long steps;

        Slot(ParameterGroup group, Variable parameter) {
            this.group = group;
            this.parameter = parameter;
        }
    }

    /**
     * A tensor that is kept for a parameter, of its shape and type. At most three of them fit into the one kernel of a
     * step.
     *
     * @param name its name in the state
     * @param start the value of all elements before the first step
     */
    protected record Memory(String name, double start) {

        /**
         * Names tensors that start as zeros.
         *
         * @param names their names in the state
         * @return in order
         */
        public static List<Memory> zeros(String... names) {
            return Arrays.stream(names).map(name -> new Memory(name, 0)).toList();
        }
    }

    /**
     * Makes an optimizer.
     *
     * @param groups what is trained
     * @param remembered names of the tensors kept for each parameter, which start as zeros of its shape and type
     * @throws InvalidArgument if there is no parameter, or one is named twice
     */
    protected Optimizer(List<ParameterGroup> groups, String... remembered) {
        this(groups, (_, _) -> Memory.zeros(remembered));
    }

    /**
     * Makes an optimizer that keeps other tensors for some parameters than for others.
     *
     * @param groups what is trained
     * @param remembered says what is kept for a parameter of a group
     * @throws InvalidArgument if there is no parameter, or one is named twice
     */
    protected Optimizer(List<ParameterGroup> groups, BiFunction<ParameterGroup, Variable, List<Memory>> remembered) {
        this.groups = List.copyOf(groups);
        Set<Variable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (ParameterGroup group : this.groups) {
            for (Variable parameter : group.parameters()) {
                if (!seen.add(parameter)) {
                    throw new InvalidArgument(Message.of("optimizer", "a parameter is named twice")
                            .line("expected", "each parameter in one group, once")
                            .line("given", parameter)
                            .toString());
                }
                if (parameter.dtype() != DType.F32 && parameter.dtype() != DType.F64) {
                    throw new InvalidArgument(Message.of("optimizer", "element type does not fit")
                            .line("expected", "F32 or F64")
                            .line("given", parameter)
                            .toString());
                }
                slots.add(new Slot(group, parameter));
            }
        }
        if (slots.isEmpty()) {
            throw new InvalidArgument(Message.of("optimizer", "no parameters")
                    .line("expected", "at least one")
                    .line("given", this.groups.size() + " groups without any")
                    .hint("are all variables frozen?")
                    .toString());
        }
        slots.forEach(slot -> remember(slot, remembered.apply(slot.group, slot.parameter)));
    }

    private static void remember(Slot slot, List<Memory> remembered) {
        Variable parameter = slot.parameter;
        Devices.with(parameter.device(), () -> {
            try (Scope _ = Scope.open()) {
                for (Memory memory : remembered) {
                    Tensor start = Tensor.full(parameter.dtype(), parameter.shape(), memory.start);
                    slot.memory.add(Variable.buffer(memory.name, start));
                }
            }
            return null;
        });
    }

    /**
     * Describes the step of one parameter with elementwise operations on tensors of its shape. What it makes on the way
     * should be given to {@link Update#temporary}.
     *
     * @param update the values to work with
     * @return the new value of the parameter, then those of what is remembered, in order
     */
    protected abstract List<Tensor> update(Update update);

    /**
     * Says whether the step of an element depends on that element alone, its gradient and what is remembered of it. If not,
     * a gradient of some rows is made whole first.
     *
     * @return true unless a subclass says otherwise
     */
    protected boolean isByElement() {
        return true;
    }

    /** One parameter's step, or that of some of its rows. */
    protected static final class Update {
        private final Slot slot;
        private final Tensor gradient;
        private final Tensor value;
        private final List<Tensor> memory = new ArrayList<>();
        private final List<Tensor> temporaries = new ArrayList<>();

        /** Of the whole parameter, or of some of its rows. */
        private Update(Slot slot, Tensor gradient, long[] rows) {
            this.slot = slot;
            this.gradient = gradient;
            value = read(slot.parameter, rows);
            slot.memory.forEach(variable -> memory.add(read(variable, rows)));
        }

        private Tensor read(Variable variable, long[] rows) {
            return temporary(rows == null ? variable.value() : variable.rows(rows));
        }

        /**
         * Returns the gradient.
         *
         * @return of the parameter's shape and type
         */
        public Tensor gradient() {
            return gradient;
        }

        /**
         * Returns the parameter's value before the step.
         *
         * @return the value
         */
        public Tensor value() {
            return value;
        }

        /**
         * Returns what is remembered of the parameter.
         *
         * @param index its place among the names
         * @return the value before the step
         */
        public Tensor remembered(int index) {
            return memory.get(index);
        }

        /**
         * Returns how many steps this parameter has made, with this one.
         *
         * @return 1 or more
         */
        public long step() {
            return slot.steps + 1;
        }

        /**
         * Returns the parameter's group.
         *
         * @return the group
         */
        public ParameterGroup group() {
            return slot.group;
        }

        /**
         * Returns the learning rate.
         *
         * @return that of the parameter's group
         */
        public double learningRate() {
            return slot.group.learningRate();
        }

        /**
         * Returns the weight decay.
         *
         * @return that of the parameter's group
         */
        public double weightDecay() {
            return slot.group.weightDecay();
        }

        /**
         * Marks a tensor as one that is not needed once the step is described. While a tensor is open its value counts
         * as used, and could neither be left out of memory nor be overwritten.
         *
         * @param tensor the tensor
         * @return the tensor
         */
        public Tensor temporary(Tensor tensor) {
            temporaries.add(tensor);
            return tensor;
        }
    }

    /**
     * Changes every parameter that has a gradient; others stay as they are, and so does what is remembered of them. Of a
     * parameter whose gradient is of some rows, see {@link Gradients#findRows}, only these rows are changed, and what is
     * remembered of them; for an optimizer that remembers nothing and without weight decay that is no difference.
     *
     * @param gradients of the loss
     * @throws ShapeMismatch if a gradient has another shape than its parameter; nothing has changed then
     * @throws DTypeMismatch if it has another type; nothing has changed then
     */
    public final void step(Gradients gradients) {
        for (Slot slot : slots) {
            gradients
                    .findRows(slot.parameter)
                    .ifPresentOrElse(
                            some -> check(
                                    slot.parameter,
                                    slot.parameter.shape().with(0, some.rows().size(0)),
                                    some.rows()),
                            () -> gradients
                                    .find(slot.parameter)
                                    .ifPresent(whole -> check(slot.parameter, slot.parameter.shape(), whole)));
        }
        GradientMode.without(() -> {
            Backend backend = backend();
            if (backend.joinsLaunches()) {
                gradients.materializeProducts(
                        slots.stream().map(slot -> slot.parameter).toList());
                backend.together(() -> update(gradients));
            } else {
                update(gradients);
            }
            return null;
        });
        submit();
    }

    private void update(Gradients gradients) {
        for (Slot slot : slots) {
            Optional<RowGradient> rows = isByElement() ? gradients.findRows(slot.parameter) : Optional.empty();
            if (rows.isPresent()) {
                step(slot, rows.get().rows(), rows.get().index());
            } else {
                gradients.find(slot.parameter).ifPresent(gradient -> step(slot, gradient, null));
            }
        }
    }

    /** The backend of the first parameter; nearly always that of all. */
    private Backend backend() {
        return Devices.context(slots.get(0).parameter.device()).backend();
    }

    /** Ends the step for backends that issue all work of a step together. */
    private void submit() {
        Device last = null;
        for (Slot slot : slots) {
            Device device = slot.parameter.device();
            if (!device.equals(last)) {
                Devices.context(device).backend().submit();
                last = device;
            }
        }
    }

    private static void check(Variable parameter, Shape expected, Tensor gradient) {
        if (!gradient.shape().equals(expected)) {
            throw new ShapeMismatch(Message.of("step", "gradient has another shape")
                    .line("parameter", expected, parameter.name())
                    .line("gradient", gradient.shape())
                    .toString());
        }
        if (gradient.dtype() != parameter.dtype()) {
            throw new DTypeMismatch(Message.of("step", "gradient has another element type")
                    .line("parameter", parameter.dtype(), parameter.name())
                    .line("gradient", gradient.dtype())
                    .toString());
        }
    }

    private void step(Slot slot, Tensor gradient, long[] rows) {
        try (Scope _ = Scope.open()) {
            Update update = new Update(slot, gradient, rows);
            List<Tensor> next = update(update);
            Map<Variable, Tensor> assigned = new LinkedHashMap<>();
            assigned.put(slot.parameter, next.get(0));
            for (int i = 0; i < slot.memory.size(); i++) {
                assigned.put(slot.memory.get(i), next.get(i + 1));
            }
            update.temporaries.forEach(Tensor::close);
            if (rows == null) {
                Variable.assignAll(assigned);
            } else {
                Variable.assignRows(rows, assigned);
            }
            slot.steps++;
        }
    }

    /**
     * Returns the groups of parameters, whose rates may be changed.
     *
     * @return in order; unmodifiable
     */
    public final List<ParameterGroup> groups() {
        return groups;
    }

    /**
     * Returns the learning rate of the first group.
     *
     * @return 0 or more
     */
    public final double learningRate() {
        return groups.get(0).learningRate();
    }

    /**
     * Changes the learning rate of every group, from the next step on.
     *
     * @param rate a finite number, 0 or more
     * @throws InvalidArgument if it is out of range
     */
    public final void setLearningRate(double rate) {
        Rates.notNegative("learning rate", rate);
        groups.forEach(group -> group.setLearningRate(rate));
    }

    /**
     * Returns what the optimizer remembers, for a checkpoint: for parameter i, counted through all groups, the tensors
     * {@code i.name} and the number of its steps {@code i.steps}. Rates are no part of it.
     *
     * @return by name, in a stable order; tensors of the current scope
     */
    public final LinkedHashMap<String, Tensor> state() {
        LinkedHashMap<String, Tensor> state = new LinkedHashMap<>();
        for (int i = 0; i < slots.size(); i++) {
            Slot slot = slots.get(i);
            for (Variable variable : slot.memory) {
                state.put(i + "." + variable.name(), variable.value());
            }
            state.put(i + "." + STEPS, StateReader.count(slot.steps));
        }
        return state;
    }

    /**
     * Sets what the optimizer remembers.
     *
     * @param state as {@link #state} gave it, of an optimizer of the same kind over parameters of the same shapes
     * @throws InvalidArgument if names, shapes or types differ; nothing has changed then
     */
    public final void load(Map<String, Tensor> state) {
        StateReader reader = new StateReader("optimizer", state);
        Map<Variable, Tensor> values = new LinkedHashMap<>();
        long[] steps = new long[slots.size()];
        for (int i = 0; i < slots.size(); i++) {
            for (Variable variable : slots.get(i).memory) {
                values.put(variable, reader.take(i + "." + variable.name(), variable.dtype(), variable.shape()));
            }
            steps[i] = reader.takeCount(i + "." + STEPS);
        }
        reader.checkEmpty();
        reader.assign(values);
        for (int i = 0; i < steps.length; i++) {
            slots.get(i).steps = steps[i];
        }
    }

    /** Releases what is remembered; the parameters stay. Idempotent. */
    @Override
    public void close() {
        slots.forEach(slot -> slot.memory.forEach(Variable::close));
    }
}
