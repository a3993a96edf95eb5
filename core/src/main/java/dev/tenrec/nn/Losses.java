package dev.tenrec.nn;

import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.ir.Expr;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.op.Ops;
import dev.tenrec.tensor.Tensor;
import java.util.List;

/**
 * What training makes small. Predictions come first, targets second; both are F32 or F64. The result is a scalar, the
 * mean, unless another {@link Reduction} is asked for.
 *
 * <p>Losses over classes have the classes on the last axis. Labels are class numbers, I32 or I64, and are checked: that
 * reads them on the host, which waits for their computation if there is one, not for the predictions.
 */
public final class Losses {

    private static final double LOG_FLOOR = -100;
    private static final double VARIANCE_FLOOR = 1e-12;

    /** For a logit x and a target t: max(x, 0) − x·t + log(1 + e^−|x|), without cancellation for t near 0 or 1. */
    private static final ElementwiseOp LOGITS_CROSS_ENTROPY = ElementwiseOp.of(
                    "binaryCrossEntropyWithLogits", 2, Accepts.FLOATING, args -> {
                        Expr x = args.get(0);
                        Expr t = args.get(1);
                        Expr linear =
                                x.gt(0).choose(x.mul(t.like(1).sub(t)), x.mul(t).neg());
                        return linear.add(build(Ops.LOG1P, x.abs().neg().exp()));
                    })
            .withGradient((args, y, g) -> {
                Expr x = args.get(0);
                Expr t = args.get(1);
                // sigmoid(x) − t, with the same care: for x above 0 it is (1 − t) − sigmoid(−x).
                Expr tail = build(Ops.SIGMOID, x.gt(0).choose(x.neg(), x));
                Expr slope = x.gt(0).choose(t.like(1).sub(t).sub(tail), tail.sub(t));
                return List.of(g.mul(slope), g.mul(x.neg()));
            });

    /** For a probability p and a target t: −t·log p − (1 − t)·log(1 − p), logarithms no less than −100. */
    private static final ElementwiseOp CROSS_ENTROPY = ElementwiseOp.of(
                    "binaryCrossEntropy", 2, Accepts.FLOATING, args -> {
                        Expr t = args.get(1);
                        Expr yes = boundedLog(args.get(0).log());
                        Expr no = boundedLog(build(Ops.LOG1P, args.get(0).neg()));
                        return t.mul(yes).add(t.like(1).sub(t).mul(no)).neg();
                    })
            .withGradient((args, y, g) -> {
                Expr p = args.get(0);
                Expr t = args.get(1);
                Expr variance = p.mul(p.like(1).sub(p)).max(p.like(VARIANCE_FLOOR));
                Expr yes = boundedLog(p.log());
                Expr no = boundedLog(build(Ops.LOG1P, p.neg()));
                return List.of(g.mul(p.sub(t)).div(variance), g.mul(no.sub(yes)));
            });

    /** For a difference d and a bound δ: d²/2 up to δ, δ·(|d| − δ/2) beyond. */
    private static final ElementwiseOp HUBER = ElementwiseOp.of(
                    "huber", 1, Accepts.FLOATING, new double[] {0.75}, args -> {
                        Expr distance = args.get(0).abs();
                        Expr near = distance.min(args.get(1));
                        return near.mul(distance.sub(near.mul(0.5)));
                    })
            .withGradient((args, y, g) ->
                    List.of(g.mul(args.get(0).min(args.get(1)).max(args.get(1).neg()))));

    /** For log q and p: p·(log p − log q), 0 for p = 0 whatever q is. */
    private static final ElementwiseOp DIVERGENCE = ElementwiseOp.of("klDivergence", 2, Accepts.FLOATING, args -> {
                Expr p = args.get(1);
                return p.eq(0).choose(p.like(0), p.mul(p.log().sub(args.get(0))));
            })
            .withGradient((args, y, g) -> {
                Expr p = args.get(1);
                Expr byTarget = p.log().sub(args.get(0)).add(1);
                return List.of(g.mul(p).neg(), p.eq(0).choose(g.like(0), g.mul(byTarget)));
            });

