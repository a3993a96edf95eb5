package dev.tenrec.cpu;

import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.BatchNorm2d;
import dev.tenrec.nn.Conv2d;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Dropout;
import dev.tenrec.nn.Flatten;
import dev.tenrec.nn.Gru;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Lstm;
import dev.tenrec.nn.MaxPool2d;
import dev.tenrec.nn.Sequential;
import dev.tenrec.optim.Adam;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Trains small networks and prints a hash of their weights' bits; run in JVMs of its own by {@link DeterminismTest}. */
final class TrainingProbe {

    private static final int CLASSES = 10;

    private TrainingProbe() {}

    public static void main(String[] args) {
        int steps = Integer.parseInt(args[0]);
        System.out.println("weights " + train(steps));
    }

    /** A dense, a convolutional and a recurrent network, one after the other. */
    static String train(int steps) {
        MessageDigest digest = sha256();
        Sequential dense = Sequential.of(
                new Dense(300, 200),
                Activation.GELU,
                new Dropout(0.1),
                new Dense(200, 120),
                Activation.TANH,
                new Dense(120, CLASSES));
        train(dense, Shape.of(64, 300), steps, digest);
        Sequential convolutional = Sequential.of(
                new Conv2d(1, 12, 3),
                Activation.RELU,
                new MaxPool2d(2),
                new Conv2d(12, 20, 3),
                new BatchNorm2d(20),
                Activation.RELU,
                new MaxPool2d(2),
                new Flatten(),
                new Dense(20 * 2 * 2, CLASSES));
        train(convolutional, Shape.of(48, 1, 14, 14), steps / 2, digest);
        Sequential recurrent =
                Sequential.of(new Lstm(24, 40), new Gru(40, 32), new Flatten(), new Dense(32 * 9, CLASSES));
        train(recurrent, Shape.of(32, 9, 24), steps / 2, digest);
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void train(Sequential model, Shape examples, int steps, MessageDigest digest) {
        model.initialize(5);
        try (model;
                Adam adam = new Adam(model.parameters(), 1e-3)) {
            for (int i = 0; i < steps; i++) {
                RandomKey key = RandomKey.of(9).fold(i);
                Scope.run(() -> {
                    Tensor inputs = key.normal(DType.F32, examples);
                    Tensor labels = inputs.reshape(examples.size(0), -1)
                            .slice(1, 0, CLASSES)
                            .argmax(1);
                    Tensor loss = Losses.crossEntropy(model.forward(inputs), labels);
                    adam.step(loss.backward());
                });
            }
            for (Variable variable : model.variables()) {
                Scope.run(() -> {
                    float[] values = variable.value().toFloatArray();
                    ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
                    bytes.asFloatBuffer().put(values);
                    digest.update(bytes);
                });
            }
        }
    }
}
