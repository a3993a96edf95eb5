package dev.tenrec.tensor;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;

/**
 * Reductions. Axes count from 0, or from −1 backwards; without axes all are reduced. Reduced axes disappear from the
 * shape; {@code keepDims} leaves them with size 1.
 */
public sealed interface ReductionMethods permits Tensor {

    /** {@return this tensor} */
    Tensor self();

    /**
     * Adds the elements; 0 if there are none.
     *
     * @param axes which axes; none for all
     * @return the sums
     */
    default Tensor sum(int... axes) {
        return Reductions.sum(self(), false, axes);
    }

    /**
     * Adds the elements; 0 if there are none.
     *
     * @param keepDims whether reduced axes stay with size 1
     * @param axes which axes; none for all
     * @return the sums
     */
    default Tensor sum(boolean keepDims, int... axes) {
        return Reductions.sum(self(), keepDims, axes);
    }

    /**
     * Averages the elements.
     *
     * @param axes which axes; none for all
     * @return the means; NaN if there are no elements
     */
    default Tensor mean(int... axes) {
        return mean(false, axes);
    }

    /**
     * Averages the elements.
     *
     * @param keepDims whether reduced axes stay with size 1
     * @param axes which axes; none for all
     * @return the means; NaN if there are no elements
     */
    default Tensor mean(boolean keepDims, int... axes) {
        Checks.type("mean", "operand", self().dtype(), DType.F32, DType.F64);
        return sum(keepDims, axes).div(Reductions.reducedCount(self(), axes));
    }

    /**
     * Multiplies the elements; 1 if there are none.
     *
     * @param axes which axes; none for all
     * @return the products
     */
    default Tensor prod(int... axes) {
        return Reductions.prod(self(), false, axes);
    }

    /**
     * Multiplies the elements; 1 if there are none.
     *
     * @param keepDims whether reduced axes stay with size 1
     * @param axes which axes; none for all
     * @return the products
     */
    default Tensor prod(boolean keepDims, int... axes) {
        return Reductions.prod(self(), keepDims, axes);
    }

    /**
     * Takes the largest elements, NaN if any is NaN. Equal largest elements share the gradient.
     *
     * @param axes which axes; none for all
     * @return the largest elements
     * @throws InvalidArgument if a reduced axis is empty
     */
    default Tensor max(int... axes) {
        return Reductions.extreme(self(), ReduceOp.MAX, false, axes);
    }

    /**
     * Takes the largest elements, NaN if any is NaN.
     *
     * @param keepDims whether reduced axes stay with size 1
     * @param axes which axes; none for all
     * @return the largest elements
     * @throws InvalidArgument if a reduced axis is empty
     */
    default Tensor max(boolean keepDims, int... axes) {
        return Reductions.extreme(self(), ReduceOp.MAX, keepDims, axes);
    }

    /**
     * Takes the smallest elements, NaN if any is NaN. Equal smallest elements share the gradient.
     *
     * @param axes which axes; none for all
     * @return the smallest elements
     * @throws InvalidArgument if a reduced axis is empty
     */
    default Tensor min(int... axes) {
        return Reductions.extreme(self(), ReduceOp.MIN, false, axes);
    }

    /**
     * Takes the smallest elements, NaN if any is NaN.
     *
     * @param keepDims whether reduced axes stay with size 1
     * @param axes which axes; none for all
     * @return the smallest elements
     * @throws InvalidArgument if a reduced axis is empty
     */
    default Tensor min(boolean keepDims, int... axes) {
        return Reductions.extreme(self(), ReduceOp.MIN, keepDims, axes);
    }

    /**
     * Finds the position of the first largest element along an axis; a NaN counts as largest.
     *
     * @param axis which axis
     * @return I64, without the axis
     */
    default Tensor argmax(int axis) {
        return Reductions.position(self(), ReduceOp.ARGMAX, axis);
    }

    /**
     * Finds the row-major position of the first largest element; a NaN counts as largest.
     *
     * @return I64 scalar
     */
    default Tensor argmax() {
        return self().flatten().argmax(0);
    }

    /**
     * Finds the position of the first smallest element along an axis; a NaN counts as smallest.
     *
     * @param axis which axis
     * @return I64, without the axis
     */
    default Tensor argmin(int axis) {
        return Reductions.position(self(), ReduceOp.ARGMIN, axis);
    }

    /**
     * Finds the row-major position of the first smallest element; a NaN counts as smallest.
     *
     * @return I64 scalar
     */
    default Tensor argmin() {
        return self().flatten().argmin(0);
    }

    /**
     * Tests whether any element of a BOOL tensor holds; false if there are none.
     *
     * @param axes which axes; none for all
     * @return BOOL
     */
    default Tensor any(int... axes) {
        return Reductions.logical(self(), ReduceOp.MAX, axes);
    }

    /**
     * Tests whether all elements of a BOOL tensor hold; true if there are none.
     *
     * @param axes which axes; none for all
     * @return BOOL
     */
    default Tensor all(int... axes) {
        return Reductions.logical(self(), ReduceOp.MIN, axes);
    }

