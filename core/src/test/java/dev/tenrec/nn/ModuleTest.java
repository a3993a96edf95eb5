package dev.tenrec.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.ClosedTensor;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.ShapeMismatch;
import dev.tenrec.memory.Scope;
import dev.tenrec.op.Ops;
import dev.tenrec.optim.CountedDevice;
import dev.tenrec.random.RandomKey;
import dev.tenrec.random.RandomStream;
import dev.tenrec.tensor.ActivationMethods;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ModuleTest {

    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    /** A tree with a shared child, a buffer, and a forward pass that is no row. */
    private static final class Residual extends Module {
        private final Dense inner;
        private final Module norm;

        Residual(Dense shared) {
            inner = child("inner", shared);
            norm = child("again", shared);
            buffer("count", Tensor.zeros());
            child("dropout", new Dropout(0.5));
        }

        @Override
        protected Tensor compute(Tensor input) {
            return input.add(inner.forward(norm.forward(input)));
        }
    }

    private static Sequential model() {
        return Sequential.of(
                new Dense(6, 4), Activation.RELU, new Residual(new Dense(4, 4)), new Dropout(0.25), new Dense(4, 2));
    }

    @Test
    void variablesHavePathsInAStableOrder() {
        Module model = model();
        assertEquals(
                List.of("0.weight", "0.bias", "2.count", "2.inner.weight", "2.inner.bias", "4.weight", "4.bias"),
                new ArrayList<>(model.namedVariables().keySet()));
        assertEquals(7, model.variables().size());
        assertEquals(6, model.parameters().size());
        Variable frozen = model.namedVariables().get("0.weight");
        frozen.setTrainable(false);
        assertFalse(model.parameters().contains(frozen));
        assertEquals(
                List.of("2.dropout.keys", "3.keys"),
                new ArrayList<>(model.namedStreams().keySet()));
    }

    @Test
    void modesReachAllChildren() {
        Sequential model = model();
        assertTrue(model.isTraining() && model.get(3).isTraining());
        model.eval();
        assertFalse(model.isTraining());
        assertFalse(model.get(3).isTraining());
        assertFalse(model.get(2).children().get("inner").isTraining());
        model.train();
        assertTrue(model.get(2).children().get("inner").isTraining());
    }

    @Test
    void summaryShowsPathsShapesAndCounts() {
        Sequential model = model();
        model.get(3).eval();
        assertEquals("""
                layer      type           output   parameters
                (model)    Sequential     [32, 2]           0
                0          Dense(6, 4)    [32, 4]          28
                1          relu           [32, 4]           0
                2          Residual       [32, 4]           1
                2.inner    Dense(4, 4)    [32, 4]          20
                2.again    Dense(4, 4)    [32, 4]      shared
                2.dropout  Dropout(0.5)   -                 0
                3          Dropout(0.25)  [32, 4]           0
                4          Dense(4, 2)    [32, 2]          10
                total: 58 trained, 1 not trained, 236 bytes\
                """, model.summary(Shape.of(32, 6)));
        assertTrue(model.isTraining());
        assertFalse(model.get(3).isTraining());
        assertEquals("""
                layer    type         parameters
                (model)  Dense(3, 1)           4
                total: 4 trained, 0 not trained, 16 bytes\
                """, new Dense(3, 1).summary());
    }

    @Test
    void initializeDependsOnKeyAndPathAlone() {
        Sequential one = model();
        Sequential two = model();
        assertNotEquals(values(one), values(two));
        one.initialize(5);
        two.initialize(RandomKey.of(5));
        assertEquals(values(one), values(two));
        assertEquals(
                one.namedStreams().get("3.keys").seed(),
                two.namedStreams().get("3.keys").seed());
        Sequential longer = Sequential.of(new Dense(6, 4), Activation.RELU, new Dense(4, 2));
        longer.initialize(5);
        assertArrayEquals(
                one.namedVariables().get("0.weight").value().toFloatArray(),
                longer.namedVariables().get("0.weight").value().toFloatArray());
        two.initialize(6);
        assertNotEquals(values(one), values(two));
    }

    private static List<List<Float>> values(Module module) {
        List<List<Float>> all = new ArrayList<>();
        for (Variable variable : module.variables()) {
            List<Float> list = new ArrayList<>();
            for (float value : variable.value().toFloatArray()) {
                list.add(value);
            }
            all.add(list);
        }
        return all;
    }

    @Test
    void streamsContinueWhereTheyWereSaved() {
        Dropout one = new Dropout(0.5, RandomKey.of(1));
        Tensor input = Tensor.ones(64);
        one.forward(input);
        RandomStream saved = one.namedStreams().get("keys");
        RandomStream copy = new RandomStream(saved.seed(), saved.position());
        Dropout two = new Dropout(0.5, RandomKey.of(2));
        two.restoreStreams(Map.of("keys", copy));
        float[] first = one.forward(input).toFloatArray();
        assertArrayEquals(first, two.forward(input).toFloatArray());
        assertEquals(1, copy.position());
        assertMessage("paths differ", () -> two.restoreStreams(Map.of()));
    }

    @Test
    void wrongTreesAreRefused() {
        final class Tree extends Module {
            void add(String name, Module module) {
                child(name, module);
            }

            @Override
            protected Tensor compute(Tensor input) {
                return input;
            }
        }
        Tree outer = new Tree();
        Tree inner = new Tree();
        outer.add("a", inner);
        assertMessage("inside of itself", () -> inner.add("b", outer));
        assertMessage("inside of itself", () -> inner.add("b", inner));
        assertMessage("name is taken", () -> outer.add("a", new Identity()));
        assertMessage("no dots", () -> outer.add("a.b", new Identity()));
        assertMessage("not a name", () -> outer.add("", new Identity()));
    }

    private static void assertMessage(String part, Runnable body) {
        InvalidArgument error = assertThrows(InvalidArgument.class, body::run);
        assertTrue(error.getMessage().contains(part), error.getMessage());
    }

    @Test
    void denseMultipliesAndAdds() {
        Dense dense = Dense.builder(3, 2).dtype(DType.F64).key(RandomKey.of(1)).build();
        double[] w = dense.weight().value().toDoubleArray();
        double[] b = dense.bias().value().toDoubleArray();
        double[] x = {1, 2, 3, -1, 0.5, 4};
        double[] expected = new double[4];
        for (int n = 0; n < 2; n++) {
            for (int o = 0; o < 2; o++) {
                expected[n * 2 + o] = b[o];
                for (int i = 0; i < 3; i++) {
                    expected[n * 2 + o] += x[n * 3 + i] * w[i * 2 + o];
                }
            }
        }
        assertArrayEquals(expected, dense.forward(Tensor.of(x, 2, 3)).toDoubleArray(), 1e-14);
        Tensor deep = dense.forward(Tensor.of(x, 1, 2, 1, 3));
        assertEquals(Shape.of(1, 2, 1, 2), deep.shape());
        assertArrayEquals(expected, deep.toDoubleArray(), 1e-14);
        Tensor one = dense.forward(Tensor.of(new double[] {1, 2, 3}));
        assertArrayEquals(new double[] {expected[0], expected[1]}, one.toDoubleArray(), 1e-14);
        assertEquals(Shape.of(2), one.shape());
        assertEquals(
                Shape.of(0, 2), dense.forward(Tensor.of(new double[0], 0, 3)).shape());
        assertEquals(1, Dense.builder(3, 2).withoutBias().build().variables().size());
    }

    @Test
    void denseBoundsItsFirstValues() {
        Dense dense = new Dense(100, 50);
        for (Variable variable : dense.parameters()) {
            float largest = variable.value().abs().max().toFloatArray()[0];
            assertTrue(largest <= 0.1f && largest > 0.08f, variable + " " + largest);
        }
        Dense one = Dense.builder(4, 4).key(RandomKey.of(3)).build();
        Dense two = Dense.builder(4, 4).key(RandomKey.of(3)).build();
        assertEquals(values(one), values(two));
    }

    @Test
    void layersHaveGradients() {
        Variable x = GradientCheck.variable(11, 3, 4);
        Dense dense = Dense.builder(4, 2).dtype(DType.F64).build();
        List<Variable> all = List.of(x, dense.weight(), dense.bias());
        Module model = Sequential.of(dense, Activation.TANH, Activation.softmax(-1));
        GradientCheck.first(() -> model.forward(x.value()).square().sum(), all);
        GradientCheck.second(() -> model.forward(x.value()).square().sum(), all);
        Module flat =
                Sequential.of(new Flatten(0), new Lambda("cube", y -> y.mul(y).mul(y)), new Identity());
        GradientCheck.first(() -> flat.forward(x.value()).sum(), List.of(x));
    }

    @Test
    void denseWithReluIsOneKernel() {
        CountedDevice device = CountedDevice.open();
        device.on(() -> {
            try (Scope _ = Scope.open()) {
                Module model = Sequential.of(new Dense(5, 3), Activation.RELU);
                Tensor x = Tensor.ones(2, 5).materialize();
                assertEquals("{MatMul=1}", device.count(() -> model.forward(x).materialize()));
            }
        });
    }

    @Test
    void denseExplainsWrongInput() {
        ShapeMismatch error =
                assertThrows(ShapeMismatch.class, () -> new Dense(784, 128).forward(Tensor.zeros(32, 28, 28)));
        assertEquals("""
                  Dense: input does not fit
                    expected […, 784]       Dense(784, 128)
                    given    [32, 28, 28]
                    hint: put a Flatten before this layer\
                  """, error.getMessage());
        assertMessage("1 or more inputs and outputs", () -> new Dense(0, 3));
        assertMessage("F32 or F64", () -> Dense.builder(1, 1).dtype(DType.I32));
        ShapeMismatch flat = assertThrows(ShapeMismatch.class, () -> new Flatten(2).forward(Tensor.zeros(3, 3)));
        assertTrue(flat.getMessage().contains("at least 3 axes"), flat.getMessage());
        assertMessage("0 or more", () -> new Flatten(-1));
    }

    @Test
    void everyActivationIsAModule() throws ReflectiveOperationException {
        Set<String> constants = new HashSet<>();
        Tensor x = Tensor.of(new double[] {-7, -1.5, -0.3, 0.2, 1, 6.5});
        for (Field field : Activation.class.getFields()) {
            Activation activation = (Activation) field.get(null);
            constants.add(activation.toString());
            double[] expected = x.apply(Ops.byName(activation.toString())).toDoubleArray();
            assertArrayEquals(expected, activation.forward(x).toDoubleArray(), activation.toString());
        }
        for (Method method : ActivationMethods.class.getDeclaredMethods()) {
            if (method.getParameterCount() == 0 && !method.getName().equals("self")) {
                assertTrue(constants.contains(method.getName()), method.getName());
            }
        }
        assertArrayEquals(
                x.leakyRelu(0.1).toDoubleArray(),
                Activation.leakyRelu(0.1).forward(x).toDoubleArray());
        assertArrayEquals(x.elu(2).toDoubleArray(), Activation.elu(2).forward(x).toDoubleArray());
        assertArrayEquals(
                x.celu(2).toDoubleArray(), Activation.celu(2).forward(x).toDoubleArray());
        assertArrayEquals(
                x.clamp(-1, 2).toDoubleArray(),
                Activation.clamp(-1, 2).forward(x).toDoubleArray());
        assertArrayEquals(
                x.logSoftmax(0).toDoubleArray(),
                Activation.logSoftmax(0).forward(x).toDoubleArray());
        assertEquals("clamp(-1.0, 2.0)", Activation.clamp(-1, 2).toString());
        assertMessage("slope out of range", () -> Activation.leakyRelu(Double.NaN));
        assertMessage("alpha out of range", () -> Activation.celu(0));
        assertMessage("out of order", () -> Activation.clamp(2, 1));
        assertMessage("operation does not fit", () -> Activation.of(Ops.ADD));
    }

    @Test
    void dropoutScalesWhatItKeeps() {
        Dropout dropout = new Dropout(0.2, RandomKey.of(4));
        int size = 20_000;
        float[] output = dropout.forward(Tensor.ones(size)).toFloatArray();
        int kept = 0;
        for (float value : output) {
            assertTrue(value == 0 || value == 1.25f, "" + value);
            kept += value == 0 ? 0 : 1;
        }
        // Four standard deviations of a binomial distribution.
        assertEquals(0.8 * size, kept, 4 * Math.sqrt(size * 0.2 * 0.8));
        float[] next = dropout.forward(Tensor.ones(size)).toFloatArray();
        assertFalse(Arrays.equals(output, next), "each pass draws a new mask");
        float[] all = new Dropout(1).forward(Tensor.ones(8)).toFloatArray();
        assertArrayEquals(new float[8], all);
        Tensor x = Tensor.ones(8);
        assertSame(x, new Dropout(0).forward(x));
        dropout.eval();
        assertSame(x, dropout.forward(x));
        assertMessage("given    1.5", () -> new Dropout(1.5));
        assertMessage("probability out of range", () -> new Dropout(Double.NaN));
    }

    @Test
    void dropoutsGradientUsesTheSameMask() {
        Variable x = Variable.parameter("x", Tensor.ones(256));
        Dropout dropout = new Dropout(0.5, RandomKey.of(4));
        Tensor output = dropout.forward(x.value());
        float[] gradient = output.sum().backward().get(x).toFloatArray();
        assertArrayEquals(output.toFloatArray(), gradient);
    }

    @Test
    void closingReleasesVariables() {
        Module model = model();
        model.close();
        model.close();
        assertThrows(ClosedTensor.class, () -> model.forward(Tensor.zeros(1, 6)));
    }
}
