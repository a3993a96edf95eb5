package dev.tenrec.nn;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.tensor.Window;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Arrays;

/**
 * What the convolution layers share: input [N, in, spatial…], variables {@code weight} and {@code bias} [out], output
 * [N, out, spatial…]. Weights are [out, in / groups, kernel…], those of transposed layers [in, out / groups, kernel…].
 *
 * <p>Unless told otherwise both variables start uniformly in ±1 / √n, where n is the size of the weight without its
 * first axis: what PyTorch's layers start with.
 */
public abstract sealed class Convolution extends Module
        permits Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d {

    private final String name = getClass().getSimpleName();
    private final long in;
    private final long out;
    private final boolean transposed;
    private final long[] kernel;
    private final Window window;
    private final long[] outputPadding;
    private final PaddingMode mode;
    private final long groups;
    private final Variable weight;
    private final Variable bias;

    Convolution(int axes, boolean transposed, long in, long out, ConvOptions options) {
        this.in = in;
        this.out = out;
        this.transposed = transposed;
        mode = options.mode;
        groups = options.groups;
        kernel = ConvOptions.perAxis(name, "kernel", axes, 1, options.kernel);
        outputPadding = ConvOptions.perAxis(name, "output padding", axes, 0, options.outputPadding);
        check(options);
        window = window(axes, options);
        Shape shape = transposed ? Shape.of(in, out / groups) : Shape.of(out, in / groups);
        long fanIn = shape.size(1);
        long fanOut = shape.size(0);
        for (int i = 0; i < axes; i++) {
            shape = shape.insert(2 + i, kernel[i]);
            fanIn *= kernel[i];
            fanOut *= kernel[i];
        }
        Fans fans = new Fans(fanIn, fanOut);
        RandomKey key = options.key;
        weight = parameter("weight", options.dtype, shape, options.weight, fans, key == null ? null : key.fold(0));
        bias = options.bias == null
                ? null
                : parameter("bias", options.dtype, Shape.of(out), options.bias, fans, key == null ? null : key.fold(1));
    }

    private void check(ConvOptions options) {
        if (in < 1 || out < 1) {
            throw new InvalidArgument(Message.of(name, "number of channels out of range")
                    .line("expected", "1 or more inputs and outputs")
                    .line("given", in + " inputs, " + out + " outputs")
                    .toString());
        }
        if (groups < 1 || in % groups != 0 || out % groups != 0) {
            throw new InvalidArgument(Message.of(name, "groups do not divide the channels")
                    .line("expected", "a divisor of " + in + " and of " + out)
                    .line("given", groups, "groups")
                    .toString());
        }
        if (options.dtype != DType.F32 && options.dtype != DType.F64) {
            throw new InvalidArgument(Message.of(name, "element type does not fit")
                    .line("expected", "F32 or F64")
                    .line("given", options.dtype)
                    .toString());
        }
        if (transposed && (options.same || mode != PaddingMode.ZEROS)) {
            throw new InvalidArgument(Message.of(name, "padding does not fit a transposed convolution")
                    .line("expected", "numbers, mode ZEROS")
                    .line("given", options.same ? "same" : mode)
                    .toString());
        }
        if (!transposed && Arrays.stream(outputPadding).sum() != 0) {
            throw new InvalidArgument(Message.of(name, "output padding is for transposed convolutions")
                    .line("expected", 0)
                    .line("given", Arrays.toString(outputPadding))
                    .toString());
        }
    }

    private Window window(int axes, ConvOptions options) {
        long[] stride = ConvOptions.perAxis(name, "stride", axes, 1, options.stride);
        long[] dilation = ConvOptions.perAxis(name, "dilation", axes, 1, options.dilation);
        Window plain = Window.of(axes).stride(stride).dilation(dilation);
        if (!options.same) {
            return plain.padding(ConvOptions.perAxis(name, "padding", axes, 0, options.padding));
        }
        if (Arrays.stream(stride).anyMatch(step -> step != 1)) {
            throw new InvalidArgument(Message.of(name, "'same' padding needs single steps")
                    .line("expected", "stride 1")
                    .line("given", Arrays.toString(stride))
                    .toString());
        }
        long[] before = new long[axes];
        long[] after = new long[axes];
        for (int i = 0; i < axes; i++) {
            long total = dilation[i] * (kernel[i] - 1);
            before[i] = total / 2;
            after[i] = total - before[i];
        }
        return plain.padding(before, after);
    }

    @Override
    protected final Tensor compute(Tensor input) {
        if (input.rank() != 2 + kernel.length || input.size(1) != in) {
            throw new ShapeMismatch(Message.of(name, "input does not fit")
                    .line("expected", "[batch, " + in + (", size".repeat(kernel.length)) + "]", toString())
                    .line("given", input.shape())
                    .toString());
        }
        Tensor output;
        if (transposed) {
            output = input.convTranspose(weight.value(), window, outputPadding, groups);
        } else if (mode == PaddingMode.ZEROS || window.isUnpadded()) {
            output = input.conv(weight.value(), window, groups);
        } else {
            output = Padding.pad(name, input, window, mode, 0).conv(weight.value(), window.padding(0), groups);
        }
        if (bias == null) {
            return output;
        }
        long[] column = new long[1 + kernel.length];
        Arrays.fill(column, 1);
        column[0] = out;
        return output.add(bias.value().reshape(column));
    }

    /** {@return the weight} */
    public final Variable weight() {
        return weight;
    }

    /** {@return the bias [out], or null if there is none} */
    public final Variable bias() {
        return bias;
    }

    /** Returns the type, channels, kernel and what differs from the defaults. */
    @Override
    public final String toString() {
        StringBuilder text = new StringBuilder(name + "(" + in + ", " + out + ", kernel " + Arrays.toString(kernel));
        if (!window.padding(0).toString().equals(Window.of(kernel.length).toString()) || !window.isUnpadded()) {
            text.append(", ").append(window);
        }
        text.append(groups == 1 ? "" : ", groups " + groups);
        text.append(mode == PaddingMode.ZEROS ? "" : ", " + mode.name().toLowerCase(java.util.Locale.ROOT));
        return text.append(bias == null ? ", no bias)" : ")").toString();
    }
}