    /**
     * Computes the unbiased variance, Σ(x − mean)² / (n − 1).
     *
     * @param axes which axes; none for all
     * @return the variances; NaN for fewer than two elements
     */
    default Tensor var(int... axes) {
        return var(1, false, axes);
    }

    /**
     * Computes the variance, Σ(x − mean)² / (n − correction).
     *
     * @param correction 1 for the unbiased estimate of a sample, 0 for a whole population
     * @param keepDims whether reduced axes stay with size 1
     * @param axes which axes; none for all
     * @return the variances
     */
    default Tensor var(double correction, boolean keepDims, int... axes) {
        return Moments.of("var", self(), correction, keepDims, axes).variance();
    }

    /**
     * Computes mean and variance together, in one pass over memory where the backend can: the statistics of layer and
     * batch normalisation.
     *
     * @param correction 1 for the unbiased estimate of a sample, 0 for a whole population
     * @param keepDims whether reduced axes stay with size 1
     * @param axes which axes; none for all
     * @return Σx / n and Σ(x − mean)² / (n − correction)
     */
    default MeanAndVariance meanAndVariance(double correction, boolean keepDims, int... axes) {
        return Moments.of("meanAndVariance", self(), correction, keepDims, axes);
    }

    /**
     * Computes the unbiased standard deviation, the root of {@link #var(int...)}.
     *
     * @param axes which axes; none for all
     * @return the deviations
     */
    default Tensor std(int... axes) {
        return var(axes).sqrt();
    }

    /**
     * Computes the standard deviation, the root of {@link #var(double, boolean, int...)}.
     *
     * @param correction 1 for the unbiased estimate of a sample, 0 for a whole population
     * @param keepDims whether reduced axes stay with size 1
     * @param axes which axes; none for all
     * @return the deviations
     */
    default Tensor std(double correction, boolean keepDims, int... axes) {
        return var(correction, keepDims, axes).sqrt();
    }

    /**
     * Computes the Euclidean norm, √Σx².
     *
     * @param axes which axes; none for all
     * @return the norms
     */
    default Tensor norm(int... axes) {
        return self().square().sum(axes).sqrt();
    }

    /**
     * Computes the p-norm, (Σ|x|ᵖ)^(1/p); for infinite p the largest |x|.
     *
     * @param p the exponent, above 0
     * @param keepDims whether reduced axes stay with size 1
     * @param axes which axes; none for all
     * @return the norms
     * @throws InvalidArgument if p is not above 0
     */
    default Tensor norm(double p, boolean keepDims, int... axes) {
        if (!(p > 0)) {
            throw new InvalidArgument(Message.of("norm", "exponent out of range")
                    .line("expected", "p above 0")
                    .line("given", p)
                    .toString());
        }
        if (p == 1) {
            return self().abs().sum(keepDims, axes);
        }
        if (p == 2) {
            return self().square().sum(keepDims, axes).sqrt();
        }
        return Double.isInfinite(p)
                ? self().abs().max(keepDims, axes)
                : self().abs().pow(p).sum(keepDims, axes).pow(1 / p);
    }

    /**
     * Computes log Σ eˣ without overflow.
     *
     * @param axes which axes; none for all
     * @return the logarithms
     */
    default Tensor logSumExp(int... axes) {
        return logSumExp(false, axes);
    }

    /**
     * Computes log Σ eˣ without overflow.
     *
     * @param keepDims whether reduced axes stay with size 1
     * @param axes which axes; none for all
     * @return the logarithms
     */
    default Tensor logSumExp(boolean keepDims, int... axes) {
        Tensor shift = Reductions.finiteMax(self(), axes);
        Tensor result = self().sub(shift).exp().sum(true, axes).log().add(shift);
        return keepDims ? result : result.reshape(Reductions.reducedShape(self(), false, axes));
    }

    /**
     * Computes eˣ / Σ eˣ along an axis, without overflow.
     *
     * @param axis which axis
     * @return a tensor of this shape; along the axis it adds up to 1
     */
    default Tensor softmax(int axis) {
        return Softmaxes.softmax(self(), axis, false);
    }

    /**
     * Computes x − log Σ eˣ along an axis, without overflow.
     *
     * @param axis which axis
     * @return a tensor of this shape
     */
    default Tensor logSoftmax(int axis) {
        return Softmaxes.softmax(self(), axis, true);
    }

    /**
     * Adds up along an axis: element i is the sum of elements 0 … i.
     *
     * @param axis which axis
     * @return a tensor of this shape
     */
    default Tensor cumsum(int axis) {
        return Reductions.cumsum(self(), axis);
    }

    /**
     * Adds up over broadcast axes, so that the result has a shape that broadcasts to this one.
     *
     * @param target the shape wanted
     * @return this if it has the shape
     */
    default Tensor sumTo(Shape target) {
        return Reductions.sumTo(self(), target);
    }
}
