package dev.tenrec.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.Scope;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.tensor.Window;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class ConvolutionTest {

    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @Test
    void convolvesByHand() {
        Tensor x = Tensor.of(new double[] {1.0, 2, 3, 4}).reshape(1, 1, 4);
        Tensor w = Tensor.of(new double[] {1.0, 10}).reshape(1, 1, 2);
        assertArrayEquals(new double[] {21, 32, 43}, x.conv(w, Window.of(1), 1).toDoubleArray());
        double[] padded = x.conv(w, Window.of(1).padding(1).stride(2), 1).toDoubleArray();
        assertArrayEquals(new double[] {10, 32, 4}, padded);
        double[] back =
                x.convTranspose(w, Window.of(1).stride(2), new long[1], 1).toDoubleArray();
        assertArrayEquals(new double[] {1, 10, 2, 20, 3, 30, 4, 40}, back);
    }

    @Test
    void windowsOverlap() {
        Tensor windows = Tensor.of(new double[] {1.0, 2, 3, 4, 5})
                .windows(new long[] {2}, Window.of(1).dilation(2));
        assertEquals(Shape.of(3, 2), windows.shape());
        assertArrayEquals(new double[] {1, 3, 2, 4, 3, 5}, windows.toDoubleArray());
    }

    @Test
    void derivativesToSecondOrder() {
        Variable x = GradientCheck.variable(1, 2, 2, 5, 4);
        Variable w = GradientCheck.variable(2, 4, 1, 3, 2);
        Window window = Window.of(2).stride(2, 1).padding(1, 2).dilation(1, 2);
        GradientCheck.first(() -> x.value().conv(w.value(), window, 2).square().sum(), List.of(x, w));
        GradientCheck.second(() -> x.value().conv(w.value(), window, 2).square().sum(), List.of(x, w));
        Variable y = GradientCheck.variable(3, 1, 2, 3);
        Variable v = GradientCheck.variable(4, 2, 2, 3);
        Window step = Window.of(1).stride(2).padding(1);
        long[] more = {1};
        GradientCheck.second(
                () -> y.value().convTranspose(v.value(), step, more, 1).square().sum(), List.of(y, v));
    }

    @Test
    void derivativesOfWindows() {
        Variable x = GradientCheck.variable(5, 2, 5, 4);
        Window window = Window.of(2).stride(2, 1);
        long[] sizes = {3, 2};
        GradientCheck.first(() -> x.value().windows(sizes, window).square().sum(), List.of(x));
        GradientCheck.second(() -> x.value().windows(sizes, window).pow(3).sum(), List.of(x));
    }

    @Test
    void derivativesOfNorms() {
        Variable x = GradientCheck.variable(6, 3, 4, 5);
        NormOptions options = NormOptions.DEFAULT.dtype(DType.F64);
        for (Module layer : List.of(
                new BatchNorm1d(4, options),
                new LayerNorm(Shape.of(5), options),
                new RmsNorm(Shape.of(5), options),
                new GroupNorm(2, 4, options),
                new InstanceNorm(4, options))) {
            List<Variable> variables = new ArrayList<>(layer.parameters());
            variables.add(x);
            GradientCheck.first(() -> layer.forward(x.value()).pow(3).sum(), variables);
        }
    }

    @Test
    void layersNameAndSaveTheirVariables(@TempDir Path folder) throws Exception {
        Sequential model = Sequential.of(
                new Conv2d(2, 4, ConvOptions.kernel(3).same().withoutBias()),
                new BatchNorm2d(4),
                Activation.RELU,
                new MaxPool2d(2),
                new Residual(new Conv2d(4, 4, ConvOptions.kernel(3).padding(1))),
                AdaptivePool.globalAverage(2),
                new Flatten());
        assertEquals(
                List.of(
                        "0.weight",
                        "1.weight",
                        "1.bias",
                        "1.running_mean",
                        "1.running_var",
                        "1.num_batches_tracked",
                        "4.inner.weight",
                        "4.inner.bias"),
                new ArrayList<>(model.namedVariables().keySet()));
        Tensor x = RandomKey.of(1).normal(DType.F32, Shape.of(3, 2, 6, 6));
        model.forward(x);
        model.eval();
        double[] before = model.forward(x).toDoubleArray();
        model.save(folder.resolve("model.safetensors"));
        model.initialize(99);
        model.load(folder.resolve("model.safetensors"));
        assertArrayEquals(before, model.forward(x).toDoubleArray());
        assertTrue(model.summary(Shape.of(1, 2, 6, 6)).contains("[1, 4, 3, 3]"));
    }

    @Test
    void dropsWholeChannels() {
        Dropout2d dropout = new Dropout2d(0.5, RandomKey.of(3));
        Tensor x = Tensor.ones(8, 16, 2, 2);
        Tensor y = dropout.forward(x);
        double[] least = y.min(2, 3).toDoubleArray();
        assertArrayEquals(least, y.max(2, 3).toDoubleArray());
        int kept = 0;
        for (double value : least) {
            assertTrue(value == 0 || value == 2);
            kept += value == 2 ? 1 : 0;
        }
        assertTrue(kept > 40 && kept < 90, "kept " + kept);
        dropout.eval();
        assertSame(x, dropout.forward(x));
    }

    private static void fails(Class<? extends Throwable> type, String text, Executable body) {
        String message = assertThrows(type, body).getMessage();
        assertTrue(message.contains(text) && message.contains("\n  "), message);
    }

    @Test
    void badInput() {
        Conv2d layer = new Conv2d(3, 4, 5);
        fails(ShapeMismatch.class, "kernel is larger", () -> layer.forward(Tensor.zeros(1, 3, 4, 9)));
        fails(ShapeMismatch.class, "input does not fit", () -> layer.forward(Tensor.zeros(1, 2, 9, 9)));
        fails(ShapeMismatch.class, "input does not fit", () -> layer.forward(Tensor.zeros(3, 9, 9)));
        fails(
                InvalidArgument.class,
                "groups do not divide",
                () -> conv(ConvOptions.kernel(3).groups(2)));
        fails(InvalidArgument.class, "kernel out of range", () -> conv(ConvOptions.kernel(3, 0)));
        fails(
                InvalidArgument.class,
                "stride out of range",
                () -> conv(ConvOptions.kernel(3).stride(1, 2, 3)));
        fails(
                InvalidArgument.class,
                "dilation out of range",
                () -> conv(ConvOptions.kernel(3).dilation(0)));
        fails(
                InvalidArgument.class,
                "padding out of range",
                () -> conv(ConvOptions.kernel(3).padding(-1)));
        fails(
                InvalidArgument.class,
                "single steps",
                () -> conv(ConvOptions.kernel(3).same().stride(2)));
        fails(
                InvalidArgument.class,
                "transposed",
                () -> conv(ConvOptions.kernel(3).outputPadding(1)));
        fails(InvalidArgument.class, "channels out of range", () -> new Conv1d(0, 3, 1));
        fails(
                InvalidArgument.class,
                "element type",
                () -> conv(ConvOptions.kernel(3).dtype(DType.I32)));
        Conv1d reflect = new Conv1d(1, 1, ConvOptions.kernel(3).padding(4).paddingMode(PaddingMode.REFLECT));
        fails(ShapeMismatch.class, "more padding", () -> reflect.forward(Tensor.zeros(1, 1, 4)));
        ConvTranspose1d back = new ConvTranspose1d(1, 1, ConvOptions.kernel(3).padding(2));
        fails(ShapeMismatch.class, "nothing is left", () -> back.forward(Tensor.zeros(1, 1, 1)));
        ConvTranspose1d more = new ConvTranspose1d(1, 1, ConvOptions.kernel(3).outputPadding(1));
        fails(InvalidArgument.class, "output padding", () -> more.forward(Tensor.zeros(1, 1, 4)));
        Tensor x = Tensor.zeros(1, 4, 4);
        fails(ShapeMismatch.class, "channels differ", () -> x.conv(Tensor.zeros(2, 3, 2), Window.of(1), 1));
        fails(ShapeMismatch.class, "groups do not divide", () -> x.conv(Tensor.zeros(3, 2, 2), Window.of(1), 2));
        fails(ShapeMismatch.class, "ranks", () -> x.conv(Tensor.zeros(3, 4, 2, 2), Window.of(1), 1));
        fails(InvalidArgument.class, "number of groups", () -> x.conv(Tensor.zeros(3, 4, 2), Window.of(1), 0));
    }

    private static Conv2d conv(ConvOptions options) {
        return new Conv2d(3, 3, options);
    }

    @Test
    void badInputOfOtherLayers() {
        fails(ShapeMismatch.class, "window is larger", () -> new MaxPool2d(3).forward(Tensor.zeros(1, 1, 2, 5)));
        fails(
                InvalidArgument.class,
                "more than half",
                () -> new MaxPool1d(new long[] {2}, Window.of(1).padding(2)));
        fails(InvalidArgument.class, "kernel out of range", () -> new MaxPool1d(0));
        fails(InvalidArgument.class, "sizes out of range", () -> AdaptivePool.average(0));
        fails(
                ShapeMismatch.class,
                "input does not fit",
                () -> AdaptivePool.max(2, 2).forward(Tensor.zeros(2, 2)));
        fails(InvalidArgument.class, "factors", () -> Upsample.nearest());
        fails(
                ShapeMismatch.class,
                "input does not fit",
                () -> Upsample.bilinear(2).forward(Tensor.zeros(2, 2)));
        fails(InvalidArgument.class, "too few values", () -> new BatchNorm1d(2).forward(Tensor.zeros(1, 2)));
        fails(ShapeMismatch.class, "input does not fit", () -> new BatchNorm2d(2).forward(Tensor.zeros(4, 2)));
        fails(InvalidArgument.class, "nothing to normalise", () -> new BatchNorm2d(0));
        fails(ShapeMismatch.class, "input does not fit", () -> new LayerNorm(3).forward(Tensor.zeros(4, 2)));
        fails(InvalidArgument.class, "groups do not divide", () -> new GroupNorm(2, 3));
        fails(InvalidArgument.class, "too few positions", () -> new InstanceNorm(3).forward(Tensor.zeros(2, 3, 1)));
        fails(InvalidArgument.class, "option out of range", () -> NormOptions.DEFAULT.epsilon(0));
        fails(ShapeMismatch.class, "shapes differ", () -> new Residual(new Dense(2, 3)).forward(Tensor.zeros(1, 2)));
        fails(InvalidArgument.class, "probability", () -> new Dropout2d(2));
        fails(ShapeMismatch.class, "input does not fit", () -> new Dropout2d(0.5).forward(Tensor.zeros(2, 2)));
        Bilinear bilinear = new Bilinear(2, 3, 4);
        fails(ShapeMismatch.class, "do not fit", () -> bilinear.forward(Tensor.zeros(5, 2), Tensor.zeros(4, 3)));
        fails(
                InvalidArgument.class,
                "padding",
                () -> Tensor.zeros(4).windows(new long[] {2}, Window.of(1).padding(1)));
        fails(ShapeMismatch.class, "window", () -> Tensor.zeros(4).windows(new long[] {5}, Window.of(1)));
        fails(InvalidArgument.class, "stride", () -> Window.of(2).stride(0));
    }
}
