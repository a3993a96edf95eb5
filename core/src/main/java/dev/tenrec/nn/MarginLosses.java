package dev.tenrec.nn;

import dev.tenrec.error.DTypeMismatch;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.ir.Expr;
import dev.tenrec.op.ElementwiseOp;
import dev.tenrec.op.ElementwiseOp.Accepts;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Objects;

/**
 * Losses that are 0 beyond a margin: what is right enough is left alone. All operands are F32 or F64 of one type, except
 * labels.
 */
public final class MarginLosses {

    /** Keeps the cosine of a vector of zeros finite. */
    private static final double TINY_SQUARE = 1e-12;

    /** Keeps the gradient of a distance of 0 finite. */
    private static final double TINY = 1e-6;

    /** max(0, margin − t·x). */
    private static final ElementwiseOp HINGE = ElementwiseOp.of(
            "hinge",
            2,
            Accepts.FLOATING,
            new double[] {0.75},
            args -> positive(args.get(2).sub(args.get(0).mul(args.get(1)))));

    /** x where t &gt; 0, max(0, margin − x) elsewhere. */
    private static final ElementwiseOp HINGE_EMBEDDING = ElementwiseOp.of(
            "hingeEmbedding",
            2,
            Accepts.FLOATING,
            new double[] {0.75},
            args -> args.get(1).gt(0).choose(args.get(0), positive(args.get(2).sub(args.get(0)))));

    /** Of x·y, x², y² and t: 1 − cosine where t &gt; 0, max(0, cosine − margin) elsewhere. */
    private static final ElementwiseOp COSINE =
            ElementwiseOp.of("cosineEmbedding", 4, Accepts.FLOATING, new double[] {0.25}, args -> {
                Expr lengths = args.get(1)
                        .add(TINY_SQUARE)
                        .mul(args.get(2).add(TINY_SQUARE))
                        .sqrt();
                Expr cosine = args.get(0).div(lengths);
                return args.get(3).gt(0).choose(cosine.like(1).sub(cosine), positive(cosine.sub(args.get(4))));
            });

    /** Of scores [N, C], that of the label and the label: max(0, margin − own + score), 0 at the label. */
    private static final ElementwiseOp OTHERS =
            ElementwiseOp.of("multiMargin", 3, Accepts.FLOATING, new double[] {0.75}, args -> {
                Expr column = Expr.index(1).cast(args.get(2).dtype());
                Expr distance = positive(args.get(3).sub(args.get(1)).add(args.get(0)));
                return column.eq(args.get(2)).choose(distance.like(0), distance);
            });

    private MarginLosses() {}

    private static Expr positive(Expr x) {
        return x.max(x.like(0));
    }

    /**
     * Options of {@link #multiMargin}.
     *
     * @param margin by how much the label's score should be the largest, above 0
     * @param squared whether the distances below the margin are squared
     * @param reduction what becomes of the examples' losses
     * @param classWeights a factor for the examples of each class, [C], of the scores' type; null for 1 each
     */
    public record MultiMarginOptions(double margin, boolean squared, Reduction reduction, Tensor classWeights) {

        /** Margin 1, not squared, the mean, without weights. */
        public static final MultiMarginOptions DEFAULT = new MultiMarginOptions(1, false, Reduction.MEAN, null);

        /**
         * Checks the margin.
         *
         * @throws InvalidArgument if it is not above 0
         */
        public MultiMarginOptions {
            Objects.requireNonNull(reduction, "reduction");
            Losses.checkPositive("multiMargin", "margin", margin);
        }
    }

    /**
     * Options of {@link #tripletMargin}.
     *
     * @param margin by how much the negative should be farther away than the positive, above 0
     * @param p the norm of the differences, at least 1: 2 for Euclid's
     * @param swap whether the negative's distance is the smaller of those to the anchor and to the positive (Balntas et
     *     al., "Learning local feature descriptors with triplets and shallow convolutional neural networks", 2016)
     * @param reduction what becomes of the triplets' losses
     */
    public record TripletOptions(double margin, double p, boolean swap, Reduction reduction) {

        /** Margin 1, Euclid's norm, without swap, the mean. */
        public static final TripletOptions DEFAULT = new TripletOptions(1, 2, false, Reduction.MEAN);

        /**
         * Checks the numbers.
         *
         * @throws InvalidArgument if one is out of range
         */
        public TripletOptions {
            Objects.requireNonNull(reduction, "reduction");
            Losses.checkPositive("tripletMargin", "margin", margin);
            if (!(p >= 1)) {
                throw new InvalidArgument(Message.of("tripletMargin", "exponent of the norm out of range")
                        .line("expected", "1 or more")
                        .line("given", p)
                        .toString());
            }
        }
    }

