package dev.tenrec.optim;

import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.util.List;

/**
 * Adagrad (Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization",
 * 2011): with the gradient g (plus λ·p for weight decay λ), step t and rate decay η:
 *
 * <pre>
 * s = s + g²
 * p = p − lr/(1 + (t − 1)·η) · g/(√s + ε)
 * </pre>
 */
public final class Adagrad extends Optimizer {

    /** p − rate·g/(√s + ε). */
    private static final ElementwiseOp STEP = ElementwiseOp.of(
            "adagradStep",
            3,
            Accepts.FLOATING,
            new double[] {0.5, 0.5},
            args -> args.get(0)
                    .sub(args.get(1).mul(args.get(3)).div(args.get(2).sqrt().add(args.get(4)))));

    private final Options options;

    /**
     * The rates besides those of the groups.
     *
     * @param rateDecay η, 0 or more
     * @param initialSum what s starts with, 0 or more
     * @param epsilon ε, above 0: keeps the step finite where gradients are 0
     */
    public record Options(double rateDecay, double initialSum, double epsilon) {

        /** η = 0, s starts with 0, ε = 1e−10. */
        public static final Options DEFAULT = new Options(0, 0, 1e-10);

        /**
         * Checks the rates.
         *
         * @throws dev.tenrec.error.InvalidArgument if one is out of range
         */
        public Options {
            Rates.notNegative("rate decay", rateDecay);
            Rates.notNegative("initial sum", initialSum);
            Rates.positive("epsilon", epsilon);
        }
    }

    /**
     * Makes an optimizer without rate decay and weight decay, with ε = 1e−10.
     *
     * @param parameters what is trained
     * @param learningRate such as 1e−2
     * @throws dev.tenrec.error.InvalidArgument if the rate is negative or not finite, or there are no parameters
     */
    public Adagrad(List<Variable> parameters, double learningRate) {
        this(List.of(new ParameterGroup(parameters, learningRate)), Options.DEFAULT);
    }

    /**
     * Makes an optimizer.
     *
     * @param groups what is trained, with rates and weight decay, which counts as a part of the gradient
     * @param options rate decay, initial sum and ε
     * @throws dev.tenrec.error.InvalidArgument if there are no parameters or one is named twice
     */
    public Adagrad(List<ParameterGroup> groups, Options options) {
        super(groups, (_, _) -> List.of(new Memory("sum", options.initialSum)));
        this.options = options;
    }

    @Override
    protected List<Tensor> update(Update update) {
        Tensor gradient = Decay.add(update);
        Tensor sum = Moments.squareSum(update.remembered(0), 1, gradient, 1);
        double rate = update.learningRate() / (1 + (update.step() - 1) * options.rateDecay);
        return List.of(Tensor.apply(STEP, new double[] {rate, options.epsilon}, update.value(), gradient, sum), sum);
    }
}
