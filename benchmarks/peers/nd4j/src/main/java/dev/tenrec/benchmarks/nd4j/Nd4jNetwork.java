package dev.tenrec.benchmarks.nd4j;

import dev.tenrec.benchmarks.work.Mlp;
import dev.tenrec.benchmarks.work.TrainStep;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions;

/** The network with the weights that all libraries start from. */
final class Nd4jNetwork {

    private Nd4jNetwork() {}

    /** Makes the network; the last activation is softmax for training, and none for logits. */
    static MultiLayerNetwork make(Activation last) {
        List<Mlp.Layer> layers = Mlp.layers();
        var configuration = new NeuralNetConfiguration.Builder()
                .updater(new Adam(TrainStep.LEARNING_RATE))
                .list();
        for (Mlp.Layer layer : layers) {
            configuration.layer(
                    layer == layers.getLast()
                            ? new OutputLayer.Builder(
                                            last == Activation.SOFTMAX
                                                    ? LossFunctions.LossFunction.MCXENT
                                                    : LossFunctions.LossFunction.MSE)
                                    .nIn(layer.inputs())
                                    .nOut(layer.outputs())
                                    .activation(last)
                                    .build()
                            : new DenseLayer.Builder()
                                    .nIn(layer.inputs())
                                    .nOut(layer.outputs())
                                    .activation(Activation.RELU)
                                    .build());
        }
        MultiLayerNetwork network = new MultiLayerNetwork(configuration.build());
        network.init();
        for (int i = 0; i < layers.size(); i++) {
            Mlp.Layer layer = layers.get(i);
            network.getLayer(i)
                    .getParam("W")
                    .assign(Nd4j.create(layer.weights(), new long[] {layer.inputs(), layer.outputs()}, 'c'));
            network.getLayer(i).getParam("b").assign(0);
        }
        return network;
    }
}
