package dev.tenrec.cpu;

import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.ConvolutionPass;
import dev.tenrec.type.Layout;

/**
 * Sizes of one convolution with three spatial axes: where there are fewer, the first ones have size 1.
 *
 * @param groups groups of channels
 * @param batch examples
 * @param channels input channels of a group
 * @param outputs output channels of a group
 * @param input sizes of x
 * @param output sizes of y
 * @param kernel sizes of w
 * @param stride steps
 * @param before padding before
 * @param dilation distance of two elements of a kernel
 */
record ConvolutionSizes(
        int groups,
        int batch,
        int channels,
        int outputs,
        int[] input,
        int[] output,
        int[] kernel,
        int[] stride,
        int[] before,
        int[] dilation) {
    /** Spatial axes. */
    static final int AXES = 3;

    /**
     * An operand with three spatial axes.
     *
     * @param operand the operand
     * @param strides of its five axes, in elements
     */
    record Image(Operand operand, long[] strides) {

        static Image of(Operand operand) {
            Layout layout = operand.layout();
            int axes = layout.shape().rank() - 2;
            long[] strides = new long[2 + AXES];
            strides[0] = layout.stride(0);
            strides[1] = layout.stride(1);
            for (int i = 0; i < axes; i++) {
                strides[2 + AXES - axes + i] = layout.stride(2 + i);
            }
            return new Image(operand, strides);
        }

        long offset() {
            return operand.layout().offset();
        }
    }

    static ConvolutionSizes of(Kernel.Convolution kernel, Launch launch) {
        Layout first = launch.inputs().get(0).layout();
        Layout second = launch.inputs().get(1).layout();
        Layout out = launch.outputs().get(0).layout();
        Layout x = kernel.pass() == ConvolutionPass.INPUT_GRADIENT ? out : first;
        Layout w = kernel.pass() == ConvolutionPass.WEIGHT_GRADIENT ? out : second;
        Layout y = kernel.pass() == ConvolutionPass.FORWARD
                ? out
                : kernel.pass() == ConvolutionPass.INPUT_GRADIENT ? first : second;
        int axes = kernel.axes();
        long[] params = launch.params();
        int groups = size(params[0]);
        return new ConvolutionSizes(
                groups,
                size(x.shape().size(0)),
                size(w.shape().size(1)),
                size(w.shape().size(0)) / groups,
                spatial(x, axes),
                spatial(y, axes),
                spatial(w, axes),
                perAxis(params, 1, axes, 1),
                perAxis(params, 1 + axes, axes, 0),
                perAxis(params, 1 + 2 * axes, axes, 1));
    }

    private static int[] spatial(Layout layout, int axes) {
        return perAxis(layout.shape().sizes(), 2, axes, 1);
    }

    private static int[] perAxis(long[] values, int from, int axes, int missing) {
        int[] result = new int[AXES];
        for (int i = 0; i < AXES; i++) {
            int axis = i - (AXES - axes);
            result[i] = axis < 0 ? missing : size(values[from + axis]);
        }
        return result;
    }

    /** Positions of the kernel. */
    int taps() {
        return product(kernel);
    }

    static int product(int[] sizes) {
        long product = 1;
        for (int size : sizes) {
            product = size(product * size);
        }
        return (int) product;
    }

    /** A number that has to index an array. */
    static int size(long size) {
        if (size > Integer.MAX_VALUE - 1024) {
            throw new InvalidArgument(Message.of("conv", "an example is too large")
                    .line("expected", "at most " + (Integer.MAX_VALUE - 1024) + " elements with padding")
                    .line("given", size)
                    .hint("cut the input into overlapping parts, or use fewer channels")
                    .toString());
        }
        return (int) size;
    }
}
