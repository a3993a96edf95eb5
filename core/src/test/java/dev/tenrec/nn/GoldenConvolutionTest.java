package dev.tenrec.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.golden.GoldenFile;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.tensor.Window;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers against libtorch, in F64; ConvolutionGolden made the values. */
class GoldenConvolutionTest {

    private static final double TOLERANCE = 1e-11;
    private static final int CONVOLUTIONS = 34;
    private static final NormOptions NORM = NormOptions.DEFAULT.dtype(DType.F64);

    private GoldenFile golden;
    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
        golden = GoldenFile.open("convolution/convolution.npz");
    }

    @AfterEach
    void close() {
        golden.close();
        scope.close();
    }

    private static void assertNear(double[] expected, Tensor given, String what) {
        double[] found = given.toDoubleArray();
        assertEquals(expected.length, found.length, what);
        for (int i = 0; i < found.length; i++) {
            assertEquals(expected[i], found[i], TOLERANCE * Math.max(1, Math.abs(expected[i])), what + " " + i);
        }
    }

    /** Compares a function's output and its gradients by inputs of its own and by parameters. */
    private void check(String name, int inputs, Function<Tensor[], Tensor> function, Variable... parameters) {
        List<Variable> variables = new ArrayList<>();
        for (int i = 0; i < inputs; i++) {
            variables.add(Variable.parameter("input" + i, golden.get(name + ".input" + i)));
        }
        for (Variable parameter : parameters) {
            parameter.assign(golden.get(name + ".input" + variables.size()));
            variables.add(parameter);
        }
        Tensor[] values =
                variables.subList(0, inputs).stream().map(Variable::value).toArray(Tensor[]::new);
        Tensor output = function.apply(values);
        Tensor expected = golden.get(name + ".output");
        assertEquals(expected.shape(), output.shape());
        assertNear(expected.toDoubleArray(), output, name + " output");
        Gradients gradients =
                Autograd.grad(output.mul(golden.get(name + ".upstream")).sum(), variables);
        for (int i = 0; i < variables.size(); i++) {
            double[] gradient = golden.values(name + ".gradient" + i);
            assertNear(gradient, gradients.get(variables.get(i)), name + " gradient " + i);
        }
    }

    private void check(String name, Module layer, Variable... parameters) {
        check(name, 1, x -> layer.forward(x[0]), parameters);
    }

    static IntStream convolutions() {
        return IntStream.range(0, CONVOLUTIONS);
    }

    private static long[] part(double[] options, int axes, int which) {
        return Arrays.stream(options, 4 + which * axes, 4 + (which + 1) * axes)
                .mapToLong(value -> (long) value)
                .toArray();
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void convolution(int number) {
        String name = "conv" + number;
        double[] numbers = golden.get(name + ".options").to(DType.F64).toDoubleArray();
        int axes = (int) numbers[0];
        boolean transposed = numbers[1] == 1;
        Shape weight = golden.get(name + ".input1").shape();
        long groups = (long) numbers[2];
        ConvOptions options = ConvOptions.kernel(Arrays.copyOfRange(weight.sizes(), 2, 2 + axes))
                .stride(part(numbers, axes, 0))
                .padding(part(numbers, axes, 1))
                .dilation(part(numbers, axes, 2))
                .outputPadding(part(numbers, axes, 3))
                .paddingMode(PaddingMode.values()[(int) numbers[3]])
                .groups(groups)
                .dtype(DType.F64);
        if (numbers[1] == 2) {
            options.same();
        }
        long in = transposed ? weight.size(0) : weight.size(1) * groups;
        long out = transposed ? weight.size(1) * groups : weight.size(0);
        Convolution layer = switch (axes + (transposed ? 10 : 0)) {
            case 1 -> new Conv1d(in, out, options);
            case 2 -> new Conv2d(in, out, options);
            case 3 -> new Conv3d(in, out, options);
            case 11 -> new ConvTranspose1d(in, out, options);
            default -> new ConvTranspose2d(in, out, options);
        };
        assertEquals(weight, layer.weight().shape());
        check(name, layer, layer.weight(), layer.bias());
    }

    @Test
    void pools() {
        Window two = Window.of(2);
        check("max1", new MaxPool1d(new long[] {3}, Window.of(1).stride(2).padding(1)));
        check(
                "average1",
                new AveragePool1d(new long[] {3}, Window.of(1).stride(2).padding(1)));
        check("max2", new MaxPool2d(2));
        check(
                "max2Overlap",
                new MaxPool2d(new long[] {3, 2}, two.stride(2, 1).padding(1).dilation(2, 1)));
        check("average2", new AveragePool2d(new long[] {3, 2}, two.stride(2).padding(1)));
        check(
                "average2Inner",
                new AveragePool2d(new long[] {3, 2}, two.stride(2).padding(1), false));
        Window three = Window.of(3).stride(2, 1, 2).padding(1, 0, 1);
        check("max3", new MaxPool3d(new long[] {2, 2, 3}, three));
        check("adaptive1", AdaptivePool.average(3));
        check("adaptive2", AdaptivePool.average(3, 4));
        check("adaptiveMax2", AdaptivePool.max(3, 4));
    }

    @Test
    void upsampling() {
        check("nearest2", Upsample.nearest(2, 3));
        check("bilinear2", Upsample.linear(3, 2));
        check("linear1", Upsample.linear(4));
    }

    @Test
    void norms() {
        for (BatchNorm layer :
                List.of(new BatchNorm1d(3, NORM.momentum(0.3)), new BatchNorm2d(3, NORM.momentum(0.3)))) {
            String name = layer instanceof BatchNorm1d ? "batch1" : "batch2";
            layer.runningMean().assign(Tensor.of(new double[] {0.1, -0.2, 0.3}));
            layer.runningVariance().assign(Tensor.of(new double[] {0.5, 1, 2}));
            layer.weight().assign(golden.get(name + ".input1"));
            layer.bias().assign(golden.get(name + ".input2"));
            layer.eval();
            Tensor evaluated = layer.forward(golden.get(name + ".input0"));
            assertNear(golden.values(name + ".evaluated"), evaluated, name + " evaluated");
            layer.train();
            check(name, layer, layer.weight(), layer.bias());
            assertNear(golden.values(name + ".mean"), layer.runningMean().value(), "mean");
            assertNear(
                    golden.values(name + ".variance"), layer.runningVariance().value(), "variance");
            Variable batches = layer.namedVariables().get("num_batches_tracked");
            assertEquals(1, batches.value().item());
        }
        GroupNorm group = new GroupNorm(2, 6, NORM);
        check("group", group, group.weight(), group.bias());
        LayerNorm layer = new LayerNorm(Shape.of(4, 5), NORM);
        check("layer", layer, layer.weight(), layer.bias());
        RmsNorm rms = new RmsNorm(Shape.of(6), NORM);
        check("rms", rms, rms.weight());
        InstanceNorm instance = new InstanceNorm(2, NORM);
        check("instance", instance, instance.weight(), instance.bias());
    }

    @Test
    void bilinear() {
        Bilinear layer = new Bilinear(3, 5, 2, DType.F64, null);
        check("bilinear", 2, x -> layer.forward(x[0], x[1]), layer.weight(), layer.bias());
        assertTrue(layer.parameters().contains(layer.weight()));
    }
}
