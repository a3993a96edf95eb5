package dev.tenrec.testkit.kernel;

import dev.tenrec.backend.Launch;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.ConvolutionPass;
import dev.tenrec.testkit.ConformanceCase;
import dev.tenrec.testkit.ConformanceCase.Purpose;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * Cases of {@link Kernel.Convolution}, which a backend need not support. Values are small whole numbers, whose sums are
 * exact in every order: equality with plain loops over all indexes is demanded.
 */
public final class ConvolutionCases {

    private ConvolutionCases() {}

    private record Geometry(Shape x, Shape w, Shape y, long[] params) {

        static Geometry random(Random random, int axes) {
            long groups = 1 + random.nextInt(3);
            long[] params = new long[1 + 3 * axes];
            params[0] = groups;
            long batch = 1 + random.nextInt(3);
            Shape x = Shape.of(batch, groups * (1 + random.nextInt(4)));
            Shape w = Shape.of(groups * (1 + random.nextInt(4)), x.size(1) / groups);
            Shape y = Shape.of(batch, w.size(0));
            for (int i = 0; i < axes; i++) {
                long stride = 1 + random.nextInt(3);
                long padding = random.nextInt(3);
                long dilation = 1 + random.nextInt(2);
                long kernel = 1 + random.nextInt(4);
                long span = dilation * (kernel - 1) + 1;
                long size = Math.max(1, span - 2 * padding) + random.nextInt(9);
                params[1 + i] = stride;
                params[1 + axes + i] = padding;
                params[1 + 2 * axes + i] = dilation;
                x = x.insert(2 + i, size);
                w = w.insert(2 + i, kernel);
                y = y.insert(2 + i, (size + 2 * padding - span) / stride + 1);
            }
            return new Geometry(x, w, y, params);
        }

        Shape shape(ConvolutionPass result) {
            return switch (result) {
                case FORWARD -> y;
                case INPUT_GRADIENT -> x;
                case WEIGHT_GRADIENT -> w;
            };
        }
    }

    /**
     * Makes the cases.
     *
     * @return for F32 and F64 each pass over 1 to 3 axes, and that the passes are adjoint
     */
    public static List<ConformanceCase> all() {
        List<ConformanceCase> cases = new ArrayList<>();
        for (int axes = 1; axes <= 3; axes++) {
            int count = axes;
            for (DType dtype : List.of(DType.F32, DType.F64)) {
                for (ConvolutionPass pass : ConvolutionPass.values()) {
                    Kernel.Convolution kernel = new Kernel.Convolution(dtype, pass, axes);
                    add(cases, pass + " " + dtype + " " + axes, kernel, Purpose.FORWARD, rig -> forward(rig, kernel));
                }
            }
            Kernel.Convolution kernel = new Kernel.Convolution(DType.F64, ConvolutionPass.FORWARD, axes);
            add(cases, "gradients " + axes, kernel, Purpose.GRADIENT, rig -> adjoint(rig, count));
        }
        return cases;
    }

    private interface Body {
        void run(Rig rig);
    }

    private static void add(
            List<ConformanceCase> cases, String name, Kernel.Convolution kernel, Purpose purpose, Body body) {
        cases.add(new ConformanceCase(
                "convolution " + name,
                Kernel.Convolution.class,
                Optional.empty(),
                purpose,
                Set.of(kernel.dtype()),
                (backend, tolerance) -> {
                    try (Rig rig = new Rig(backend, tolerance)) {
                        body.run(rig);
                    }
                }));
    }

    /** The pass whose result is input 0: y of the gradient by x, x otherwise. */
    private static ConvolutionPass first(ConvolutionPass pass) {
        return pass == ConvolutionPass.INPUT_GRADIENT ? ConvolutionPass.FORWARD : ConvolutionPass.INPUT_GRADIENT;
    }

    /** The pass whose result is input 1: y of the gradient by w, w otherwise. */
    private static ConvolutionPass second(ConvolutionPass pass) {
        return pass == ConvolutionPass.WEIGHT_GRADIENT ? ConvolutionPass.FORWARD : ConvolutionPass.WEIGHT_GRADIENT;
    }

    private static double[] whole(Random random, Shape shape) {
        return random.ints(shape.elementCount(), -4, 5).asDoubleStream().toArray();
    }

    /** An operand with these values, dense or with its axes in memory the other way round. */
    static TestOperand operand(Rig rig, DType dtype, Shape shape, double[] values, boolean reversed) {
        int[] next = {0};
        Layout layout = Layout.dense(shape);
        if (reversed) {
            int rank = shape.rank();
            int[] order = new int[rank];
            long[] sizes = new long[rank];
            for (int i = 0; i < rank; i++) {
                order[i] = rank - 1 - i;
                sizes[i] = shape.size(rank - 1 - i);
            }
            layout = Layout.dense(Shape.of(sizes)).permute(order);
        }
        return rig.input(dtype, layout, type -> Samples.real(values[next[0]++], type));
    }

