package dev.tenrec.type;

import java.util.Arrays;
import java.util.Optional;

/**
 * Where the elements of a view lie in their buffer: element (i₀, i₁, …) is at {@code offset + Σ iₐ·strideₐ}. Offsets
 * and strides count elements, not bytes. A stride of 0 repeats one element along its axis; strides may be negative.
 * Immutable.
 */
public final class Layout {

    private final Shape shape;
    private final long[] strides;
    private final long offset;

    /** Of shape and strides; 0 until asked for. Written by any thread, always with the same value. */
    private int hash;

    private Layout(Shape shape, long[] strides, long offset) {
        this.shape = shape;
        this.strides = strides;
        this.offset = offset;
    }

    /**
     * Returns the dense row-major layout that starts at element 0.
     *
     * @param shape the sizes
     * @return the layout
     */
    public static Layout dense(Shape shape) {
        Layout known = shape.dense;
        if (known == null) {
            known = new Layout(shape, shape.denseStrides(), 0);
            shape.dense = known;
        }
        return known;
    }

    /**
     * Returns a layout of given strides.
     *
     * @param shape the sizes
     * @param strides elements from one index to the next, one per axis
     * @param offset the first element's position
     * @return the layout
     */
    public static Layout of(Shape shape, long[] strides, long offset) {
        if (strides.length != shape.rank()) {
            throw new IllegalArgumentException(strides.length + " strides for " + shape);
        }
        return new Layout(shape, strides.clone(), offset);
    }

    /**
     * Returns the sizes.
     *
     * @return the shape
     */
    public Shape shape() {
        return shape;
    }

    /**
     * Returns the stride of an axis.
     *
     * @param axis from 0
     * @return elements from one index to the next
     */
    public long stride(int axis) {
        return strides[axis];
    }

    /**
     * Returns all strides.
     *
     * @return a copy
     */
    public long[] strides() {
        return strides.clone();
    }

    /**
     * Returns the position of the first element.
     *
     * @return elements from the start of the buffer
     */
    public long offset() {
        return offset;
    }

    /**
     * Says whether the elements lie one after the other in row-major order. Axes of size 1 do not matter.
     *
     * @return true if dense, whatever the offset
     */
    public boolean isContiguous() {
        if (shape.elementCount() == 0) {
            return true;
        }
        long expected = 1;
        for (int i = strides.length - 1; i >= 0; i--) {
            long size = shape.size(i);
            if (size != 1) {
                if (strides[i] != expected) {
                    return false;
                }
                expected *= size;
            }
        }
        return true;
    }

    /**
     * Says whether every index leads to the same element.
     *
     * @return true if all axes longer than 1 have stride 0
     */
    public boolean isScalar() {
        for (int i = 0; i < strides.length; i++) {
            if (strides[i] != 0 && shape.size(i) != 1) {
                return false;
            }
        }
        return true;
    }

    /**
     * Reorders the axes.
     *
     * @param axes for each new axis the old one; a permutation, checked by the caller
     * @return the view
     */
    public Layout permute(int... axes) {
        long[] sizes = new long[axes.length];
        long[] permuted = new long[axes.length];
        for (int i = 0; i < axes.length; i++) {
            sizes[i] = shape.size(axes[i]);
            permuted[i] = strides[axes[i]];
        }
        return new Layout(Shape.of(sizes), permuted, offset);
    }

    /**
     * Takes every step-th element of an axis.
     *
     * @param axis from 0
     * @param start the first index
     * @param count how many
     * @param step distance between them; negative runs backwards
     * @return the view
     */
    public Layout slice(int axis, long start, long count, long step) {
        long[] stepped = strides.clone();
        stepped[axis] *= step;
        long begin = count == 0 ? offset : offset + start * strides[axis];
        return new Layout(shape.with(axis, count), stepped, begin);
    }

