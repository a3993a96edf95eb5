package dev.tenrec.benchmarks.work;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Products of F32 matrices, [rows, inner] · [inner, columns], of whole numbers so that every sum is exact.
 *
 * @param batch how many products
 * @param rows M
 * @param inner K
 * @param columns N
 * @param leftTransposed whether the left matrices are stored as [inner, rows]
 * @param rightTransposed whether the right matrices are stored as [columns, inner]
 */
public record MatMul(int batch, int rows, int inner, int columns, boolean leftTransposed, boolean rightTransposed)
        implements Problem {

    private static final Pattern FORM =
            Pattern.compile("(?:([^*]*)\\*)?([^*x]*?)(?:x([^x]*?)x([^x]*?))?(?:-([nt])([nt]))?");
    private static final int LARGEST = 1 << 30;

    /**
     * Reads {@code MxKxN} or one number for square matrices, with {@code B*} before it for a batch and {@code -tn},
     * {@code -nt} or {@code -tt} behind it where the left, right or both matrices are stored transposed.
     *
     * @param text such as {@code 1024-nt} or {@code 32*128x64x128}
     * @return the sizes
     * @throws BadInput if the text has another form, or operands have more elements than a Java array can hold
     */
    public static MatMul parse(String text) {
        Matcher form = FORM.matcher(text.strip());
        if (!form.matches()) {
            throw new BadInput("shape is not [B*]MxKxN[-tn|-nt|-tt], or one size for MxKxN: \"" + text + '"');
        }
        int batch = form.group(1) == null ? 1 : Sizes.positive("shape", form.group(1));
        int first = Sizes.positive("shape", form.group(2));
        boolean square = form.group(3) == null;
        MatMul problem = new MatMul(
                batch,
                first,
                square ? first : Sizes.positive("shape", form.group(3)),
                square ? first : Sizes.positive("shape", form.group(4)),
                "t".equals(form.group(5)),
                "t".equals(form.group(6)));
        long largest = Math.max((long) problem.rows * problem.inner, (long) problem.inner * problem.columns);
        largest = Math.max(largest, (long) problem.rows * problem.columns);
        if (largest > LARGEST / batch) {
            throw new BadInput("shape is too large, operands have at most 2^30 elements: \"" + text + '"');
        }
        return problem;
    }

    /**
     * Makes the left matrices.
     *
     * @return as they are stored
     */
    public float[] left() {
        return Samples.integers(batch * rows * inner, 1);
    }

    /**
     * Makes the right matrices.
     *
     * @return as they are stored
     */
    public float[] right() {
        return Samples.integers(batch * inner * columns, 2);
    }

    @Override
    public double amount() {
        return 2e-9 * batch * rows * inner * columns;
    }

    @Override
    public String unit() {
        return "GFLOP/s";
    }

    @Override
    public Bound bound() {
        return Bound.ARITHMETIC;
    }

    @Override
    public double boundAmount() {
        return amount();
    }

    @Override
    public long memoryBytes() {
        long elements = (long) rows * inner + (long) inner * columns + (long) rows * columns;
        // In Java arrays and in the library's memory.
        return Math.multiplyExact(2L * Float.BYTES * batch, elements);
    }

    @Override
    public void check(String library, Task task) {
        task.run();
        checkProduct(library, left(), right(), task.result());
    }

    /**
     * Checks every element, by multiplying both sides with a vector of random whole numbers (Freivalds, "Fast
     * probabilistic algorithms", 1979). Single precision is exact up to an inner size of 2^18.
     */
    void checkProduct(String library, float[] left, float[] right, float[] product) {
        if (product.length != batch * rows * columns) {
            throw new IllegalStateException(library + " returns " + product.length + " elements for " + this);
        }
        float[] vector = Samples.integers(columns, 99);
        for (int i = 0; i < vector.length; i++) {
            // No zeros, which would hide a column.
            vector[i] += 1000;
        }
        double[] inside = new double[inner];
        for (int b = 0; b < batch; b++) {
            for (int k = 0; k < inner; k++) {
                double sum = 0;
                for (int j = 0; j < columns; j++) {
                    sum += (double) right[at(b, k, j, inner, columns, rightTransposed)] * vector[j];
                }
                inside[k] = sum;
            }
            for (int i = 0; i < rows; i++) {
                double expected = 0;
                for (int k = 0; k < inner; k++) {
                    expected += left[at(b, i, k, rows, inner, leftTransposed)] * inside[k];
                }
                double given = 0;
                for (int j = 0; j < columns; j++) {
                    given += (double) product[(b * rows + i) * columns + j] * vector[j];
                }
                if (!(given == expected)) {
                    throw new IllegalStateException(library + " multiplies wrongly: row " + i + " of product " + b
                            + " of " + this + " times a vector is " + given + " instead of " + expected);
                }
            }
        }
    }

    private static int at(int batch, int row, int column, int rows, int columns, boolean transposed) {
        int first = batch * rows * columns;
        return first + (transposed ? column * rows + row : row * columns + column);
    }
}
