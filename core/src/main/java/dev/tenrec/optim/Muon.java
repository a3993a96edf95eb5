package dev.tenrec.optim;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Muon, momentum whose step is made orthogonal (Jordan et al., "Muon: an optimizer for hidden layers in neural
 * networks", 2024): with the gradient G of a matrix, momentum μ and weight decay λ,
 *
 * <pre>
 * M = μ·M + (1 − μ)·G
 * O = orthogonal(M)             with Nesterov's look-ahead orthogonal(μ·M + (1 − μ)·G)
 * P = P·(1 − lr·λ) − lr·s·O
 * </pre>
 *
 * where orthogonal(U·S·Vᵀ) ≈ U·Vᵀ by Newton-Schulz iterations and s is the {@link Scale}. A parameter of more than two
 * axes, such as a convolution's weight, counts as a matrix of its first axis by all others.
 *
 * <p>It is for the weights of hidden layers. Vectors and scalars are trained by {@link AdamW}; so should be embeddings
 * and the output layer, which is said by groups of their own.
 */
public final class Muon extends Optimizer {

    private static final int MOMENTUM = 0;

    /** How long a step is made, for a matrix of r rows and c columns. */
    public enum Scale {
        /** √max(1, r/c): the same change of the layer's output whatever the shape. Rates about 0.02. */
        SPECTRAL,
        /** 0.2·√max(r, c): the size of AdamW's steps (Liu et al., "Muon is scalable for LLM training", 2025). */
        ADAMW
    }

    private final Options options;
    private final Set<ParameterGroup> others;

    /**
     * The rates besides those of the groups.
     *
     * @param momentum μ, in [0, 1)
     * @param nesterov whether to look ahead
     * @param iterations of Newton and Schulz, at least 1
     * @param scale the length of steps
     * @param adamW the rates of AdamW for parameters that are no matrices
     */
    public record Options(
            double momentum, boolean nesterov, int iterations, Scale scale, AdaptiveMoments.Options adamW) {

        /** μ = 0.95 with look-ahead, 5 iterations, steps of AdamW's size. */
        public static final Options DEFAULT = new Options(0.95, true, 5, Scale.ADAMW, AdaptiveMoments.Options.DEFAULT);

        /**
         * Checks the rates.
         *
         * @throws InvalidArgument if one is out of range
         */
        public Options {
            Objects.requireNonNull(scale, "scale");
            Objects.requireNonNull(adamW, "adamW");
            Rates.belowOne("momentum", momentum);
            if (iterations < 1) {
                throw new InvalidArgument(Message.of("optimizer", "iterations out of range")
                        .line("expected", "1 or more")
                        .line("given", iterations)
                        .toString());
            }
        }
    }

    /**
     * Makes an optimizer with {@link Options#DEFAULT}. Matrices are trained by Muon, vectors and scalars by AdamW, at
     * the same rate.
     *
     * @param parameters what is trained
     * @param learningRate one that suits AdamW, such as 1e−3
     * @param weightDecay λ, decoupled, such as 0.1
     * @throws InvalidArgument if a rate is negative or not finite, or there are no parameters
     */
    public Muon(List<Variable> parameters, double learningRate, double weightDecay) {
        this(
                groups(parameters, true, learningRate, weightDecay),
                groups(parameters, false, learningRate, weightDecay),
                Options.DEFAULT);
    }

    /**
     * Makes an optimizer.
     *
     * @param matrices what is trained by Muon: parameters of two or more axes
     * @param others what is trained by AdamW, of any shape; may be empty
     * @param options momentum, the length of steps, and the rates of AdamW
     * @throws InvalidArgument if there are no parameters, one is named twice, or one of the matrices has fewer than two
     *     axes
     */
    public Muon(List<ParameterGroup> matrices, List<ParameterGroup> others, Options options) {
        super(
                concat(matrices, others),
                (group, parameter) -> others.contains(group)
                        ? Memory.zeros("firstMoment", "secondMoment")
                        : Memory.zeros(named(parameter, "momentum")));
        this.options = options;
        this.others = Set.copyOf(others);
    }

    private static List<ParameterGroup> groups(
            List<Variable> parameters, boolean matrices, double learningRate, double weightDecay) {
        List<Variable> chosen = parameters.stream()
                .filter(parameter -> parameter.shape().rank() >= 2 == matrices)
                .toList();
        return List.of(new ParameterGroup(chosen, learningRate, weightDecay));
    }

    private static List<ParameterGroup> concat(List<ParameterGroup> matrices, List<ParameterGroup> others) {
        List<ParameterGroup> all = new ArrayList<>(matrices);
        all.addAll(others);
        return all;
    }

    private static String named(Variable parameter, String name) {
        if (parameter.shape().rank() < 2) {
            throw new InvalidArgument(Message.of("optimizer", "Muon trains matrices")
                    .line("expected", "two axes or more")
                    .line("given", parameter)
                    .hint("give it in a group of the others, which AdamW trains")
                    .toString());
        }
        return name;
    }

    @Override
    protected boolean isByElement() {
        return false;
    }

    @Override
    protected List<Tensor> update(Update update) {
        if (others.contains(update.group())) {
            return AdaptiveMoments.step(update, options.adamW, true);
        }
        long rows = update.value().size(0);
        long columns = update.value().elementCount() / Math.max(1, rows);
        // The momentum is described twice: stored before its last use it would need memory of its own.
        Tensor direction = update.temporary(Scope.call(() -> {
            Tensor momentum = momentum(update);
            Tensor ahead =
                    options.nesterov ? Moments.mean(update.gradient(), momentum, 1 - options.momentum) : momentum;
            return NewtonSchulz.orthogonalize(ahead.reshape(rows, columns), options.iterations)
                    .reshape(update.value().shape());
        }));
        double rate = update.learningRate() * factor(rows, columns);
        return List.of(Moments.sum(update.value(), Decay.kept(update, true), direction, -rate), momentum(update));
    }

    private Tensor momentum(Update update) {
        return Moments.mean(update.remembered(MOMENTUM), update.gradient(), options.momentum);
    }

    private double factor(long rows, long columns) {
        return switch (options.scale) {
            case SPECTRAL -> Math.sqrt(Math.max(1, (double) rows / columns));
            case ADAMW -> 0.2 * Math.sqrt(Math.max(rows, columns));
        };
    }
}
