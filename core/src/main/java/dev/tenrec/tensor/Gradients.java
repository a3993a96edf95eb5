package dev.tenrec.tensor;

import dev.tenrec.error.Message;
import dev.tenrec.error.NotDifferentiable;
import dev.tenrec.memory.Scope;
import dev.tenrec.memory.Scoped;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** The gradients of one loss: variable → tensor of the variable's shape. Belongs to the scope it was computed in. */
public final class Gradients implements Scope.Group {

    private final Map<Variable, Tensor> byVariable;

    /**
     * Makes gradients of given values, for instance after clipping.
     *
     * @param byVariable the gradients, in order
     */
    public Gradients(Map<Variable, Tensor> byVariable) {
        this.byVariable = Collections.unmodifiableMap(new LinkedHashMap<>(byVariable));
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
                        .line("known", byVariable.keySet())
                        .toString()));
    }

    /**
     * Returns the gradient by a variable, if the loss depends on it.
     *
     * @param variable which one
     * @return a tensor of its shape, or empty
     */
    public Optional<Tensor> find(Variable variable) {
        return Optional.ofNullable(byVariable.get(variable));
    }

    /**
     * Returns the variables that have a gradient.
     *
     * @return in the order the backward pass met them
     */
    public Set<Variable> variables() {
        return byVariable.keySet();
    }

    /**
     * Returns all gradients.
     *
     * @return an unmodifiable map
     */
    public Map<Variable, Tensor> asMap() {
        return byVariable;
    }

    @Override
    public void forEachScoped(Consumer<Scoped> action) {
        byVariable.values().forEach(action);
    }
}
