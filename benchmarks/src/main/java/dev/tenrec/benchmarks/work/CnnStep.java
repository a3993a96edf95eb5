package dev.tenrec.benchmarks.work;

/**
 * A training step of {@link Cnn}, made of the same parts as one of {@link TrainStep} and with the same examples.
 *
 * @param batch examples in a step
 */
public record CnnStep(int batch) implements Problem {

    /** Both losses: of what the weights were, and of what a step made of them. */
    private static final int CHECKED_STEPS = 2;

    /**
     * Reads parameters.
     *
     * @param batch a size
     * @return the problem
     * @throws BadInput if it cannot be read
     */
    public static CnnStep parse(String batch) {
        return new CnnStep(TrainStep.parse(batch).batch());
    }

    /**
     * Says what examples there are.
     *
     * @return images as rows of {@value Mlp#INPUTS} numbers, and labels
     */
    public TrainStep examples() {
        return new TrainStep(batch);
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

    @Override
    public double boundAmount() {
        return 2e-9 * batch * Cnn.products();
    }

    /** What the first convolution makes is largest: it, its ReLU and their gradients. */
    @Override
    public long memoryBytes() {
        return examples().memoryBytes() + 4L * Float.BYTES * batch * Cnn.FIRST * 26 * 26;
    }

    @Override
    public void check(String library, Task task) {
        int[][] labels = examples().labels();
        DoubleCnn expected = new DoubleCnn();
        TrainStep.check(
                library,
                task,
                CHECKED_STEPS,
                i -> expected.step(examples().inputs(i), labels[i], TrainStep.LEARNING_RATE));
    }
}
