package dev.tenrec.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.autograd.Autograd;
import dev.tenrec.memory.Scope;
import dev.tenrec.optim.Adam;
import dev.tenrec.optim.CountedDevice;
import dev.tenrec.optim.Optimizer;
import dev.tenrec.optim.Sgd;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Small networks learn, from the first line of a program to the last. */
class TrainingTest {

    private static final float[] CORNERS = {0, 0, 0, 1, 1, 0, 1, 1};
    private static final int[] XOR = {0, 1, 1, 0};
    private static final int ARM = 40;

    private record Run(double first, double last, List<float[]> weights, double accuracy) {}

    private static Run train(
            Sequential model,
            Function<Sequential, Optimizer> make,
            float[] points,
            int[] labels,
            int steps,
            long seed) {
        model.initialize(seed);
        Optimizer optimizer = make.apply(model);
        double[] losses = new double[steps];
        for (int i = 0; i < steps; i++) {
            int step = i;
            Scope.run(() -> {
                Tensor loss =
                        Losses.crossEntropy(model.forward(Tensor.of(points, labels.length, 2)), Tensor.of(labels));
                optimizer.step(loss.backward());
                losses[step] = loss.item();
            });
        }
        model.eval();
        return Scope.call(() -> {
            long[] found = Autograd.noGrad(() ->
                            model.forward(Tensor.of(points, labels.length, 2)).argmax(1))
                    .toLongArray();
            int right = 0;
            for (int i = 0; i < found.length; i++) {
                right += found[i] == labels[i] ? 1 : 0;
            }
            List<float[]> weights = new ArrayList<>();
            model.variables().forEach(variable -> weights.add(variable.value().toFloatArray()));
            return new Run(losses[0], losses[steps - 1], weights, (double) right / found.length);
        });
    }

    private static Run xor(long seed) {
        Sequential model = Sequential.of(new Dense(2, 8), Activation.TANH, new Dense(8, 2));
        return train(model, m -> new Adam(m.parameters(), 0.05), CORNERS, XOR, 150, seed);
    }

    @Test
    void aNetworkLearnsExclusiveOr() {
        Run run = xor(1);
        assertTrue(run.first > 0.5 && run.last < 0.02, run.first + " to " + run.last);
        assertEquals(1, run.accuracy);
    }

    @Test
    void theSameSeedGivesTheSameBits() {
        Run one = xor(2);
        Run two = xor(2);
        Run other = xor(3);
        assertEquals(one.last, two.last);
        assertNotEquals(one.last, other.last);
        for (int i = 0; i < one.weights.size(); i++) {
            assertArrayEquals(one.weights.get(i), two.weights.get(i), 0);
        }
    }

    @Test
    void aDeeperNetworkWithDropoutLearnsTwoSpirals() {
        float[] points = new float[4 * ARM];
        int[] labels = new int[2 * ARM];
        for (int i = 0; i < 2 * ARM; i++) {
            double along = (i / 2 + 4.0) / (ARM + 4);
            double angle = 1.5 * Math.PI * along + Math.PI * (i % 2);
            points[2 * i] = (float) (2 * along * Math.cos(angle));
            points[2 * i + 1] = (float) (2 * along * Math.sin(angle));
            labels[i] = i % 2;
        }
        Sequential model = Sequential.of(
                new Dense(2, 24),
                Activation.RELU,
                new Dropout(0.05),
                new Dense(24, 24),
                Activation.RELU,
                new Dense(24, 2));
        Run run = train(model, m -> new Sgd(m.parameters(), 0.1, Sgd.Options.nesterov(0.9)), points, labels, 250, 4);
        assertTrue(run.last < 0.3 * run.first, run.first + " to " + run.last);
        assertTrue(run.accuracy >= 0.95, "" + run.accuracy);
    }

    @Test
    void stepsLeaveNoMemoryBehind() {
        CountedDevice device = CountedDevice.open();
        device.on(() -> {
            Sequential model = Sequential.of(new Dense(6, 5), Activation.RELU, new Dropout(0.5), new Dense(5, 3));
            Adam adam = new Adam(model.parameters(), 1e-2);
            List<Long> live = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                Scope.run(() -> {
                    Tensor input = Tensor.ones(4, 6);
                    adam.step(Losses.crossEntropy(model.forward(input), Tensor.of(new int[] {0, 1, 2, 0}))
                            .backward());
                });
                live.add(device.liveBytes());
            }
            assertEquals(live.get(0), live.get(19));
            long held = 0;
            for (Variable variable : model.variables()) {
                // Value, both moments; the pool rounds to 64 bytes.
                held += 3 * ((variable.shape().elementCount() * 4 + 63) / 64 * 64);
            }
            assertEquals(held, live.get(19));
        });
    }

    @Test
    void crossEntropyTakesFewKernels() {
        CountedDevice device = CountedDevice.open();
        device.on(() -> Scope.run(() -> {
            Variable x = Variable.parameter("x", Tensor.ones(8, 10));
            Tensor labels = Tensor.of(new int[] {0, 1, 2, 3, 4, 5, 6, 7});
            // Reductions: largest, sum of exponentials, loss. Of the maps one is over the logits: the whole gradient.
            assertEquals(
                    "{Gather=1, Map=3, Reduce=3}",
                    device.count(() -> Losses.crossEntropy(x.value(), labels)
                            .backward()
                            .get(x)
                            .materialize()));
        }));
    }
}
