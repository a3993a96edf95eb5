package dev.tenrec.tensor;

import dev.tenrec.engine.Composites;
import dev.tenrec.engine.Composites.Source;
import dev.tenrec.engine.Composites.Target;
import dev.tenrec.engine.Node;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.ConvolutionPass;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Convolution and its two gradients as operations of their own. Each of the three is linear in both operands, and the
 * gradients of each are the other two: so derivatives exist to any order, and a backend needs kernels for these only.
 */
final class Convolutions {

    /**
     * One convolution's sizes.
     *
     * @param window stride, padding and dilation
     * @param groups number of groups
     * @param x shape of the input
     * @param w shape of the weight
     * @param y shape of the output
     */
    record Geometry(Window window, long groups, Shape x, Shape w, Shape y) {

        int axes() {
            return window.axes();
        }

        /** The parameters of {@link Kernel.Convolution}. */
        long[] params() {
            int axes = axes();
            long[] params = new long[1 + 3 * axes];
            params[0] = groups;
            for (int i = 0; i < axes; i++) {
                params[1 + i] = window.strideOf(i);
                params[1 + axes + i] = window.beforeOf(i);
                params[1 + 2 * axes + i] = window.dilationOf(i);
            }
            return params;
        }
    }

    private Convolutions() {}

    static Tensor conv(Tensor x, Tensor w, Window window, long groups) {
        checkOperands("conv", x, w, window, groups);
        int axes = window.axes();
        if (w.size(1) * groups != x.size(1) || w.size(0) % groups != 0) {
            boolean inputs = w.size(1) * groups != x.size(1);
            throw new ShapeMismatch(
                    Message.of("conv", inputs ? "channels differ" : "groups do not divide the output channels")
                            .line("input", x.shape(), "channels = " + x.size(1))
                            .line("weight", w.shape(), "[outputs, channels / groups, kernel…]")
                            .line("groups", groups, "take " + w.size(1) * groups + " channels, give " + w.size(0))
                            .toString());
        }
        Shape y = Shape.of(x.size(0), w.size(0));
        for (int i = 0; i < axes; i++) {
            long positions = window.positions(i, x.size(2 + i), w.size(2 + i));
            if (positions < 1) {
                long padded = x.size(2 + i) + window.beforeOf(i) + window.afterOf(i);
                throw new ShapeMismatch(Message.of("conv", "kernel is larger than the input with its padding")
                        .line("input", x.shape(), "axis " + (2 + i) + " with padding = " + padded)
                        .line("weight", w.shape(), "kernel with dilation = " + window.span(i, w.size(2 + i)))
                        .line("window", window)
                        .hint("pad more, or use a smaller kernel or dilation")
                        .toString());
            }
            y = y.insert(2 + i, positions);
        }
        return forward(x, w, new Geometry(window, groups, x.shape(), w.shape(), y));
    }

    static Tensor transposed(Tensor y, Tensor w, Window window, long[] outputPadding, long groups) {
        checkOperands("convTranspose", y, w, window, groups);
        int axes = window.axes();
        if (w.size(0) != y.size(1) || w.size(0) % groups != 0) {
            throw new ShapeMismatch(Message.of("convTranspose", "channels or groups do not fit")
                    .line("input", y.shape(), "channels = " + y.size(1))
                    .line("weight", w.shape(), "[channels, outputs / groups, kernel…]")
                    .line("groups", groups, "must divide the channels")
                    .toString());
        }
        if (outputPadding.length != axes) {
            throw new InvalidArgument(Message.of("convTranspose", "output padding of another rank")
                    .line("expected", axes + " numbers")
                    .line("given", Arrays.toString(outputPadding))
                    .toString());
        }
        Shape x = Shape.of(y.size(0), w.size(1) * groups);
        for (int i = 0; i < axes; i++) {
            if (outputPadding[i] < 0 || outputPadding[i] >= Math.max(window.strideOf(i), window.dilationOf(i))) {
                throw new InvalidArgument(Message.of("convTranspose", "output padding out of range")
                        .line("expected", "0 or more, below the stride or the dilation", window.toString())
                        .line("given", Arrays.toString(outputPadding))
                        .toString());
            }
            long full = (y.size(2 + i) - 1) * window.strideOf(i) + window.span(i, w.size(2 + i));
            long size = full - window.beforeOf(i) - window.afterOf(i) + outputPadding[i];
            if (size < 1) {
                throw new ShapeMismatch(Message.of("convTranspose", "nothing is left of an axis")
                        .line("input", y.shape(), "axis " + (2 + i) + " would become " + size)
                        .line("weight", w.shape())
                        .line("window", window)
                        .hint("padding is cut off the result: use less")
                        .toString());
            }
            x = x.insert(2 + i, size);
        }
        return inputGradient(y, w, new Geometry(window, groups, x, w.shape(), y.shape()));
    }

