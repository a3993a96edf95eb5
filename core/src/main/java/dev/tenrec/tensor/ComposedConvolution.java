package dev.tenrec.tensor;

import dev.tenrec.ir.Kernel.ConvolutionPass;
import dev.tenrec.tensor.Convolutions.Geometry;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Convolutions of copies and matrix products, for backends without a kernel of their own. The input's windows are laid
 * out as columns [channels · kernel, positions] (im2col; Chellapilla, Puri and Simard, 2006) by one strided copy, for so
 * many examples at a time that the columns stay small.
 */
final class ComposedConvolution {

    /** Most bytes of columns at a time, unless one example takes more. */
    private static final long CHUNK_BYTES = 32 << 20;

    private ComposedConvolution() {}

    static Tensor run(ConvolutionPass pass, Tensor first, Tensor second, Geometry g) {
        Shape shape = Convolutions.shape(pass, g);
        if (g.x().elementCount() == 0 || g.y().elementCount() == 0 || g.w().elementCount() == 0) {
            return Creation.full(first.context(), first.dtype(), shape, 0);
        }
        return switch (pass) {
            case FORWARD -> forward(first, second, g);
            case INPUT_GRADIENT -> inputGradient(first, second, g);
            case WEIGHT_GRADIENT -> weightGradient(first, second, g);
        };
    }

    private static long positions(Geometry g) {
        return g.y().elementCount() / (g.y().size(0) * g.y().size(1));
    }

    /** Channels of a group times the kernel's elements: the rows of the columns. */
    private static long depth(Geometry g) {
        return g.w().elementCount() / g.w().size(0);
    }

    /** How many examples are worked on at a time: depends on sizes alone, so that sums do not vary. */
    private static long chunk(Tensor x, Geometry g) {
        long bytes = g.groups() * depth(g) * positions(g) * x.dtype().byteSize();
        return Math.clamp(CHUNK_BYTES / Math.max(1, bytes), 1, g.x().size(0));
    }

    private static Tensor padded(Tensor x, Window window) {
        Tensor result = x;
        for (int i = 0; i < window.axes(); i++) {
            result = result.pad(2 + i, window.beforeOf(i), window.afterOf(i), 0);
        }
        return result;
    }

    private static Window unpadded(Window window) {
        return window.padding(0);
    }

    /** Windows of examples as [n, C, kernel…, out…]: eight axes with three spatial ones, as many as there may be. */
    private static Tensor windows(Tensor padded, Geometry g) {
        int axes = g.axes();
        long[] sizes = new long[axes];
        int[] order = new int[2 + 2 * axes];
        order[1] = 1;
        for (int i = 0; i < axes; i++) {
            sizes[i] = g.w().size(2 + i);
            order[2 + i] = 2 + axes + i;
            order[2 + axes + i] = 2 + i;
        }
        Tensor all = padded.windows(sizes, unpadded(g.window()));
        // Padding may be cut off behind, where the last stride does not reach.
        for (int i = 0; i < axes; i++) {
            all = all.slice(2 + i, 0, g.y().size(2 + i));
        }
        return all.permute(order);
    }

    private static Tensor forward(Tensor x, Tensor w, Geometry g) {
        long batch = g.x().size(0);
        long step = chunk(x, g);
        Tensor kernels = w.reshape(g.groups(), g.w().size(0) / g.groups(), depth(g));
        List<Tensor> parts = new ArrayList<>();
        for (long start = 0; start < batch; start += step) {
            long end = Math.min(batch, start + step);
            Tensor part = padded(x.slice(0, start, end), g.window());
            Tensor columns = windows(part, g).reshape(end - start, g.groups(), depth(g), positions(g));
            parts.add(kernels.matmul(columns).reshape(g.y().with(0, end - start)));
        }
        return parts.size() == 1 ? parts.getFirst() : Tensor.concat(0, parts.toArray(Tensor[]::new));
    }

