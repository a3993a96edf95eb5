package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;

/** The arrays of one image and the loops over them, for one element type. */
abstract class MaxPoolArrays {
    /** The image. */
    static final int X = 0;

    /** What was largest. */
    static final int Y = 1;

    /** The gradient of that. */
    static final int G = 2;

    /** Takes room for an image and its windows. */
    abstract void reserve(Workspace local, int in, int out);

    /** Reads elements, {@code stride} apart in memory. */
    abstract void read(int array, MemorySegment memory, long first, long stride, int count, int start);

    /** Makes the gradient of the image 0. */
    abstract void clear(int count);

    /** Writes the results, or the gradient of the image. */
    abstract void write(boolean gradient, MemorySegment memory, long first, int count);

    /** A row of windows: of each the largest of {@code x[from + j·step + taps]}. */
    abstract void forward(int from, int step, int count, int[] taps, int to);

    /** The same row of windows: adds each one's gradient to what was largest. */
    abstract void backward(int from, int step, int count, int[] taps, int to);

    /**
     * A row of windows of 2 by 2 elements, side by side: of each the largest of {@code x[from + 2·j]}, its neighbour, and
     * the two that lie {@code width} behind.
     */
    abstract void forwardPairs(int from, int width, int count, int[] taps, int to);

    /** The same row of windows, none of which overlaps another: sets the gradients of what was largest. */
    abstract void backwardPairs(int from, int width, int count, int[] taps, int to);
}
