package dev.tenrec.nn;

import dev.tenrec.tensor.Window;

/** The mean of each window over the last axes of [N, C, …]. Padding counts as zeros unless told otherwise. */
public final class AveragePool2d extends Pool {

    /**
     * Makes a layer of windows side by side.
     *
     * @param kernel size of the window along each axis, which is its stride, too; 1 or more
     * @throws dev.tenrec.error.InvalidArgument if the size is out of range
     */
    public AveragePool2d(long kernel) {
        this(new long[] {kernel}, Window.of(2).stride(Math.max(1, kernel)));
    }

    /**
     * Makes a layer.
     *
     * @param kernel the window's sizes, 1 or 2
     * @param window stride, padding and dilation; padding at most half of the kernel
     * @throws dev.tenrec.error.InvalidArgument if a number is out of range
     */
    public AveragePool2d(long[] kernel, Window window) {
        super(2, Kind.AVERAGE, kernel, window, true);
    }

    /**
     * Makes a layer.
     *
     * @param kernel the window's sizes, 1 or 2
     * @param window stride, padding and dilation; padding at most half of the kernel
     * @param countPadding whether padding counts as elements of value 0; otherwise means are over true elements only
     * @throws dev.tenrec.error.InvalidArgument if a number is out of range
     */
    public AveragePool2d(long[] kernel, Window window, boolean countPadding) {
        super(2, Kind.AVERAGE, kernel, window, countPadding);
    }
}
