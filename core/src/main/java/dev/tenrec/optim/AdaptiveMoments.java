package dev.tenrec.optim;

import dev.tenrec.ir.Expr;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.tensor.Tensor;
import java.util.List;

/** What {@link Adam} and {@link AdamW} share: running means of the gradient and of its square. */
public abstract sealed class AdaptiveMoments extends Optimizer permits Adam, AdamW {

    private static final int FIRST = 0;
    private static final int SECOND = 1;

    /** p·keep − rate·m / (√v·correction + ε). */
    private static final ElementwiseOp STEP =
            ElementwiseOp.of("adamStep", 3, Accepts.FLOATING, new double[] {1, 0.5, 0.5, 0.5}, args -> {
                Expr keep = args.get(3);
                Expr rate = args.get(4);
                Expr scale = args.get(2).sqrt().mul(args.get(5)).add(args.get(6));
                return args.get(0).mul(keep).sub(args.get(1).mul(rate).div(scale));
            });

    private final Options options;
    private final boolean decoupled;

    /**
     * The rates besides those of the groups.
     *
     * @param beta1 how much of the mean gradient stays, in [0, 1)
     * @param beta2 how much of the mean squared gradient stays, in [0, 1)
     * @param epsilon ε, above 0: keeps the step finite where gradients are 0
     */
    public record Options(double beta1, double beta2, double epsilon) {

        /** β₁ = 0.9, β₂ = 0.999, ε = 1e−8. */
        public static final Options DEFAULT = new Options(0.9, 0.999, 1e-8);

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

    AdaptiveMoments(List<ParameterGroup> groups, Options options, boolean decoupled) {
        super(groups, "firstMoment", "secondMoment");
        this.options = options;
        this.decoupled = decoupled;
    }

    @Override
    protected final List<Tensor> update(Update update) {
        return step(update, options, decoupled);
    }

    /** A step of a parameter of which the first and the second moment are remembered. */
    static List<Tensor> step(Update update, Options options, boolean decoupled) {
        double lr = update.learningRate();
        Tensor gradient = decoupled ? update.gradient() : Decay.add(update);
        Tensor first = Moments.mean(update.remembered(FIRST), gradient, options.beta1);
        Tensor second = Moments.meanSquare(update.remembered(SECOND), gradient, options.beta2);
        double rate = lr / (1 - Math.pow(options.beta1, update.step()));
        double correction = 1 / Math.sqrt(1 - Math.pow(options.beta2, update.step()));
        double keep = Decay.kept(update, decoupled);
        Tensor value = Tensor.apply(
                STEP, new double[] {keep, rate, correction, options.epsilon}, update.value(), first, second);
        return List.of(value, first, second);
    }
}
