package dev.tenrec.backend;

import dev.tenrec.ir.Interpreter;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;

/**
 * Convolutions of the reference backend: every product of an output, a channel and a kernel position in one pair of
 * loops, added up in F64 and rounded once.
 */
final class ReferenceConvolution {

    private final Shape x;
    private final Shape w;
    private final Shape y;
    private final long groups;
    private final long[] params;
    private final int axes;

    private ReferenceConvolution(Kernel.Convolution kernel, Launch launch) {
        Shape first = launch.inputs().get(0).layout().shape();
        Shape second = launch.inputs().get(1).layout().shape();
        Shape out = launch.outputs().get(0).layout().shape();
        axes = kernel.axes();
        params = launch.params();
        groups = params[0];
        x = kernel.pass() == Kernel.ConvolutionPass.INPUT_GRADIENT ? out : first;
        w = kernel.pass() == Kernel.ConvolutionPass.WEIGHT_GRADIENT ? out : second;
        y = switch (kernel.pass()) {
            case FORWARD -> out;
            case INPUT_GRADIENT -> first;
            case WEIGHT_GRADIENT -> second;
        };
    }

    static void run(Kernel.Convolution kernel, Launch launch) {
        new ReferenceConvolution(kernel, launch).run(kernel.pass(), launch);
    }

    private void run(Kernel.ConvolutionPass pass, Launch launch) {
        Operand first = launch.inputs().get(0);
        Operand second = launch.inputs().get(1);
        Operand out = launch.outputs().get(0);
        double[] sums = new double[Math.toIntExact(out.layout().shape().elementCount())];
        long[] dense = out.layout().shape().denseStrides();
        ReferenceKernels.forEach(
                y.sizes(),
                at -> ReferenceKernels.forEach(w.without(0).sizes(), k -> {
                    long[] weightAt = weightIndex(at, k);
                    long[] inputAt = inputIndex(at, k);
                    if (inputAt != null) {
                        switch (pass) {
                            case FORWARD -> sums[flat(dense, at)] += read(first, inputAt) * read(second, weightAt);
                            case INPUT_GRADIENT ->
                                sums[flat(dense, inputAt)] += read(first, at) * read(second, weightAt);
                            case WEIGHT_GRADIENT ->
                                sums[flat(dense, weightAt)] += read(first, inputAt) * read(second, at);
                        }
                    }
                }));
        ReferenceKernels.forEach(out.layout().shape().sizes(), at -> {
            long bits = Double.doubleToRawLongBits(sums[flat(dense, at)]);
            long rounded = Interpreter.convert(bits, DType.F64, out.dtype());
            Elements.write(ReferenceBackend.segment(out.buffer()), out.dtype(), position(out, at), rounded);
        });
    }

    private static long[] weightIndex(long[] at, long[] k) {
        long[] index = new long[k.length + 1];
        index[0] = at[1];
        System.arraycopy(k, 0, index, 1, k.length);
        return index;
    }

    /** Where an output and a position of the kernel read the input; null in the padding. */
    private long[] inputIndex(long[] at, long[] k) {
        long[] index = new long[2 + axes];
        index[0] = at[0];
        index[1] = at[1] / (y.size(1) / groups) * w.size(1) + k[0];
        for (int axis = 0; axis < axes; axis++) {
            long stride = params[1 + axis];
            long before = params[1 + axes + axis];
            long dilation = params[1 + 2 * axes + axis];
            long position = at[2 + axis] * stride - before + k[1 + axis] * dilation;
            if (position < 0 || position >= x.size(2 + axis)) {
                return null;
            }
            index[2 + axis] = position;
        }
        return index;
    }

    private static int flat(long[] strides, long[] index) {
        long position = 0;
        for (int axis = 0; axis < index.length; axis++) {
            position += strides[axis] * index[axis];
        }
        return Math.toIntExact(position);
    }

    private static long position(Operand operand, long[] index) {
        return operand.layout().offset() + flat(operand.layout().strides(), index);
    }

    private static double read(Operand operand, long[] index) {
        long bits =
                Elements.read(ReferenceBackend.segment(operand.buffer()), operand.dtype(), position(operand, index));
        return Double.longBitsToDouble(bits);
    }
}
