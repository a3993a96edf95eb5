package dev.tenrec.benchmarks.work;

import java.util.ArrayList;
import java.util.List;

/** The network that is trained and asked: 784-512-256-10 with ReLU between layers. */
public final class Mlp {

    /**
     * A layer as it starts.
     *
     * @param inputs size of its input
     * @param outputs size of its output
     * @param weights [inputs, outputs] in row-major order
     */
    public record Layer(int inputs, int outputs, float[] weights) {

        /**
         * Returns the weights in the order that libraries with x · wᵀ want.
         *
         * @return [outputs, inputs] in row-major order
         */
        public float[] transposedWeights() {
            float[] result = new float[weights.length];
            for (int i = 0; i < inputs; i++) {
                for (int j = 0; j < outputs; j++) {
                    result[j * inputs + i] = weights[i * outputs + j];
                }
            }
            return result;
        }
    }

    /** Numbers in an example. */
    public static final int INPUTS = 784;

    /** Numbers that come out of the network. */
    public static final int CLASSES = 10;

    private static final int[] SIZES = {INPUTS, 512, 256, CLASSES};

    private Mlp() {}

    /**
     * Makes the layers: weights after He et al., "Delving deep into rectifiers" (2015), biases 0.
     *
     * @return from input to output
     */
    public static List<Layer> layers() {
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i + 1 < SIZES.length; i++) {
            float limit = (float) Math.sqrt(6.0 / SIZES[i]);
            layers.add(new Layer(SIZES[i], SIZES[i + 1], Samples.uniform(SIZES[i] * SIZES[i + 1], limit, 100 + i)));
        }
        return layers;
    }

    /** Counts the weights of all layers. */
    static long weightCount() {
        long count = 0;
        for (int i = 0; i + 1 < SIZES.length; i++) {
            count += (long) SIZES[i] * SIZES[i + 1];
        }
        return count;
    }

    /** Counts the weights of the first layer, whose input needs no gradient. */
    static long firstWeightCount() {
        return (long) SIZES[0] * SIZES[1];
    }
}