    /**
     * Computes the mean hinge loss of a support-vector machine (Cortes and Vapnik, "Support-vector networks", 1995):
     * max(0, 1 − t·x).
     *
     * @param scores x, of any shape
     * @param targets t, 1 or −1, of the same shape and type
     * @return a scalar
     * @throws ShapeMismatch if the shapes differ
     */
    public static Tensor hinge(Tensor scores, Tensor targets) {
        return hinge(scores, targets, 1, Reduction.MEAN);
    }

    /**
     * Computes the hinge loss max(0, margin − t·x).
     *
     * @param scores x, of any shape
     * @param targets t, 1 or −1, of the same shape and type
     * @param margin above 0
     * @param reduction what becomes of the elements' losses
     * @return a scalar, or a tensor of that shape without reduction
     * @throws ShapeMismatch if the shapes differ
     * @throws InvalidArgument if the margin is not above 0
     */
    public static Tensor hinge(Tensor scores, Tensor targets, double margin, Reduction reduction) {
        Losses.check("hinge", scores, targets);
        Losses.checkPositive("hinge", "margin", margin);
        return Losses.reduce(Tensor.apply(HINGE, new double[] {margin}, scores, targets), reduction);
    }

    /**
     * Computes the hinge loss of distances: x where t is 1 and the two should be alike, max(0, margin − x) where it is −1
     * (Hadsell, Chopra and LeCun, "Dimensionality reduction by learning an invariant mapping", 2006, not squared).
     *
     * @param distances x, of any shape
     * @param targets t, 1 or −1, of the same shape and type
     * @param margin above 0, such as 1
     * @param reduction what becomes of the elements' losses
     * @return a scalar, or a tensor of that shape without reduction
     * @throws ShapeMismatch if the shapes differ
     * @throws InvalidArgument if the margin is not above 0
     */
    public static Tensor hingeEmbedding(Tensor distances, Tensor targets, double margin, Reduction reduction) {
        Losses.check("hingeEmbedding", distances, targets);
        Losses.checkPositive("hingeEmbedding", "margin", margin);
        return Losses.reduce(Tensor.apply(HINGE_EMBEDDING, new double[] {margin}, distances, targets), reduction);
    }

    /**
     * Computes the loss of the cosine c of two vectors: 1 − c where t is 1 and the two should be alike, max(0, c − margin)
     * where it is −1.
     *
     * @param left vectors, [batch…, features]
     * @param right vectors, of the same shape and type
     * @param targets t, 1 or −1, [batch…] of the same type
     * @param margin a finite number from −1 to 1, such as 0
     * @param reduction what becomes of the pairs' losses
     * @return a scalar, or [batch…] without reduction
     * @throws ShapeMismatch if the shapes do not fit
     * @throws InvalidArgument if the margin is out of range
     */
    public static Tensor cosineEmbedding(
            Tensor left, Tensor right, Tensor targets, double margin, Reduction reduction) {
        checkVectors("cosineEmbedding", "left", left, "right", right);
        if (!targets.shape().equals(left.shape().without(-1)) || targets.dtype() != left.dtype()) {
            throw new ShapeMismatch(Message.of("cosineEmbedding", "targets do not fit the vectors")
                    .line("expected", left.dtype() + " " + left.shape().without(-1))
                    .line("given", targets.dtype() + " " + targets.shape())
                    .toString());
        }
        if (!(margin >= -1 && margin <= 1)) {
            throw new InvalidArgument(Message.of("cosineEmbedding", "margin out of range")
                    .line("expected", "−1 to 1")
                    .line("given", margin)
                    .toString());
        }
        Tensor losses = Tensor.apply(
                COSINE,
                new double[] {margin},
                left.mul(right).sum(-1),
                left.square().sum(-1),
                right.square().sum(-1),
                targets);
        return Losses.reduce(losses, reduction);
    }

    /**
     * Computes the mean triplet loss with margin 1 and Euclid's distance.
     *
     * @param anchors [batch…, features]
     * @param positives what should be near, of the same shape and type
     * @param negatives what should be far, of the same shape and type
     * @return a scalar
     * @throws ShapeMismatch if the shapes differ
     */
    public static Tensor tripletMargin(Tensor anchors, Tensor positives, Tensor negatives) {
        return tripletMargin(anchors, positives, negatives, TripletOptions.DEFAULT);
    }

