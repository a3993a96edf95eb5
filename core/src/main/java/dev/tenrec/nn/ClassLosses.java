package dev.tenrec.nn;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.DeviceMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel.ClassReduction;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.tensor.CrossEntropy;
import dev.tenrec.tensor.Differentiable;
import dev.tenrec.tensor.GradientMode;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import java.util.OptionalLong;

/**
 * Losses over classes, on logits as rows [N, C]. With labels, cross entropy is one kernel forward and one backward where
 * the backend has them. Composed, it is written so that forward is two reductions, a gather and a sum, and the gradient
 * (softmax − target)·weight / N is one kernel over [N, C].
 */
final class ClassLosses {

    /** The gradient of one picked element per row: the upstream gradient [N, 1] at the label [N, 1], 0 elsewhere. */
    private static final ElementwiseOp PLACE = ElementwiseOp.of("placeAtLabel", 2, Accepts.FLOATING, args -> {
        Expr column = Expr.index(1).cast(args.get(1).dtype());
        return column.eq(args.get(1)).choose(args.get(0), args.get(0).like(0));
    });

    /**
     * log Σ e^(x − m) of each row x with its largest element m, as [N, 1]. The gradient needs the inputs and the result
     * and nothing else; m counts as a constant, which cancels in the losses. Losses are taken relative to m: next to
     * large logits their digits would be lost.
     */
    private static final class RowLogSumExp implements Differentiable {
        @Override
        public Tensor forward(Tensor... inputs) {
            return inputs[0].sub(inputs[1]).exp().sum(true, 1).log();
        }

        @Override
        public Tensor[] backward(Tensor upstream, Tensor output, Tensor... inputs) {
            return new Tensor[] {inputs[0].sub(inputs[1]).sub(output).exp().mul(upstream), null};
        }
    }

    /**
     * The element of each row at a label, as [N, 1]. Unlike that of gather, the gradient is a map and no scatter: it
     * joins other gradients of the same rows in one kernel.
     */
    private static final class Pick implements Differentiable {
        @Override
        public Tensor forward(Tensor... inputs) {
            return inputs[0].gather(1, inputs[1]);
        }

        @Override
        public Tensor[] backward(Tensor upstream, Tensor output, Tensor... inputs) {
            return new Tensor[] {new Place(inputs[0].shape()).of(upstream, inputs[1]), null};
        }
    }

    /** The transpose of {@link Pick}; its gradient picks again. */
    private record Place(Shape rows) implements Differentiable {
        Tensor of(Tensor values, Tensor labels) {
            return Differentiable.apply(this, values, labels);
        }

        @Override
        public Tensor forward(Tensor... inputs) {
            // Class numbers are exact in F32 up to 2^24 and in F64 up to 2^53.
            DType dtype = inputs[0].dtype();
            Tensor spread = inputs[0].expand(rows);
            return spread.apply(PLACE, inputs[1].to(dtype));
        }

        @Override
        public Tensor[] backward(Tensor upstream, Tensor output, Tensor... inputs) {
            return new Tensor[] {Differentiable.apply(new Pick(), upstream, inputs[1]), null};
        }
    }

    /** Logits as rows [N, C], the largest of each row as a constant, and the result of {@link RowLogSumExp}. */
    private record Rows(Tensor logits, Tensor largest, Tensor total) {
        static Rows of(Tensor logits) {
            Tensor rows = rows(logits);
            Tensor largest = GradientMode.without(() -> rows.max(true, 1));
            return new Rows(rows, largest, Differentiable.apply(new RowLogSumExp(), rows, largest));
        }

        /** −log softmax, all of it: [N, C]. */
        Tensor distance() {
            return total.sub(logits.sub(largest));
        }

        /** −log softmax at the labels: [N, 1]. */
        Tensor distance(Labels labels) {
            return total.sub(
                    Differentiable.apply(new Pick(), logits, labels.index).sub(largest));
        }
    }

    private ClassLosses() {}

    private static Tensor rows(Tensor logits) {
        long classes = logits.size(-1);
        return logits.rank() == 2 ? logits : logits.reshape(logits.elementCount() / classes, classes);
    }

    /** Labels as [N, 1] with ignored ones set to 0, and 1 for each that counts; null if all do. */
    private record Labels(Tensor index, Tensor counts, long counted) {}

