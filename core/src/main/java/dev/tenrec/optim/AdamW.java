package dev.tenrec.optim;

import dev.tenrec.tensor.Variable;
import java.util.List;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019): a step of
 * {@link Adam} on p·(1 − lr·λ), with the gradient as it is.
 */
public final class AdamW extends AdaptiveMoments {

    /**
     * Makes an optimizer with β₁ = 0.9, β₂ = 0.999, ε = 1e−8.
     *
     * @param parameters what is trained
     * @param learningRate such as 1e−3
     * @param weightDecay λ, such as 0.01
     * @throws dev.tenrec.error.InvalidArgument if a rate is negative or not finite, or there are no parameters
     */
    public AdamW(List<Variable> parameters, double learningRate, double weightDecay) {
        this(List.of(new ParameterGroup(parameters, learningRate, weightDecay)), Options.DEFAULT);
    }

    /**
     * Makes an optimizer.
     *
     * @param groups what is trained, with rates and weight decay
     * @param options β₁, β₂ and ε
     * @throws dev.tenrec.error.InvalidArgument if there are no parameters or one is named twice
     */
    public AdamW(List<ParameterGroup> groups, Options options) {
        super(groups, options, true);
    }
}
