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
    private static final double[] TWO = {0.5, 0.5};

    /** β·m + (1 − β)·g; both factors are scalars, since 1 − β would lose digits in F32. */
    private static final ElementwiseOp MEAN = ElementwiseOp.of(
            "adamFirstMoment",
            2,
            Accepts.FLOATING,
            TWO,
            args -> args.get(0).mul(args.get(2)).add(args.get(1).mul(args.get(3))));

    /** β·v + (1 − β)·g². */
    private static final ElementwiseOp MEAN_SQUARE = ElementwiseOp.of(
            "adamSecondMoment",
            2,
            Accepts.FLOATING,
            TWO,
            args -> args.get(0)
                    .mul(args.get(2))
                    .add(args.get(1).mul(args.get(1)).mul(args.get(3))));

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
        double lr = update.learningRate();
        double decay = update.weightDecay();
        Tensor gradient = decoupled ? update.gradient() : Decay.add(update);
        Tensor first =
                Tensor.apply(MEAN, new double[] {options.beta1, 1 - options.beta1}, update.remembered(FIRST), gradient);
        Tensor second = Tensor.apply(
                MEAN_SQUARE, new double[] {options.beta2, 1 - options.beta2}, update.remembered(SECOND), gradient);
        double rate = lr / (1 - Math.pow(options.beta1, update.step()));
        double correction = 1 / Math.sqrt(1 - Math.pow(options.beta2, update.step()));
        double keep = decoupled ? 1 - lr * decay : 1;
        Tensor value = Tensor.apply(
                STEP, new double[] {keep, rate, correction, options.epsilon}, update.value(), first, second);
        return List.of(value, first, second);
    }
}