    /** For log q and log p: p·(log p − log q), 0 for p = 0 whatever q is. */
    private static final ElementwiseOp LOG_DIVERGENCE = ElementwiseOp.of(
                    "klDivergenceOfLogs", 2, Accepts.FLOATING, args -> {
                        Expr p = args.get(1).exp();
                        return p.eq(0).choose(p.like(0), p.mul(args.get(1).sub(args.get(0))));
                    })
            .withGradient((args, y, g) -> {
                Expr p = args.get(1).exp();
                return List.of(g.mul(p).neg(), g.mul(p.add(y)));
            });

    private Losses() {}

    private static Expr build(ElementwiseOp op, Expr x) {
        return op.build(List.of(x));
    }

    private static Expr boundedLog(Expr log) {
        return log.max(log.like(LOG_FLOOR));
    }

    // Classes

    /**
     * Computes the mean cross-entropy of softmax(logits): −log softmax(logits)[label].
     *
     * @param logits [batch…, C]
     * @param targets labels, I32 or I64 [batch…], or a distribution over the classes, [batch…, C] of the logits' type
     * @return a scalar
     * @throws ShapeMismatch if the shapes do not fit
     * @throws InvalidArgument if a label is not one of 0 … C − 1
     */
    public static Tensor crossEntropy(Tensor logits, Tensor targets) {
        return crossEntropy(logits, targets, ClassLossOptions.DEFAULT);
    }

    /**
     * Computes the cross-entropy of softmax(logits).
     *
     * @param logits [batch…, C]
     * @param targets labels, I32 or I64 [batch…], or a distribution over the classes, [batch…, C] of the logits' type
     * @param options reduction, smoothing, ignored label (of labels only), class weights
     * @return a scalar, or [batch…] without reduction
     * @throws ShapeMismatch if the shapes do not fit
     * @throws InvalidArgument if a label is neither one of 0 … C − 1 nor the one ignored
     */
    public static Tensor crossEntropy(Tensor logits, Tensor targets, ClassLossOptions options) {
        return ClassLosses.crossEntropy(logits, targets, options);
    }

    /**
     * Computes the mean negative log-likelihood: −logProbabilities[label].
     *
     * @param logProbabilities [batch…, C], such as logSoftmax gives
     * @param labels I32 or I64 [batch…]
     * @return a scalar
     * @throws ShapeMismatch if the shapes do not fit
     * @throws InvalidArgument if a label is not one of 0 … C − 1
     */
    public static Tensor nll(Tensor logProbabilities, Tensor labels) {
        return nll(logProbabilities, labels, ClassLossOptions.DEFAULT);
    }

    /**
     * Computes the negative log-likelihood: −logProbabilities[label].
     *
     * @param logProbabilities [batch…, C], such as logSoftmax gives
     * @param labels I32 or I64 [batch…]
     * @param options reduction, ignored label, class weights; no smoothing
     * @return a scalar, or [batch…] without reduction
     * @throws ShapeMismatch if the shapes do not fit
     * @throws InvalidArgument if a label is neither one of 0 … C − 1 nor the one ignored
     */
    public static Tensor nll(Tensor logProbabilities, Tensor labels, ClassLossOptions options) {
        return ClassLosses.nll(logProbabilities, labels, options);
    }

    /**
     * Computes the loss of connectionist temporal classification (Graves et al., "Connectionist temporal classification",
     * 2006), in log space: −log of the probability that the emitted classes, without repetitions and then without
     * blanks, are the target. Class 0 is the blank; the result is the mean over sequences of the loss divided by the
     * target's length.
     *
     * @param logProbabilities [T, N, C] for T times and N sequences, such as logSoftmax gives
     * @param targets labels, I32 or I64 [N, L]; what is beyond a target's length does not matter
     * @param inputLengths how many of the T times belong to each sequence, I32 or I64 [N]
     * @param targetLengths how many of the L labels belong to each target, I32 or I64 [N]
     * @return a scalar; infinite if a target is too long for its input
     * @throws ShapeMismatch if the shapes do not fit
     * @throws InvalidArgument if a length or a label is out of range, or a label is the blank
     */
    public static Tensor ctc(Tensor logProbabilities, Tensor targets, Tensor inputLengths, Tensor targetLengths) {
        return ctc(logProbabilities, targets, inputLengths, targetLengths, CtcOptions.DEFAULT);
    }