    private static void checkOperands(String name, Tensor x, Tensor w, Window window, long groups) {
        Checks.sameDevice(name, x, w);
        Checks.type(name, "input", x.dtype(), DType.F32, DType.F64);
        Checks.sameType(name, x, w);
        int axes = window.axes();
        if (axes > 3 || x.rank() != 2 + axes || w.rank() != 2 + axes) {
            throw new ShapeMismatch(Message.of(name, "ranks do not fit")
                    .line(
                            "expected",
                            "[batch, channels, " + axes + " spatial axes], the weight likewise",
                            "1 to 3 axes")
                    .line("input", x.shape())
                    .line("weight", w.shape())
                    .hint("unsqueeze(0) makes a batch of one example")
                    .toString());
        }
        if (groups < 1) {
            throw new InvalidArgument(Message.of(name, "number of groups out of range")
                    .line("expected", "1 or more")
                    .line("given", groups)
                    .toString());
        }
        for (int axis = 2; axis < w.rank(); axis++) {
            if (w.size(axis) < 1 || x.size(axis) < 1) {
                throw new ShapeMismatch(Message.of(name, "an axis is empty")
                        .line("input", x.shape())
                        .line("weight", w.shape())
                        .toString());
            }
        }
    }

    private static Tensor forward(Tensor x, Tensor w, Geometry g) {
        Tensor result = run(ConvolutionPass.FORWARD, x, w, g);
        return GradientFunction.record(
                "conv", result.retainedNode(), List.of(x, w), List.of(x, w), false, call -> new Tensor[] {
                    call.needs(0) ? inputGradient(call.upstream(), call.saved(1), g) : null,
                    call.needs(1) ? weightGradient(call.saved(0), call.upstream(), g) : null
                });
    }

    private static Tensor inputGradient(Tensor y, Tensor w, Geometry g) {
        Tensor result = run(ConvolutionPass.INPUT_GRADIENT, y, w, g);
        return GradientFunction.record(
                "convTranspose", result.retainedNode(), List.of(y, w), List.of(y, w), false, call -> new Tensor[] {
                    call.needs(0) ? forward(call.upstream(), call.saved(1), g) : null,
                    call.needs(1) ? weightGradient(call.upstream(), call.saved(0), g) : null
                });
    }

    private static Tensor weightGradient(Tensor x, Tensor y, Geometry g) {
        Tensor result = run(ConvolutionPass.WEIGHT_GRADIENT, x, y, g);
        return GradientFunction.record(
                "convWeight", result.retainedNode(), List.of(x, y), List.of(x, y), false, call -> new Tensor[] {
                    call.needs(0) ? inputGradient(call.saved(1), call.upstream(), g) : null,
                    call.needs(1) ? forward(call.saved(0), call.upstream(), g) : null
                });
    }

    private static Tensor run(ConvolutionPass pass, Tensor first, Tensor second, Geometry g) {
        Shape shape = shape(pass, g);
        Kernel.Convolution kernel = new Kernel.Convolution(first.dtype(), pass, g.axes());
        return GradientMode.without(() -> {
            if (Composites.areClaimed(first.context(), Kernel.Convolution.class, first.dtype())) {
                return Tensor.constant(byKernel(kernel, first.node(), second.node(), shape, g));
            }
            return ComposedConvolution.run(pass, first, second, g);
        });
    }

    /** {@return the result by the backend's kernel, with one reference} */
    static Node byKernel(Kernel.Convolution kernel, Node first, Node second, Shape shape, Geometry g) {
        List<Source> sources = List.of(new Source(first, Optional::of), new Source(second, Optional::of));
        return Composites.run(
                        first.context(),
                        kernel,
                        shape,
                        shape.rank(),
                        kernel.dtype(),
                        sources,
                        List.of(Target.of(shape)),
                        g.params())
                .get(0);
    }

    static Shape shape(ConvolutionPass pass, Geometry g) {
        return switch (pass) {
            case FORWARD -> g.y;
            case INPUT_GRADIENT -> g.x;
            case WEIGHT_GRADIENT -> g.w;
        };
    }
}
