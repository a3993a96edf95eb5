package dev.tenrec.benchmarks.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.tenrec.benchmarks.work.Mlp;

/** The network as a block, and the weights that all libraries start from. */
final class DjlNetwork {

    private DjlNetwork() {}

    static SequentialBlock block() {
        SequentialBlock block = new SequentialBlock();
        for (Mlp.Layer layer : Mlp.layers()) {
            if (!block.getChildren().isEmpty()) {
                block.add(Activation::relu);
            }
            block.add(Linear.builder().setUnits(layer.outputs()).build());
        }
        return block;
    }

    /** Makes the parameters, for batches of a size. */
    static void initialize(SequentialBlock block, NDManager manager, int batch) {
        block.initialize(manager, DataType.FLOAT32, new Shape(batch, Mlp.INPUTS));
        setWeights(block);
    }

    /** Writes the weights, and zeros for the biases. */
    static void setWeights(SequentialBlock block) {
        var layers = Mlp.layers().iterator();
        for (var pair : block.getParameters()) {
            Parameter parameter = pair.getValue();
            NDArray array = parameter.getArray();
            if (parameter.getType() == Parameter.Type.WEIGHT) {
                array.set(layers.next().transposedWeights());
            } else {
                array.set(new float[(int) array.size()]);
            }
        }
    }
}
