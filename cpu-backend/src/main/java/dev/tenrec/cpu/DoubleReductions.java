package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Combines a run of 64-bit floats into one. Four vectors take turns, which hides the latency of the operation; the order
 * depends on the length alone.
 */
final class DoubleReductions {
    private static final VectorSpecies<Double> S = VectorWidth.SHAPE.withLanes(double.class);
    private static final int LANES = S.length();

    /** Elements summed without halving: 16 rounds of four accumulators. */
    static final int RUN = 16 * 4 * LANES;

    private static final int BYTES = Double.BYTES;

    private DoubleReductions() {}

    /** Combines n elements, any number above 0, by ADD, MUL, MIN or MAX. */
    static double reduce(ScalarOp op, MemorySegment a, long ao, int n) {
        return switch (op) {
            case ADD -> sum(a, ao, n);
            case MUL -> product(a, ao, n);
            case MIN -> min(a, ao, n);
            case MAX -> max(a, ao, n);
            default -> throw new IllegalArgumentException(op.name());
        };
    }

    private static DoubleVector load(MemorySegment segment, long offset, int index) {
        return DoubleVector.fromMemorySegment(S, segment, offset + (long) index * BYTES, VectorWidth.ORDER);
    }

    /** Halves long runs (pairwise summation), so that equal elements do not pile up one rounding error. */
    private static double sum(MemorySegment a, long ao, int n) {
        if (n <= RUN) {
            return sumRun(a, ao, n);
        }
        int half = half(n);
        return sum(a, ao, half) + sum(a, ao + (long) half * BYTES, n - half);
    }

    /** Elements of a longer run that are summed first: about half, in whole runs. */
    static int half(int n) {
        return (n / 2 + RUN - 1) / RUN * RUN;
    }

    private static double sumRun(MemorySegment a, long ao, int n) {
        DoubleVector w = DoubleVector.broadcast(S, 0);
        DoubleVector x = w;
        DoubleVector y = w;
        DoubleVector z = w;
        int i = 0;
        for (; i <= n - 4 * LANES; i += 4 * LANES) {
            w = w.add(load(a, ao, i));
            x = x.add(load(a, ao, i + LANES));
            y = y.add(load(a, ao, i + 2 * LANES));
            z = z.add(load(a, ao, i + 3 * LANES));
        }
        for (; i <= n - LANES; i += LANES) {
            w = w.add(load(a, ao, i));
        }
        double result = LaneFolds.sum(w.add(x).add(y.add(z)));
        return sumTail(a, ao, i, n, result);
    }

    private static double sumTail(MemorySegment a, long ao, int from, int n, double start) {
        double result = start;
        for (int i = from; i < n; i++) {
            double x = a.get(JAVA_DOUBLE_UNALIGNED, ao + (long) i * BYTES);
            result = result + x;
        }
        return result;
    }

    private static double product(MemorySegment a, long ao, int n) {
        DoubleVector w = DoubleVector.broadcast(S, 1);
        DoubleVector x = w;
        DoubleVector y = w;
        DoubleVector z = w;
        int i = 0;
        for (; i <= n - 4 * LANES; i += 4 * LANES) {
            w = w.mul(load(a, ao, i));
            x = x.mul(load(a, ao, i + LANES));
            y = y.mul(load(a, ao, i + 2 * LANES));
            z = z.mul(load(a, ao, i + 3 * LANES));
        }
        for (; i <= n - LANES; i += LANES) {
            w = w.mul(load(a, ao, i));
        }
        double result = LaneFolds.product(w.mul(x).mul(y.mul(z)));
        return productTail(a, ao, i, n, result);
    }

    private static double productTail(MemorySegment a, long ao, int from, int n, double start) {
        double result = start;
        for (int i = from; i < n; i++) {
            double x = a.get(JAVA_DOUBLE_UNALIGNED, ao + (long) i * BYTES);
            result = result * x;
        }
        return result;
    }

    private static double min(MemorySegment a, long ao, int n) {
        DoubleVector w = DoubleVector.broadcast(S, Double.POSITIVE_INFINITY);
        DoubleVector x = w;
        DoubleVector y = w;
        DoubleVector z = w;
        int i = 0;
        for (; i <= n - 4 * LANES; i += 4 * LANES) {
            w = w.min(load(a, ao, i));
            x = x.min(load(a, ao, i + LANES));
            y = y.min(load(a, ao, i + 2 * LANES));
            z = z.min(load(a, ao, i + 3 * LANES));
        }
        for (; i <= n - LANES; i += LANES) {
            w = w.min(load(a, ao, i));
        }
        double result = w.min(x).min(y.min(z)).reduceLanes(VectorOperators.MIN);
        return minTail(a, ao, i, n, result);
    }

    private static double minTail(MemorySegment a, long ao, int from, int n, double start) {
        double result = start;
        for (int i = from; i < n; i++) {
            double x = a.get(JAVA_DOUBLE_UNALIGNED, ao + (long) i * BYTES);
            result = Math.min(result, x);
        }
        return result;
    }

    private static double max(MemorySegment a, long ao, int n) {
        DoubleVector w = DoubleVector.broadcast(S, Double.NEGATIVE_INFINITY);
        DoubleVector x = w;
        DoubleVector y = w;
        DoubleVector z = w;
        int i = 0;
        for (; i <= n - 4 * LANES; i += 4 * LANES) {
            w = w.max(load(a, ao, i));
            x = x.max(load(a, ao, i + LANES));
            y = y.max(load(a, ao, i + 2 * LANES));
            z = z.max(load(a, ao, i + 3 * LANES));
        }
        for (; i <= n - LANES; i += LANES) {
            w = w.max(load(a, ao, i));
        }
        double result = w.max(x).max(y.max(z)).reduceLanes(VectorOperators.MAX);
        return maxTail(a, ao, i, n, result);
    }

    private static double maxTail(MemorySegment a, long ao, int from, int n, double start) {
        double result = start;
        for (int i = from; i < n; i++) {
            double x = a.get(JAVA_DOUBLE_UNALIGNED, ao + (long) i * BYTES);
            result = Math.max(result, x);
        }
        return result;
    }
}
