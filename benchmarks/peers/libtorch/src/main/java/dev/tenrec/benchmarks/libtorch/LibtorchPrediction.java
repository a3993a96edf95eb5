package dev.tenrec.benchmarks.libtorch;

import dev.tenrec.benchmarks.work.Mlp;
import dev.tenrec.benchmarks.work.Predict;
import dev.tenrec.benchmarks.work.Task;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Answers in PyTorch's inference mode, from native memory that the example is copied to. */
final class LibtorchPrediction implements Task {
    private final float[] example;
    private final LibtorchNetwork network = new LibtorchNetwork();
    private final FloatPointer memory = new FloatPointer(Mlp.INPUTS);
    private final Tensor input = torch.from_blob(memory, 1, Mlp.INPUTS);
    private float[] output;

    LibtorchPrediction(Predict predict) {
        example = predict.input();
    }

    @Override
    public void run() {
        try (PointerScope _ = new PointerScope();
                InferenceMode _ = new InferenceMode()) {
            memory.put(example);
            float[] logits = new float[Mlp.CLASSES];
            new FloatPointer(network.forward(input).data_ptr()).get(logits);
            output = logits;
        }
    }

    @Override
    public float[] result() {
        return output.clone();
    }

    @Override
    public void close() {
        input.close();
        memory.close();
        network.close();
    }
}
