package dev.tenrec.optim;

import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.optim.AdaptiveMoments.Options;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.util.List;

/**
 * Adamax, Adam with the largest instead of the mean squared gradient (Kingma and Ba, "Adam: a method for stochastic
 * optimization", 2015, section 7.1): with the gradient g (plus λ·p for weight decay λ), step t and rates β₁, β₂,
 *
 * <pre>
 * m = β₁·m + (1 − β₁)·g
 * u = max(β₂·u, |g| + ε)
 * p = p − lr/(1 − β₁ᵗ) · m/u
 * </pre>
 */
public final class Adamax extends Optimizer {

    private static final int MEAN = 0;
    private static final int LARGEST = 1;

    /** max(β₂·u, |g| + ε). */
    private static final ElementwiseOp LARGER = ElementwiseOp.of(
            "adamaxLargest",
            2,
            Accepts.FLOATING,
            new double[] {0.5, 0.5},
            args -> args.get(0).mul(args.get(2)).max(args.get(1).abs().add(args.get(3))));

    /** p − rate·m/u. */
    private static final ElementwiseOp STEP = ElementwiseOp.of(
            "adamaxStep",
            3,
            Accepts.FLOATING,
            new double[] {0.5},
            args -> args.get(0).sub(args.get(1).mul(args.get(3)).div(args.get(2))));

    private final Options options;

    /**
     * Makes an optimizer with β₁ = 0.9, β₂ = 0.999, ε = 1e−8, without weight decay.
     *
     * @param parameters what is trained
     * @param learningRate such as 2e−3
     * @throws dev.tenrec.error.InvalidArgument if the rate is negative or not finite, or there are no parameters
     */
    public Adamax(List<Variable> parameters, double learningRate) {
        this(List.of(new ParameterGroup(parameters, learningRate)), Options.DEFAULT);
    }

    /**
     * Makes an optimizer.
     *
     * @param groups what is trained, with rates and weight decay, which counts as a part of the gradient
     * @param options β₁, β₂ and ε
     * @throws dev.tenrec.error.InvalidArgument if there are no parameters or one is named twice
     */
    public Adamax(List<ParameterGroup> groups, Options options) {
        super(groups, "firstMoment", "largest");
        this.options = options;
    }

    @Override
    protected List<Tensor> update(Update update) {
        Tensor gradient = Decay.add(update);
        Tensor mean = Moments.mean(update.remembered(MEAN), gradient, options.beta1());
        Tensor largest = Tensor.apply(
                LARGER, new double[] {options.beta2(), options.epsilon()}, update.remembered(LARGEST), gradient);
        double rate = update.learningRate() / (1 - Math.pow(options.beta1(), update.step()));
        return List.of(Tensor.apply(STEP, new double[] {rate}, update.value(), mean, largest), mean, largest);
    }
}
