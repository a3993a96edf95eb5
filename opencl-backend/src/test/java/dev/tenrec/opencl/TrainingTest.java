package dev.tenrec.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.backend.Backend;
import dev.tenrec.backend.ReferenceProvider;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Conv2d;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Flatten;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Lstm;
import dev.tenrec.nn.MaxPool2d;
import dev.tenrec.nn.Sequential;
import dev.tenrec.optim.Adam;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.testkit.MeasuredDevice;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Small networks of the kinds of the examples learn as they do on the reference backend, step by step. */
@Isolated("it registers a device in place of the one that other suites compute on")
class TrainingTest {

    private static final int CLASSES = 4;
    private static final int STEPS = 12;

    private static float[] losses(Backend backend, Supplier<Sequential> create, Shape examples) {
        float[] losses = new float[STEPS];
        try (MeasuredDevice device = MeasuredDevice.open(backend)) {
            device.run(() -> {
                Sequential network = create.get();
                network.initialize(11);
                try (network;
                        Adam adam = new Adam(network.parameters(), 1e-2)) {
                    for (int i = 0; i < STEPS; i++) {
                        losses[i] = Scope.call(() -> {
                            Tensor inputs = RandomKey.of(5).normal(DType.F32, examples);
                            Tensor labels = inputs.reshape(examples.size(0), -1)
                                    .slice(1, 0, CLASSES)
                                    .argmax(1);
                            Tensor loss = Losses.crossEntropy(network.forward(inputs), labels);
                            adam.step(loss.backward());
                            return (float) loss.item();
                        });
                    }
                }
            });
        }
        return losses;
    }

    private static void follows(Supplier<Sequential> create, Shape examples) {
        TestDevice.require();
        float[] expected = losses(new ReferenceProvider().open(0), create, examples);
        float[] given = losses(TestDevice.openUnoptimized(), create, examples);
        assertTrue(expected[STEPS - 1] < 0.8f * expected[0], Arrays.toString(expected));
        for (int i = 0; i < STEPS; i++) {
            assertEquals(expected[i], given[i], 1e-4f * expected[0], "step " + i);
        }
    }

    @Test
    void aDenseNetwork() {
        follows(() -> Sequential.of(new Dense(24, 20), Activation.RELU, new Dense(20, CLASSES)), Shape.of(32, 24));
    }

    @Test
    void aConvolutionalNetwork() {
        follows(
                () -> Sequential.of(
                        new Conv2d(1, 4, 3),
                        Activation.RELU,
                        new MaxPool2d(2),
                        new Flatten(),
                        new Dense(4 * 3 * 3, CLASSES)),
                Shape.of(24, 1, 8, 8));
    }

    @Test
    void aRecurrentNetwork() {
        follows(() -> Sequential.of(new Lstm(6, 10), new Flatten(), new Dense(10 * 5, CLASSES)), Shape.of(24, 5, 6));
    }
}
