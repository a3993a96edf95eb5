package dev.tenrec.optim;

import dev.tenrec.ir.Expr;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.util.Arrays;
import java.util.List;

/**
 * NAdam, Adam with Nesterov's look-ahead (Dozat, "Incorporating Nesterov momentum into Adam", 2016): with the gradient
 * g, step t, rates β₁, β₂ and momentum decay ψ,
 *
 * <pre>
 * μₜ = β₁·(1 − ½·0.96^(t·ψ)),   Πₜ = μ₁·μ₂·…·μₜ
 * m = β₁·m + (1 − β₁)·g
 * v = β₂·v + (1 − β₂)·g²
 * d = (1 − μₜ)/(1 − Πₜ)·g + μₜ₊₁/(1 − Πₜ₊₁)·m
 * p = p − lr·d/(√(v/(1 − β₂ᵗ)) + ε)
 * </pre>
 *
 * Weight decay λ adds λ·p to the gradient or, decoupled, multiplies the parameter by 1 − lr·λ first.
 */
public final class NAdam extends Optimizer {

    private static final int FIRST = 0;
    private static final int SECOND = 1;
    private static final double SHRINK = 0.96;
    /** Below this 1 − Π is 1. */
    private static final double NEGLIGIBLE = 0x1p-54;

    /** p·keep − (a·g + b·m)/(√v·correction + ε). */
    private static final ElementwiseOp STEP =
            ElementwiseOp.of("nadamStep", 4, Accepts.FLOATING, new double[] {1, 0.5, 0.5, 0.5, 0.5}, args -> {
                Expr change = args.get(1).mul(args.get(5)).add(args.get(2).mul(args.get(6)));
                Expr scale = args.get(3).sqrt().mul(args.get(7)).add(args.get(8));
                return args.get(0).mul(args.get(4)).sub(change.div(scale));
            });

    private final Options options;
    /** Πₜ for t from 0, as far as they were asked for. */
    private double[] products = {1};

    /**
     * The rates besides those of the groups.
     *
     * @param beta1 β₁, in [0, 1)
     * @param beta2 β₂, in [0, 1)
     * @param epsilon ε, above 0
     * @param momentumDecay ψ, 0 or more
     * @param decoupled whether weight decay is applied to the parameter instead of the gradient
     */
    public record Options(double beta1, double beta2, double epsilon, double momentumDecay, boolean decoupled) {

        /** β₁ = 0.9, β₂ = 0.999, ε = 1e−8, ψ = 0.004, decay as a part of the gradient. */
        public static final Options DEFAULT = new Options(0.9, 0.999, 1e-8, 4e-3, false);

        /**
         * Checks the rates.
         *
         * @throws dev.tenrec.error.InvalidArgument if one is out of range
         */
        public Options {
            Rates.belowOne("beta1", beta1);
            Rates.belowOne("beta2", beta2);
            Rates.positive("epsilon", epsilon);
            Rates.notNegative("momentum decay", momentumDecay);
        }
    }

    /**
     * Makes an optimizer with β₁ = 0.9, β₂ = 0.999, ε = 1e−8, ψ = 0.004, without weight decay.
     *
     * @param parameters what is trained
     * @param learningRate such as 2e−3
     * @throws dev.tenrec.error.InvalidArgument if the rate is negative or not finite, or there are no parameters
     */
    public NAdam(List<Variable> parameters, double learningRate) {
        this(List.of(new ParameterGroup(parameters, learningRate)), Options.DEFAULT);
    }

    /**
     * Makes an optimizer.
     *
     * @param groups what is trained, with rates and weight decay
     * @param options β₁, β₂, ε, ψ and the kind of weight decay
     * @throws dev.tenrec.error.InvalidArgument if there are no parameters or one is named twice
     */
    public NAdam(List<ParameterGroup> groups, Options options) {
        super(groups, "firstMoment", "secondMoment");
        this.options = options;
    }

    private double momentum(long step) {
        return options.beta1 * (1 - 0.5 * Math.pow(SHRINK, step * options.momentumDecay));
    }

    /** Πₜ; a function of t alone, so that the number of steps is all the state there is. */
    private double product(long step) {
        while (products.length <= step) {
            int known = products.length;
            if (products[known - 1] < NEGLIGIBLE) {
                return 0;
            }
            products = Arrays.copyOf(products, known * 2);
            for (int t = known; t < products.length; t++) {
                products[t] = products[t - 1] * momentum(t);
            }
        }
        return products[(int) step];
    }

    @Override
    protected List<Tensor> update(Update update) {
        Tensor gradient = options.decoupled ? update.gradient() : Decay.add(update);
        Tensor first = Moments.mean(update.remembered(FIRST), gradient, options.beta1);
        Tensor second = Moments.meanSquare(update.remembered(SECOND), gradient, options.beta2);
        long step = update.step();
        double lr = update.learningRate();
        double[] scalars = {
            Decay.kept(update, options.decoupled),
            lr * (1 - momentum(step)) / (1 - product(step)),
            lr * momentum(step + 1) / (1 - product(step + 1)),
            1 / Math.sqrt(1 - Math.pow(options.beta2, step)),
            options.epsilon
        };
        return List.of(Tensor.apply(STEP, scalars, update.value(), gradient, first, second), first, second);
    }
}