    /** One product per group over the positions of all examples of a chunk; chunks are added in order. */
    private static Tensor weightGradient(Tensor x, Tensor y, Geometry g) {
        long batch = g.x().size(0);
        long step = chunk(x, g);
        int axes = g.axes();
        long outputs = g.w().size(0) / g.groups();
        // [n, C, kernel…, out…] to [C, kernel…, n, out…]
        int[] order = new int[2 + 2 * axes];
        for (int i = 0; i < 1 + axes; i++) {
            order[i] = i + 1;
        }
        for (int i = 0; i < axes; i++) {
            order[2 + axes + i] = 2 + axes + i;
        }
        Tensor sum = null;
        for (long start = 0; start < batch; start += step) {
            long end = Math.min(batch, start + step);
            long columns = (end - start) * positions(g);
            Tensor part = padded(x.slice(0, start, end), g.window());
            Tensor unfolded = windows(part, g).permute(order).reshape(g.groups(), depth(g), columns);
            Tensor upstream = y.slice(0, start, end)
                    .reshape(end - start, g.groups(), outputs, positions(g))
                    .permute(1, 2, 0, 3)
                    .reshape(g.groups(), outputs, columns);
            Tensor product = upstream.matmul(unfolded.transpose());
            sum = sum == null ? product : sum.add(product);
        }
        return sum.reshape(g.w());
    }

    /**
     * A convolution of single steps over the upstream gradient with stride − 1 zeros between its elements, by the
     * kernels turned around and with inputs and outputs exchanged.
     */
    private static Tensor inputGradient(Tensor y, Tensor w, Geometry g) {
        int axes = g.axes();
        Window window = g.window();
        Tensor spread = spread(y, window);
        Window single = Window.of(axes);
        long[] dilation = new long[axes];
        int[] spatial = new int[axes];
        for (int i = 0; i < axes; i++) {
            dilation[i] = window.dilationOf(i);
            spatial[i] = 3 + i;
            long before = window.span(i, g.w().size(2 + i)) - 1 - window.beforeOf(i);
            long after = g.x().size(2 + i) + window.beforeOf(i) - spread.size(2 + i);
            spread = fitted(spread, 2 + i, before, after);
        }
        long inputs = g.w().size(1);
        long outputs = g.w().size(0) / g.groups();
        Shape split = g.w().with(0, outputs).insert(0, g.groups());
        Shape turned = g.w().with(0, inputs * g.groups()).with(1, outputs);
        Tensor kernels = w.reshape(split).transpose(1, 2).flip(spatial).reshape(turned);
        Geometry backwards =
                new Geometry(single.dilation(dilation), g.groups(), spread.shape(), kernels.shape(), g.x());
        return forward(spread, kernels, backwards);
    }

    /** Puts zeros between the elements of the spatial axes. */
    private static Tensor spread(Tensor y, Window window) {
        Shape whole = y.shape();
        for (int i = 0; i < window.axes(); i++) {
            whole = whole.with(2 + i, (y.size(2 + i) - 1) * window.strideOf(i) + 1);
        }
        if (whole.equals(y.shape())) {
            return y;
        }
        UnaryOperator<Layout> place = layout -> {
            Layout result = layout;
            for (int i = 0; i < window.axes(); i++) {
                result = result.slice(2 + i, 0, y.size(2 + i), window.strideOf(i));
            }
            return result;
        };
        return Shapes.embed(y, whole, place, 0, UnaryOperator.identity());
    }

    /** Pads an axis, or cuts it where the padding is negative. */
    private static Tensor fitted(Tensor x, int axis, long before, long after) {
        long start = Math.max(0, -before);
        long end = x.size(axis) - Math.max(0, -after);
        if (start >= end) {
            // All of it is cut away.
            Shape none = x.shape().with(axis, x.size(axis) + before + after);
            return Creation.full(x.context(), x.dtype(), none, 0);
        }
        return x.slice(axis, start, end).pad(axis, Math.max(0, before), Math.max(0, after), 0);
    }
}
