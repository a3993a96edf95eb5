package dev.tenrec.benchmarks.djl;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.ParameterStore;
import dev.tenrec.benchmarks.work.Mlp;
import dev.tenrec.benchmarks.work.Predict;
import dev.tenrec.benchmarks.work.Task;

/** Answers by the block itself: a predictor does the same and more around it. */
final class DjlPrediction implements Task {
    private static final Shape ONE = new Shape(1, Mlp.INPUTS);

    private final float[] example;
    private final NDManager manager;
    private final SequentialBlock block = DjlNetwork.block();
    private final ParameterStore parameters;
    private float[] output;

    DjlPrediction(NDManager manager, Predict predict) {
        this.manager = manager;
        example = predict.input();
        DjlNetwork.initialize(block, manager, 1);
        parameters = new ParameterStore(manager, false);
    }

    @Override
    public void run() {
        try (NDManager step = manager.newSubManager()) {
            output = block.forward(parameters, new NDList(step.create(example, ONE)), false)
                    .singletonOrThrow()
                    .toFloatArray();
        }
    }

    @Override
    public float[] result() {
        return output.clone();
    }

    @Override
    public void close() {
        manager.close();
    }
}
