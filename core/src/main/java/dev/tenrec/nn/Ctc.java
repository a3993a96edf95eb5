package dev.tenrec.nn;

import dev.tenrec.engine.Devices;
import dev.tenrec.ir.Expr;
import dev.tenrec.memory.Scope;
import dev.tenrec.memory.Scoped;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.tensor.Differentiable;
import dev.tenrec.tensor.GradientMode;
import dev.tenrec.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Connectionist temporal classification in log space. All rows of a batch lie one after the other, and one map advances
 * them all by one time step: it reads the states before, the same shifted by one and by two, the emissions of that time,
 * and which states may be skipped. To shift without copying, a line of states begins with room for all shifts to come
 * and each step writes a line that is two states shorter.
 *
 * <p>The gradient of a sequence's loss by the log-probabilities is minus the probability that a class is emitted at a
 * time, given the target: forward and backward sums multiplied. It is computed together with the loss. For second
 * derivatives both recursions are run again and recorded.
 */
final class Ctc {

    private static final double NEVER = Double.NEGATIVE_INFINITY;
    /** In the place of an emission: the sequence is over, and its states stay as they are. */
    private static final double OVER = Double.POSITIVE_INFINITY;

    /** Of log-probabilities, open states and input lengths: what a state emits at a time. */
    private static final ElementwiseOp EMISSION = ElementwiseOp.of("ctcEmission", 3, Accepts.FLOATING, args -> {
        Expr x = args.get(0);
        Expr time = Expr.index(0).cast(x.dtype());
        // Infinite probabilities are no probabilities, and would read as the end.
        Expr valid = x.eq(x.like(OVER)).choose(x.like(Double.NaN), x);
        Expr open = time.lt(args.get(2)).choose(valid, x.like(OVER));
        return args.get(1).eq(0).choose(x.like(NEVER), open);
    });

    /** Of states, the same one and two before, emissions and skips: log(eᵃ + eᵇ + eᶜ⁺ˢ) + emission. */
    private static final ElementwiseOp STEP = ElementwiseOp.of("ctcStep", 5, Accepts.FLOATING, args -> {
                Expr a = args.get(0);
                Expr b = args.get(1);
                Expr c = args.get(2).add(args.get(4));
                Expr emission = args.get(3);
                Expr largest = a.max(b.max(c));
                Expr shift = largest.gt(NEVER).choose(largest, a.like(0));
                Expr sum = a.sub(shift)
                        .exp()
                        .add(b.sub(shift).exp())
                        .add(c.sub(shift).exp());
                Expr reached = sum.log().add(shift).add(emission);
                // Not by adding −∞: a NaN must not get from one row to the next.
                Expr next = emission.eq(NEVER).choose(a.like(NEVER), reached);
                return emission.eq(OVER).choose(a, next);
            })
            .withGradient((args, y, g) -> {
                Expr emission = args.get(3);
                Expr over = emission.eq(OVER);
                Expr zero = g.like(0);
                // The share of a way in the sum; 0 if the state cannot be reached.
                UnaryOperator<Expr> share = way -> y.eq(NEVER)
                        .choose(
                                y.like(NEVER),
                                over.choose(y.like(NEVER), way.add(emission).sub(y)))
                        .exp();
                Expr stay = over.choose(y.like(1), share.apply(args.get(0)));
                Expr step = share.apply(args.get(1));
                Expr skip = share.apply(args.get(2).add(args.get(4)));
                Expr emitted = over.choose(zero, y.eq(NEVER).choose(zero, g));
                return List.of(g.mul(stay), g.mul(step), g.mul(skip), emitted, zero);
            });

    /** Of forward and backward sums, emissions and log-likelihoods: the probability of a state at a time. */
    private static final ElementwiseOp POSTERIOR = ElementwiseOp.of("ctcPosterior", 4, Accepts.FLOATING, args -> {
        Expr emission = args.get(2);
        Expr likelihood = args.get(3);
        Expr exponent = args.get(0).add(args.get(1)).sub(emission).sub(likelihood);
        Expr never = exponent.like(NEVER);
        Expr emitted = emission.eq(NEVER).choose(never, emission.eq(OVER).choose(never, exponent));
        return likelihood.eq(NEVER).choose(never, emitted).exp();
    });

    /** Losses [N], and the probabilities [T, N, C] of the classes given the targets. */
    private record Result(Tensor losses, Tensor posteriors) implements Scope.Group {
        @Override
        public void forEachScoped(Consumer<Scoped> action) {
            action.accept(losses);
            action.accept(posteriors);
        }
    }

    /** Losses of known value and gradient, of (log-probabilities, losses, posteriors, tables…). */
    private static final class Known implements Differentiable {
        @Override
        public Tensor forward(Tensor... inputs) {
            return inputs[1];
        }

