package dev.tenrec.benchmarks.libtorch;

import dev.tenrec.benchmarks.work.Mlp;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** The network as linear layers with the weights that all libraries start from. */
final class LibtorchNetwork {
    private final List<LinearImpl> layers = new ArrayList<>();

    LibtorchNetwork() {
        for (Mlp.Layer layer : Mlp.layers()) {
            LinearImpl linear = new LinearImpl(layer.inputs(), layer.outputs());
            try (NoGradGuard _ = new NoGradGuard();
                    Tensor weights =
                            LibtorchLibrary.tensor(layer.transposedWeights(), layer.outputs(), layer.inputs())) {
                linear.weight().copy_(weights);
                linear.bias().zero_();
            }
            layers.add(linear);
        }
    }

    Tensor forward(Tensor input) {
        Tensor values = input;
        for (int i = 0; i < layers.size(); i++) {
            values = layers.get(i).forward(values);
            if (i + 1 < layers.size()) {
                values = torch.relu(values);
            }
        }
        return values;
    }

    TensorVector parameters() {
        List<Tensor> parameters = new ArrayList<>();
        for (LinearImpl layer : layers) {
            parameters.add(layer.weight());
            parameters.add(layer.bias());
        }
        return new TensorVector(parameters.toArray(Tensor[]::new));
    }

    void close() {
        layers.forEach(LinearImpl::close);
    }
}
