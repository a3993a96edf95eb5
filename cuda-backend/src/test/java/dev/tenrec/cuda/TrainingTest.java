package dev.tenrec.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.backend.Backend;
import dev.tenrec.cpu.CpuProvider;
import dev.tenrec.data.IdxFile;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Conv2d;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Flatten;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Lstm;
import dev.tenrec.nn.MaxPool2d;
import dev.tenrec.nn.MultiHeadAttention;
import dev.tenrec.nn.Sequential;
import dev.tenrec.optim.Adam;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.testkit.MeasuredDevice;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Training steps: what they cost, and that they lead where those of the CPU backend lead. */
@Isolated("counters of the emulator are the process's")
class TrainingTest {

    private static final Path IMAGES = Path.of(
            System.getProperty("basedir", "."), "../examples/src/main/resources/dev/tenrec/examples/fashion-mnist");
    private static final int PIXELS = 784;
    private static final int BATCH = 32;
    private static final int STEPS = 20;

    /** What one step costs: kernels that were launched, products by cuBLAS among them or not, and bytes copied. */
    private record Cost(String kernels, long launches, long toDevice, long toHost) {}

    /** Costs launch by launch; as a graph the same step is one launch, and neither more copies. */
    private static Cost cost(Supplier<Sequential> create, Shape examples, int classes) {
        TestDevice.requireEmulator();
        Cost apart = cost(create, examples, classes, TestDevice.open(false));
        long graphs = Emulator.get("graphs");
        Cost together = cost(create, examples, classes, TestDevice.open(true));
        assertEquals(new Cost(apart.kernels, 0, 0, 0), together);
        assertTrue(Emulator.get("graphs") - graphs >= 1, "replayed as a graph");
        return apart;
    }

    private static Cost cost(Supplier<Sequential> create, Shape examples, int classes, Backend backend) {
        try (MeasuredDevice device = MeasuredDevice.open(backend)) {
            Cost[] cost = new Cost[1];
            device.run(() -> {
                Sequential network = create.get();
                network.initialize(3);
                try (network;
                        Adam adam = new Adam(network.parameters(), 1e-3);
                        Scope _ = Scope.open()) {
                    Tensor inputs = RandomKey.of(1).normal(DType.F32, examples).materialize();
                    Tensor labels = inputs.reshape(examples.size(0), -1)
                            .slice(1, 0, classes)
                            .argmax(1)
                            .materialize();
                    Runnable step = () -> Scope.run(() -> adam.step(
                            Losses.crossEntropy(network.forward(inputs), labels).backward()));
                    for (int i = 0; i < 4; i++) {
                        step.run();
                    }
                    device.context().backend().synchronize();
                    long graphs = Emulator.get("graphs");
                    long launches = Emulator.get("launches");
                    long toDevice = Emulator.get("h2d_bytes");
                    long toHost = Emulator.get("d2h_bytes");
                    String kernels = device.measure(step).summary();
                    assertTrue(Emulator.get("graphs") - graphs <= 1, "a step is one graph");
                    cost[0] = new Cost(
                            kernels,
                            Emulator.get("launches") - launches,
                            Emulator.get("h2d_bytes") - toDevice,
                            Emulator.get("d2h_bytes") - toHost);
                }
            });
            return cost[0];
        }
    }

    @Test
    void aStepOfADenseNetwork() {
        assertEquals(
                new Cost("Map 5, Reduce 2, MatMul 5, CrossEntropy 1, CrossEntropyGradient 1", 11, 0, 0),
                cost(() -> Sequential.of(new Dense(64, 48), Activation.RELU, new Dense(48, 10)), Shape.of(32, 64), 10));
    }

    @Test
    void aStepOfAConvolutionalNetwork() {
        assertEquals(
                new Cost(
                        "Map 7, Reduce 2, MatMul 3, CrossEntropy 1, CrossEntropyGradient 1, Convolution 2, MaxPool 1,"
                                + " MaxPoolGradient 1",
                        17,
                        0,
                        0),
                cost(
                        () -> Sequential.of(
                                new Conv2d(1, 4, 3),
                                Activation.RELU,
                                new MaxPool2d(2),
                                new Flatten(),
                                new Dense(4 * 5 * 5, 10)),
                        Shape.of(8, 1, 12, 12),
                        10));
    }

