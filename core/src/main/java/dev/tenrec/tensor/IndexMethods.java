package dev.tenrec.tensor;

import dev.tenrec.memory.Scope;
import dev.tenrec.memory.Scoped;
import dev.tenrec.type.DType;
import java.util.function.Consumer;

/** Picking, placing and ordering of elements. Indexes are I32 or I64 and are checked against the axis. */
public sealed interface IndexMethods permits Tensor {

    /** {@return this tensor} */
    Tensor self();

    /**
     * Picks one element per index: {@code out[i…, p, k…] = this[i…, index[i…, p, k…], k…]}.
     *
     * @param axis along which
     * @param index I32 or I64, with as many axes as this; sizes other than the axis's are equal or 1
     * @return a tensor with the index's size on the axis
     * @throws dev.tenrec.error.InvalidArgument if an index is out of range
     */
    default Tensor gather(int axis, Tensor index) {
        return Indexing.gather(self(), axis, index);
    }

    /**
     * Picks whole slices along an axis, such as rows of an embedding table.
     *
     * @param axis along which
     * @param index I32 or I64, of any shape
     * @return a tensor with the index's axes in the place of the axis
     * @throws dev.tenrec.error.InvalidArgument if an index is out of range
     */
    default Tensor indexSelect(int axis, Tensor index) {
        return Indexing.indexSelect(self(), axis, index);
    }

    /**
     * Adds elements to a copy of this: {@code out[i…, index[i…, p, k…], k…] += source[i…, p, k…]}. Positions that are
     * named several times get every summand, in row-major order.
     *
     * @param axis along which
     * @param index I32 or I64, with as many axes as the source; sizes are the source's or 1
     * @param source what is added, of this type; sizes other than the axis's are this tensor's
     * @return a tensor of this shape
     * @throws dev.tenrec.error.InvalidArgument if an index is out of range
     */
    default Tensor scatterAdd(int axis, Tensor index, Tensor source) {
        return Indexing.scatterAdd(self(), axis, index, source);
    }

    /**
     * Writes elements into a copy of this: {@code out[i…, index[i…, p, k…], k…] = source[i…, p, k…]}. Of several values
     * for one element the last in row-major order stays; the others get no gradient.
     *
     * @param axis along which
     * @param index I32 or I64, with as many axes as the source; sizes are the source's or 1
     * @param source what is written, of this type; sizes other than the axis's are this tensor's
     * @return a tensor of this shape
     * @throws dev.tenrec.error.InvalidArgument if an index is out of range
     */
    default Tensor scatter(int axis, Tensor index, Tensor source) {
        return Indexing.scatter(self(), axis, index, source);
    }

    /**
     * Turns class numbers into vectors with a 1 at that place; numbers out of range give zeros.
     *
     * @param classes number of classes, at least 1
     * @param dtype the result's element type
     * @return this shape with an axis of that size at the end
     */
    default Tensor oneHot(long classes, DType dtype) {
        return Indexing.oneHot(self(), classes, dtype);
    }

    /**
     * Sorts along an axis, stable; NaN counts as largest.
     *
     * @param axis along which
     * @param descending largest first
     * @return values and their former positions
     */
    default Ordered sort(int axis, boolean descending) {
        return Indexing.sort(self(), axis, descending);
    }

    /**
     * Finds the largest elements along an axis, largest first; NaN counts as largest.
     *
     * @param count how many, at most the axis's size
     * @param axis along which
     * @return values and their positions
     */
    default Ordered topK(long count, int axis) {
        return Indexing.topK(self(), count, axis);
    }

    /**
     * Ordered values and where they came from.
     *
     * @param values the values; gradients flow through them
     * @param indices I64 positions along the axis
     */
    record Ordered(Tensor values, Tensor indices) implements Scope.Group {
        @Override
        public void forEachScoped(Consumer<Scoped> action) {
            action.accept(values);
            action.accept(indices);
        }
    }
}
