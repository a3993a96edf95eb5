package dev.tenrec.benchmarks.work;

import java.util.function.IntToDoubleFunction;

/**
 * A training step of {@link Mlp}: a batch copied from Java arrays, forward, mean cross-entropy, backward, and Adam with
 * β₁ = 0.9, β₂ = 0.999, ε = 1e-8. The result is the loss before the update. Each run takes the next batch, and the first
 * one again after the last.
 *
 * @param batch examples in a step
 */
public record TrainStep(int batch) implements Problem {

    /** Step size of Adam. */
    public static final double LEARNING_RATE = 1e-3;

    /** How many batches there are. */
    public static final int BATCHES = 80;

    private static final int CHECKED_STEPS = 3;
    private static final double TOLERANCE = 2e-4;

    /**
     * Reads parameters.
     *
     * @param batch a size
     * @return the problem
     * @throws BadInput if it cannot be read
     */
    public static TrainStep parse(String batch) {
        TrainStep step = new TrainStep(Sizes.positive("batch", batch));
        if ((long) step.batch * Mlp.INPUTS > 1 << 30) {
            throw new BadInput("batch is too large, it has at most 2^30 elements: \"" + batch + '"');
        }
        return step;
    }

    /**
     * Makes the examples of each batch.
     *
     * @return [batch, {@value Mlp#INPUTS}] in row-major order, {@value #BATCHES} times; numbers from -1 to 1
     */
    public float[][] inputs() {
        float[][] inputs = new float[BATCHES][];
        for (int i = 0; i < BATCHES; i++) {
            inputs[i] = inputs(i);
        }
        return inputs;
    }

    /** One batch alone: a second copy of all would be counted as memory of the library that is checked. */
    float[] inputs(int index) {
        return Samples.uniform(batch * Mlp.INPUTS, 1, 1000 + index);
    }

    /**
     * Makes the labels of each batch.
     *
     * @return from 0 to below {@value Mlp#CLASSES}
     */
    public int[][] labels() {
        int[][] labels = new int[BATCHES][];
        for (int i = 0; i < BATCHES; i++) {
            labels[i] = Samples.labels(batch, Mlp.CLASSES, 2000 + i);
        }
        return labels;
    }

    @Override
    public double amount() {
        return batch;
    }

    @Override
    public String unit() {
        return "samples/s";
    }

    @Override
    public Bound bound() {
        return Bound.ARITHMETIC;
    }

    /** Forward, gradients of weights, and gradients of all inputs but the first are products of the same size. */
    @Override
    public double boundAmount() {
        return 2e-9 * batch * (3 * Mlp.weightCount() - Mlp.firstWeightCount());
    }

    @Override
    public long memoryBytes() {
        return 2L * Float.BYTES * BATCHES * batch * Mlp.INPUTS + 16L * Float.BYTES * Mlp.weightCount();
    }

    @Override
    public void check(String library, Task task) {
        int[][] labels = labels();
        DoubleMlp expected = new DoubleMlp(Mlp.layers());
        check(library, task, CHECKED_STEPS, i -> expected.step(inputs(i), labels[i], LEARNING_RATE));
    }

    /** Runs some steps and compares their losses with what they must be. */
    static void check(String library, Task task, int steps, IntToDoubleFunction expected) {
        for (int i = 0; i < steps; i++) {
            double loss = expected.applyAsDouble(i);
            task.run();
            Samples.check(
                    library + ", loss of step " + (i + 1),
                    task.result(),
                    1,
                    _ -> loss,
                    wanted -> TOLERANCE * Math.max(1, wanted));
        }
    }
}
