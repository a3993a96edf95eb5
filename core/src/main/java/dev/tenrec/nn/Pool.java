package dev.tenrec.nn;

import dev.tenrec.engine.Devices;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Window;
import dev.tenrec.type.Shape;
import java.util.Arrays;

/**
 * What the pooling layers share: windows slide over the last axes of [N, C, spatial…] and each gives one element. Sizes
 * become ⌊(size + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
 */
public abstract sealed class Pool extends Module
        permits MaxPool1d, MaxPool2d, MaxPool3d, AveragePool1d, AveragePool2d, AveragePool3d {

    enum Kind {
        MAX,
        AVERAGE
    }

    private final String name = getClass().getSimpleName();
    private final Kind kind;
    private final long[] kernel;
    private final Window window;
    private final boolean countPadding;

    Pool(int axes, Kind kind, long[] kernel, Window window, boolean countPadding) {
        this.kind = kind;
        this.kernel = ConvOptions.perAxis(name, "kernel", axes, 1, kernel);
        this.window = window;
        this.countPadding = countPadding;
        if (window.axes() != axes) {
            throw new InvalidArgument(Message.of(name, "window of another rank")
                    .line("expected", axes + " axes")
                    .line("given", window.axes() + " axes")
                    .toString());
        }
        for (int i = 0; i < axes; i++) {
            // Otherwise a window could lie in the padding alone.
            if (Math.max(window.beforeOf(i), window.afterOf(i)) * 2 > this.kernel[i]) {
                throw new InvalidArgument(Message.of(name, "padding is more than half of the kernel")
                        .line("expected", "at most " + this.kernel[i] / 2)
                        .line("given", window)
                        .toString());
            }
        }
    }

    @Override
    protected final Tensor compute(Tensor input) {
        int axes = kernel.length;
        if (input.rank() < axes + 1) {
            throw new ShapeMismatch(Message.of(name, "input has too few axes")
                    .line("expected", "at least " + (axes + 1) + " axes", toString())
                    .line("given", input.shape())
                    .toString());
        }
        for (int i = 0; i < axes; i++) {
            long padded = input.size(input.rank() - axes + i) + window.beforeOf(i) + window.afterOf(i);
            if (padded < window.dilationOf(i) * (kernel[i] - 1) + 1) {
                throw new ShapeMismatch(Message.of(name, "window is larger than the input with its padding")
                        .line("expected", "at least " + (window.dilationOf(i) * (kernel[i] - 1) + 1) + " elements")
                        .line("given", input.shape(), "axis " + (input.rank() - axes + i) + " with padding = " + padded)
                        .toString());
            }
        }
        if (kind == Kind.MAX) {
            return Padding.pad(name, input, window, PaddingMode.ZEROS, Double.NEGATIVE_INFINITY)
                    .maxPool(kernel, window.padding(0));
        }
        int[] last = new int[axes];
        Arrays.setAll(last, i -> i - axes);
        Tensor sums = windows(input).sum(last);
        if (countPadding || window.isUnpadded()) {
            return sums.div(Arrays.stream(kernel).reduce(1, (a, b) -> a * b));
        }
        Shape one = Shape.of(Arrays.copyOfRange(input.shape().sizes(), input.rank() - axes, input.rank()));
        Tensor ones = Devices.with(input.device(), () -> Tensor.ones(input.dtype(), one));
        return sums.div(windows(ones).sum(last));
    }

    private Tensor windows(Tensor x) {
        return Padding.pad(name, x, window, PaddingMode.ZEROS, 0).windows(kernel, window.padding(0));
    }

    /** Returns the type, the kernel and how it moves. */
    @Override
    public final String toString() {
        return name + "(kernel " + Arrays.toString(kernel) + ", " + window + ")";
    }
}
