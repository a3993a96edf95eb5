package dev.tenrec.examples.lecture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.examples.ExampleRunner;
import dev.tenrec.examples.lecture.Likelihood.State;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Identity;
import dev.tenrec.nn.Module;
import dev.tenrec.nn.Sequential;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LectureTest {
    @TempDir
    private Path folder;

    private String run(int code, String... args) {
        StringWriter text = new StringWriter();
        PrintWriter writer = new PrintWriter(text);
        assertEquals(code, ExampleRunner.run(new Lecture(), writer, writer, args), text::toString);
        return text.toString();
    }

    private String program(String name) {
        return run(0, name, "--output", folder.toString());
    }

    private static double[] rounded(Tensor tensor) {
        return Arrays.stream(tensor.toDoubleArray()).map(Math::rint).toArray();
    }

    @Test
    void everyProgramIsListedAndUnknownOnesAreRefused() {
        assertEquals(Lecture.programs().size(), run(0).lines().count());
        String refused = run(2, "no-such");
        assertTrue(refused.contains("expected one of feed-forward, non-linear"), refused);
        assertEquals(1, refused.lines().count(), refused);
    }

    @Test
    void feedForwardByHand() {
        Scope.run(() -> {
            var layers = FeedForward.example();
            assertArrayEquals(new double[] {2, 2, 5}, layers.get(0).z().toDoubleArray());
            assertArrayEquals(new double[] {1, 1, 1}, layers.get(0).a().toDoubleArray());
            assertArrayEquals(new double[] {2}, layers.get(1).z().toDoubleArray());
            assertArrayEquals(new double[] {1}, layers.get(1).a().toDoubleArray());
            assertArrayEquals(
                    new double[] {0, 1, 1},
                    Notation.step(Tensor.of(new float[] {-1, 0, 1}, 3)).toDoubleArray());
        });
        String printed = program("feed-forward");
        assertTrue(printed.contains("z2 = [2, 2, 5]") && printed.contains("h(x) = 1"), printed);
    }

    @Test
    void linearLayersAreOneMatrixAndCannotLearnXor() {
        Scope.run(() -> {
            NonLinear.Linear linear = NonLinear.collapse();
            assertArrayEquals(linear.single().toDoubleArray(), linear.deep().toDoubleArray(), 1e-12);
        });
        try (Module identity = NonLinear.network(new Identity(), new Identity());
                Module sigmoid = NonLinear.network(Activation.SIGMOID, Activation.SIGMOID)) {
            // The best that one line can do is one half for every sample.
            assertEquals(Math.log(2), Xor.train(identity, 400), 0.005);
            double learned = Xor.train(sigmoid, 400);
            assertTrue(learned < 0.05, () -> "loss " + learned);
        }
        assertTrue(program("non-linear").contains("g(z) = z"));
    }

    @Test
    void truthTables() {
        Scope.run(() -> {
            Tensor x = Logic.inputs();
            Tensor and = Logic.unit(x, Logic.AND);
            assertArrayEquals(new double[] {0, 0, 0, 1}, rounded(and));
            assertEquals(1 / (1 + Math.exp(-10)), and.toDoubleArray()[3], 1e-6);
            assertArrayEquals(new double[] {0, 1, 1, 1}, rounded(Logic.unit(x, Logic.OR)));
            assertArrayEquals(new double[] {1, 0, 0, 0}, rounded(Logic.unit(x, Logic.NOR)));
            assertArrayEquals(new double[] {1, 0}, rounded(Logic.unit(Tensor.of(new float[] {0, 1}, 1, 2), Logic.NOT)));
            assertArrayEquals(new double[] {1, 0, 0, 1}, rounded(Logic.xnor()));
        });
        try (Module learned = Logic.learnXor()) {
            assertArrayEquals(new double[] {0, 1, 1, 0}, Xor.predict(learned), 0.1);
        }
        assertTrue(program("logic").contains("XNOR"));
        assertTrue(Files.exists(folder.resolve("xor.png")));
    }

    @Test
    void rectanglesAndUnionsOfThemClassifyEverySample() {
        Scope.run(() -> {
            int count = 2000;
            Tensor samples = RandomKey.of(7).uniform(DType.F32, Shape.of(2, count), -1, 1);
            float[] x = samples.toFloatArray();
            float[] corners =
                    RandomKey.of(8).uniform(DType.F32, Shape.of(40), -1, 1).toFloatArray();
            Rectangle[] all = new Rectangle[10];
            for (int r = 0; r < all.length; r++) {
                float[] c = Arrays.copyOfRange(corners, 4 * r, 4 * r + 4);
                all[r] = new Rectangle(
                        Math.min(c[0], c[1]), Math.max(c[0], c[1]), Math.min(c[2], c[3]), Math.max(c[2], c[3]));
                check(x, Rectangle.classify(samples, all[r]).toFloatArray(), all[r]);
            }
            check(x, Rectangle.classify(samples, all).toFloatArray(), all);
            check(new float[] {1, 2, 1, 2.5f, 0, 3, 3, 3.5f}, new float[] {1, 1, 1, 0}, new Rectangle(1, 2, 0, 3));
            assertEquals(
                    1,
                    Rectangle.classify(Tensor.of(new float[] {1, 3}, 2, 1), new Rectangle(1, 2, 0, 3))
                            .item(),
                    "the border is inside");
        });
        assertThrows(InvalidArgument.class, () -> new Rectangle(1, 0, 0, 1));
        assertThrows(InvalidArgument.class, () -> new Rectangle(0, Float.NaN, 0, 1));
        String printed = program("rectangle");
        assertEquals(
                2, printed.lines().filter(line -> line.startsWith("0 of 861")).count(), printed);
        assertTrue(Files.exists(folder.resolve("rectangle.png")));
    }

    private static void check(float[] x, float[] classes, Rectangle... rectangles) {
        int count = classes.length;
        for (int i = 0; i < count; i++) {
            int sample = i;
            boolean inside = Arrays.stream(rectangles).anyMatch(r -> r.contains(x[sample], x[count + sample]));
            assertEquals(inside ? 1 : 0, classes[i], () -> "sample " + sample);
        }
    }

    @Test
    void theNegativeLogarithmOfTheLikelihoodIsTheCrossEntropy() {
        try (Variable theta = Variable.parameter("theta", Scope.call(() -> Tensor.zeros(2, 1)))) {
            double before = 0;
            for (int i = 0; i < 50; i++) {
                State state = Likelihood.step(theta, 1);
                if (i == 0) {
                    assertEquals(Math.pow(0.5, 8), state.likelihood(), 1e-9);
                }
                assertEquals(-Math.log(state.likelihood()) / 8, state.loss(), 1e-6);
                assertArrayEquals(state.byHand(), state.gradient(), 1e-6);
                assertTrue(state.likelihood() > before - 1e-9, "the likelihood grows");
                before = state.likelihood();
            }
            assertTrue(before > 0.05, "likelihood " + before);
        }
    }

    @Test
    void hiddenUnitsThatBeginAtZeroStayEqual() {
        try (Sequential zeros = Likelihood.hidden(true);
                Sequential random = Likelihood.hidden(false)) {
            double[] weights =
                    Scope.call(() -> zeros.parameters().getFirst().value().toDoubleArray());
            for (int input = 0; input < 2; input++) {
                for (int unit = 1; unit < 4; unit++) {
                    assertEquals(weights[4 * input], weights[4 * input + unit], "all hidden units are one");
                }
            }
            double[] stuck = Xor.predict(zeros);
            double[] learned = Xor.predict(random);
            assertArrayEquals(new double[] {0.5, 0.5, 0.5, 0.5}, stuck, 1e-3);
            assertArrayEquals(new double[] {0, 1, 1, 0}, learned, 0.1);
        }
        assertTrue(program("likelihood").contains("from zeros"));
    }

    @Test
    void computationGraphsNodeByNode() throws Exception {
        Scope.run(() -> {
            try (Variable x = Variable.parameter("x", Tensor.scalar(1));
                    Variable y = Variable.parameter("y", Tensor.scalar(2));
                    Variable z = Variable.parameter("z", Tensor.scalar(0))) {
                Tensor f = Graphs.expression(x, y, z);
                assertEquals(6, f.item());
                Gradients gradients = f.backward();
                assertEquals(2, gradients.get(x).item());
                assertEquals(5, gradients.get(y).item());
                assertEquals(0, gradients.get(z).item());
            }
            try (Variable w = Graphs.weights();
                    Variable b = Graphs.column("b", 0.1f, 0.2f, 0.3f);
                    Variable u = Graphs.column("u", 1, 2, 3)) {
                Graphs.Layer layer = Graphs.layer(w, b, u);
                assertArrayEquals(
                        layer.delta().toDoubleArray(), layer.gradients().get(b).toDoubleArray(), 1e-6);
                assertArrayEquals(
                        layer.deltaX().toDoubleArray(), layer.gradients().get(w).toDoubleArray(), 1e-6);
                // 1 - tanh(0.1)^2, since z of the first unit is 0.5 - 0.5 + 0.1.
                assertEquals(0.990066, layer.delta().toDoubleArray()[0], 1e-5);
            }
        });
        String printed = program("graphs");
        assertTrue(printed.contains("value 3   gradient 2"), printed);
        assertTrue(printed.contains("value 2   gradient 3"), printed);
        for (String name : new String[] {"graph-expression.svg", "graph-layer.svg"}) {
            assertTrue(Files.readString(folder.resolve(name)).startsWith("<svg"));
        }
    }

    @Test
    void gradientsVanishThroughSigmoidsAndNotThroughReluFromHe() {
        double[] sigmoid =
                Vanishing.norms(Activation.SIGMOID, Vanishing.initializers().get("Xavier"), 30);
        double[] relu =
                Vanishing.norms(Activation.RELU, Vanishing.initializers().get("He"), 30);
        assertTrue(sigmoid[0] < 1e-10 * sigmoid[29], () -> Arrays.toString(sigmoid));
        assertTrue(relu[0] > 0.05 * relu[29], () -> Arrays.toString(relu));
        Scope.run(() -> {
            try (Variable z = Graphs.column("z", -3, -0.5f, 0, 1, 4)) {
                Tensor upstream = Tensor.of(new float[] {1, -2, 3, 0.5f, -1}, 5, 1);
                Tensor a = z.value().sigmoid();
                double[] byHand =
                        Vanishing.sigmoidBackward(a.detach(), upstream).toDoubleArray();
                double[] byAutograd = a.mul(upstream).sum().backward().get(z).toDoubleArray();
                assertArrayEquals(byHand, byAutograd, 1e-7);
            }
        });
        program("vanishing");
        assertTrue(Files.exists(folder.resolve("vanishing.png")));
    }

    @Test
    void momentumAndAdamAreFasterThanPlainDescent() {
        double plain = last("SGD 0.1");
        for (String name : new String[] {"momentum 0.1", "RMSProp 0.01", "Adam 0.01"}) {
            double loss = last(name);
            assertTrue(loss < 0.6 * plain, () -> name + " " + loss + ", SGD " + plain);
        }
        program("optimizers");
        assertTrue(Files.exists(folder.resolve("optimizers.png")));
    }

    private static double last(String name) {
        return Optimizers.losses(Optimizers.all().get(name))[Optimizers.STEPS - 1];
    }
}
