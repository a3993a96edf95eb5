package dev.tenrec.tensor;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import java.util.Arrays;

/**
 * How a window slides over some axes: the step between positions, zeros before and after each axis, and the distance
 * between the elements that the window takes. Immutable.
 */
public final class Window {

    private final long[] stride;
    private final long[] before;
    private final long[] after;
    private final long[] dilation;

    private Window(long[] stride, long[] before, long[] after, long[] dilation) {
        this.stride = stride;
        this.before = before;
        this.after = after;
        this.dilation = dilation;
    }

    /**
     * A window that moves by single steps, without padding and gaps.
     *
     * @param axes number of axes, 1 or more
     * @return the window
     * @throws InvalidArgument if there are no axes
     */
    public static Window of(int axes) {
        if (axes < 1) {
            throw new InvalidArgument(Message.of("window", "no axes")
                    .line("expected", "1 or more")
                    .line("given", axes)
                    .toString());
        }
        long[] ones = new long[axes];
        Arrays.fill(ones, 1);
        return new Window(ones, new long[axes], new long[axes], ones);
    }

    private long[] checked(String what, long least, long[] given) {
        boolean fits = given.length == 1 || given.length == axes();
        if (!fits || Arrays.stream(given).anyMatch(value -> value < least)) {
            throw new InvalidArgument(Message.of("window", what + (fits ? " out of range" : " of another rank"))
                    .line("expected", "1 or " + axes() + " numbers of " + least + " or more")
                    .line("given", Arrays.toString(given))
                    .toString());
        }
        long[] all = Arrays.copyOf(given, axes());
        if (given.length == 1) {
            Arrays.fill(all, given[0]);
        }
        return all;
    }

    /**
     * Sets the steps.
     *
     * @param newStride one for all axes or one per axis, 1 or more
     * @return another window
     * @throws InvalidArgument if there are more or fewer, or one is below 1
     */
    public Window stride(long... newStride) {
        return new Window(checked("stride", 1, newStride), before, after, dilation);
    }

    /**
     * Sets the padding on both sides.
     *
     * @param padding one for all axes or one per axis, 0 or more
     * @return another window
     * @throws InvalidArgument if there are more or fewer, or one is negative
     */
    public Window padding(long... padding) {
        return padding(padding, padding);
    }

    /**
     * Sets the padding of each side.
     *
     * @param newBefore one for all axes or one per axis, 0 or more
     * @param newAfter likewise
     * @return another window
     * @throws InvalidArgument if there are more or fewer, or one is negative
     */
    public Window padding(long[] newBefore, long[] newAfter) {
        return new Window(stride, checked("padding", 0, newBefore), checked("padding", 0, newAfter), dilation);
    }

    /**
     * Sets the distances between the elements of the window.
     *
     * @param newDilation one for all axes or one per axis, 1 or more; 1 leaves no gaps
     * @return another window
     * @throws InvalidArgument if there are more or fewer, or one is below 1
     */
    public Window dilation(long... newDilation) {
        return new Window(stride, before, after, checked("dilation", 1, newDilation));
    }

    /** {@return the number of axes} */
    public int axes() {
        return stride.length;
    }

    /**
     * Returns the step along an axis.
     *
     * @param axis from 0
     * @return 1 or more
     */
    public long strideOf(int axis) {
        return stride[axis];
    }

    /**
     * Returns the padding before an axis.
     *
     * @param axis from 0
     * @return 0 or more
     */
    public long beforeOf(int axis) {
        return before[axis];
    }

    /**
     * Returns the padding after an axis.
     *
     * @param axis from 0
     * @return 0 or more
     */
    public long afterOf(int axis) {
        return after[axis];
    }

    /**
     * Returns the distance between elements of the window along an axis.
     *
     * @param axis from 0
     * @return 1 or more
     */
    public long dilationOf(int axis) {
        return dilation[axis];
    }

    /** {@return whether nothing is added to any axis} */
    public boolean isUnpadded() {
        return Arrays.stream(before).sum() + Arrays.stream(after).sum() == 0;
    }

    /** How many positions a window has on an axis; below 1 if it does not fit. */
    long positions(int axis, long size, long extent) {
        long free = size + before[axis] + after[axis] - span(axis, extent);
        return free < 0 ? 0 : free / stride[axis] + 1;
    }

    /** From the first to the last element of a window, both included. */
    long span(int axis, long extent) {
        return Math.addExact(Math.multiplyExact(dilation[axis], extent - 1), 1);
    }

    /** Returns strides, paddings and dilations. */
    @Override
    public String toString() {
        String padding =
                Arrays.toString(before) + (Arrays.equals(before, after) ? "" : " to " + Arrays.toString(after));
        return "stride " + Arrays.toString(stride) + " padding " + padding + " dilation " + Arrays.toString(dilation);
    }
}