    /**
     * Stretches axes of size 1, and adds axes in front, by strides of 0.
     *
     * @param target a shape this one {@linkplain Shape#broadcastsTo broadcasts to}
     * @return the view
     */
    public Layout expand(Shape target) {
        if (target.equals(shape)) {
            return this;
        }
        if (!shape.broadcastsTo(target)) {
            throw new IllegalArgumentException(shape + " does not expand to " + target);
        }
        int added = target.rank() - shape.rank();
        long[] expanded = new long[target.rank()];
        for (int i = 0; i < shape.rank(); i++) {
            expanded[added + i] = shape.size(i) == 1 && target.size(added + i) != 1 ? 0 : strides[i];
        }
        return new Layout(target, expanded, offset);
    }

    /**
     * Gives the same elements another shape, if strides can say it.
     *
     * @param target a shape with as many elements
     * @return the view, or empty if the elements would have to be copied
     */
    public Optional<Layout> reshape(Shape target) {
        if (target.elementCount() != shape.elementCount()) {
            throw new IllegalArgumentException(shape + " has not as many elements as " + target);
        }
        if (isContiguous()) {
            return Optional.of(new Layout(target, target.denseStrides(), offset));
        }
        Layout merged = collapse();
        long[] result = new long[target.rank()];
        int from = merged.strides.length - 1;
        long left = from >= 0 ? merged.shape.size(from) : 1;
        long stride = from >= 0 ? merged.strides[from] : 1;
        for (int to = target.rank() - 1; to >= 0; to--) {
            long size = target.size(to);
            if (size == 1) {
                continue;
            }
            if (left == 1 && from > 0) {
                from--;
                left = merged.shape.size(from);
                stride = merged.strides[from];
            }
            if (left % size != 0) {
                return Optional.empty();
            }
            result[to] = stride;
            stride *= size;
            left /= size;
        }
        return Optional.of(new Layout(target, result, offset));
    }

    /**
     * Merges neighbouring axes that one stride can walk, and drops axes of size 1: the same elements in the same order
     * with as few axes as possible.
     *
     * @return the collapsed view
     */
    public Layout collapse() {
        long[] sizes = new long[strides.length];
        long[] merged = new long[strides.length];
        int count = 0;
        for (int i = 0; i < strides.length; i++) {
            long size = shape.size(i);
            if (size == 1) {
                continue;
            }
            if (count > 0 && merged[count - 1] == strides[i] * size) {
                sizes[count - 1] *= size;
                merged[count - 1] = strides[i];
            } else {
                sizes[count] = size;
                merged[count++] = strides[i];
            }
        }
        return new Layout(Shape.of(Arrays.copyOf(sizes, count)), Arrays.copyOf(merged, count), offset);
    }

    /**
     * Returns the lowest and the highest position the view touches, for bounds checks.
     *
     * @return first and last element position; {@code {offset, offset - 1}} if there are none
     */
    public long[] bounds() {
        if (shape.elementCount() == 0) {
            return new long[] {offset, offset - 1};
        }
        long low = offset;
        long high = offset;
        for (int i = 0; i < strides.length; i++) {
            long reach = strides[i] * (shape.size(i) - 1);
            if (reach < 0) {
                low += reach;
            } else {
                high += reach;
            }
        }
        return new long[] {low, high};
    }

    /**
     * Returns the same arrangement elsewhere in the buffer.
     *
     * @param first the first element's position
     * @return this if it starts there
     */
    public Layout at(long first) {
        return first == offset ? this : new Layout(shape, strides, first);
    }

    /**
     * Says whether another layout has the same sizes and strides, wherever it starts.
     *
     * @param other a layout
     * @return true if the two differ in their offset at most
     */
    public boolean equalsExceptOffset(Layout other) {
        return this == other || shape.equals(other.shape) && Arrays.equals(strides, other.strides);
    }

    /**
     * Returns a hash of sizes and strides.
     *
     * @return equal for layouts that differ in their offset at most
     */
    public int hashExceptOffset() {
        int known = hash;
        if (known == 0) {
            known = 31 * shape.hashCode() + Arrays.hashCode(strides);
            hash = known;
        }
        return known;
    }

    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof Layout layout && offset == layout.offset && equalsExceptOffset(layout);
    }

    @Override
    public int hashCode() {
        return 31 * hashExceptOffset() + Long.hashCode(offset);
    }

    @Override
    public String toString() {
        return shape + " strides " + Arrays.toString(strides) + " offset " + offset;
    }
}
