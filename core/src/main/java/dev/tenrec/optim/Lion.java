package dev.tenrec.optim;

import dev.tenrec.ir.Expr;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.op.Ops;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.util.List;

/**
 * Lion, "evolved sign momentum" (Chen et al., "Symbolic discovery of optimization algorithms", 2023): with the gradient
 * g, rates β₁, β₂ and weight decay λ,
 *
 * <pre>
 * p = p·(1 − lr·λ) − lr·sign(β₁·m + (1 − β₁)·g)
 * m = β₂·m + (1 − β₂)·g
 * </pre>
 *
 * All elements move by the same amount; a learning rate of a third to a tenth of AdamW's is usual, with a weight decay
 * larger by the same factor.
 */
public final class Lion extends Optimizer {

    /** p·keep − rate·sign(a·m + b·g). */
    private static final ElementwiseOp STEP =
            ElementwiseOp.of("lionStep", 3, Accepts.FLOATING, new double[] {1, 0.5, 0.5, 0.5}, args -> {
                Expr mixed = args.get(1).mul(args.get(5)).add(args.get(2).mul(args.get(6)));
                Expr sign = Ops.SIGN.build(List.of(mixed));
                return args.get(0).mul(args.get(3)).sub(sign.mul(args.get(4)));
            });

    private final Options options;

    /**
     * The rates besides those of the groups.
     *
     * @param beta1 β₁, in [0, 1): the momentum's share in the direction
     * @param beta2 β₂, in [0, 1): how much of the momentum stays
     */
    public record Options(double beta1, double beta2) {

        /** β₁ = 0.9, β₂ = 0.99. */
        public static final Options DEFAULT = new Options(0.9, 0.99);

        /**
         * Checks the rates.
         *
         * @throws dev.tenrec.error.InvalidArgument if one is out of range
         */
        public Options {
            Rates.belowOne("beta1", beta1);
            Rates.belowOne("beta2", beta2);
        }
    }

    /**
     * Makes an optimizer with β₁ = 0.9 and β₂ = 0.99.
     *
     * @param parameters what is trained
     * @param learningRate such as 1e−4
     * @param weightDecay λ, decoupled, such as 0.1
     * @throws dev.tenrec.error.InvalidArgument if a rate is negative or not finite, or there are no parameters
     */
    public Lion(List<Variable> parameters, double learningRate, double weightDecay) {
        this(List.of(new ParameterGroup(parameters, learningRate, weightDecay)), Options.DEFAULT);
    }

    /**
     * Makes an optimizer.
     *
     * @param groups what is trained, with rates and decoupled weight decay
     * @param options β₁ and β₂
     * @throws dev.tenrec.error.InvalidArgument if there are no parameters or one is named twice
     */
    public Lion(List<ParameterGroup> groups, Options options) {
        super(groups, "momentum");
        this.options = options;
    }

    @Override
    protected List<Tensor> update(Update update) {
        Tensor momentum = update.remembered(0);
        double[] scalars = {Decay.kept(update, true), update.learningRate(), options.beta1, 1 - options.beta1};
        return List.of(
                Tensor.apply(STEP, scalars, update.value(), momentum, update.gradient()),
                Moments.mean(momentum, update.gradient(), options.beta2));
    }
}
