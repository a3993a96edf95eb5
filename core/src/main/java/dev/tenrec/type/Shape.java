package dev.tenrec.type;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import java.util.Arrays;

/** The sizes of a tensor's axes, outermost first. Immutable. Rank 0 is a scalar; a size may be 0. */
public final class Shape {

    /** The largest rank: enough for batched 3-D images with room to spare, small enough for fixed kernel arguments. */
    public static final int MAX_RANK = 8;

    private static final Shape SCALAR = new Shape(new long[0], 1);

    private final long[] sizes;
    private final long elementCount;

    /** The dense layout, once {@link Layout#dense} made it. Nothing but final fields, so that any thread may set it. */
    Layout dense;

    private Shape(long[] sizes, long elementCount) {
        this.sizes = sizes;
        this.elementCount = elementCount;
    }

    /**
     * Returns the shape of a scalar.
     *
     * @return rank 0
     */
    public static Shape scalar() {
        return SCALAR;
    }

    /**
     * Returns the shape with these sizes.
     *
     * @param sizes one per axis, none negative
     * @return the shape
     * @throws InvalidArgument if a size is negative, the rank exceeds {@link #MAX_RANK} or the count overflows
     */
    public static Shape of(long... sizes) {
        if (sizes.length == 0) {
            return SCALAR;
        }
        if (sizes.length > MAX_RANK) {
            throw new InvalidArgument(Message.of("shape", "too many axes")
                    .line("expected", "at most " + MAX_RANK)
                    .line("given", sizes.length + " axes: " + Arrays.toString(sizes))
                    .hint("reshape to merge axes")
                    .toString());
        }
        long count = 1;
        boolean empty = false;
        for (long size : sizes) {
            if (size < 0) {
                throw new InvalidArgument(Message.of("shape", "negative size")
                        .line("expected", "sizes of 0 or more")
                        .line("given", Arrays.toString(sizes))
                        .toString());
            }
            empty |= size == 0;
        }
        try {
            for (long size : sizes) {
                count = Math.multiplyExact(count, Math.max(size, 1));
            }
        } catch (ArithmeticException e) {
            throw new InvalidArgument(Message.of("shape", "too many elements")
                    .line("expected", "a product of sizes below 2^63")
                    .line("given", Arrays.toString(sizes))
                    .toString());
        }
        return new Shape(sizes.clone(), empty ? 0 : count);
    }

    /**
     * Returns the number of axes.
     *
     * @return 0 for a scalar
     */
    public int rank() {
        return sizes.length;
    }

    /**
     * Returns the size of an axis.
     *
     * @param axis from 0, or from −1 backwards
     * @return the size
     * @throws InvalidArgument if there is no such axis
     */
    public long size(int axis) {
        return sizes[axis(axis)];
    }

    /**
     * Returns all sizes.
     *
     * @return a copy
     */
    public long[] sizes() {
        return sizes.clone();
    }

    /**
     * Returns the product of the sizes.
     *
     * @return number of elements
     */
    public long elementCount() {
        return elementCount;
    }

    /**
     * Turns an axis counted from either end into one counted from 0.
     *
     * @param axis in −rank … rank−1
     * @return in 0 … rank−1
     * @throws InvalidArgument if there is no such axis
     */
    public int axis(int axis) {
        int rank = sizes.length;
        if (axis < -rank || axis >= rank) {
            throw new InvalidArgument(Message.of("axis", "no such axis")
                    .line("expected", rank == 0 ? "none: a scalar has no axes" : "-" + rank + " to " + (rank - 1))
                    .line("given", axis)
                    .line("shape", this)
                    .toString());
        }
        return axis < 0 ? axis + rank : axis;
    }

    /**
     * Returns this shape with one size replaced.
     *
     * @param axis from 0, or from −1 backwards
     * @param size the new size
     * @return the new shape
     */
    public Shape with(int axis, long size) {
        long[] changed = sizes.clone();
        changed[axis(axis)] = size;
        return of(changed);
    }

    /**
     * Returns this shape without an axis.
     *
     * @param axis from 0, or from −1 backwards
     * @return a shape of one axis less
     */
    public Shape without(int axis) {
        int gone = axis(axis);
        long[] rest = new long[sizes.length - 1];
        for (int i = 0, j = 0; i < sizes.length; i++) {
            if (i != gone) {
                rest[j++] = sizes[i];
            }
        }
        return of(rest);
    }

    /**
     * Returns this shape with an axis put in.
     *
     * @param axis where: 0 … rank, or from −1 backwards, −1 being after the last
     * @param size its size
     * @return a shape of one axis more
     * @throws InvalidArgument if there is no such place
     */
    public Shape insert(int axis, long size) {
        int at = axis < 0 ? axis + sizes.length + 1 : axis;
        if (at < 0 || at > sizes.length) {
            throw new InvalidArgument(Message.of("axis", "no such place for a new axis")
                    .line("expected", "-" + (sizes.length + 1) + " to " + sizes.length)
                    .line("given", axis)
                    .line("shape", this)
                    .toString());
        }
        long[] more = new long[sizes.length + 1];
        System.arraycopy(sizes, 0, more, 0, at);
        more[at] = size;
        System.arraycopy(sizes, at, more, at + 1, sizes.length - at);
        return of(more);
    }

    /**
     * Returns the shape two operands have together: axes are matched from the last one, a size of 1 stretches.
     *
     * @param operation the name used in the error
     * @param left one shape
     * @param right the other
     * @return the common shape
     * @throws ShapeMismatch if two sizes differ and neither is 1
     */
    public static Shape broadcast(String operation, Shape left, Shape right) {
        if (left.equals(right)) {
            return left;
        }
        int rank = Math.max(left.rank(), right.rank());
        long[] common = new long[rank];
        for (int i = 1; i <= rank; i++) {
            long l = i <= left.rank() ? left.sizes[left.rank() - i] : 1;
            long r = i <= right.rank() ? right.sizes[right.rank() - i] : 1;
            if (l != r && l != 1 && r != 1) {
                throw new ShapeMismatch(Message.of(operation, "shapes do not broadcast")
                        .line("left", left, "size of axis -" + i + " = " + l)
                        .line("right", right, "size of axis -" + i + " = " + r)
                        .hint("sizes must be equal, or one of them 1, counted from the last axis")
                        .toString());
            }
            common[rank - i] = l == 1 ? r : l;
        }
        return of(common);
    }

    /**
     * Says whether this shape stretches to another by broadcasting.
     *
     * @param target the larger shape
     * @return true if every axis, from the last, has the target's size or 1
     */
    public boolean broadcastsTo(Shape target) {
        if (rank() > target.rank()) {
            return false;
        }
        for (int i = 1; i <= rank(); i++) {
            long size = sizes[rank() - i];
            if (size != 1 && size != target.sizes[target.rank() - i]) {
                return false;
            }
        }
        return true;
    }

    /**
     * Returns the strides of a dense row-major arrangement.
     *
     * @return elements from one index to the next, per axis
     */
    public long[] denseStrides() {
        long[] strides = new long[sizes.length];
        long stride = 1;
        for (int i = sizes.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= Math.max(sizes[i], 1);
        }
        return strides;
    }

    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof Shape shape && Arrays.equals(sizes, shape.sizes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sizes);
    }

    /** Returns the sizes in brackets, such as {@code [32, 128]}. */
    @Override
    public String toString() {
        return Arrays.toString(sizes);
    }
}
