package dev.tenrec.optim;

import dev.tenrec.ir.Expr;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.util.ArrayList;
import java.util.List;

/**
 * RMSProp (Tieleman and Hinton, "Lecture 6.5: divide the gradient by a running average of its recent magnitude", 2012);
 * centred as in Graves, "Generating sequences with recurrent neural networks" (2013). With the gradient g (plus λ·p for
 * weight decay λ), smoothing α and momentum μ:
 *
 * <pre>
 * v = α·v + (1 − α)·g²
 * s = √v + ε                   centred: a = α·a + (1 − α)·g, s = √(v − a²) + ε
 * p = p − lr·g/s               with momentum: b = μ·b + g/s, p = p − lr·b
 * </pre>
 */
public final class RmsProp extends Optimizer {

    /** √v + ε. */
    private static final ElementwiseOp SCALE = ElementwiseOp.of(
            "rmsPropScale",
            1,
            Accepts.FLOATING,
            new double[] {0.5},
            args -> args.get(0).sqrt().add(args.get(1)));

    /** √(v − a²) + ε; rounding can make the difference negative. */
    private static final ElementwiseOp CENTRED_SCALE =
            ElementwiseOp.of("rmsPropCentredScale", 2, Accepts.FLOATING, new double[] {0.5}, args -> {
                Expr mean = args.get(1);
                Expr variance = args.get(0).sub(mean.mul(mean));
                return variance.max(variance.like(0)).sqrt().add(args.get(2));
            });

    /** p − lr·g/s. */
    private static final ElementwiseOp STEP = ElementwiseOp.of(
            "rmsPropStep",
            3,
            Accepts.FLOATING,
            new double[] {0.5},
            args -> args.get(0).sub(args.get(1).div(args.get(2)).mul(args.get(3))));

    private final Options options;

    /**
     * The rates besides those of the groups.
     *
     * @param smoothing α, in [0, 1)
     * @param epsilon ε, above 0: keeps the step finite where gradients are 0
     * @param momentum μ, in [0, 1)
     * @param centred whether the mean gradient is subtracted from the mean square
     */
    public record Options(double smoothing, double epsilon, double momentum, boolean centred) {

        /** α = 0.99, ε = 1e−8, without momentum, not centred. */
        public static final Options DEFAULT = new Options(0.99, 1e-8, 0, false);

        /**
         * Checks the rates.
         *
         * @throws dev.tenrec.error.InvalidArgument if one is out of range
         */
        public Options {
            Rates.belowOne("smoothing", smoothing);
            Rates.positive("epsilon", epsilon);
            Rates.belowOne("momentum", momentum);
        }
    }

    /**
     * Makes an optimizer with α = 0.99 and ε = 1e−8, without momentum and weight decay.
     *
     * @param parameters what is trained
     * @param learningRate such as 1e−3
     * @throws dev.tenrec.error.InvalidArgument if the rate is negative or not finite, or there are no parameters
     */
    public RmsProp(List<Variable> parameters, double learningRate) {
        this(List.of(new ParameterGroup(parameters, learningRate)), Options.DEFAULT);
    }

    /**
     * Makes an optimizer.
     *
     * @param groups what is trained, with rates and weight decay, which counts as a part of the gradient
     * @param options smoothing, ε, momentum, and whether it is centred
     * @throws dev.tenrec.error.InvalidArgument if there are no parameters or one is named twice
     */
    public RmsProp(List<ParameterGroup> groups, Options options) {
        super(groups, names(options));
        this.options = options;
    }

    private static String[] names(Options options) {
        List<String> names = new ArrayList<>(List.of("meanSquare"));
        if (options.centred) {
            names.add("mean");
        }
        if (options.momentum > 0) {
            names.add("velocity");
        }
        return names.toArray(String[]::new);
    }

    @Override
    protected List<Tensor> update(Update update) {
        Tensor gradient = Decay.add(update);
        List<Tensor> next = new ArrayList<>();
        double[] epsilon = {options.epsilon};
        Tensor square = Moments.meanSquare(update.remembered(0), gradient, options.smoothing);
        next.add(square);
        Tensor scale;
        if (options.centred) {
            Tensor mean = Moments.mean(update.remembered(1), gradient, options.smoothing);
            next.add(mean);
            scale = Tensor.apply(CENTRED_SCALE, epsilon, square, mean);
        } else {
            scale = Tensor.apply(SCALE, epsilon, square);
        }
        update.temporary(scale);
        double[] rate = {update.learningRate()};
        if (options.momentum == 0) {
            next.addFirst(Tensor.apply(STEP, rate, update.value(), gradient, scale));
        } else {
            Tensor scaled = update.temporary(gradient.div(scale));
            Tensor velocity = Moments.sum(update.remembered(next.size()), options.momentum, scaled, 1);
            next.addFirst(Moments.sum(update.value(), 1, velocity, -update.learningRate()));
            next.add(velocity);
        }
        return next;
    }
}
