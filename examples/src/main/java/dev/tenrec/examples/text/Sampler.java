package dev.tenrec.examples.text;

import java.util.Random;

/** Draws from the distribution softmax(scores / temperature). The same seed gives the same text. */
final class Sampler {
    private final double temperature;
    private final Random random;

    /**
     * Starts.
     *
     * @param temperature above 0: towards 0 the likeliest always wins, 1 is the network's own distribution
     * @param seed of the draws
     */
    Sampler(double temperature, long seed) {
        this.temperature = temperature;
        this.random = new Random(seed);
    }

    /** Draws an index of the scores; scores that are not numbers count as impossible. */
    int draw(float[] scores) {
        double largest = Double.NEGATIVE_INFINITY;
        for (float score : scores) {
            largest = score > largest ? score : largest;
        }
        double[] sums = new double[scores.length];
        double sum = 0;
        for (int i = 0; i < scores.length; i++) {
            double weight = Math.exp((scores[i] - largest) / temperature);
            sum += weight > 0 ? weight : 0;
            sums[i] = sum;
        }
        double drawn = random.nextDouble() * sum;
        for (int i = 0; i < sums.length; i++) {
            if (drawn < sums[i]) {
                return i;
            }
        }
        return sums.length - 1;
    }
}
