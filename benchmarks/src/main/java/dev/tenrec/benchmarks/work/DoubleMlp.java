package dev.tenrec.benchmarks.work;

import java.util.List;

/** {@link Mlp} in double precision, slow and obvious: what every library must come to. */
final class DoubleMlp {

    private static final double BETA_1 = 0.9;
    private static final double BETA_2 = 0.999;
    private static final double EPSILON = 1e-8;

    /** Parameters with the moments that Adam keeps of their gradients. */
    private static final class Parameters {
        final double[] values;
        private final double[] mean;
        private final double[] square;

        Parameters(int count) {
            values = new double[count];
            mean = new double[count];
            square = new double[count];
        }

        void step(double[] gradient, double rate, int step) {
            for (int i = 0; i < values.length; i++) {
                mean[i] = BETA_1 * mean[i] + (1 - BETA_1) * gradient[i];
                square[i] = BETA_2 * square[i] + (1 - BETA_2) * gradient[i] * gradient[i];
                double corrected = mean[i] / (1 - Math.pow(BETA_1, step));
                values[i] -= rate * corrected / (Math.sqrt(square[i] / (1 - Math.pow(BETA_2, step))) + EPSILON);
            }
        }
    }

    private final List<Mlp.Layer> layers;
    private final Parameters[] weights;
    private final Parameters[] biases;
    private int steps;

    DoubleMlp(List<Mlp.Layer> layers) {
        this.layers = layers;
        weights = new Parameters[layers.size()];
        biases = new Parameters[layers.size()];
        for (int i = 0; i < weights.length; i++) {
            float[] start = layers.get(i).weights();
            weights[i] = new Parameters(start.length);
            for (int j = 0; j < start.length; j++) {
                weights[i].values[j] = start[j];
            }
            biases[i] = new Parameters(layers.get(i).outputs());
        }
    }

    /** {@return the logits of examples} */
    double[] forward(float[] inputs) {
        return activations(inputs)[layers.size()];
    }

    /** The input of each layer, then the logits. */
    private double[][] activations(float[] inputs) {
        int batch = inputs.length / layers.getFirst().inputs();
        double[][] values = new double[layers.size() + 1][];
        values[0] = new double[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            values[0][i] = inputs[i];
        }
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
        double[][] values = activations(inputs);
        steps++;
        double[] upstream = values[layers.size()];
        double loss = crossEntropyGradient(upstream, labels);
        for (int l = layers.size() - 1; l >= 0; l--) {
            upstream = backward(l, values[l], upstream, labels.length, rate);
        }
        return loss;
    }

    /** Turns logits into gradients in place, and returns the loss. */
    private static double crossEntropyGradient(double[] logits, int[] labels) {
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
