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
import dev.tenrec.benchmarks.work.Cnn;
import dev.tenrec.benchmarks.work.CnnStep;
import dev.tenrec.benchmarks.work.Mlp;
import dev.tenrec.benchmarks.work.RecurrentNetwork;
import dev.tenrec.benchmarks.work.RecurrentStep;
import dev.tenrec.benchmarks.work.Task;
import dev.tenrec.benchmarks.work.TrainStep;
import java.util.function.BiFunction;

/** Training steps with DJL's trainer; its Adam is composed of array operations in Java. */
final class DjlTraining implements Task {
    private final NDManager manager;
    private final BiFunction<NDManager, Integer, NDArray> inputs;
    private final int[][] labels;
    private final Loss crossEntropy = Loss.softmaxCrossEntropyLoss();
    private final Model model = Model.newInstance("network", Device.cpu(), "PyTorch");
    private final Trainer trainer;
    private int next;
    private float loss;

    private DjlTraining(
            NDManager manager,
            BiFunction<NDManager, Integer, NDArray> inputs,
            int[][] labels,
            SequentialBlock block,
            Shape batch) {
        this.manager = manager;
        this.inputs = inputs;
        this.labels = labels;
        model.setBlock(block);
        Adam adam = Adam.builder()
                .optLearningRateTracker(Tracker.fixed((float) TrainStep.LEARNING_RATE))
                .build();
        trainer = model.newTrainer(
                new DefaultTrainingConfig(crossEntropy).optOptimizer(adam).optDevices(new Device[] {Device.cpu()}));
        trainer.initialize(batch);
    }

    static Task of(NDManager manager, TrainStep step) {
        Shape batch = new Shape(step.batch(), Mlp.INPUTS);
        SequentialBlock block = DjlNetwork.block();
        DjlTraining training = images(manager, step, batch, block);
        DjlNetwork.setWeights(block);
        return training;
    }

    static Task of(NDManager manager, CnnStep step) {
        Shape batch = new Shape(step.batch(), 1, Cnn.SIDE, Cnn.SIDE);
        SequentialBlock block = DjlLayers.convolutional();
        DjlTraining training = images(manager, step.examples(), batch, block);
        DjlLayers.setParameters(block, Cnn.parameters());
        return training;
    }

    private static DjlTraining images(NDManager manager, TrainStep step, Shape batch, SequentialBlock block) {
        float[][] inputs = step.inputs();
        return new DjlTraining(manager, (to, i) -> to.create(inputs[i], batch), step.labels(), block, batch);
    }

    static Task of(NDManager manager, RecurrentStep step) {
        Shape batch = new Shape(step.batch(), RecurrentNetwork.STEPS);
        SequentialBlock block = DjlLayers.recurrent(step.cell());
        int[][] inputs = step.inputs();
        DjlTraining training =
                new DjlTraining(manager, (to, i) -> to.create(inputs[i], batch), step.targets(), block, batch);
        DjlLayers.setParameters(block, RecurrentNetwork.parameters(step.cell()));
        return training;
    }

    @Override
    public void run() {
        // All that a step makes goes with its own manager.
        try (NDManager step = manager.newSubManager()) {
            NDArray input = inputs.apply(step, next);
            NDArray target = step.create(labels[next]);
            try (GradientCollector collector = trainer.newGradientCollector()) {
                NDArray mean = crossEntropy.evaluate(new NDList(target), trainer.forward(new NDList(input)));
                collector.backward(mean);
                loss = mean.getFloat();
            }
            trainer.step();
        }
        next = (next + 1) % labels.length;
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