    @Test
    void aStepOfARecurrentNetwork() {
        assertEquals(
                new Cost("Map 21, Reduce 3, MatMul 16, Copy 10, CrossEntropy 1, CrossEntropyGradient 1", 40, 0, 0),
                cost(
                        () -> Sequential.of(new Lstm(12, 16), new Flatten(), new Dense(16 * 5, 10)),
                        Shape.of(8, 5, 12),
                        10));
    }

    /** Three launches are attention's: one forward, two for its three gradients. */
    @Test
    void aStepOfAttention() {
        assertEquals(
                new Cost(
                        "Map 11, Reduce 3, MatMul 8, Copy 6, CrossEntropy 1, CrossEntropyGradient 1, Attention 1,"
                                + " AttentionGradient 1",
                        26,
                        0,
                        0),
                cost(
                        () -> Sequential.of(new MultiHeadAttention(12, 2), new Flatten(), new Dense(12 * 5, 10)),
                        Shape.of(8, 5, 12),
                        10));
    }

    /** By cuBLAS, whose kernels are not counted: what is widened, multiplied and rounded takes four of ours. */
    @Test
    void aProductOfSixteenBitsIsTheLibrarys() {
        try (MeasuredDevice device = MeasuredDevice.open(TestDevice.open(false))) {
            device.run(() -> Scope.run(() -> {
                for (DType dtype : List.of(DType.BF16, DType.F16)) {
                    Tensor x = RandomKey.of(1)
                            .normal(DType.F32, Shape.of(24, 24))
                            .to(dtype)
                            .materialize();
                    device.context().backend().synchronize();
                    long launches = Emulator.get("launches");
                    x.matmul(x.transpose()).materialize();
                    device.context().backend().synchronize();
                    assertEquals(0, Emulator.get("launches") - launches, dtype.toString());
                }
            }));
        }
    }

    private static float[] losses(Backend backend, byte[] images, byte[] labels) {
        float[] losses = new float[STEPS];
        try (MeasuredDevice device = MeasuredDevice.open(backend)) {
            device.run(() -> {
                Sequential network = Sequential.of(
                        new Dense(PIXELS, 64), Activation.RELU, new Dense(64, 32), Activation.RELU, new Dense(32, 10));
                network.initialize(7);
                try (network;
                        Adam adam = new Adam(network.parameters(), 4e-3)) {
                    for (int i = 0; i < STEPS; i++) {
                        byte[] pixels = Arrays.copyOfRange(images, i * BATCH * PIXELS, (i + 1) * BATCH * PIXELS);
                        byte[] classes = Arrays.copyOfRange(labels, i * BATCH, (i + 1) * BATCH);
                        losses[i] = Scope.call(() -> {
                            Tensor x = Tensor.ofBytes(pixels, BATCH, PIXELS)
                                    .to(DType.F32)
                                    .div(255);
                            Tensor y = Tensor.ofBytes(classes, BATCH).to(DType.I32);
                            Tensor loss = Losses.crossEntropy(network.forward(x), y);
                            adam.step(loss.backward());
                            return (float) loss.item();
                        });
                    }
                }
            });
        }
        return losses;
    }

    @Test
    void fashionMnistFollowsTheCpuBackend() throws IOException {
        TestDevice.require();
        try (Arena arena = Arena.ofConfined()) {
            byte[] images = IdxFile.read(IMAGES.resolve("train-images-idx3-ubyte.gz"), arena, 1L << 30)
                    .toByteArray();
            byte[] labels = IdxFile.read(IMAGES.resolve("train-labels-idx1-ubyte.gz"), arena, 1L << 30)
                    .toByteArray();
            float[] expected = losses(new CpuProvider().open(0), images, labels);
            float[] given = losses(TestDevice.open(), images, labels);
            assertTrue(expected[STEPS - 1] < 0.7f * expected[0], Arrays.toString(expected));
            for (int i = 0; i < STEPS; i++) {
                assertEquals(expected[i], given[i], 1e-4f, "step " + i);
            }
        }
    }
}
