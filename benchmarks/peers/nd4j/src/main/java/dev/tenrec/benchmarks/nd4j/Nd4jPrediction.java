package dev.tenrec.benchmarks.nd4j;

import dev.tenrec.benchmarks.work.Mlp;
import dev.tenrec.benchmarks.work.Predict;
import dev.tenrec.benchmarks.work.Task;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Answers by Deeplearning4j. */
final class Nd4jPrediction implements Task {
    private final float[] example;
    private final MultiLayerNetwork network = Nd4jNetwork.make(Activation.IDENTITY);
    private float[] output;

    Nd4jPrediction(Predict predict) {
        example = predict.input();
    }

    @Override
    public void run() {
        try (INDArray input = Nd4j.create(example, new long[] {1, Mlp.INPUTS}, 'c');
                INDArray logits = network.output(input, false)) {
            output = logits.toFloatVector();
        }
    }

    @Override
    public float[] result() {
        return output.clone();
    }

    @Override
    public void close() {
        network.close();
    }
}
