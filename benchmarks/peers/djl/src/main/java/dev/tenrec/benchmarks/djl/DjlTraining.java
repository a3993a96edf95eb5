package dev.tenrec.benchmarks.djl;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Adam;
import ai.djl.training.tracker.Tracker;
import dev.tenrec.benchmarks.work.Mlp;
import dev.tenrec.benchmarks.work.Task;
import dev.tenrec.benchmarks.work.TrainStep;

/** Training steps with DJL's trainer; its Adam is composed of array operations in Java. */
final class DjlTraining implements Task {
    private final NDManager manager;
    private final Shape batch;
    private final float[][] inputs;
    private final int[][] labels;
    private final Loss crossEntropy = Loss.softmaxCrossEntropyLoss();
    private final Model model = Model.newInstance("mlp", Device.cpu(), "PyTorch");
    private final Trainer trainer;
    private int next;
    private float loss;

    DjlTraining(NDManager manager, TrainStep step) {
        this.manager = manager;
        batch = new Shape(step.batch(), Mlp.INPUTS);
        inputs = step.inputs();
        labels = step.labels();
        SequentialBlock block = DjlNetwork.block();
        model.setBlock(block);
        Adam adam = Adam.builder()
                .optLearningRateTracker(Tracker.fixed((float) TrainStep.LEARNING_RATE))
                .build();
        trainer = model.newTrainer(
                new DefaultTrainingConfig(crossEntropy).optOptimizer(adam).optDevices(new Device[] {Device.cpu()}));
        trainer.initialize(batch);
        DjlNetwork.setWeights(block);
    }

    @Override
    public void run() {
        // All that a step makes goes with its own manager.
        try (NDManager step = manager.newSubManager()) {
            NDArray input = step.create(inputs[next], batch);
            NDArray target = step.create(labels[next]);
            try (GradientCollector collector = trainer.newGradientCollector()) {
                NDArray mean = crossEntropy.evaluate(new NDList(target), trainer.forward(new NDList(input)));
                collector.backward(mean);
                loss = mean.getFloat();
            }
            trainer.step();
        }
        next = (next + 1) % inputs.length;
    }

    @Override
    public float[] result() {
        return new float[] {loss};
    }

    @Override
    public void close() {
        trainer.close();
        model.close();
        manager.close();
    }
}
