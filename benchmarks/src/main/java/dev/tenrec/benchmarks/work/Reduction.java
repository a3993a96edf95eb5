package dev.tenrec.benchmarks.work;

/**
 * A reduction of an F32 matrix.
 *
 * @param op which
 * @param rows size of axis 0
 * @param columns size of axis 1
 */
public record Reduction(Op op, int rows, int columns) implements Problem {

    /** The reductions. */
    public enum Op {
        /** Adds up everything. */
        SUM,
        /** Adds up each column. */
        SUM_AXIS_0,
        /** Adds up each row. */
        SUM_AXIS_1,
        /** The largest of all. */
        MAX
    }

    private static final double TOLERANCE = 1e-6;

    /**
     * Reads parameters.
     *
     * @param op such as {@code sum-axis-0}
     * @param rows a size
     * @param columns a size
     * @return the problem
     * @throws BadInput if one cannot be read, or the matrix has more elements than a Java array can hold
     */
    public static Reduction parse(String op, String rows, String columns) {
        Matrix sizes = Matrix.parse(rows, columns);
        return new Reduction(Sizes.constant(Op.class, "op", op), sizes.rows(), sizes.columns());
    }

    /**
     * Makes the matrix.
     *
     * @return numbers from -1 to 1
     */
    public float[] values() {
        return Samples.uniform(rows * columns, 1, 1);
    }

    /** The operand is read once; the result is small. */
    @Override
    public double amount() {
        return 1e-9 * Float.BYTES * rows * columns;
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
        return 2L * Float.BYTES * rows * columns;
    }

    @Override
    public void check(String library, Task task) {
        task.run();
        float[] values = values();
        double[] ofRows = new double[rows];
        double[] ofColumns = new double[columns];
        double sum = 0;
        double largest = Double.NEGATIVE_INFINITY;
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                float value = values[row * columns + column];
                ofRows[row] += value;
                ofColumns[column] += value;
                sum += value;
                largest = Math.max(largest, value);
            }
        }
        double[] expected = switch (op) {
            case SUM -> new double[] {sum};
            case SUM_AXIS_0 -> ofColumns;
            case SUM_AXIS_1 -> ofRows;
            case MAX -> new double[] {largest};
        };
        // Against the sum of magnitudes, which is half the count: the sums themselves may cancel to nothing.
        double summands = op == Op.MAX ? 0 : (double) rows * columns / expected.length;
        Samples.check(
                library + ", " + Sizes.label(op),
                task.result(),
                expected.length,
                i -> expected[i],
                _ -> TOLERANCE * summands);
    }
}
