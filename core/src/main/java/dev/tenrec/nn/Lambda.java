package dev.tenrec.nn;

import dev.tenrec.tensor.Tensor;
import java.util.function.UnaryOperator;

/** A function without variables as a module. */
public final class Lambda extends Module {

    private final String name;
    private final UnaryOperator<Tensor> function;

    /**
     * Makes a module.
     *
     * @param name what {@link Module#summary()} calls it
     * @param function what it computes
     */
    public Lambda(String name, UnaryOperator<Tensor> function) {
        this.name = name;
        this.function = function;
    }

    @Override
    protected Tensor compute(Tensor input) {
        return function.apply(input);
    }

    /** Returns the name. */
    @Override
    public String toString() {
        return name;
    }
}