    static Tensor crossEntropy(Tensor logits, Tensor targets, ClassLossOptions options) {
        checkLogits("crossEntropy", logits, targets, options);
        if (targets.dtype().isFloating()) {
            return ofDistribution(logits, targets, options);
        }
        Tensor weights = options.classWeights();
        if (CrossEntropy.isClaimed(logits) && (weights == null || !weights.requiresGradient())) {
            return fused(logits, targets, options);
        }
        return composed(logits, targets, options);
    }

    private static Tensor fused(Tensor logits, Tensor targets, ClassLossOptions options) {
        ClassReduction reduction = switch (options.reduction()) {
            case NONE -> ClassReduction.NONE;
            case SUM -> ClassReduction.SUM;
            case MEAN -> ClassReduction.MEAN;
        };
        try {
            return new CrossEntropy(reduction, options.labelSmoothing(), options.ignoreIndex())
                    .apply(
                            logits,
                            targets,
                            options.classWeights(),
                            (upstream, x) -> composedGradient(upstream, x, targets, options));
        } catch (InvalidArgument e) {
            // The kernel knows rows; this names the place in the shape of the labels.
            labels("crossEntropy", logits, targets, options);
            throw e;
        }
    }

    /** The gradient by the logits, recorded, from the composed form's. */
    private static Tensor composedGradient(Tensor upstream, Tensor logits, Tensor targets, ClassLossOptions options) {
        return Autograd.vjp(composed(logits, targets, options), upstream, Autograd.Graph.CREATE, logits)
                .get(0);
    }

    /** As reductions, a gather and maps. */
    private static Tensor composed(Tensor logits, Tensor targets, ClassLossOptions options) {
        long classes = logits.size(-1);
        Labels labels = labels("crossEntropy", logits, targets, options);
        Rows rows = Rows.of(logits);
        double smoothing = options.labelSmoothing();
        Tensor losses = null;
        if (smoothing < 1) {
            losses = weighted(rows.distance(labels), labels, options);
        }
        if (smoothing > 0) {
            Tensor spread = counted(smoothed(rows, options), labels).mul(smoothing / classes);
            losses = losses == null ? spread : losses.mul(1 - smoothing).add(spread);
        }
        return reduce(losses, labels, logits, options);
    }

    static Tensor nll(Tensor logProbabilities, Tensor labels, ClassLossOptions options) {
        checkLogits("nll", logProbabilities, labels, options);
        if (options.labelSmoothing() != 0 || labels.dtype().isFloating()) {
            throw new InvalidArgument(Message.of("nll", "takes labels, not distributions or smoothing")
                    .line("expected", "I32 or I64 labels, label smoothing 0")
                    .line("given", labels.dtype() + " labels, label smoothing " + options.labelSmoothing())
                    .hint("crossEntropy takes both")
                    .toString());
        }
        Labels checked = labels("nll", logProbabilities, labels, options);
        Tensor picked = Differentiable.apply(new Pick(), rows(logProbabilities), checked.index)
                .neg();
        return reduce(weighted(picked, checked, options), checked, logProbabilities, options);
    }

    /** −Σ w·log p over the classes: what smoothing adds, as [N, 1]. */
    private static Tensor smoothed(Rows rows, ClassLossOptions options) {
        Tensor distance = rows.distance();
        Tensor weights = options.classWeights();
        return (weights == null ? distance : distance.mul(weights)).sum(true, 1);
    }

    private static Tensor weighted(Tensor losses, Labels labels, ClassLossOptions options) {
        Tensor weights = options.classWeights();
        Tensor result = weights == null ? losses : losses.mul(weightOf(labels, weights));
        return counted(result, labels);
    }

    private static Tensor weightOf(Labels labels, Tensor weights) {
        return weights.indexSelect(0, labels.index.flatten()).unsqueeze(1);
    }

    private static Tensor counted(Tensor losses, Labels labels) {
        // Not a product with 0: the loss of an ignored example may be infinite.
        return labels.counts == null ? losses : losses.maskedFill(labels.counts.not(), 0);
    }

    private static Tensor reduce(Tensor losses, Labels labels, Tensor logits, ClassLossOptions options) {
        return switch (options.reduction()) {
            case NONE -> losses.reshape(logits.shape().without(-1));
            case SUM -> losses.sum();
            case MEAN -> {
                Tensor weights = options.classWeights();
                yield weights == null
                        ? losses.sum().div(labels.counted)
                        : losses.sum()
                                .div(counted(weightOf(labels, weights), labels).sum());
            }
        };
    }

