package dev.tenrec.nn;

/** Orthonormal columns or rows of a random matrix, by Householder reflections. */
final class Orthogonal {

    private Orthogonal() {}

    /**
     * Turns a matrix of normal numbers into one with orthonormal columns, or orthonormal rows if it is wide.
     *
     * @param values row-major
     * @param rows number of rows
     * @param columns number of columns
     */
    static double[] orthonormal(double[] values, int rows, int columns) {
        if (rows >= columns) {
            return transpose(rowsOf(transpose(values, rows, columns), columns, rows), columns, rows);
        }
        return rowsOf(values, rows, columns);
    }

    private static double[] transpose(double[] values, int rows, int columns) {
        double[] transposed = new double[values.length];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                transposed[j * rows + i] = values[i * columns + j];
            }
        }
        return transposed;
    }

    /**
     * The first {@code count} columns of Q in the QR decomposition of the matrix whose columns are the given vectors,
     * each with the sign of R's diagonal: without that, Q would not be evenly distributed.
     *
     * @param vectors {@code count} vectors, one after the other; overwritten
     */
    private static double[] rowsOf(double[] vectors, int count, int length) {
        double[] reflectors = vectors;
        double[] sign = new double[count];
        for (int k = 0; k < count; k++) {
            int row = k * length;
            double norm = 0;
            for (int i = k; i < length; i++) {
                norm = Math.hypot(norm, reflectors[row + i]);
            }
            double head = reflectors[row + k];
            // The reflection maps the vector to alpha times a unit vector; this sign of alpha avoids cancellation.
            double alpha = head > 0 ? -norm : norm;
            sign[k] = alpha < 0 ? -1 : 1;
            reflectors[row + k] = head - alpha;
            double length2 = 0;
            for (int i = k; i < length; i++) {
                length2 += reflectors[row + i] * reflectors[row + i];
            }
            double scale = length2 == 0 ? 0 : Math.sqrt(2 / length2);
            for (int i = k; i < length; i++) {
                reflectors[row + i] *= scale;
            }
            for (int other = k + 1; other < count; other++) {
                reflect(reflectors, row, reflectors, other * length, k, length);
            }
        }
        double[] result = new double[count * length];
        for (int k = 0; k < count; k++) {
            result[k * length + k] = sign[k];
            for (int r = count - 1; r >= 0; r--) {
                reflect(reflectors, r * length, result, k * length, r, length);
            }
        }
        return result;
    }

    /** x − v·(v·x), over the elements from {@code start} on. */
    private static void reflect(double[] v, int atV, double[] x, int atX, int start, int length) {
        double dot = 0;
        for (int i = start; i < length; i++) {
            dot += v[atV + i] * x[atX + i];
        }
        for (int i = start; i < length; i++) {
            x[atX + i] -= dot * v[atV + i];
        }
    }
}
