package dev.tenrec.examples.playground;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.tenrec.autograd.Autograd;
import dev.tenrec.memory.Scope;
import dev.tenrec.nn.Dense;
import dev.tenrec.nn.Losses;
import dev.tenrec.nn.Module;
import dev.tenrec.nn.Sequential;
import dev.tenrec.optim.Optimizer;
import dev.tenrec.random.RandomKey;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Trains a network of a few neurons on points of two classes: features → hidden layers → one logit z, by the mean
 * cross-entropy (nats). What is drawn of the output is 2·sigmoid(z) − 1, from −1 (sure of the second class) to 1. Used by
 * one thread at a time.
 */
final class Trainer implements AutoCloseable {
    /** Pixels along a side of the output's map. */
    static final int SIDE = 100;

    /** Pixels along a side of a neuron's map. */
    static final int SMALL_SIDE = 20;

    /**
     * How good the network is: losses over all points, without penalty.
     *
     * @param train of the points trained on, in nats
     * @param test of the others
     */
    record Standing(double train, double test) {}

    private final Samples samples;
    private final float[] table;
    private final Variable train;
    private final Variable trainLabels;
    private final Variable test;
    private final Variable testLabels;
    private final Sequential network;
    private final List<Dense> layers = new ArrayList<>();
    private final Optimizer optimizer;
    private final List<Variable> grids = new ArrayList<>();
    private final RandomKey order;
    private Settings settings;
    private int epoch;

    /**
     * Makes a network with its first weights.
     *
     * @param settings what to train on what
     */
    Trainer(Settings settings) {
        this.settings = settings;
        samples = Samples.draw(settings, false);
        table = Feature.of(settings.features(), samples.x1(), samples.x2());
        Samples others = Samples.draw(settings, true);
        train = buffer("train", table);
        trainLabels = buffer("train-labels", samples.labels());
        test = buffer("test", Feature.of(settings.features(), others.x1(), others.x2()));
        testLabels = buffer("test-labels", others.labels());
        List<Module> modules = new ArrayList<>();
        int width = settings.features().size();
        for (int neurons : settings.layers()) {
            add(modules, width, neurons);
            modules.add(settings.activation().module());
            width = neurons;
        }
        add(modules, width, 1);
        network = Sequential.of(modules);
        RandomKey key = RandomKey.of(settings.seed());
        network.initialize(key.fold(0));
        order = key.fold(1);
        optimizer = settings.optimizer().optimizer(network.parameters(), settings.learningRate());
    }

    private void add(List<Module> modules, int in, int out) {
        Dense layer = new Dense(in, out);
        layers.add(layer);
        modules.add(layer);
    }

    private static Variable buffer(String name, float[] rows) {
        try (Scope _ = Scope.open()) {
            return Variable.buffer(name, Tensor.of(rows, Samples.COUNT, rows.length / Samples.COUNT));
        }
    }

    /** Goes on with other settings that {@linkplain Settings#continues continue} the present ones. */
    void change(Settings next) {
        settings = next;
        optimizer.setLearningRate(next.learningRate());
    }

    int epoch() {
        return epoch;
    }

    /** Trains on all points once, in an order of this epoch's own. */
    void train() {
        int[] sequence = order.fold(epoch).permutation(Samples.COUNT);
        int width = settings.features().size();
        for (int start = 0; start < Samples.COUNT; start += settings.batchSize()) {
            int size = Math.min(settings.batchSize(), Samples.COUNT - start);
            float[] rows = new float[size * width];
            float[] labels = new float[size];
            for (int i = 0; i < size; i++) {
                int point = sequence[start + i];
                System.arraycopy(table, point * width, rows, i * width, width);
                labels[i] = samples.labels()[point];
            }
            Scope.run(() -> {
                Tensor logits = network.forward(Tensor.of(rows, size, width));
                Tensor loss = Losses.binaryCrossEntropyWithLogits(logits, Tensor.of(labels, size, 1));
                Tensor penalised = settings.regularisation().penalised(loss, layers, settings.regularisationRate());
                optimizer.step(penalised.backward());
            });
        }
        epoch++;
    }

    /** {@return the losses now} */
    Standing losses() {
        return Scope.call(() -> Autograd.noGrad(
                () -> new Standing(loss(train.value(), trainLabels.value()), loss(test.value(), testLabels.value()))));
    }

