package dev.tenrec.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.ConvolutionPass;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Convolutions.Geometry;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is composed of copies and products against the reference backend's loops. */
class ComposedConvolutionTest {

    private static Tensor random(long seed, Shape shape) {
        return Tensor.of(new Random(seed).doubles(shape.elementCount(), -1, 1).toArray())
                .reshape(shape);
    }

    private static void compare(Geometry g, DType dtype, double tolerance) {
        Scope.run(() -> {
            Tensor x = random(1, g.x()).to(dtype);
            Tensor w = random(2, g.w()).to(dtype);
            Tensor y = random(3, g.y()).to(dtype);
            for (ConvolutionPass pass : ConvolutionPass.values()) {
                Tensor first = pass == ConvolutionPass.INPUT_GRADIENT ? y : x;
                Tensor second = pass == ConvolutionPass.WEIGHT_GRADIENT ? y : w;
                Kernel.Convolution kernel = new Kernel.Convolution(dtype, pass, g.axes());
                Shape shape = Convolutions.shape(pass, g);
                Tensor expected = Tensor.constant(Convolutions.byKernel(kernel, first.node(), second.node(), shape, g));
                Tensor given = ComposedConvolution.run(pass, first, second, g);
                assertEquals(shape, given.shape());
                double off = given.sub(expected).abs().max().item();
                assertEquals(0, off, tolerance, () -> pass + " " + g);
            }
        });
    }

    @Test
    void composedEqualsTheKernel() {
        Random random = new Random(7);
        for (int i = 0; i < 120; i++) {
            int axes = 1 + random.nextInt(3);
            long groups = 1 + random.nextInt(3);
            long[] stride = random.longs(axes, 1, 4).toArray();
            long[] dilation = random.longs(axes, 1, 4).toArray();
            long[] before = random.longs(axes, 0, 4).toArray();
            long[] after = random.longs(axes, 0, 4).toArray();
            Window window = Window.of(axes).stride(stride).dilation(dilation).padding(before, after);
            long batch = 1 + random.nextInt(3);
            Shape x = Shape.of(batch, groups * (1 + random.nextInt(3)));
            Shape w = Shape.of(groups * (1 + random.nextInt(3)), x.size(1) / groups);
            Shape y = Shape.of(batch, w.size(0));
            for (int axis = 0; axis < axes; axis++) {
                long kernel = 1 + random.nextInt(3);
                long least = Math.max(1, window.span(axis, kernel) - before[axis] - after[axis]);
                long size = least + random.nextInt(6);
                x = x.insert(2 + axis, size);
                w = w.insert(2 + axis, kernel);
                y = y.insert(2 + axis, window.positions(axis, size, kernel));
            }
            Geometry g = new Geometry(window, groups, x, w, y);
            compare(g, DType.F64, 1e-11);
            compare(g, DType.F32, 2e-5);
        }
    }

    @Test
    void chunksOfABatchAreAddedUp() {
        // One example's columns take 9 · 1000 · 1000 · 8 bytes: more than a chunk.
        Shape x = Shape.of(2, 1, 1002, 1002);
        Geometry g = new Geometry(Window.of(2), 1, x, Shape.of(1, 1, 3, 3), Shape.of(2, 1, 1000, 1000));
        Scope.run(() -> {
            Tensor ones = Tensor.ones(DType.F64, x);
            Tensor w = random(2, g.w());
            double sum = w.sum().item();
            Tensor y = ComposedConvolution.run(ConvolutionPass.FORWARD, ones, w, g);
            assertEquals(sum, y.min().item(), 1e-12);
            assertEquals(sum, y.max().item(), 1e-12);
            Tensor gradient = ComposedConvolution.run(ConvolutionPass.WEIGHT_GRADIENT, ones, y, g);
            // Two million equal summands, whose rounding errors have one sign.
            assertEquals(2e6 * sum, gradient.min().item(), 1e-9 * Math.abs(2e6 * sum));
            assertEquals(2e6 * sum, gradient.max().item(), 1e-9 * Math.abs(2e6 * sum));
        });
    }

    @Test
    void nothingGivesNothing() {
        Scope.run(() -> {
            Tensor w = random(2, Shape.of(3, 2, 2));
            assertEquals(
                    Shape.of(0, 3, 4),
                    Tensor.zeros(DType.F64, Shape.of(0, 2, 5))
                            .conv(w, Window.of(1), 1)
                            .shape());
        });
    }
}