    /**
     * Computes the triplet loss max(0, d(anchor, positive) − d(anchor, negative) + margin) (Schroff, Kalenichenko and
     * Philbin, "FaceNet", 2015), with the distance ‖a − b + 10⁻⁶‖ₚ.
     *
     * @param anchors [batch…, features]
     * @param positives what should be near, of the same shape and type
     * @param negatives what should be far, of the same shape and type
     * @param options margin, norm, swap and reduction
     * @return a scalar, or [batch…] without reduction
     * @throws ShapeMismatch if the shapes differ
     */
    public static Tensor tripletMargin(Tensor anchors, Tensor positives, Tensor negatives, TripletOptions options) {
        checkVectors("tripletMargin", "anchors", anchors, "positives", positives);
        checkVectors("tripletMargin", "anchors", anchors, "negatives", negatives);
        Tensor near = distance(anchors, positives, options.p);
        Tensor far = distance(anchors, negatives, options.p);
        if (options.swap) {
            far = far.minimum(distance(positives, negatives, options.p));
        }
        return Losses.reduce(near.sub(far).add(options.margin).maximum(0), options.reduction);
    }

    private static Tensor distance(Tensor left, Tensor right, double p) {
        return left.sub(right).add(TINY).norm(p, false, -1);
    }

    /**
     * Computes the mean multi-class hinge loss with margin 1; see {@link #multiMargin(Tensor, Tensor,
     * MultiMarginOptions)}.
     *
     * @param scores [batch…, C]
     * @param labels I32 or I64 [batch…]
     * @return a scalar
     * @throws ShapeMismatch if the shapes do not fit
     * @throws InvalidArgument if a label is not one of 0 … C − 1
     */
    public static Tensor multiMargin(Tensor scores, Tensor labels) {
        return multiMargin(scores, labels, MultiMarginOptions.DEFAULT);
    }

    /**
     * Computes the multi-class hinge loss (Weston and Watkins, "Support vector machines for multi-class pattern
     * recognition", 1999): for a label y, Σ over the other classes of max(0, margin − x[y] + x[c]), or of its square,
     * divided by C.
     *
     * @param scores x, [batch…, C]
     * @param labels y, I32 or I64 [batch…]
     * @param options margin, square, reduction and class weights
     * @return a scalar, or [batch…] without reduction
     * @throws ShapeMismatch if the shapes do not fit
     * @throws InvalidArgument if a label is not one of 0 … C − 1
     */
    public static Tensor multiMargin(Tensor scores, Tensor labels, MultiMarginOptions options) {
        Losses.checkFloating("multiMargin", "scores", scores);
        if (scores.rank() == 0 || scores.size(-1) == 0) {
            throw new ShapeMismatch(Message.of("multiMargin", "no classes")
                    .line("expected", "[batch…, classes] with at least one class")
                    .line("given", scores.shape())
                    .toString());
        }
        Shape batch = scores.shape().without(-1);
        long classes = scores.size(-1);
        long[] values = LabelChecks.read("multiMargin", "labels", labels, batch, scores);
        for (int i = 0; i < values.length; i++) {
            LabelChecks.checkRange("multiMargin", "label", values[i], 0, classes - 1, "example " + i);
        }
        checkWeights(options.classWeights, scores.dtype(), classes);
        Tensor rows = scores.reshape(values.length, classes);
        Tensor index = labels.reshape(values.length, 1);
        Tensor others = Tensor.apply(
                OTHERS, new double[] {options.margin}, rows, rows.gather(1, index), index.to(scores.dtype()));
        Tensor losses = (options.squared ? others.square() : others).sum(1).div(classes);
        if (options.classWeights != null) {
            losses = losses.mul(options.classWeights.indexSelect(0, index.flatten()));
        }
        return Losses.reduce(losses.reshape(batch), options.reduction);
    }

    private static void checkWeights(Tensor weights, DType dtype, long classes) {
        if (weights != null && (!weights.shape().equals(Shape.of(classes)) || weights.dtype() != dtype)) {
            throw new ShapeMismatch(Message.of("multiMargin", "class weights do not fit")
                    .line("expected", dtype + " [" + classes + "]", "one per class")
                    .line("given", weights.dtype() + " " + weights.shape())
                    .toString());
        }
    }

    private static void checkVectors(String operation, String one, Tensor left, String other, Tensor right) {
        Losses.checkFloating(operation, one, left);
        if (left.rank() == 0 || !left.shape().equals(right.shape())) {
            throw new ShapeMismatch(Message.of(operation, "vectors do not fit")
                    .line("expected", "[batch…, features], both the same")
                    .line(one, left.shape())
                    .line(other, right.shape())
                    .toString());
        }
        if (left.dtype() != right.dtype()) {
            throw new DTypeMismatch(Message.of(operation, "element types differ")
                    .line(one, left.dtype())
                    .line(other, right.dtype())
                    .hint("convert one with .to(DType." + left.dtype() + ")")
                    .toString());
        }
    }
}
