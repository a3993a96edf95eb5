package dev.tenrec.benchmarks.work;

import java.util.ArrayList;
import java.util.List;

/** {@link Cnn} in double precision, example by example, slow and obvious: what every library must come to. */
final class DoubleCnn {

    /** A convolution with ReLU and pooling after it; arrays are [channel, row, column]. */
    private static final class Convolution {
        private final int in;
        private final int out;
        private final int side;
        private final int outSide;
        private final int pooledSide;
        private final DoubleParameters weights;
        private final DoubleParameters biases;
        private final double[] ofWeights;
        private final double[] ofBiases;
        private final double[] output;
        private final int[] largest;
        private double[] input;

        Convolution(int in, int side, Parameter start) {
            this.in = in;
            this.side = side;
            out = (int) start.shape()[0];
            outSide = side - Cnn.KERNEL + 1;
            pooledSide = outSide / Cnn.POOL;
            weights = new DoubleParameters(start.values().length);
            for (int i = 0; i < weights.values.length; i++) {
                weights.values[i] = start.values()[i];
            }
            biases = new DoubleParameters(out);
            ofWeights = new double[weights.values.length];
            ofBiases = new double[out];
            output = new double[out * outSide * outSide];
            largest = new int[out * pooledSide * pooledSide];
        }

        /** Where in the weights and the input a tap reads. */
        private int weight(int o, int i, int tap) {
            return (o * in + i) * Cnn.KERNEL * Cnn.KERNEL + tap;
        }

        private int place(int i, int tap, int row) {
            return (i * side + row + tap / Cnn.KERNEL) * side + tap % Cnn.KERNEL;
        }

        double[] forward(double[] image) {
            input = image;
            for (int o = 0; o < out; o++) {
                for (int row = 0; row < outSide; row++) {
                    int to = (o * outSide + row) * outSide;
                    java.util.Arrays.fill(output, to, to + outSide, biases.values[o]);
                    for (int i = 0; i < in; i++) {
                        for (int tap = 0; tap < Cnn.KERNEL * Cnn.KERNEL; tap++) {
                            add(output, to, image, place(i, tap, row), weights.values[weight(o, i, tap)], outSide);
                        }
                    }
                }
            }
            double[] pooled = new double[largest.length];
            for (int p = 0; p < pooled.length; p++) {
                int column = p % pooledSide * Cnn.POOL;
                int first = p / pooledSide / pooledSide * outSide * outSide
                        + p / pooledSide % pooledSide * Cnn.POOL * outSide
                        + column;
                largest[p] = first;
                for (int k = 1; k < Cnn.POOL * Cnn.POOL; k++) {
                    int at = first + k / Cnn.POOL * outSide + k % Cnn.POOL;
                    largest[p] = output[at] > output[largest[p]] ? at : largest[p];
                }
                pooled[p] = Math.max(output[largest[p]], 0);
            }
            return pooled;
        }

        /** Adds to the gradients of the parameters, and returns the one of the image. */
        double[] backward(double[] upstream) {
            double[] ofOutput = new double[output.length];
            for (int p = 0; p < upstream.length; p++) {
                ofOutput[largest[p]] = output[largest[p]] > 0 ? upstream[p] : 0;
            }
            double[] ofInput = new double[input.length];
            for (int o = 0; o < out; o++) {
                for (int row = 0; row < outSide; row++) {
                    int from = (o * outSide + row) * outSide;
                    ofBiases[o] += dot(ofOutput, from, null, 0, outSide);
                    for (int i = 0; i < in; i++) {
                        for (int tap = 0; tap < Cnn.KERNEL * Cnn.KERNEL; tap++) {
                            int weight = weight(o, i, tap);
                            int place = place(i, tap, row);
                            ofWeights[weight] += dot(ofOutput, from, input, place, outSide);
                            add(ofInput, place, ofOutput, from, weights.values[weight], outSide);
                        }
                    }
                }
            }
            return ofInput;
        }

        void step(double rate, int step) {
            weights.step(ofWeights, rate, step);
            biases.step(ofBiases, rate, step);
            java.util.Arrays.fill(ofWeights, 0);
            java.util.Arrays.fill(ofBiases, 0);
        }

        private static void add(double[] to, int start, double[] from, int first, double factor, int count) {
            for (int j = 0; j < count; j++) {
                to[start + j] += from[first + j] * factor;
            }
        }

        private static double dot(double[] a, int firstA, double[] b, int firstB, int count) {
            double sum = 0;
            for (int j = 0; j < count; j++) {
                sum += a[firstA + j] * (b == null ? 1 : b[firstB + j]);
            }
            return sum;
        }
    }

    private final Convolution first;
    private final Convolution second;
    private final DoubleMlp dense;
    private int steps;

    DoubleCnn() {
        List<Parameter> start = Cnn.parameters();
        first = new Convolution(1, Cnn.SIDE, start.get(0));
        second = new Convolution(Cnn.FIRST, first.pooledSide, start.get(2));
        List<Mlp.Layer> layers = new ArrayList<>();
        for (Parameter weights : List.of(start.get(4), start.get(6))) {
            int outputs = (int) weights.shape()[0];
            int inputs = (int) weights.shape()[1];
            // The same exchange of rows and columns, the other way round.
            layers.add(new Mlp.Layer(
                    inputs, outputs, new Mlp.Layer(outputs, inputs, weights.values()).transposedWeights()));
        }
        dense = new DoubleMlp(layers);
    }

    /** Takes a step of Adam and returns the mean cross-entropy before it. */
    double step(float[] images, int[] labels, double rate) {
        int pixels = Cnn.SIDE * Cnn.SIDE;
        double[] features = new double[labels.length * Cnn.FEATURES];
        for (int b = 0; b < labels.length; b++) {
            System.arraycopy(forward(images, b * pixels), 0, features, b * Cnn.FEATURES, Cnn.FEATURES);
        }
        double[] upstream = new double[features.length];
        double loss = dense.step(features, labels, rate, upstream);
        steps++;
        for (int b = 0; b < labels.length; b++) {
            // Again, rather than keeping what all examples came to.
            forward(images, b * pixels);
            double[] own = java.util.Arrays.copyOfRange(upstream, b * Cnn.FEATURES, (b + 1) * Cnn.FEATURES);
            first.backward(second.backward(own));
        }
        first.step(rate, steps);
        second.step(rate, steps);
        return loss;
    }

    private double[] forward(float[] images, int start) {
        double[] image = new double[Cnn.SIDE * Cnn.SIDE];
        for (int i = 0; i < image.length; i++) {
            image[i] = images[start + i];
        }
        return second.forward(first.forward(image));
    }
}
