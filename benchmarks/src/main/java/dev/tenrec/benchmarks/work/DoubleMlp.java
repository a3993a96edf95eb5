package dev.tenrec.benchmarks.work;

import java.util.List;

/** {@link Mlp} in double precision, slow and obvious: what every library must come to. */
final class DoubleMlp {

    private final List<Mlp.Layer> layers;
    private final DoubleParameters[] weights;
    private final DoubleParameters[] biases;
    private int steps;

    DoubleMlp(List<Mlp.Layer> layers) {
        this.layers = layers;
        weights = new DoubleParameters[layers.size()];
        biases = new DoubleParameters[layers.size()];
        for (int i = 0; i < weights.length; i++) {
            float[] start = layers.get(i).weights();
            weights[i] = new DoubleParameters(start.length);
            for (int j = 0; j < start.length; j++) {
                weights[i].values[j] = start[j];
            }
            biases[i] = new DoubleParameters(layers.get(i).outputs());
        }
    }

    /** {@return the logits of examples} */
    double[] forward(float[] inputs) {
        return activations(wide(inputs))[layers.size()];
    }

    private static double[] wide(float[] values) {
        double[] result = new double[values.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = values[i];
        }
        return result;
    }

    /** The input of each layer, then the logits. */
    private double[][] activations(double[] inputs) {
        int batch = inputs.length / layers.getFirst().inputs();
        double[][] values = new double[layers.size() + 1][];
        values[0] = inputs;
        for (int l = 0; l < layers.size(); l++) {
            int in = layers.get(l).inputs();
            int out = layers.get(l).outputs();
            double[] result = new double[batch * out];
            for (int b = 0; b < batch; b++) {
                System.arraycopy(biases[l].values, 0, result, b * out, out);
                for (int i = 0; i < in; i++) {
                    double input = values[l][b * in + i];
                    for (int j = 0; j < out; j++) {
                        result[b * out + j] += input * weights[l].values[i * out + j];
                    }
                }
            }
            if (l + 1 < layers.size()) {
                for (int i = 0; i < result.length; i++) {
                    result[i] = Math.max(result[i], 0);
                }
            }
            values[l + 1] = result;
        }
        return values;
    }

    /** Takes a step of Adam and returns the mean cross-entropy before it. */
    double step(float[] inputs, int[] labels, double rate) {
        return step(wide(inputs), labels, rate, new double[inputs.length]);
    }

    /** The same for inputs that a ReLU made, and writes the gradient of what that was given. */
    double step(double[] inputs, int[] labels, double rate, double[] ofInputs) {
        double[][] values = activations(inputs);
        steps++;
        double[] upstream = values[layers.size()];
        double loss = crossEntropyGradient(upstream, labels);
        for (int l = layers.size() - 1; l >= 0; l--) {
            upstream = backward(l, values[l], upstream, labels.length, rate);
        }
        System.arraycopy(upstream, 0, ofInputs, 0, upstream.length);
        return loss;
    }

    /** Turns logits into gradients in place, and returns the loss. */
    static double crossEntropyGradient(double[] logits, int[] labels) {
        int classes = logits.length / labels.length;
        double loss = 0;
        for (int b = 0; b < labels.length; b++) {
            double sum = 0;
            for (int j = b * classes; j < (b + 1) * classes; j++) {
                logits[j] = Math.exp(logits[j]);
                sum += logits[j];
            }
            loss -= Math.log(logits[b * classes + labels[b]] / sum) / labels.length;
            for (int j = b * classes; j < (b + 1) * classes; j++) {
                logits[j] /= sum * labels.length;
            }
            logits[b * classes + labels[b]] -= 1.0 / labels.length;
        }
        return loss;
    }

    /** Updates a layer, and returns the gradient of what the ReLU before it was given. */
    private double[] backward(int l, double[] inputs, double[] upstream, int batch, double rate) {
        int in = layers.get(l).inputs();
        int out = layers.get(l).outputs();
        double[] ofInputs = new double[inputs.length];
        double[] ofWeights = new double[in * out];
        double[] ofBiases = new double[out];
        for (int b = 0; b < batch; b++) {
            for (int j = 0; j < out; j++) {
                ofBiases[j] += upstream[b * out + j];
            }
            for (int i = 0; i < in; i++) {
                double input = inputs[b * in + i];
                double sum = 0;
                for (int j = 0; j < out; j++) {
                    ofWeights[i * out + j] += input * upstream[b * out + j];
                    sum += weights[l].values[i * out + j] * upstream[b * out + j];
                }
                ofInputs[b * in + i] = input > 0 ? sum : 0;
            }
        }
        weights[l].step(ofWeights, rate, steps);
        biases[l].step(ofBiases, rate, steps);
        return ofInputs;
    }
}
