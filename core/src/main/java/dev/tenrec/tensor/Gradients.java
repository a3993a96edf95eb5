package dev.tenrec.tensor;

import dev.tenrec.engine.Operations;
import dev.tenrec.error.Message;
import dev.tenrec.error.NotDifferentiable;
import dev.tenrec.memory.Scope;
import dev.tenrec.memory.Scoped;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * The gradients of one loss: variable → tensor of the variable's shape. Belongs to the scope it was computed in.
 *
 * <p>For a variable of which only rows were read, by {@link Variable#rows}, only their gradients are kept, see {@link
 * #findRows}. To whoever asks for the whole gradient it is made then.
 */
public final class Gradients implements Scope.Group {

    private final Map<Variable, Tensor> dense;
    private final Map<Variable, RowGradient> rows;
    private final Set<Variable> variables;

    /**
     * Makes gradients of given values, for instance after clipping.
     *
     * @param byVariable the gradients, in order
     */
    public Gradients(Map<Variable, Tensor> byVariable) {
        this(byVariable, Map.of());
    }

    /**
     * Makes gradients of given values, some of them of rows.
     *
     * @param dense whole gradients, in order
     * @param rows gradients of rows of other variables, in order
     */
    public Gradients(Map<Variable, Tensor> dense, Map<Variable, RowGradient> rows) {
        this.dense = Collections.unmodifiableMap(new LinkedHashMap<>(dense));
        this.rows = Collections.unmodifiableMap(new LinkedHashMap<>(rows));
        Set<Variable> all = new LinkedHashSet<>(dense.keySet());
        all.addAll(rows.keySet());
        variables = Collections.unmodifiableSet(all);
    }

    /**
     * Returns the gradient by a variable.
     *
     * @param variable which one
     * @return a tensor of its shape
     * @throws NotDifferentiable if the loss does not depend on it
     */
    public Tensor get(Variable variable) {
        return find(variable)
                .orElseThrow(() -> new NotDifferentiable(Message.of("gradients", "the loss does not depend on it")
                        .line("variable", variable)
                        .line("known", variables)
                        .toString()));
    }

    /**
     * Returns the gradient by a variable, if the loss depends on it.
     *
     * @param variable which one
     * @return a tensor of its shape, or empty
     */
    public Optional<Tensor> find(Variable variable) {
        RowGradient some = rows.get(variable);
        return Optional.ofNullable(some == null ? dense.get(variable) : some.toDense());
    }

    /**
     * Returns the gradient by those rows of a variable that were read, if no more is known of it.
     *
     * @param variable which one
     * @return the gradient, or empty if there is a whole one or none
     */
    public Optional<RowGradient> findRows(Variable variable) {
        return Optional.ofNullable(rows.get(variable));
    }

    /**
     * Returns the variables that have a gradient.
     *
     * @return in the order the backward pass met them, those with gradients of rows last
     */
    public Set<Variable> variables() {
        return variables;
    }

    /**
     * Returns all gradients as wholes.
     *
     * @return an unmodifiable map
     */
    public Map<Variable, Tensor> asMap() {
        if (rows.isEmpty()) {
            return dense;
        }
        Map<Variable, Tensor> all = new LinkedHashMap<>(dense);
        rows.forEach((variable, gradient) -> all.put(variable, gradient.toDense()));
        return Collections.unmodifiableMap(all);
    }

    /**
     * Applies something to all gradients that leaves a gradient of 0 as it is.
     *
     * @param function of a gradient, or of those of the rows, to another of its shape
     * @return the results
     */
    public Gradients map(UnaryOperator<Tensor> function) {
        Map<Variable, Tensor> newDense = new LinkedHashMap<>();
        dense.forEach((variable, gradient) -> newDense.put(variable, function.apply(gradient)));
        Map<Variable, RowGradient> newRows = new LinkedHashMap<>();
        rows.forEach((variable, gradient) -> newRows.put(variable, gradient.map(function)));
        return new Gradients(newDense, newRows);
    }

    /**
     * Returns what is kept: whole gradients, and those of rows.
     *
     * @return the tensors, in the order of {@link #variables}
     */
    public List<Tensor> values() {
        List<Tensor> values = new ArrayList<>(dense.values());
        rows.values().forEach(gradient -> values.add(gradient.rows()));
        return values;
    }

    /**
     * Computes the products among what some gradients wait for. What is left of these is done element by element, so that
     * the updates of the variables can follow each other without anything in between.
     *
     * @param of the variables; those without a gradient, or with one of rows, are left out
     */
    public void materializeProducts(Collection<Variable> of) {
        for (Variable variable : of) {
            Tensor gradient = dense.get(variable);
            if (gradient != null) {
                try {
                    Operations.materializeProducts(gradient.node());
                } finally {
                    Reference.reachabilityFence(gradient);
                }
            }
        }
    }

    @Override
    public void forEachScoped(Consumer<Scoped> action) {
        dense.values().forEach(action);
        rows.values().forEach(gradient -> gradient.forEachScoped(action));
    }
}