    private static Tensor ofDistribution(Tensor logits, Tensor targets, ClassLossOptions options) {
        if (options.ignoreIndex().isPresent()) {
            throw new InvalidArgument(Message.of("crossEntropy", "a distribution has no label to ignore")
                    .line("expected", "no ignored label")
                    .line("given", options.ignoreIndex().getAsLong())
                    .toString());
        }
        Rows rows = Rows.of(logits);
        long classes = logits.size(-1);
        double smoothing = options.labelSmoothing();
        Tensor weights = rows(targets);
        if (smoothing > 0) {
            weights = weights.mul(1 - smoothing).add(smoothing / classes);
        }
        if (options.classWeights() != null) {
            weights = weights.mul(options.classWeights());
        }
        Tensor products = rows.distance().mul(weights);
        return switch (options.reduction()) {
            case NONE -> products.sum(1).reshape(logits.shape().without(-1));
            case SUM -> products.sum();
            case MEAN -> products.sum().div(rows.logits.size(0));
        };
    }

    private static void checkLogits(String operation, Tensor logits, Tensor targets, ClassLossOptions options) {
        Losses.checkFloating(operation, "predictions", logits);
        if (logits.rank() == 0 || logits.size(-1) == 0) {
            throw new ShapeMismatch(Message.of(operation, "no classes")
                    .line("expected", "[batch…, classes] with at least one class")
                    .line("given", logits.shape())
                    .toString());
        }
        if (!targets.device().equals(logits.device())) {
            throw new DeviceMismatch(Message.of(operation, "operands live on different devices")
                    .line("predictions", logits.device())
                    .line("targets", targets.device())
                    .hint("move one with .to(device)")
                    .toString());
        }
        boolean labels = targets.dtype() == DType.I32 || targets.dtype() == DType.I64;
        if (!labels && targets.dtype() != logits.dtype()) {
            throw new DTypeMismatch(Message.of(operation, "element type of the targets does not fit")
                    .line("expected", "I32 or I64 labels, or a distribution of " + logits.dtype())
                    .line("given", targets.dtype())
                    .hint("convert labels with .to(DType.I32)")
                    .toString());
        }
        Shape expected = labels ? logits.shape().without(-1) : logits.shape();
        if (!targets.shape().equals(expected)) {
            throw new ShapeMismatch(Message.of(operation, "targets do not fit the predictions")
                    .line("expected", expected, labels ? "labels" : "a distribution over the classes")
                    .line("given", targets.shape(), targets.dtype().toString())
                    .line("predictions", logits.shape())
                    .toString());
        }
        Tensor weights = options.classWeights();
        if (weights != null
                && (!weights.shape().equals(Shape.of(logits.size(-1))) || weights.dtype() != logits.dtype())) {
            throw new ShapeMismatch(Message.of(operation, "class weights do not fit")
                    .line("expected", logits.dtype() + " [" + logits.size(-1) + "]", "one per class")
                    .line("given", weights.dtype() + " " + weights.shape())
                    .toString());
        }
    }

    private static Labels labels(String operation, Tensor logits, Tensor labels, ClassLossOptions options) {
        long classes = logits.size(-1);
        OptionalLong ignored = options.ignoreIndex();
        long count = 0;
        boolean replaced = false;
        // In their own type: a conversion would be one more kernel.
        long[] values = labels.dtype() == DType.I64
                ? labels.toLongArray()
                : Arrays.stream(labels.toIntArray()).asLongStream().toArray();
        for (int i = 0; i < values.length; i++) {
            boolean skip = ignored.isPresent() && values[i] == ignored.getAsLong();
            if (!skip && (values[i] < 0 || values[i] >= classes)) {
                throw new InvalidArgument(Message.of(operation, "label out of range")
                        .line("expected", "0 to " + (classes - 1), "predictions " + logits.shape())
                        .line("given", values[i], "at " + position(i, labels.shape()))
                        .hint("labels count from 0; to leave examples out, give their label as ignoreIndex")
                        .toString());
            }
            count += skip ? 0 : 1;
            replaced |= skip;
        }
        Tensor index = labels.reshape(labels.elementCount(), 1);
        if (!replaced) {
            return new Labels(index, null, count);
        }
        Tensor counts = index.ne(ignored.getAsLong());
        return new Labels(index.maskedFill(counts.not(), 0), counts, count);
    }

    private static String position(long index, Shape shape) {
        long[] place = new long[shape.rank()];
        long rest = index;
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            place[axis] = rest % shape.size(axis);
            rest /= shape.size(axis);
        }
        return "position " + Arrays.toString(place);
    }
}
