package dev.tenrec.cpu;

import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Dropout;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Sequential;
import dev.tenrec.optim.Adam;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;

/** Trains a small network and prints a hash of its weights' bits; run in JVMs of its own by {@link DeterminismTest}. */
final class TrainingProbe {

    private static final int BATCH = 64;
    private static final int FEATURES = 300;
    private static final int CLASSES = 10;

    private TrainingProbe() {}

    public static void main(String[] args) throws Exception {
        int steps = Integer.parseInt(args[0]);
        System.out.println("weights " + train(steps));
    }

    static String train(int steps) throws Exception {
        Sequential model = Sequential.of(
                new Dense(FEATURES, 200),
                Activation.GELU,
                new Dropout(0.1),
                new Dense(200, 120),
                Activation.TANH,
                new Dense(120, CLASSES));
        model.initialize(5);
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (model;
                Adam adam = new Adam(model.parameters(), 1e-3)) {
            for (int i = 0; i < steps; i++) {
                RandomKey key = RandomKey.of(9).fold(i);
                Scope.run(() -> {
                    Tensor inputs = key.normal(DType.F32, Shape.of(BATCH, FEATURES));
                    Tensor labels = inputs.slice(1, 0, CLASSES).argmax(1);
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
        return HexFormat.of().formatHex(digest.digest());
    }
}
