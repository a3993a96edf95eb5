package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;

/**
 * Loops on 64-bit doubles without vectors that give the bits of those with vectors, to run until those are compiled
 * ({@link Warmth}): sums have as many parts as vectors have lanes.
 */
final class PlainDoubles {
    /** Lanes of the vectors whose sums are formed. */
    private static final int LANES = Math.max(1, CpuVector.BITS / Double.SIZE);

    private static final int BYTES = Double.BYTES;

    private PlainDoubles() {}

    /** Adds or multiplies n elements in the order of {@link DoubleReductions}. */
    static double reduce(ScalarOp op, MemorySegment a, long ao, int n) {
        boolean sum = op == ScalarOp.ADD;
        if (sum && n > DoubleReductions.RUN) {
            int half = DoubleReductions.half(n);
            return reduce(op, a, ao, half) + reduce(op, a, ao + (long) half * BYTES, n - half);
        }
        double[] parts = new double[4 * LANES];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = sum ? 0d : 1d;
        }
        int whole = n / LANES * LANES;
        int fours = n / (4 * LANES) * (4 * LANES);
        for (int i = 0; i < whole; i++) {
            double x = a.get(JAVA_DOUBLE_UNALIGNED, ao + (long) i * BYTES);
            int to = i < fours ? i % (4 * LANES) : i % LANES;
            parts[to] = sum ? parts[to] + x : parts[to] * x;
        }
        for (int i = 0; i < LANES; i++) {
            double w = parts[i];
            double x = parts[i + LANES];
            double y = parts[i + 2 * LANES];
            double z = parts[i + 3 * LANES];
            parts[i] = sum ? w + x + (y + z) : w * x * (y * z);
        }
        // Halves onto each other, as LaneFolds does.
        for (int half = LANES / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                parts[i] = sum ? parts[i] + parts[i + half] : parts[i] * parts[i + half];
            }
        }
        double result = parts[0];
        for (int i = whole; i < n; i++) {
            double x = a.get(JAVA_DOUBLE_UNALIGNED, ao + (long) i * BYTES);
            result = sum ? result + x : result * x;
        }
        return result;
    }

    /**
     * Multiplies panels as {@link DoubleTile#multiply} does, for steps from {@code first} on.
     *
     * @param rows width of a panel of A
     * @param cols width of a panel of B
     */
    static void multiply(
            int rows, int cols, int first, int depth, double[] a, int aStart, double[] b, int bStart, double[] tile) {
        if (first == 0) {
            for (int i = 0; i < rows * cols; i++) {
                tile[i] = 0d;
            }
        }
        int p = first;
        for (; p <= depth - 4; p += 4) {
            int ai = aStart + p * rows;
            for (int r = 0; r < rows; r++) {
                addRows(a, ai + r, rows, b, bStart + p * cols, cols, tile, r * cols);
            }
        }
        for (; p < depth; p++) {
            for (int r = 0; r < rows; r++) {
                addRow(a[aStart + p * rows + r], b, bStart + p * cols, tile, r * cols, cols);
            }
        }
    }

    /** Four steps, one after the other for each element, whose sum is then read and written once. */
    private static void addRows(double[] a, int ai, int rows, double[] b, int bi, int n, double[] to, int at) {
        double x = a[ai];
        double y = a[ai + rows];
        double z = a[ai + 2 * rows];
        double w = a[ai + 3 * rows];
        for (int j = 0; j < n; j++) {
            double sum = Math.fma(x, b[bi + j], to[at + j]);
            sum = Math.fma(y, b[bi + n + j], sum);
            sum = Math.fma(z, b[bi + 2 * n + j], sum);
            to[at + j] = Math.fma(w, b[bi + 3 * n + j], sum);
        }
    }

    /** {@code to[at + j] += x·from[start + j]}, rounded once. */
    static void addRow(double x, double[] from, int start, double[] to, int at, int n) {
        for (int j = 0; j < n; j++) {
            to[at + j] = Math.fma(x, from[start + j], to[at + j]);
        }
    }

    /** {@code to[at + j] += from[start + j]}. */
    static void add(double[] from, int start, double[] to, int at, int n) {
        for (int j = 0; j < n; j++) {
            to[at + j] += from[start + j];
        }
    }
}