    /**
     * Computes the loss of connectionist temporal classification; see {@link #ctc(Tensor, Tensor, Tensor, Tensor)}.
     *
     * @param logProbabilities [T, N, C] for T times and N sequences, such as logSoftmax gives
     * @param targets labels, I32 or I64 [N, L]
     * @param inputLengths how many of the T times belong to each sequence, I32 or I64 [N]
     * @param targetLengths how many of the L labels belong to each target, I32 or I64 [N]
     * @param options the blank, the reduction, and what becomes of targets that do not fit
     * @return a scalar, or [N] without reduction
     * @throws ShapeMismatch if the shapes do not fit
     * @throws InvalidArgument if a length or a label is out of range, or a label is the blank
     */
    public static Tensor ctc(
            Tensor logProbabilities, Tensor targets, Tensor inputLengths, Tensor targetLengths, CtcOptions options) {
        return Ctc.loss(logProbabilities, targets, inputLengths, targetLengths, options);
    }

    // Distributions

    /**
     * Computes the mean Kullback-Leibler divergence of distributions (Kullback and Leibler, "On information and
     * sufficiency", 1951): Σ p·(log p − log q) over the last axis, where p = 0 counts as 0.
     *
     * @param logPredictions log q, [batch…, C], such as logSoftmax gives
     * @param targets p, of the same shape and type
     * @return a scalar: the mean over the distributions, not over elements
     * @throws ShapeMismatch if the shapes differ
     */
    public static Tensor klDivergence(Tensor logPredictions, Tensor targets) {
        return klDivergence(logPredictions, targets, false, Reduction.MEAN);
    }

    /**
     * Computes the Kullback-Leibler divergence of distributions; see {@link #klDivergence(Tensor, Tensor)}.
     *
     * @param logPredictions log q, [batch…, C]
     * @param targets p or log p, of the same shape and type
     * @param logTargets whether targets are logarithms
     * @param reduction what becomes of the distributions' divergences
     * @return a scalar, or [batch…] without reduction
     * @throws ShapeMismatch if the shapes differ
     */
    public static Tensor klDivergence(Tensor logPredictions, Tensor targets, boolean logTargets, Reduction reduction) {
        check("klDivergence", logPredictions, targets);
        if (logPredictions.rank() == 0) {
            throw new ShapeMismatch(Message.of("klDivergence", "no classes")
                    .line("expected", "[batch…, classes]")
                    .line("given", logPredictions.shape())
                    .toString());
        }
        ElementwiseOp op = logTargets ? LOG_DIVERGENCE : DIVERGENCE;
        return reduce(logPredictions.apply(op, targets).sum(-1), reduction);
    }

    // Two classes

    /**
     * Computes the mean binary cross-entropy of sigmoid(logits), without overflow or cancellation for any logit.
     *
     * @param logits of any shape
     * @param targets probabilities of the positive class, in [0, 1]; of the same shape and type
     * @return a scalar
     * @throws ShapeMismatch if the shapes differ
     */
    public static Tensor binaryCrossEntropyWithLogits(Tensor logits, Tensor targets) {
        return binaryCrossEntropyWithLogits(logits, targets, Reduction.MEAN);
    }