    private double loss(Tensor inputs, Tensor labels) {
        return Losses.binaryCrossEntropyWithLogits(network.forward(inputs), labels)
                .item();
    }

    /**
     * Computes the output over the square, row by row from the upper left corner.
     *
     * @param side pixels along a side
     * @return [side · side], from −1 to 1
     */
    float[] boundary(int side) {
        return Scope.call(() -> Autograd.noGrad(
                () -> network.forward(grid(side)).mul(0.5).tanh().toFloatArray()));
    }

    /**
     * Computes what each hidden neuron says over the square.
     *
     * @param side pixels along a side
     * @return of each layer [side · side, neurons]
     */
    List<float[]> neurons(int side) {
        return Scope.call(() -> Autograd.noGrad(() -> {
            List<float[]> maps = new ArrayList<>();
            Tensor x = grid(side);
            for (int i = 0; i + 1 < network.size(); i += 2) {
                x = network.get(i + 1).forward(network.get(i).forward(x));
                maps.add(x.toFloatArray());
            }
            return maps;
        }));
    }

    /** The features of a grid's points, kept from frame to frame. */
    private Tensor grid(int side) {
        for (Variable grid : grids) {
            if (grid.shape().size(0) == (long) side * side) {
                return grid.value();
            }
        }
        double[] x1 = new double[side * side];
        double[] x2 = new double[side * side];
        for (int i = 0; i < side * side; i++) {
            x1[i] = DataSet.EDGE * ((2.0 * (i % side) + 1) / side - 1);
            x2[i] = DataSet.EDGE * (1 - (2.0 * (i / side) + 1) / side);
        }
        float[] features = Feature.of(settings.features(), x1, x2);
        Variable grid = Variable.buffer(
                "grid",
                Tensor.of(features, (long) side * side, settings.features().size()));
        grids.add(grid);
        return grid.value();
    }

    /**
     * Writes epoch, losses, maps and weights.
     *
     * @param json within an object
     * @param losses the losses now
     * @throws IOException never, in memory
     */
    void write(JsonGenerator json, Standing losses) throws IOException {
        json.writeNumberField("epoch", epoch);
        json.writeFieldName("train");
        Json.number(json, losses.train());
        json.writeFieldName("test");
        Json.number(json, losses.test());
        json.writeStringField("map", encoded(boundary(SIDE), 0, 1));
        json.writeArrayFieldStart("neurons");
        for (float[] layer : neurons(SMALL_SIDE)) {
            int width = layer.length / (SMALL_SIDE * SMALL_SIDE);
            json.writeStartArray();
            for (int i = 0; i < width; i++) {
                json.writeString(encoded(layer, i, width));
            }
            json.writeEndArray();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("weights");
        for (Dense layer : layers) {
            writeRows(json, layer.weight());
        }
        json.writeEndArray();
        json.writeArrayFieldStart("biases");
        for (Dense layer : layers) {
            writeRows(json, layer.bias());
        }
        json.writeEndArray();
    }

    /** Writes a vector as a list of numbers, a matrix as a list of its rows. */
    private static void writeRows(JsonGenerator json, Variable variable) throws IOException {
        float[] values = Scope.call(() -> variable.value().toFloatArray());
        boolean matrix = variable.shape().rank() == 2;
        int width = matrix ? (int) variable.shape().size(1) : values.length;
        json.writeStartArray();
        for (int i = 0; i < values.length; i++) {
            if (matrix && i % width == 0) {
                json.writeStartArray();
            }
            Json.number(json, values[i]);
            if (matrix && i % width == width - 1) {
                json.writeEndArray();
            }
        }
        json.writeEndArray();
    }

    /** Values of a column, cut to ±1, as signed bytes of 127ths in base 64. */
    private static String encoded(float[] table, int column, int width) {
        byte[] bytes = new byte[table.length / width];
        for (int i = 0; i < bytes.length; i++) {
            float value = table[i * width + column];
            bytes[i] = (byte) Math.round(127 * Math.clamp(Float.isNaN(value) ? 0 : value, -1, 1));
        }
        return Base64.getEncoder().encodeToString(bytes);
    }

    @Override
    public void close() {
        optimizer.close();
        network.close();
        grids.forEach(Variable::close);
        List.of(train, trainLabels, test, testLabels).forEach(Variable::close);
    }
}
