package dev.tenrec.optim;

import dev.tenrec.ir.Expr;
import dev.tenrec.memory.Scope;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.optim.AdaptiveMoments.Options;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.util.List;

/**
 * LAMB, Adam whose step has for each parameter tensor the length of the parameter (You et al., "Large batch optimization
 * for deep learning: training BERT in 76 minutes", 2020): with the gradient g, step t, rates β₁, β₂ and weight decay λ,
 *
 * <pre>
 * m = β₁·m + (1 − β₁)·g
 * v = β₂·v + (1 − β₂)·g²
 * r = m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε) + λ·p
 * p = p − lr · ‖p‖/‖r‖ · r         lr·r where one of the norms is 0
 * </pre>
 *
 * The norms are two reductions, which compute r on the way; the step is one kernel after them.
 */
public final class Lamb extends Optimizer {

    private static final int FIRST = 0;
    private static final int SECOND = 1;

    /** r = m·a/(√v·b + ε) + λ·p. */
    private static final ElementwiseOp DIRECTION =
            ElementwiseOp.of("lambDirection", 3, Accepts.FLOATING, new double[] {0.5, 0.5, 0.5, 0.5}, args -> {
                Expr scale = args.get(2).sqrt().mul(args.get(4)).add(args.get(5));
                return args.get(1).mul(args.get(3)).div(scale).add(args.get(0).mul(args.get(6)));
            });

    /** lr·‖p‖/‖r‖ of the squared norms. */
    private static final ElementwiseOp RATE =
            ElementwiseOp.of("lambRate", 2, Accepts.FLOATING, new double[] {0.5}, args -> {
                Expr ratio = args.get(0).div(args.get(1)).sqrt();
                Expr one = ratio.like(1);
                Expr factor = args.get(0).gt(0).choose(args.get(1).gt(0).choose(ratio, one), one);
                return factor.mul(args.get(2));
            });

    private final Options options;

    /**
     * Makes an optimizer with β₁ = 0.9, β₂ = 0.999, ε = 1e−6.
     *
     * @param parameters what is trained
     * @param learningRate such as 2e−3
     * @param weightDecay λ, such as 0.01
     * @throws dev.tenrec.error.InvalidArgument if a rate is negative or not finite, or there are no parameters
     */
    public Lamb(List<Variable> parameters, double learningRate, double weightDecay) {
        this(List.of(new ParameterGroup(parameters, learningRate, weightDecay)), new Options(0.9, 0.999, 1e-6));
    }

    /**
     * Makes an optimizer.
     *
     * @param groups what is trained, with rates and weight decay
     * @param options β₁, β₂ and ε
     * @throws dev.tenrec.error.InvalidArgument if there are no parameters or one is named twice
     */
    public Lamb(List<ParameterGroup> groups, Options options) {
        super(groups, "firstMoment", "secondMoment");
        this.options = options;
    }

    private record Step(Tensor direction, Tensor first, Tensor second) {}

    private Step step(Update update) {
        Tensor first = Moments.mean(update.remembered(FIRST), update.gradient(), options.beta1());
        Tensor second = Moments.meanSquare(update.remembered(SECOND), update.gradient(), options.beta2());
        double[] scalars = {
            1 / (1 - Math.pow(options.beta1(), update.step())),
            1 / Math.sqrt(1 - Math.pow(options.beta2(), update.step())),
            options.epsilon(),
            update.weightDecay()
        };
        return new Step(Tensor.apply(DIRECTION, scalars, update.value(), first, second), first, second);
    }

    @Override
    protected boolean isByElement() {
        return false;
    }

    @Override
    protected List<Tensor> update(Update update) {
        // Described twice, once for the norm and once for the step: stored in between it would need memory.
        Tensor rate = update.temporary(Scope.call(() -> Tensor.apply(
                RATE,
                new double[] {update.learningRate()},
                update.value().square().sum(),
                step(update).direction.square().sum())));
        Step step = step(update);
        Tensor scaled = update.temporary(update.temporary(step.direction).mul(rate));
        return List.of(update.value().sub(scaled), step.first, step.second);
    }
}