        @Override
        public Tensor[] backward(Tensor upstream, Tensor output, Tensor... inputs) {
            Tensor posteriors = inputs[2];
            if (GradientMode.isOn()) {
                CtcTables tables = CtcTables.ofRecursions(Arrays.copyOfRange(inputs, 3, inputs.length));
                posteriors = new Ctc(inputs[0], tables).result().posteriors;
            }
            Tensor[] gradients = new Tensor[inputs.length];
            gradients[0] = posteriors
                    .mul(upstream.reshape(1, upstream.elementCount(), 1))
                    .neg();
            return gradients;
        }
    }

    private final Tensor logProbabilities;
    private final CtcTables tables;
    private final long steps;
    private final long states;
    /** Room beside the states of a time, two for each step but one. */
    private final long margin;

    private final Tensor emissions;
    private final Tensor line;
    private final Tensor skips;

    private Ctc(Tensor logProbabilities, CtcTables tables) {
        this.logProbabilities = logProbabilities;
        this.tables = tables;
        steps = logProbabilities.size(0);
        states = tables.skip().elementCount();
        margin = 2 * (steps - 1);
        emissions = Tensor.apply(
                EMISSION, new double[0], logProbabilities.gather(2, tables.index()), tables.open(), tables.lengths());
        line = emissions.flatten().pad(0, margin, margin, NEVER);
        skips = tables.skip().pad(0, margin, margin + 2, NEVER);
    }

    static Tensor loss(
            Tensor logProbabilities, Tensor targets, Tensor inputLengths, Tensor targetLengths, CtcOptions options) {
        CtcTables tables = CtcTables.of(logProbabilities, targets, inputLengths, targetLengths, options.blank());
        Tensor losses = losses(logProbabilities, tables);
        if (options.zeroInfinity()) {
            losses = losses.maskedFill(losses.detach().eq(OVER), 0);
        }
        return switch (options.reduction()) {
            case MEAN -> losses.div(tables.targetLengths()).mean();
            case SUM -> losses.sum();
            case NONE -> losses;
        };
    }

    private static Tensor losses(Tensor logProbabilities, CtcTables tables) {
        if (!GradientMode.isOn() || !logProbabilities.requiresGradient()) {
            return Scope.call(() -> {
                Ctc ctc = new Ctc(logProbabilities, tables);
                return ctc.likelihood(ctc.forward(_ -> {})).neg();
            });
        }
        Tensor constant = logProbabilities.detach();
        Result known = Scope.call(() -> new Ctc(constant, tables).result());
        List<Tensor> inputs = new ArrayList<>(List.of(logProbabilities, known.losses, known.posteriors));
        inputs.addAll(List.of(tables.forRecursions()));
        return Differentiable.apply(new Known(), inputs.toArray(Tensor[]::new));
    }

    /** Log-probabilities of all beginnings that end in a state: the states after the last time. */
    private Tensor forward(Consumer<Tensor> times) {
        Tensor state = tables.first().pad(0, 2 * steps, 0, NEVER);
        for (long t = 0; t < steps; t++) {
            long room = 2 * (steps - 1 - t);
            long length = states + room;
            state = Tensor.apply(
                            STEP,
                            new double[0],
                            state.slice(0, 2, length + 2),
                            state.slice(0, 1, length + 1),
                            state.slice(0, 0, length),
                            line.slice(0, margin + t * states - room, margin + (t + 1) * states),
                            skips.slice(0, margin - room, margin + states))
                    .materialize();
            times.accept(state.slice(0, room, length));
        }
        return state;
    }

    /** Log-probabilities of all ends that begin in a state, for each time from the last to the first. */
    private void backward(Consumer<Tensor> times) {
        Tensor state = tables.last().pad(0, 0, 2 * steps, NEVER);
        for (long t = steps - 1; t >= 0; t--) {
            long length = states + 2 * t;
            state = Tensor.apply(
                            STEP,
                            new double[0],
                            state.slice(0, 0, length),
                            state.slice(0, 1, length + 1),
                            state.slice(0, 2, length + 2),
                            line.slice(0, margin + t * states, margin + t * states + length),
                            skips.slice(0, margin + 2, margin + 2 + length))
                    .materialize();
            times.accept(state.slice(0, 0, states));
        }
    }

    /** Log-probabilities of the targets, [N]. */
    private Tensor likelihood(Tensor last) {
        long rows = tables.ends().size(0);
        return last.reshape(rows, states / rows).gather(1, tables.ends()).logSumExp(1);
    }

    private Result result() {
        List<Tensor> beginnings = new ArrayList<>();
        List<Tensor> ends = new ArrayList<>();
        Tensor likelihood = likelihood(forward(beginnings::add));
        backward(ends::addFirst);
        Tensor posteriors = Tensor.apply(
                POSTERIOR,
                new double[0],
                Tensor.concat(0, beginnings.toArray(Tensor[]::new)).reshape(emissions.shape()),
                Tensor.concat(0, ends.toArray(Tensor[]::new)).reshape(emissions.shape()),
                emissions,
                likelihood.reshape(1, likelihood.elementCount(), 1));
        Tensor classes = Devices.with(
                logProbabilities.device(), () -> Tensor.zeros(logProbabilities.dtype(), logProbabilities.shape()));
        return new Result(likelihood.neg(), classes.scatterAdd(2, tables.index(), posteriors));
    }
}
