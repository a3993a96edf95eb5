package dev.tenrec.benchmarks;

import dev.tenrec.benchmarks.work.Cnn;
import dev.tenrec.benchmarks.work.CnnStep;
import dev.tenrec.benchmarks.work.Mlp;
import dev.tenrec.benchmarks.work.Parameter;
import dev.tenrec.benchmarks.work.RecurrentNetwork;
import dev.tenrec.benchmarks.work.RecurrentStep;
import dev.tenrec.benchmarks.work.Task;
import dev.tenrec.benchmarks.work.TrainStep;
import dev.tenrec.engine.Devices;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Activation;
import dev.tenrec.nn.Conv2d;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Embedding;
import dev.tenrec.nn.Flatten;
import dev.tenrec.nn.Gru;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Lstm;
import dev.tenrec.nn.MaxPool2d;
import dev.tenrec.nn.Module;
import dev.tenrec.nn.Sequential;
import dev.tenrec.optim.Adam;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.Device;
import java.util.List;
import java.util.function.IntFunction;

/** Training steps as a user of Tenrec would write them. */
final class TenrecTraining implements Task {
    private final Device device;
    private final Module network;
    private final Adam adam;
    private final IntFunction<Tensor> inputs;
    private final int[][] labels;
    private int next;
    private float loss;

    private TenrecTraining(Device device, Module network, IntFunction<Tensor> inputs, int[][] labels) {
        this.device = device;
        this.network = network;
        this.inputs = inputs;
        this.labels = labels;
        adam = new Adam(network.parameters(), TrainStep.LEARNING_RATE);
        network.train();
    }

    static Task dense(Device device, TrainStep step) {
        float[][] examples = step.inputs();
        return new TenrecTraining(
                device, TenrecLibrary.network(), i -> Tensor.of(examples[i], step.batch(), Mlp.INPUTS), step.labels());
    }

    static Task convolutional(Device device, CnnStep step) {
        Sequential network = Sequential.of(
                new Conv2d(1, Cnn.FIRST, Cnn.KERNEL),
                Activation.RELU,
                new MaxPool2d(Cnn.POOL),
                new Conv2d(Cnn.FIRST, Cnn.SECOND, Cnn.KERNEL),
                Activation.RELU,
                new MaxPool2d(Cnn.POOL),
                new Flatten(),
                new Dense(Cnn.FEATURES, Cnn.UNITS),
                Activation.RELU,
                new Dense(Cnn.UNITS, Cnn.CLASSES));
        assign(network, Cnn.parameters(), false);
        float[][] examples = step.examples().inputs();
        return new TenrecTraining(
                device,
                network,
                i -> Tensor.of(examples[i], step.batch(), 1, Cnn.SIDE, Cnn.SIDE),
                step.examples().labels());
    }

    static Task recurrent(Device device, RecurrentStep step) {
        Sequential network = Sequential.of(
                new Embedding(RecurrentNetwork.VOCABULARY, RecurrentNetwork.EMBEDDING),
                switch (step.cell()) {
                    case LSTM -> new Lstm(RecurrentNetwork.EMBEDDING, RecurrentNetwork.HIDDEN);
                    case GRU -> new Gru(RecurrentNetwork.EMBEDDING, RecurrentNetwork.HIDDEN);
                },
                new Dense(RecurrentNetwork.HIDDEN, RecurrentNetwork.VOCABULARY));
        assign(network, RecurrentNetwork.parameters(step.cell()), true);
        int[][] characters = step.inputs();
        return new TenrecTraining(
                device, network, i -> Tensor.of(characters[i], step.batch(), RecurrentNetwork.STEPS), step.targets());
    }

    /** Weights of Tenrec's layers, but for convolutions and tables, are the transpose of PyTorch's. */
    private static void assign(Module network, List<Parameter> start, boolean table) {
        network.initialize(1);
        List<Variable> variables = network.parameters();
        for (int i = 0; i < start.size(); i++) {
            try (Tensor values = Tensor.of(start.get(i).values(), start.get(i).shape())) {
                if (values.rank() == 2 && !(table && i == 0)) {
                    try (Tensor transposed = values.transpose(0, 1)) {
                        variables.get(i).assign(transposed);
                    }
                } else {
                    variables.get(i).assign(values);
                }
            }
        }
    }

    @Override
    public void run() {
        loss = Devices.with(device, () -> Scope.call(this::step));
        next = (next + 1) % labels.length;
    }

    private float step() {
        Tensor outputs = network.forward(inputs.apply(next));
        // One row for each label: a step of a sequence counts like an example.
        Tensor logits = outputs.rank() > 2 ? outputs.reshape(-1, outputs.size(-1)) : outputs;
        Tensor mean = Losses.crossEntropy(logits, Tensor.of(labels[next], labels[next].length));
        adam.step(mean.backward());
        return (float) mean.item();
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
