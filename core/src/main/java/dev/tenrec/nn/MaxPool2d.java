package dev.tenrec.nn;

import dev.tenrec.tensor.Window;

/** The largest element of each window over the last axes of [N, C, …]. The gradient goes to it, in equal parts to several that are largest. */
public final class MaxPool2d extends Pool {

    /**
     * Makes a layer of windows side by side.
     *
     * @param kernel size of the window along each axis, which is its stride, too; 1 or more
     * @throws dev.tenrec.error.InvalidArgument if the size is out of range
     */
    public MaxPool2d(long kernel) {
        this(new long[] {kernel}, Window.of(2).stride(Math.max(1, kernel)));
    }

    /**
     * Makes a layer.
     *
     * @param kernel the window's sizes, 1 or 2
     * @param window stride, padding and dilation; padding at most half of the kernel
     * @throws dev.tenrec.error.InvalidArgument if a number is out of range
     */
    public MaxPool2d(long[] kernel, Window window) {
        super(2, Kind.MAX, kernel, window, true);
    }
}
