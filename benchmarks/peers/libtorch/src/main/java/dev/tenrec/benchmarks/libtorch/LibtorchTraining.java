package dev.tenrec.benchmarks.libtorch;

import dev.tenrec.benchmarks.work.Cnn;
import dev.tenrec.benchmarks.work.CnnStep;
import dev.tenrec.benchmarks.work.Mlp;
import dev.tenrec.benchmarks.work.RecurrentNetwork;
import dev.tenrec.benchmarks.work.RecurrentStep;
import dev.tenrec.benchmarks.work.Task;
import dev.tenrec.benchmarks.work.TrainStep;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Training steps with PyTorch's automatic differentiation and its Adam. */
final class LibtorchTraining implements Task {
    private final IntFunction<Tensor> inputs;
    private final int[][] labels;
    private final UnaryOperator<Tensor> network;
    private final Runnable closeNetwork;
    private final Adam adam;
    private int next;
    private float loss;

    private LibtorchTraining(
            IntFunction<Tensor> inputs,
            int[][] labels,
            UnaryOperator<Tensor> network,
            TensorVector parameters,
            Runnable closeNetwork) {
        this.inputs = inputs;
        this.labels = labels;
        this.network = network;
        this.closeNetwork = closeNetwork;
        adam = new Adam(parameters, new AdamOptions(TrainStep.LEARNING_RATE));
    }

    static Task of(TrainStep step) {
        float[][] inputs = step.inputs();
        LibtorchNetwork network = new LibtorchNetwork();
        return new LibtorchTraining(
                i -> LibtorchLibrary.tensor(inputs[i], step.batch(), Mlp.INPUTS),
                step.labels(),
                network::forward,
                network.parameters(),
                network::close);
    }

    static Task of(CnnStep step) {
        float[][] inputs = step.examples().inputs();
        LibtorchLayers network = LibtorchLayers.convolutional();
        return new LibtorchTraining(
                i -> LibtorchLibrary.tensor(inputs[i], step.batch(), 1, Cnn.SIDE, Cnn.SIDE),
                step.examples().labels(),
                network::forward,
                network.parameters(),
                network::close);
    }

    static Task of(RecurrentStep step) {
        int[][] inputs = step.inputs();
        LibtorchLayers network = LibtorchLayers.recurrent(step.cell());
        return new LibtorchTraining(
                i -> LibtorchLibrary.labels(inputs[i], step.batch(), RecurrentNetwork.STEPS),
                step.targets(),
                network::forward,
                network.parameters(),
                network::close);
    }

    @Override
    public void run() {
        try (PointerScope _ = new PointerScope()) {
            Tensor input = inputs.apply(next);
            Tensor target = LibtorchLibrary.labels(labels[next], labels[next].length);
            adam.zero_grad();
            Tensor mean = torch.cross_entropy(network.apply(input), target);
            mean.backward();
            adam.step();
            loss = mean.item_float();
            // What leaves the functions above is kept from their scopes, and ends here.
            input.close();
            target.close();
        }
        next = (next + 1) % labels.length;
    }

    @Override
    public float[] result() {
        return new float[] {loss};
    }

    @Override
    public void close() {
        adam.close();
        closeNetwork.run();
    }
}
