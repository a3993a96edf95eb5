package dev.tenrec.benchmarks.work;

/**
 * A training step of {@link RecurrentNetwork}: sequences of {@value RecurrentNetwork#STEPS} characters copied from a Java
 * array, forward from states of 0, mean cross-entropy with a character for each step, backward through all steps, and
 * Adam as in {@link TrainStep}. The result is the loss before the update.
 *
 * @param cell what the layer computes
 * @param batch sequences in a step
 */
public record RecurrentStep(RecurrentNetwork.Cell cell, int batch) implements Problem {

    private static final int CHECKED_STEPS = 2;

    /**
     * Reads parameters.
     *
     * @param cell what the layer computes
     * @param batch a size
     * @return the problem
     * @throws BadInput if it cannot be read
     */
    public static RecurrentStep parse(RecurrentNetwork.Cell cell, String batch) {
        RecurrentStep step = new RecurrentStep(cell, Sizes.positive("batch", batch));
        if ((long) step.batch * RecurrentNetwork.STEPS * RecurrentNetwork.HIDDEN * 4 > 1 << 30) {
            throw new BadInput("batch is too large, its gates are at most 2^30 elements: \"" + batch + '"');
        }
        return step;
    }

    /**
     * Makes the characters of each batch.
     *
     * @return [batch, {@value RecurrentNetwork#STEPS}] in row-major order, {@value TrainStep#BATCHES} times; from 0 to
     *     below {@value RecurrentNetwork#VOCABULARY}
     */
    public int[][] inputs() {
        return characters(3000);
    }

    /**
     * Makes the characters that are to be predicted.
     *
     * @return of the form of {@link #inputs}
     */
    public int[][] targets() {
        return characters(4000);
    }

    private int[][] characters(long seed) {
        int[][] all = new int[TrainStep.BATCHES][];
        for (int i = 0; i < all.length; i++) {
            all[i] = Samples.labels(batch * RecurrentNetwork.STEPS, RecurrentNetwork.VOCABULARY, seed + i);
        }
        return all;
    }

    @Override
    public double amount() {
        return (double) batch * RecurrentNetwork.STEPS;
    }

    @Override
    public String unit() {
        return "tokens/s";
    }

    @Override
    public Bound bound() {
        return Bound.ARITHMETIC;
    }

    @Override
    public double boundAmount() {
        return 2e-9 * amount() * RecurrentNetwork.products(cell);
    }

    /** Mostly gates and states of all steps with their gradients. */
    @Override
    public long memoryBytes() {
        long perToken = RecurrentNetwork.EMBEDDING + 12L * RecurrentNetwork.HIDDEN + 2 * RecurrentNetwork.VOCABULARY;
        return 2L * Integer.BYTES * TrainStep.BATCHES * batch * RecurrentNetwork.STEPS
                + 2L * Float.BYTES * batch * RecurrentNetwork.STEPS * perToken
                + 8L * Float.BYTES * RecurrentNetwork.parameterCount(cell);
    }

    @Override
    public void check(String library, Task task) {
        int[][] inputs = inputs();
        int[][] targets = targets();
        DoubleRecurrent expected = new DoubleRecurrent(cell);
        TrainStep.check(
                library, task, CHECKED_STEPS, i -> expected.step(inputs[i], targets[i], TrainStep.LEARNING_RATE));
    }
}