    private static double[] run(
            Rig rig, Kernel.Convolution kernel, Geometry g, double[] first, double[] second, boolean reversed) {
        Shape shape = g.shape(kernel.pass());
        DType dtype = kernel.dtype();
        List<TestOperand> in = List.of(
                operand(rig, dtype, g.shape(first(kernel.pass())), first, reversed),
                operand(rig, dtype, g.shape(second(kernel.pass())), second, reversed));
        List<TestOperand> out = List.of(rig.output(dtype, Layout.dense(shape), type -> Samples.real(0, type)));
        Launch launch = Rig.launch(shape, shape.rank(), in, out, g.params);
        rig.compile(kernel).run(launch);
        long[] bits = Rig.readOutputs(in, out)[0];
        double[] values = new double[bits.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Double.longBitsToDouble(bits[i]);
        }
        return values;
    }

    private static void forward(Rig rig, Kernel.Convolution kernel) {
        Random random = new Random(5);
        for (int i = 0; i < 12; i++) {
            Geometry g = Geometry.random(random, kernel.axes());
            double[] first = whole(random, g.shape(first(kernel.pass())));
            double[] second = whole(random, g.shape(second(kernel.pass())));
            double[] expected = loops(kernel.pass(), g, first, second);
            double[] given = run(rig, kernel, g, first, second, i % 3 == 2);
            for (int k = 0; k < expected.length; k++) {
                if (given[k] != expected[k]) {
                    throw new AssertionError(kernel + " of " + g.x + " by " + g.w + ": element " + k + "\n  expected "
                            + expected[k] + "\n  given    " + given[k]);
                }
            }
            rig.release();
        }
    }

    /** Every triple of an input, a weight and an output, whether or not they meet. */
    private static double[] loops(ConvolutionPass pass, Geometry g, double[] first, double[] second) {
        double[] result = new double[Math.toIntExact(g.shape(pass).elementCount())];
        for (int yAt = 0; yAt < g.y.elementCount(); yAt++) {
            for (int wAt = 0; wAt < g.w.elementCount(); wAt++) {
                int xAt = input(g, index(g.y, yAt), index(g.w, wAt));
                if (xAt >= 0) {
                    switch (pass) {
                        case FORWARD -> result[yAt] += first[xAt] * second[wAt];
                        case INPUT_GRADIENT -> result[xAt] += first[yAt] * second[wAt];
                        case WEIGHT_GRADIENT -> result[wAt] += first[xAt] * second[yAt];
                    }
                }
            }
        }
        return result;
    }

    private static long[] index(Shape shape, long flat) {
        long[] index = new long[shape.rank()];
        long rest = flat;
        for (int axis = index.length - 1; axis >= 0; axis--) {
            index[axis] = rest % shape.size(axis);
            rest /= shape.size(axis);
        }
        return index;
    }

    private static int input(Geometry g, long[] y, long[] w) {
        int axes = y.length - 2;
        long group = y[1] / (g.y.size(1) / g.params[0]);
        if (w[0] != y[1]) {
            return -1;
        }
        long flat = y[0] * g.x.size(1) + group * g.w.size(1) + w[1];
        for (int i = 0; i < axes; i++) {
            long at = y[2 + i] * g.params[1 + i] + w[2 + i] * g.params[1 + 2 * axes + i] - g.params[1 + axes + i];
            if (at < 0 || at >= g.x.size(2 + i)) {
                return -1;
            }
            flat = flat * g.x.size(2 + i) + at;
        }
        return Math.toIntExact(flat);
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** ⟨y, F(x, w)⟩ = ⟨x, D(y, w)⟩ = ⟨w, W(x, y)⟩: the gradients of a bilinear function are its adjoints. */
    private static void adjoint(Rig rig, int axes) {
        Random random = new Random(6);
        for (int i = 0; i < 8; i++) {
            Geometry g = Geometry.random(random, axes);
            double[] x = whole(random, g.x);
            double[] w = whole(random, g.w);
            double[] y = whole(random, g.y);
            double[] sums = new double[3];
            for (ConvolutionPass pass : ConvolutionPass.values()) {
                Kernel.Convolution kernel = new Kernel.Convolution(DType.F64, pass, axes);
                sums[pass.ordinal()] = switch (pass) {
                    case FORWARD -> dot(y, run(rig, kernel, g, x, w, false));
                    case INPUT_GRADIENT -> dot(x, run(rig, kernel, g, y, w, false));
                    case WEIGHT_GRADIENT -> dot(w, run(rig, kernel, g, x, y, false));
                };
            }
            if (sums[0] != sums[1] || sums[0] != sums[2]) {
                throw new AssertionError("convolution of " + g.x + " by " + g.w + ": passes are not adjoint\n  forward "
                        + sums[0] + "\n  input   " + sums[1] + "\n  weight  " + sums[2]);
            }
            rig.release();
        }
    }
}
