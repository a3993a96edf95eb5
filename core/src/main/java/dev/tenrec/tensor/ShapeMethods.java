package dev.tenrec.tensor;

import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;

/**
 * Other shapes for the same elements, parts, and combinations. Most are views that share memory. Axes count from 0, or
 * from −1 backwards.
 */
public sealed interface ShapeMethods permits Tensor {

    /** {@return this tensor} */
    Tensor self();

    /** {@return the sizes} */
    Shape shape();

    /** {@return the element type} */
    DType dtype();

    /**
     * Returns the number of axes.
     *
     * @return 0 for a scalar
     */
    default int rank() {
        return shape().rank();
    }

    /**
     * Returns the size of an axis.
     *
     * @param axis which axis
     * @return its size
     */
    default long size(int axis) {
        return shape().size(axis);
    }

    /**
     * Returns the number of elements.
     *
     * @return the product of the sizes
     */
    default long elementCount() {
        return shape().elementCount();
    }

    /**
     * Gives the elements another shape, in row-major order. One size may be −1: it is computed from the others.
     *
     * @param sizes the new sizes
     * @return a tensor of that shape
     * @throws dev.tenrec.error.ShapeMismatch if the number of elements differs
     */
    default Tensor reshape(long... sizes) {
        return Shapes.reshape(self(), Shapes.inferSize(self(), sizes));
    }

    /**
     * Gives the elements another shape, in row-major order.
     *
     * @param target the new shape
     * @return a tensor of that shape
     * @throws dev.tenrec.error.ShapeMismatch if the number of elements differs
     */
    default Tensor reshape(Shape target) {
        return Shapes.reshape(self(), target);
    }

    /**
     * Puts all elements on one axis.
     *
     * @return [elements]
     */
    default Tensor flatten() {
        return reshape(Shape.of(elementCount()));
    }

    /**
     * Merges an axis with all that follow it.
     *
     * @param fromAxis the first to merge
     * @return a tensor of fewer axes
     */
    default Tensor flatten(int fromAxis) {
        return Shapes.flatten(self(), fromAxis);
    }

    /**
     * Swaps the last two axes.
     *
     * @return the transposed matrices
     * @throws dev.tenrec.error.ShapeMismatch if there are fewer than two axes
     */
    default Tensor transpose() {
        return Shapes.transpose(self());
    }

    /**
     * Swaps two axes.
     *
     * @param first one axis
     * @param second the other
     * @return the view
     */
    default Tensor transpose(int first, int second) {
        return Shapes.transpose(self(), first, second);
    }

    /**
     * Reorders the axes.
     *
     * @param axes for each new axis the old one
     * @return the view
     * @throws dev.tenrec.error.InvalidArgument if that is no permutation
     */
    default Tensor permute(int... axes) {
        return Shapes.permute(self(), axes);
    }

    /**
     * Takes a range of an axis.
     *
     * @param axis which axis
     * @param start the first index; negative counts from the end
     * @param end the bound, excluded; negative counts from the end
     * @return the view
     */
    default Tensor slice(int axis, long start, long end) {
        return slice(axis, start, end, 1);
    }

    /**
     * Takes every step-th index of a range of an axis. With a negative step the range runs backwards from start.
     *
     * @param axis which axis
     * @param start the first index; negative counts from the end
     * @param end the bound, excluded; negative counts from the end; {@link Long#MIN_VALUE} for the whole rest backwards
     * @param step the distance, not 0
     * @return the view
     * @throws dev.tenrec.error.InvalidArgument if an index is out of range or the step is 0
     */
    default Tensor slice(int axis, long start, long end, long step) {
        return Shapes.slice(self(), axis, start, end, step);
    }

    /**
     * Takes one index of an axis, which disappears.
     *
     * @param axis which axis
     * @param index which index; negative counts from the end
     * @return the view
     */
    default Tensor select(int axis, long index) {
        return Shapes.select(self(), axis, index);
    }

    /**
     * Repeats axes of size 1, and adds axes in front, without copying.
     *
     * @param sizes the sizes wanted
     * @return the view
     * @throws dev.tenrec.error.ShapeMismatch if the shape does not broadcast to them
     */
    default Tensor expand(long... sizes) {
        return expand(Shape.of(sizes));
    }

    /**
     * Repeats axes of size 1, and adds axes in front, without copying.
     *
     * @param target the shape wanted
     * @return the view
     * @throws dev.tenrec.error.ShapeMismatch if the shape does not broadcast to it
     */
    default Tensor expand(Shape target) {
        return Shapes.expand(self(), target);
    }

    /**
     * Drops axes of size 1.
     *
     * @param axes which; none for all of size 1
     * @return the view
     * @throws dev.tenrec.error.ShapeMismatch if a named axis has another size
     */
    default Tensor squeeze(int... axes) {
        return Shapes.squeeze(self(), axes);
    }

    /**
     * Puts in an axis of size 1.
     *
     * @param axis where; −1 for after the last
     * @return the view
     */
    default Tensor unsqueeze(int axis) {
        return reshape(shape().insert(axis, 1));
    }

    /**
     * Reverses axes.
     *
     * @param axes which; none for all
     * @return the view
     */
    default Tensor flip(int... axes) {
        return Shapes.flip(self(), axes);
    }

    /**
     * Adds elements of one value before and after an axis.
     *
     * @param axis which axis
     * @param before how many before, 0 or more
     * @param after how many after, 0 or more
     * @param value what is added
     * @return a larger tensor
     */
    default Tensor pad(int axis, long before, long after, double value) {
        return Shapes.pad(self(), axis, before, after, value);
    }

    /**
     * Cuts an axis into parts of one size; the last may be smaller.
     *
     * @param axis which axis
     * @param size the parts' size, above 0
     * @return the views
     */
    default Tensor[] split(int axis, long size) {
        return Shapes.split(self(), axis, size);
    }

    /**
     * Cuts an axis into parts of given sizes.
     *
     * @param axis which axis
     * @param sizes the parts' sizes, which add up to the axis's
     * @return the views
     * @throws dev.tenrec.error.ShapeMismatch if they do not add up
     */
    default Tensor[] split(int axis, long[] sizes) {
        return Shapes.split(self(), axis, sizes);
    }
}