    /**
     * Computes the binary cross-entropy of sigmoid(logits), without overflow or cancellation for any logit.
     *
     * @param logits of any shape
     * @param targets probabilities of the positive class, in [0, 1]; of the same shape and type
     * @param reduction what becomes of the elements' losses
     * @return a scalar, or a tensor of that shape without reduction
     * @throws ShapeMismatch if the shapes differ
     */
    public static Tensor binaryCrossEntropyWithLogits(Tensor logits, Tensor targets, Reduction reduction) {
        check("binaryCrossEntropyWithLogits", logits, targets);
        return reduce(logits.apply(LOGITS_CROSS_ENTROPY, targets), reduction);
    }

    /**
     * Computes the mean binary cross-entropy of probabilities. Their logarithms count as no less than −100, so that
     * the loss is finite at 0 and 1. From logits, {@link #binaryCrossEntropyWithLogits(Tensor, Tensor)} is exact.
     *
     * @param probabilities in [0, 1]; NaN comes of others
     * @param targets probabilities of the positive class, in [0, 1]; of the same shape and type
     * @return a scalar
     * @throws ShapeMismatch if the shapes differ
     */
    public static Tensor binaryCrossEntropy(Tensor probabilities, Tensor targets) {
        return binaryCrossEntropy(probabilities, targets, Reduction.MEAN);
    }

    /**
     * Computes the binary cross-entropy of probabilities; see {@link #binaryCrossEntropy(Tensor, Tensor)}.
     *
     * @param probabilities in [0, 1]; NaN comes of others
     * @param targets probabilities of the positive class, in [0, 1]; of the same shape and type
     * @param reduction what becomes of the elements' losses
     * @return a scalar, or a tensor of that shape without reduction
     * @throws ShapeMismatch if the shapes differ
     */
    public static Tensor binaryCrossEntropy(Tensor probabilities, Tensor targets, Reduction reduction) {
        check("binaryCrossEntropy", probabilities, targets);
        return reduce(probabilities.apply(CROSS_ENTROPY, targets), reduction);
    }

    // Numbers

    /**
     * Computes the mean of (prediction − target)².
     *
     * @param predictions of any shape
     * @param targets of the same shape and type
     * @return a scalar
     * @throws ShapeMismatch if the shapes differ
     */
    public static Tensor mse(Tensor predictions, Tensor targets) {
        return mse(predictions, targets, Reduction.MEAN);
    }

    /**
     * Computes (prediction − target)².
     *
     * @param predictions of any shape
     * @param targets of the same shape and type
     * @param reduction what becomes of the elements' losses
     * @return a scalar, or a tensor of that shape without reduction
     * @throws ShapeMismatch if the shapes differ
     */
    public static Tensor mse(Tensor predictions, Tensor targets, Reduction reduction) {
        check("mse", predictions, targets);
        return reduce(predictions.sub(targets).square(), reduction);
    }

    /**
     * Computes the mean of |prediction − target|.
     *
     * @param predictions of any shape
     * @param targets of the same shape and type
     * @return a scalar
     * @throws ShapeMismatch if the shapes differ
     */
    public static Tensor l1(Tensor predictions, Tensor targets) {
        return l1(predictions, targets, Reduction.MEAN);
    }

    /**
     * Computes |prediction − target|; the gradient where they are equal is 0.
     *
     * @param predictions of any shape
     * @param targets of the same shape and type
     * @param reduction what becomes of the elements' losses
     * @return a scalar, or a tensor of that shape without reduction
     * @throws ShapeMismatch if the shapes differ
     */
    public static Tensor l1(Tensor predictions, Tensor targets, Reduction reduction) {
        check("l1", predictions, targets);
        return reduce(predictions.sub(targets).abs(), reduction);
    }

    /**
     * Computes the mean of Huber's loss ("Robust estimation of a location parameter", 1964): with d = |prediction −
     * target|, d²/2 up to δ and δ·(d − δ/2) beyond.
     *
     * @param predictions of any shape
     * @param targets of the same shape and type
     * @param delta δ, above 0
     * @return a scalar
     * @throws ShapeMismatch if the shapes differ
     * @throws InvalidArgument if δ is not above 0
     */
    public static Tensor huber(Tensor predictions, Tensor targets, double delta) {
        return huber(predictions, targets, delta, Reduction.MEAN);
    }

