package dev.tenrec.optim;

import dev.tenrec.engine.Devices;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.GradientMode;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An exponential moving average of weights, which often predicts better than the weights themselves (Polyak and
 * Juditsky, "Acceleration of stochastic approximation by averaging", 1992). After each step of an optimizer, for the
 * number of updates t,
 *
 * <pre>
 * a = dₜ·a + (1 − dₜ)·p           dₜ = d, or with warm-up min(d, (1 + t)/(10 + t))
 * </pre>
 *
 * from a = p at first. An update is one kernel per variable over the average's own memory. To be used by one thread at a
 * time.
 *
 * <pre>{@code
 * average.update();                       // after each step
 * try (var swapped = average.swapIn()) {  // the model predicts with the averages
 *     evaluate(model);
 * }                                       // and is as before
 * }</pre>
 */
public final class WeightAverage implements AutoCloseable {

    private static final String UPDATES = "updates";

    private final Map<Variable, Variable> averages = new LinkedHashMap<>();
    private final double decay;
    private final boolean warmUp;
    private long updates;
    private Swapped swapped;

    /** The averages in the variables, until it is closed. */
    public final class Swapped implements AutoCloseable {
        private Swapped() {}

        /** Gives the variables back the values they had. Idempotent. */
        @Override
        public void close() {
            if (swapped == this) {
                exchange();
                swapped = null;
            }
        }
    }

    /**
     * Makes an average that starts with the present values, without warm-up.
     *
     * @param variables what is averaged, F32 or F64: parameters, and running statistics if they should be
     * @param decay d, in [0, 1), such as 0.999
     * @throws InvalidArgument if the decay is out of range, a variable is named twice or is not of a floating type
     */
    public WeightAverage(List<Variable> variables, double decay) {
        this(variables, decay, false);
    }

    /**
     * Makes an average that starts with the present values.
     *
     * @param variables what is averaged, F32 or F64: parameters, and running statistics if they should be
     * @param decay d, in [0, 1), such as 0.9999
     * @param warmUp whether early updates count for more, so that the first values are soon forgotten
     * @throws InvalidArgument if the decay is out of range, a variable is named twice or is not of a floating type
     */
    public WeightAverage(List<Variable> variables, double decay, boolean warmUp) {
        this.decay = Rates.belowOne("decay", decay);
        this.warmUp = warmUp;
        for (Variable variable : variables) {
            if (variable.dtype() != DType.F32 && variable.dtype() != DType.F64) {
                throw new InvalidArgument(Message.of("average", "element type does not fit")
                        .line("expected", "F32 or F64")
                        .line("given", variable)
                        .toString());
            }
            if (averages.containsKey(variable)) {
                throw new InvalidArgument(Message.of("average", "a variable is named twice")
                        .line("expected", "each variable once")
                        .line("given", variable)
                        .toString());
            }
            averages.put(variable, copy(variable));
        }
    }

    private static Variable copy(Variable variable) {
        return GradientMode.without(() -> Devices.with(variable.device(), () -> {
            try (Scope _ = Scope.open()) {
                // Times 1: a value that is shared would need new memory at the first update.
                return Variable.buffer(variable.name(), variable.value().mul(1));
            }
        }));
    }

    /**
     * Takes the present values into the averages.
     *
     * @throws InvalidArgument while averages are swapped in
     */
    public void update() {
        checkNotSwapped("update");
        long next = updates + 1;
        double kept = warmUp ? Math.min(decay, (1.0 + next) / (10 + next)) : decay;
        GradientMode.without(() -> {
            averages.forEach((variable, average) -> {
                try (Scope _ = Scope.open()) {
                    Tensor value = variable.value();
                    Tensor before = average.value();
                    Tensor after = Moments.mean(before, value, kept);
                    // While they are open, the average's memory could not be overwritten.
                    before.close();
                    value.close();
                    average.assign(after);
                }
            });
            return null;
        });
        updates = next;
    }

    private void checkNotSwapped(String operation) {
        if (swapped != null) {
            throw new InvalidArgument(Message.of("average", operation + " while averages are swapped in")
                    .line("expected", "the variables' own values")
                    .line("given", "their averages")
                    .hint("close what swapIn returned first")
                    .toString());
        }
    }

    /**
     * Puts the averages in the place of the variables' values. Nothing is copied.
     *
     * @return what puts the values back
     * @throws InvalidArgument if they are swapped in already
     */
    public Swapped swapIn() {
        checkNotSwapped("swapIn");
        exchange();
        swapped = new Swapped();
        return swapped;
    }

    private void exchange() {
        GradientMode.without(() -> {
            try (Scope _ = Scope.open()) {
                Map<Variable, Tensor> values = new LinkedHashMap<>();
                averages.forEach((variable, average) -> {
                    values.put(variable, average.value());
                    values.put(average, variable.value());
                });
                Variable.assignAll(values);
            }
            return null;
        });
    }

    /**
     * Returns the average of a variable.
     *
     * @param variable one of those averaged
     * @return a tensor of the current scope
     * @throws InvalidArgument if it is not averaged, or while averages are swapped in
     */
    public Tensor get(Variable variable) {
        checkNotSwapped("get");
        Variable average = averages.get(variable);
        if (average == null) {
            throw new InvalidArgument(Message.of("average", "variable is not averaged")
                    .line("expected", "one of " + averages.size() + " variables")
                    .line("given", variable)
                    .toString());
        }
        return average.value();
    }

    /**
     * Returns averages and the number of updates, for a checkpoint: for variable i {@code i.average}, and
     * {@code updates}.
     *
     * @return by name, in a stable order; tensors of the current scope
     * @throws InvalidArgument while averages are swapped in
     */
    public LinkedHashMap<String, Tensor> state() {
        checkNotSwapped("state");
        LinkedHashMap<String, Tensor> state = new LinkedHashMap<>();
        int i = 0;
        for (Variable average : averages.values()) {
            state.put(i++ + ".average", average.value());
        }
        state.put(UPDATES, StateReader.count(updates));
        return state;
    }

    /**
     * Sets averages and the number of updates.
     *
     * @param state as {@link #state} gave it, of averages of variables of the same shapes
     * @throws InvalidArgument if names, shapes or types differ, or while averages are swapped in; nothing has changed
     *     then
     */
    public void load(Map<String, Tensor> state) {
        checkNotSwapped("load");
        StateReader reader = new StateReader("average", state);
        Map<Variable, Tensor> values = new LinkedHashMap<>();
        int i = 0;
        for (Variable average : averages.values()) {
            values.put(average, reader.take(i++ + ".average", average.dtype(), average.shape()));
        }
        long count = reader.takeCount(UPDATES);
        reader.checkEmpty();
        reader.assign(values);
        updates = count;
    }

    /** Releases the averages; the variables stay, with values of their own. Idempotent. */
    @Override
    public void close() {
        if (swapped != null) {
            swapped.close();
        }
        averages.values().forEach(Variable::close);
    }
}
