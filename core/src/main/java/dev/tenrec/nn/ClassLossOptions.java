package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.tensor.Tensor;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * Options of the losses over classes, {@link Losses#crossEntropy} and {@link Losses#nll}.
 *
 * @param reduction what becomes of the losses of the examples
 * @param labelSmoothing ε in [0, 1]: the target is (1 − ε)·target + ε/C for C classes (Szegedy et al. 2015)
 * @param ignoreIndex a label whose examples count for nothing, also in the mean; may lie outside of the classes
 * @param classWeights a factor for each class, [C], of the logits' type; null for 1 each. With labels, the mean divides
 *     by the sum of the weights of the examples' labels
 */
public record ClassLossOptions(
        Reduction reduction, double labelSmoothing, OptionalLong ignoreIndex, Tensor classWeights) {

    /** The mean over examples, without smoothing, ignored labels and weights. */
    public static final ClassLossOptions DEFAULT = new ClassLossOptions(Reduction.MEAN, 0, OptionalLong.empty(), null);

    /**
     * Checks the smoothing.
     *
     * @throws InvalidArgument if it is out of range
     */
    public ClassLossOptions {
        Objects.requireNonNull(reduction, "reduction");
        Objects.requireNonNull(ignoreIndex, "ignoreIndex");
        if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
            throw new InvalidArgument(Message.of("crossEntropy", "label smoothing out of range")
                    .line("expected", "0 to 1")
                    .line("given", labelSmoothing)
                    .toString());
        }
    }

    /**
     * Returns these options with another reduction.
     *
     * @param other the reduction
     * @return new options
     */
    public ClassLossOptions withReduction(Reduction other) {
        return new ClassLossOptions(other, labelSmoothing, ignoreIndex, classWeights);
    }

    /**
     * Returns these options with smoothed labels.
     *
     * @param smoothing ε in [0, 1], such as 0.1
     * @return new options
     */
    public ClassLossOptions withLabelSmoothing(double smoothing) {
        return new ClassLossOptions(reduction, smoothing, ignoreIndex, classWeights);
    }

    /**
     * Returns these options with a label that is ignored.
     *
     * @param label the label, such as −100
     * @return new options
     */
    public ClassLossOptions withIgnoreIndex(long label) {
        return new ClassLossOptions(reduction, labelSmoothing, OptionalLong.of(label), classWeights);
    }

    /**
     * Returns these options with a factor per class.
     *
     * @param weights [C], of the logits' type
     * @return new options
     */
    public ClassLossOptions withClassWeights(Tensor weights) {
        return new ClassLossOptions(reduction, labelSmoothing, ignoreIndex, weights);
    }
}
