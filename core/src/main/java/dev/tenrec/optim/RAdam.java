package dev.tenrec.optim;

import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.util.List;

/**
 * RAdam, Adam whose rate is rectified while the mean squared gradient is uncertain (Liu et al., "On the variance of the
 * adaptive learning rate and beyond", 2020): with the gradient g, step t and rates β₁, β₂,
 *
 * <pre>
 * m = β₁·m + (1 − β₁)·g
 * v = β₂·v + (1 − β₂)·g²
 * ρ∞ = 2/(1 − β₂) − 1,   ρₜ = ρ∞ − 2·t·β₂ᵗ/(1 − β₂ᵗ)
 * ρₜ &gt; 5:  r = √((ρₜ − 4)(ρₜ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρₜ))
 *          p = p − lr · m/(1 − β₁ᵗ) · r·√(1 − β₂ᵗ)/(√v + ε)
 * else     p = p − lr · m/(1 − β₁ᵗ)
 * </pre>
 *
 * The paper rectifies from ρₜ &gt; 4 on, where the variance is finite; 5 is what implementations take. Weight decay λ
 * adds λ·p to the gradient or, decoupled, multiplies the parameter by 1 − lr·λ first.
 */
public final class RAdam extends Optimizer {

    private static final int FIRST = 0;
    private static final int SECOND = 1;
    private static final double CERTAIN = 5;

    /** p·keep − m·(a/(√v + ε) + b): one kernel for both branches, of which one has factor 0. */
    private static final ElementwiseOp STEP = ElementwiseOp.of(
            "radamStep",
            3,
            Accepts.FLOATING,
            new double[] {1, 0.5, 0.5, 0.5},
            args -> args.get(0)
                    .mul(args.get(3))
                    .sub(args.get(1)
                            .mul(args.get(4)
                                    .div(args.get(2).sqrt().add(args.get(6)))
                                    .add(args.get(5)))));

    private final Options options;

    /**
     * The rates besides those of the groups.
     *
     * @param beta1 β₁, in [0, 1)
     * @param beta2 β₂, in [0, 1)
     * @param epsilon ε, above 0
     * @param decoupled whether weight decay is applied to the parameter instead of the gradient
     */
    public record Options(double beta1, double beta2, double epsilon, boolean decoupled) {

        /** β₁ = 0.9, β₂ = 0.999, ε = 1e−8, decay as a part of the gradient. */
        public static final Options DEFAULT = new Options(0.9, 0.999, 1e-8, false);

        /**
         * Checks the rates.
         *
         * @throws dev.tenrec.error.InvalidArgument if one is out of range
         */
        public Options {
            Rates.belowOne("beta1", beta1);
            Rates.belowOne("beta2", beta2);
            Rates.positive("epsilon", epsilon);
        }
    }

    /**
     * Makes an optimizer with β₁ = 0.9, β₂ = 0.999, ε = 1e−8, without weight decay.
     *
     * @param parameters what is trained
     * @param learningRate such as 1e−3
     * @throws dev.tenrec.error.InvalidArgument if the rate is negative or not finite, or there are no parameters
     */
    public RAdam(List<Variable> parameters, double learningRate) {
        this(List.of(new ParameterGroup(parameters, learningRate)), Options.DEFAULT);
    }

    /**
     * Makes an optimizer.
     *
     * @param groups what is trained, with rates and weight decay
     * @param options β₁, β₂, ε and the kind of weight decay
     * @throws dev.tenrec.error.InvalidArgument if there are no parameters or one is named twice
     */
    public RAdam(List<ParameterGroup> groups, Options options) {
        super(groups, "firstMoment", "secondMoment");
        this.options = options;
    }

    @Override
    protected List<Tensor> update(Update update) {
        Tensor gradient = options.decoupled ? update.gradient() : Decay.add(update);
        Tensor first = Moments.mean(update.remembered(FIRST), gradient, options.beta1);
        Tensor second = Moments.meanSquare(update.remembered(SECOND), gradient, options.beta2);
        long step = update.step();
        double rate = update.learningRate() / (1 - Math.pow(options.beta1, step));
        double power = Math.pow(options.beta2, step);
        double limit = 2 / (1 - options.beta2) - 1;
        double length = limit - 2 * step * power / (1 - power);
        boolean certain = length > CERTAIN;
        double rectified =
                Math.sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length) * (1 - power));
        double[] scalars = {
            Decay.kept(update, options.decoupled), certain ? rate * rectified : 0, certain ? 0 : rate, options.epsilon
        };
        return List.of(Tensor.apply(STEP, scalars, update.value(), first, second), first, second);
    }
}
