package dev.tenrec.benchmarks.work;

/**
 * Softmax of each row of an F32 matrix, or what a loss makes of it.
 *
 * @param op which
 * @param rows size of axis 0
 * @param columns size of axis 1, the classes
 */
public record Softmax(Op op, int rows, int columns) implements Problem {

    /** What is computed. */
    public enum Op {
        /** The probabilities of each row. */
        SOFTMAX,
        /** The mean of the negative logarithm of the probability of each row's label. */
        LOG_SOFTMAX_NLL
    }

    private static final double TOLERANCE = 1e-6;

    /**
     * Reads parameters.
     *
     * @param op such as {@code softmax}
     * @param rows a size
     * @param columns a size
     * @return the problem
     * @throws BadInput if one cannot be read, or the matrix has more elements than a Java array can hold
     */
    public static Softmax parse(String op, String rows, String columns) {
        Matrix sizes = Matrix.parse(rows, columns);
        return new Softmax(Sizes.constant(Op.class, "op", op), sizes.rows(), sizes.columns());
    }

    /**
     * Makes the matrix.
     *
     * @return numbers from -4 to 4
     */
    public float[] logits() {
        return Samples.uniform(rows * columns, 4, 1);
    }

    /**
     * Makes the labels.
     *
     * @return a column for each row
     */
    public int[] labels() {
        return Samples.labels(rows, columns, 2);
    }

    /** The operand is read once, and the probabilities, if they are wanted, written once. */
    @Override
    public double amount() {
        return 1e-9 * Float.BYTES * rows * columns * (op == Op.SOFTMAX ? 2 : 1);
    }

    @Override
    public String unit() {
        return "GB/s";
    }

    @Override
    public Bound bound() {
        return Bound.MEMORY;
    }

    @Override
    public double boundAmount() {
        return amount();
    }

    @Override
    public long memoryBytes() {
        // With results in both places, in double precision for the check.
        return 8L * Float.BYTES * rows * columns;
    }

    @Override
    public void check(String library, Task task) {
        task.run();
        float[] logits = logits();
        int[] labels = labels();
        double[] probabilities = new double[rows * columns];
        double loss = 0;
        for (int row = 0; row < rows; row++) {
            double sum = 0;
            for (int i = row * columns; i < (row + 1) * columns; i++) {
                probabilities[i] = Math.exp(logits[i]);
                sum += probabilities[i];
            }
            for (int i = row * columns; i < (row + 1) * columns; i++) {
                probabilities[i] /= sum;
            }
            loss -= Math.log(probabilities[row * columns + labels[row]]) / rows;
        }
        double mean = loss;
        boolean all = op == Op.SOFTMAX;
        Samples.check(
                library + ", " + Sizes.label(op),
                task.result(),
                all ? probabilities.length : 1,
                i -> all ? probabilities[i] : mean,
                expected -> TOLERANCE * Math.max(1, Math.abs(expected)));
    }
}
