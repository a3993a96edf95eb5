package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tenrec.backend.Operand;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.ConvolutionPass;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Convolutions of sizes that are cut into blocks, tasks and parts of a batch; small ones are the conformance suite's. */
final class ConvolutionKernelTest {

    @BeforeEach
    void isClaimed() {
        assumeTrue(!CpuVector.scalar(), "without vectors convolutions are composed");
    }

    /** A convolution over a square. */
    private record Square(int batch, int groups, int in, int out, int size, int kernel, int stride, int pad, int step) {

        int positions() {
            return (size + 2 * pad - (kernel - 1) * step - 1) / stride + 1;
        }

        Shape x() {
            return Shape.of(batch, in, size, size);
        }

        Shape w() {
            return Shape.of(out, in / groups, kernel, kernel);
        }

        Shape y() {
            return Shape.of(batch, out, positions(), positions());
        }

        long[] params() {
            return new long[] {groups, stride, stride, pad, pad, step, step};
        }

        Shape shape(ConvolutionPass pass) {
            return switch (pass) {
                case FORWARD -> y();
                case INPUT_GRADIENT -> x();
                case WEIGHT_GRADIENT -> w();
            };
        }
    }

    /** Blocks of depth, rows and columns; parts of a batch; groups of one channel; windows that leave a rest. */
    @ParameterizedTest
    @CsvSource({
        "3,1,32,64,14,3,1,1,1",
        "2,1,70,101,9,3,1,1,1",
        "5,1,40,3,7,5,2,2,1",
        "2,16,16,16,23,3,1,1,1",
        "2,8,16,24,17,3,3,1,2",
        "1,1,3,5,40,7,2,3,1",
        "3,1,129,65,6,1,1,0,1",
        "4,2,6,8,5,5,1,2,1",
        "300,1,8,9,20,3,1,0,1",
        "2,1,4,5,12,2,5,0,1",
        "1,1,2,200,3,3,1,0,1",
        "17,1,1,6,28,3,1,1,1"
    })
    void isRightWhateverTheThreads(
            int batch, int groups, int in, int out, int size, int kernel, int stride, int pad, int step) {
        Square square = new Square(batch, groups, in, out, size, kernel, stride, pad, step);
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            double[] x = values(square.x(), 1);
            double[] w = values(square.w(), 2);
            double[] y = values(square.y(), 3);
            for (ConvolutionPass pass : ConvolutionPass.values()) {
                double[] first = pass == ConvolutionPass.INPUT_GRADIENT ? y : x;
                double[] second = pass == ConvolutionPass.WEIGHT_GRADIENT ? y : w;
                double[] one = run(square, dtype, pass, 1, first, second);
                for (int threads : new int[] {2, 8}) {
                    String what = square + " " + dtype + " " + pass + " threads " + threads;
                    assertArrayEquals(one, run(square, dtype, pass, threads, first, second), what);
                }
                check(square, dtype, pass, first, second, one);
            }
        }
    }

    private static double[] values(Shape shape, long seed) {
        double[] values = new Random(seed).doubles(shape.elementCount(), -1, 1).toArray();
        // Numbers of either type.
        Arrays.setAll(values, i -> (float) values[i]);
        return values;
    }

    private static Shape shape(Square square, ConvolutionPass pass, int operand) {
        if (operand == 0) {
            return pass == ConvolutionPass.INPUT_GRADIENT ? square.y() : square.x();
        }
        return pass == ConvolutionPass.WEIGHT_GRADIENT ? square.y() : square.w();
    }

    private static double[] run(
            Square square, DType dtype, ConvolutionPass pass, int threads, double[] first, double[] second) {
        try (Fixture fixture = new Fixture(threads, 1)) {
            Operand a = filled(fixture, dtype, shape(square, pass, 0), first);
            Operand b = filled(fixture, dtype, shape(square, pass, 1), second);
            Shape space = square.shape(pass);
            Operand result = fixture.blank(dtype, Fixture.guarded(space));
            Kernel kernel = new Kernel.Convolution(dtype, pass, 2);
            fixture.run(kernel, space, space.rank(), List.of(a, b), List.of(result), square.params());
            Fixture.checkGuards(result, square + " " + pass);
            double[] values = new double[(int) space.elementCount()];
            Arrays.setAll(values, i -> Double.longBitsToDouble(Fixture.read(result, i)));
            return values;
        }
    }

    private static Operand filled(Fixture fixture, DType dtype, Shape shape, double[] values) {
        Operand operand = fixture.blank(dtype, Layout.of(shape, shape.denseStrides(), 3));
        for (int i = 0; i < values.length; i++) {
            Fixture.write(operand, i, Double.doubleToRawLongBits(values[i]));
        }
        return operand;
    }

    /** Against plain loops in F64; an element may differ by the rounding of its sum. */
    private static void check(
            Square s, DType dtype, ConvolutionPass pass, double[] first, double[] second, double[] result) {
        double[] expected = new double[result.length];
        double[] sizes = new double[result.length];
        int p = s.positions();
        int perGroup = s.in / s.groups;
        for (int n = 0; n < s.batch; n++) {
            for (int o = 0; o < s.out; o++) {
                int group = o / (s.out / s.groups);
                for (int c = 0; c < perGroup; c++) {
                    for (int k = 0; k < s.kernel * s.kernel; k++) {
                        int wAt = (o * perGroup + c) * s.kernel * s.kernel + k;
                        for (int q = 0; q < p * p; q++) {
                            int i = q / p * s.stride - s.pad + k / s.kernel * s.step;
                            int j = q % p * s.stride - s.pad + k % s.kernel * s.step;
                            if (i < 0 || j < 0 || i >= s.size || j >= s.size) {
                                continue;
                            }
                            int xAt = ((n * s.in + group * perGroup + c) * s.size + i) * s.size + j;
                            int yAt = (n * s.out + o) * p * p + q;
                            int to = pass == ConvolutionPass.FORWARD
                                    ? yAt
                                    : pass == ConvolutionPass.INPUT_GRADIENT ? xAt : wAt;
                            double product = first[pass == ConvolutionPass.INPUT_GRADIENT ? yAt : xAt]
                                    * second[pass == ConvolutionPass.WEIGHT_GRADIENT ? yAt : wAt];
                            expected[to] += product;
                            sizes[to] += Math.abs(product);
                        }
                    }
                }
            }
        }
        double unit = dtype == DType.F32 ? 0x1p-20 : 0x1p-48;
        for (int i = 0; i < result.length; i++) {
            String what = s + " " + dtype + " " + pass + " element " + i;
            assertEquals(expected[i], result[i], unit * (1 + sizes[i]), what);
        }
    }

    /** Neighbouring examples, channels and groups share arrays; what is not finite must not leak into the others. */
    @Test
    void valuesThatAreNotFiniteStayInTheirChannel() {
        Square square = new Square(2, 1, 3, 4, 6, 3, 1, 1, 1);
        double[] x = values(square.x(), 1);
        Arrays.fill(x, 36, 72, Double.NaN);
        double[] forward = run(square, DType.F32, ConvolutionPass.FORWARD, 2, x, values(square.w(), 2));
        for (int i = 0; i < forward.length; i++) {
            assertEquals(i < forward.length / 2, Double.isNaN(forward[i]), "element " + i);
        }
        double[] gradient = run(square, DType.F32, ConvolutionPass.WEIGHT_GRADIENT, 2, x, values(square.y(), 3));
        for (int i = 0; i < gradient.length; i++) {
            assertEquals(i / 9 % 3 == 1, Double.isNaN(gradient[i]), "element " + i);
        }
    }

    @Test
    void nothingToAddIsZero() {
        Shape w = Shape.of(2, 3, 2);
        try (Fixture fixture = new Fixture(2, 1)) {
            Operand x = fixture.blank(DType.F32, Layout.dense(Shape.of(0, 3, 5)));
            Operand y = fixture.blank(DType.F32, Layout.dense(Shape.of(0, 2, 4)));
            Operand result = fixture.blank(DType.F32, Fixture.guarded(w));
            Kernel kernel = new Kernel.Convolution(DType.F32, ConvolutionPass.WEIGHT_GRADIENT, 1);
            fixture.run(kernel, w, 3, List.of(x, y), List.of(result), 1, 1, 0, 1);
            Fixture.checkGuards(result, "gradient of no examples");
            for (int i = 0; i < 12; i++) {
                assertEquals(0, Fixture.read(result, i));
            }
        }
    }

    @Test
    void anExampleThatNoArrayHoldsIsRefused() {
        Shape y = Shape.of(1, 1, 1);
        try (Fixture fixture = new Fixture(1, 1)) {
            // Nothing of that size is allocated: a stride of 0 repeats one element.
            Operand x = fixture.blank(DType.F32, Layout.of(Shape.of(1, 1, 1L << 31), new long[3], 0));
            Operand w = fixture.blank(DType.F32, Layout.of(Shape.of(1, 1, 1L << 31), new long[3], 0));
            Operand result = fixture.blank(DType.F32, Layout.dense(y));
            Kernel kernel = new Kernel.Convolution(DType.F32, ConvolutionPass.FORWARD, 1);
            InvalidArgument e = assertThrows(
                    InvalidArgument.class, () -> fixture.run(kernel, y, 3, List.of(x, w), List.of(result), 1, 1, 0, 1));
            assertTrue(e.getMessage().startsWith("conv: an example is too large"), e.getMessage());
            assertTrue(e.getMessage().contains("given"), e.getMessage());
        }
    }
}
