package dev.tenrec.optim;

import dev.tenrec.tensor.Variable;
import java.util.List;

/**
 * Adam (Kingma and Ba, "Adam: a method for stochastic optimization", 2015): with the gradient g, step t and rates β₁,
 * β₂,
 *
 * <pre>
 * m = β₁·m + (1 − β₁)·g
 * v = β₂·v + (1 − β₂)·g²
 * p = p − lr · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)
 * </pre>
 *
 * Weight decay λ, if any, adds λ·p to the gradient; {@link AdamW} applies it to the parameter instead.
 */
public final class Adam extends AdaptiveMoments {

    /**
     * Makes an optimizer with β₁ = 0.9, β₂ = 0.999, ε = 1e−8, without weight decay.
     *
     * @param parameters what is trained
     * @param learningRate such as 1e−3
     * @throws dev.tenrec.error.InvalidArgument if the rate is negative or not finite, or there are no parameters
     */
    public Adam(List<Variable> parameters, double learningRate) {
        this(List.of(new ParameterGroup(parameters, learningRate)), Options.DEFAULT);
    }

    /**
     * Makes an optimizer.
     *
     * @param groups what is trained, with rates and weight decay
     * @param options β₁, β₂ and ε
     * @throws dev.tenrec.error.InvalidArgument if there are no parameters or one is named twice
     */
    public Adam(List<ParameterGroup> groups, Options options) {
        super(groups, options, false);
    }
}
