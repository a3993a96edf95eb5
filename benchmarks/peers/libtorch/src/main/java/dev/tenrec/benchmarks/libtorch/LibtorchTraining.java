package dev.tenrec.benchmarks.libtorch;

import dev.tenrec.benchmarks.work.Mlp;
import dev.tenrec.benchmarks.work.Task;
import dev.tenrec.benchmarks.work.TrainStep;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Training steps with PyTorch's automatic differentiation and its Adam. */
final class LibtorchTraining implements Task {
    private final int batch;
    private final float[][] inputs;
    private final int[][] labels;
    private final LibtorchNetwork network = new LibtorchNetwork();
    private final Adam adam = new Adam(network.parameters(), new AdamOptions(TrainStep.LEARNING_RATE));
    private int next;
    private float loss;

    LibtorchTraining(TrainStep step) {
        batch = step.batch();
        inputs = step.inputs();
        labels = step.labels();
    }

    @Override
    public void run() {
        try (PointerScope _ = new PointerScope()) {
            Tensor input = LibtorchLibrary.tensor(inputs[next], batch, Mlp.INPUTS);
            Tensor target = LibtorchLibrary.labels(labels[next]);
            adam.zero_grad();
            Tensor mean = torch.cross_entropy(network.forward(input), target);
            mean.backward();
            adam.step();
            loss = mean.item_float();
            // What leaves the functions above is kept from their scopes, and ends here.
            input.close();
            target.close();
        }
        next = (next + 1) % inputs.length;
    }

    @Override
    public float[] result() {
        return new float[] {loss};
    }

    @Override
    public void close() {
        adam.close();
        network.close();
    }
}
