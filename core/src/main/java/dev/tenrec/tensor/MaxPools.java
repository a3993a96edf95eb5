package dev.tenrec.tensor;

import dev.tenrec.engine.Composites;
import dev.tenrec.engine.Composites.Source;
import dev.tenrec.engine.Composites.Target;
import dev.tenrec.engine.Node;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.Shape;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;

/** Max pooling: a kernel each way where the backend has them, composed of sliding windows where it has not. */
final class MaxPools {

    private MaxPools() {}

    static Tensor of(Tensor x, long[] sizes, Window window) {
        Windows.check("maxPool", x, sizes, window);
        int axes = sizes.length;
        int[] last = new int[axes];
        Arrays.setAll(last, i -> i - axes);
        if (axes > 3
                || x.shape().elementCount() == 0
                || !Composites.areClaimed(x.context(), Kernel.MaxPool.class, x.dtype())) {
            return Windows.of(x, sizes, window).max(last);
        }
        int first = x.rank() - axes;
        Shape shape = x.shape();
        for (int i = 0; i < axes; i++) {
            shape = shape.with(first + i, window.positions(i, x.size(first + i), sizes[i]));
        }
        Shape flat = flat(shape, axes);
        Node result = run(
                new Kernel.MaxPool(x.dtype(), axes),
                flat,
                List.of(Source.of(x.node(), flat(x.shape(), axes))),
                new Target(shape, flat),
                params(sizes, window));
        Reference.reachabilityFence(x);
        return GradientFunction.record("maxPool", result, List.of(x), List.of(x), true, call ->
                new Tensor[] {backward(call.saved(0), call.saved(1), call.upstream(), sizes, window)});
    }

    private static Tensor backward(Tensor x, Tensor y, Tensor upstream, long[] sizes, Window window) {
        int axes = sizes.length;
        // Recorded gradients are composed: they have gradients themselves.
        if (GradientMode.isOn() || !Composites.areClaimed(x.context(), Kernel.MaxPoolGradient.class, x.dtype())) {
            Tensor windows = Windows.of(x, sizes, window);
            int[] last = new int[axes];
            Arrays.setAll(last, i -> i - axes);
            Shape single = y.shape();
            for (int i = 0; i < axes; i++) {
                single = single.insert(single.rank(), 1);
            }
            Tensor hit = windows.eq(y.reshape(single)).to(x.dtype());
            Tensor share = upstream.reshape(single).div(hit.sum(true, last));
            return Windows.fold(hit.mul(share), x.shape(), sizes, window);
        }
        Shape ofX = flat(x.shape(), axes);
        Shape ofY = flat(y.shape(), axes);
        Node result = run(
                new Kernel.MaxPoolGradient(x.dtype(), axes),
                ofX,
                List.of(Source.of(x.node(), ofX), Source.of(y.node(), ofY), Source.of(upstream.node(), ofY)),
                new Target(x.shape(), ofX),
                params(sizes, window));
        Reference.reachabilityFence(x);
        Reference.reachabilityFence(y);
        Reference.reachabilityFence(upstream);
        return Tensor.constant(result);
    }

    private static Node run(Kernel kernel, Shape space, List<Source> sources, Target target, long[] params) {
        Node first = sources.get(0).node();
        return Composites.run(
                        first.context(), kernel, space, space.rank(), first.dtype(), sources, List.of(target), params)
                .get(0);
    }

    /** All axes but the spatial ones as one. */
    private static Shape flat(Shape shape, int axes) {
        long batch = 1;
        for (int i = 0; i < shape.rank() - axes; i++) {
            batch *= shape.size(i);
        }
        Shape result = Shape.of(batch);
        for (int i = 0; i < axes; i++) {
            result = result.insert(1 + i, shape.size(shape.rank() - axes + i));
        }
        return result;
    }

    /** The parameters of {@link Kernel.MaxPool}. */
    private static long[] params(long[] sizes, Window window) {
        int axes = sizes.length;
        long[] params = Arrays.copyOf(sizes, 3 * axes);
        for (int i = 0; i < axes; i++) {
            params[axes + i] = window.strideOf(i);
            params[2 * axes + i] = window.dilationOf(i);
        }
        return params;
    }
}
