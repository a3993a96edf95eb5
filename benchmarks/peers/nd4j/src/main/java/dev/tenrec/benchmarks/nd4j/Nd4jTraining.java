package dev.tenrec.benchmarks.nd4j;

import dev.tenrec.benchmarks.work.Mlp;
import dev.tenrec.benchmarks.work.Task;
import dev.tenrec.benchmarks.work.TrainStep;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Training steps with Deeplearning4j, which wants labels as rows of zeros and a one. */
final class Nd4jTraining implements Task {
    private final int batch;
    private final float[][] inputs;
    private final float[][] targets;
    private final MultiLayerNetwork network = Nd4jNetwork.make(Activation.SOFTMAX);
    private int next;
    private float loss;

    Nd4jTraining(TrainStep step) {
        batch = step.batch();
        inputs = step.inputs();
        int[][] labels = step.labels();
        targets = new float[labels.length][batch * Mlp.CLASSES];
        for (int i = 0; i < labels.length; i++) {
            for (int row = 0; row < batch; row++) {
                targets[i][row * Mlp.CLASSES + labels[i][row]] = 1;
            }
        }
    }

    @Override
    public void run() {
        try (INDArray input = Nd4j.create(inputs[next], new long[] {batch, Mlp.INPUTS}, 'c');
                INDArray target = Nd4j.create(targets[next], new long[] {batch, Mlp.CLASSES}, 'c')) {
            network.fit(input, target);
            loss = (float) network.score();
        }
        next = (next + 1) % inputs.length;
    }

    @Override
    public float[] result() {
        return new float[] {loss};
    }

    @Override
    public void close() {
        network.close();
    }
}
