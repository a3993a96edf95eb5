package dev.tenrec.optim;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.util.List;

/**
 * Gradient descent, with momentum if wanted. With the gradient g (plus λ·p for weight decay λ), momentum μ and
 * dampening δ:
 *
 * <pre>
 * b = μ·b + (1 − δ)·g          at the first step b = g
 * p = p − lr·b                 with Nesterov's look-ahead p = p − lr·(g + μ·b)
 * </pre>
 *
 * Momentum after Polyak (1964); look-ahead as in Sutskever et al., "On the importance of initialization and momentum in
 * deep learning" (2013). Without momentum it is p = p − lr·g and nothing is remembered.
 */
public final class Sgd extends Optimizer {

    /** p − lr·g. */
    private static final ElementwiseOp STEP = ElementwiseOp.of(
            "sgdStep",
            2,
            Accepts.FLOATING,
            new double[] {0.5},
            args -> args.get(0).sub(args.get(1).mul(args.get(2))));

    /** p − lr·(g + μ·b). */
    private static final ElementwiseOp LOOK_AHEAD = ElementwiseOp.of(
            "sgdNesterovStep",
            3,
            Accepts.FLOATING,
            new double[] {0.5, 0.5},
            args -> args.get(0)
                    .sub(args.get(1).add(args.get(2).mul(args.get(4))).mul(args.get(3))));

    private final Options options;

    /**
     * The rates besides those of the groups.
     *
     * @param momentum μ, in [0, 1)
     * @param dampening δ, in [0, 1)
     * @param nesterov whether to look ahead; needs momentum, and no dampening
     */
    public record Options(double momentum, double dampening, boolean nesterov) {

        /** No momentum. */
        public static final Options PLAIN = new Options(0, 0, false);

        /**
         * Checks the rates.
         *
         * @throws InvalidArgument if one is out of range, or they do not go together
         */
        public Options {
            Rates.belowOne("momentum", momentum);
            Rates.belowOne("dampening", dampening);
            if (nesterov && (momentum == 0 || dampening != 0)) {
                throw new InvalidArgument(Message.of("optimizer", "Nesterov's look-ahead needs momentum")
                        .line("expected", "momentum above 0 and dampening 0")
                        .line("given", "momentum " + momentum + ", dampening " + dampening)
                        .toString());
            }
        }

        /**
         * Returns options with momentum.
         *
         * @param momentum μ, in [0, 1), such as 0.9
         * @return the options, without dampening and look-ahead
         */
        public static Options momentum(double momentum) {
            return new Options(momentum, 0, false);
        }

        /**
         * Returns options with momentum and look-ahead.
         *
         * @param momentum μ, above 0 and below 1, such as 0.9
         * @return the options
         */
        public static Options nesterov(double momentum) {
            return new Options(momentum, 0, true);
        }
    }

    /**
     * Makes an optimizer without momentum and weight decay.
     *
     * @param parameters what is trained
     * @param learningRate such as 0.1
     * @throws InvalidArgument if the rate is negative or not finite, or there are no parameters
     */
    public Sgd(List<Variable> parameters, double learningRate) {
        this(parameters, learningRate, Options.PLAIN);
    }

    /**
     * Makes an optimizer without weight decay.
     *
     * @param parameters what is trained
     * @param learningRate such as 0.1
     * @param options momentum
     * @throws InvalidArgument if the rate is negative or not finite, or there are no parameters
     */
    public Sgd(List<Variable> parameters, double learningRate, Options options) {
        this(List.of(new ParameterGroup(parameters, learningRate)), options);
    }

    /**
     * Makes an optimizer.
     *
     * @param groups what is trained, with rates and weight decay
     * @param options momentum
     * @throws InvalidArgument if there are no parameters or one is named twice
     */
    public Sgd(List<ParameterGroup> groups, Options options) {
        super(groups, options.momentum == 0 ? new String[0] : new String[] {"velocity"});
        this.options = options;
    }

    @Override
    protected List<Tensor> update(Update update) {
        Tensor gradient = Decay.add(update);
        double[] rate = {update.learningRate()};
        if (options.momentum == 0) {
            return List.of(Tensor.apply(STEP, rate, update.value(), gradient));
        }
        double share = update.step() == 1 ? 1 : 1 - options.dampening;
        Tensor velocity = Moments.sum(update.remembered(0), options.momentum, gradient, share);
        Tensor value = options.nesterov
                ? Tensor.apply(
                        LOOK_AHEAD,
                        new double[] {update.learningRate(), options.momentum},
                        update.value(),
                        gradient,
                        velocity)
                : Tensor.apply(STEP, rate, update.value(), velocity);
        return List.of(value, velocity);
    }
}