    /**
     * Computes Huber's loss; see {@link #huber(Tensor, Tensor, double)}.
     *
     * @param predictions of any shape
     * @param targets of the same shape and type
     * @param delta δ, above 0
     * @param reduction what becomes of the elements' losses
     * @return a scalar, or a tensor of that shape without reduction
     * @throws ShapeMismatch if the shapes differ
     * @throws InvalidArgument if δ is not above 0
     */
    public static Tensor huber(Tensor predictions, Tensor targets, double delta, Reduction reduction) {
        check("huber", predictions, targets);
        checkPositive("huber", "delta", delta);
        return reduce(predictions.sub(targets).apply(HUBER, delta), reduction);
    }

    /**
     * Computes the mean of the smooth L1 loss (Girshick, "Fast R-CNN", 2015): with d = |prediction − target|, d²/(2β)
     * up to β and d − β/2 beyond. It is Huber's loss divided by β.
     *
     * @param predictions of any shape
     * @param targets of the same shape and type
     * @param beta β, above 0
     * @return a scalar
     * @throws ShapeMismatch if the shapes differ
     * @throws InvalidArgument if β is not above 0
     */
    public static Tensor smoothL1(Tensor predictions, Tensor targets, double beta) {
        return smoothL1(predictions, targets, beta, Reduction.MEAN);
    }

    /**
     * Computes the smooth L1 loss; see {@link #smoothL1(Tensor, Tensor, double)}.
     *
     * @param predictions of any shape
     * @param targets of the same shape and type
     * @param beta β, above 0
     * @param reduction what becomes of the elements' losses
     * @return a scalar, or a tensor of that shape without reduction
     * @throws ShapeMismatch if the shapes differ
     * @throws InvalidArgument if β is not above 0
     */
    public static Tensor smoothL1(Tensor predictions, Tensor targets, double beta, Reduction reduction) {
        check("smoothL1", predictions, targets);
        checkPositive("smoothL1", "beta", beta);
        return reduce(predictions.sub(targets).apply(HUBER, beta).div(beta), reduction);
    }

    static Tensor reduce(Tensor losses, Reduction reduction) {
        return switch (reduction) {
            case MEAN -> losses.mean();
            case SUM -> losses.sum();
            case NONE -> losses;
        };
    }

    static void check(String operation, Tensor predictions, Tensor targets) {
        checkFloating(operation, "predictions", predictions);
        // No broadcasting: [32] against [32, 1] would silently become a loss over [32, 32].
        if (!predictions.shape().equals(targets.shape())) {
            Message message = Message.of(operation, "shapes differ")
                    .line("predictions", predictions.shape())
                    .line("targets", targets.shape());
            if (predictions.elementCount() == targets.elementCount()) {
                message.hint("reshape one, such as .reshape(" + list(targets) + ") of the predictions");
            }
            throw new ShapeMismatch(message.toString());
        }
        if (predictions.dtype() != targets.dtype()) {
            throw new DTypeMismatch(Message.of(operation, "element types differ")
                    .line("predictions", predictions.dtype())
                    .line("targets", targets.dtype())
                    .hint("convert the targets with .to(DType." + predictions.dtype() + ")")
                    .toString());
        }
    }

    private static String list(Tensor tensor) {
        String sizes = tensor.shape().toString();
        return sizes.substring(1, sizes.length() - 1);
    }

    static void checkFloating(String operation, String operand, Tensor tensor) {
        if (!tensor.dtype().isFloating() || !tensor.dtype().isArithmetic()) {
            throw new DTypeMismatch(Message.of(operation, "element type does not fit")
                    .line("expected", "F32 or F64", operand)
                    .line("given", tensor.dtype())
                    .hint("convert with .to(DType.F32)")
                    .toString());
        }
    }

    static void checkPositive(String operation, String what, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new InvalidArgument(Message.of(operation, what + " out of range")
                    .line("expected", "a finite number above 0")
                    .line("given", value)
                    .toString());
        }
    }
}
