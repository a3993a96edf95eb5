package dev.tenrec.optim;

import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.util.List;

/**
 * Adadelta (Zeiler, "ADADELTA: an adaptive learning rate method", 2012): with the gradient g (plus λ·p for weight decay
 * λ) and smoothing ρ:
 *
 * <pre>
 * v = ρ·v + (1 − ρ)·g²
 * d = √(u + ε)/√(v + ε) · g
 * u = ρ·u + (1 − ρ)·d²
 * p = p − lr·d
 * </pre>
 */
public final class Adadelta extends Optimizer {

    private static final int GRADIENTS = 0;
    private static final int CHANGES = 1;

    /** √(u + ε)/√(v + ε) · g. */
    private static final ElementwiseOp CHANGE = ElementwiseOp.of(
            "adadeltaChange",
            3,
            Accepts.FLOATING,
            new double[] {0.5},
            args -> args.get(0)
                    .add(args.get(3))
                    .sqrt()
                    .div(args.get(1).add(args.get(3)).sqrt())
                    .mul(args.get(2)));

    private final Options options;

    /**
     * The rates besides those of the groups.
     *
     * @param smoothing ρ, in [0, 1)
     * @param epsilon ε, above 0: what the first changes grow from
     */
    public record Options(double smoothing, double epsilon) {

        /** ρ = 0.9, ε = 1e−6. */
        public static final Options DEFAULT = new Options(0.9, 1e-6);

        /**
         * Checks the rates.
         *
         * @throws dev.tenrec.error.InvalidArgument if one is out of range
         */
        public Options {
            Rates.belowOne("smoothing", smoothing);
            Rates.positive("epsilon", epsilon);
        }
    }

    /**
     * Makes an optimizer with ρ = 0.9 and ε = 1e−6, without weight decay.
     *
     * @param parameters what is trained
     * @param learningRate 1 in the paper
     * @throws dev.tenrec.error.InvalidArgument if the rate is negative or not finite, or there are no parameters
     */
    public Adadelta(List<Variable> parameters, double learningRate) {
        this(List.of(new ParameterGroup(parameters, learningRate)), Options.DEFAULT);
    }

    /**
     * Makes an optimizer.
     *
     * @param groups what is trained, with rates and weight decay, which counts as a part of the gradient
     * @param options ρ and ε
     * @throws dev.tenrec.error.InvalidArgument if there are no parameters or one is named twice
     */
    public Adadelta(List<ParameterGroup> groups, Options options) {
        super(groups, "meanSquare", "meanSquareChange");
        this.options = options;
    }

    @Override
    protected List<Tensor> update(Update update) {
        Tensor gradient = Decay.add(update);
        Tensor square = Moments.meanSquare(update.remembered(GRADIENTS), gradient, options.smoothing);
        Tensor change = update.temporary(
                Tensor.apply(CHANGE, new double[] {options.epsilon}, update.remembered(CHANGES), square, gradient));
        Tensor changes = Moments.meanSquare(update.remembered(CHANGES), change, options.smoothing);
        return List.of(Moments.sum(update.value(), 1, change, -update.learningRate()), square, changes);
    }
}
