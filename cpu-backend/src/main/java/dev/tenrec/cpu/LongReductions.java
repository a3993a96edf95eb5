package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Combines a run of 64-bit integers into one. Four vectors take turns, which hides the latency of the operation; the order
 * depends on the length alone.
 */
final class LongReductions {
    private static final VectorSpecies<Long> S = VectorWidth.SHAPE.withLanes(long.class);
    private static final int LANES = S.length();
    private static final int BYTES = Long.BYTES;

    private LongReductions() {}

    /** Combines n elements, any number above 0, by ADD, MUL, MIN or MAX. */
    static long reduce(ScalarOp op, MemorySegment a, long ao, int n) {
        return switch (op) {
            case ADD -> sum(a, ao, n);
            case MUL -> product(a, ao, n);
            case MIN -> min(a, ao, n);
            case MAX -> max(a, ao, n);
            default -> throw new IllegalArgumentException(op.name());
        };
    }

    private static LongVector load(MemorySegment segment, long offset, int index) {
        return LongVector.fromMemorySegment(S, segment, offset + (long) index * BYTES, VectorWidth.ORDER);
    }

    private static long sum(MemorySegment a, long ao, int n) {
        LongVector w = LongVector.broadcast(S, 0);
        LongVector x = w;
        LongVector y = w;
        LongVector z = w;
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
        long result = w.add(x).add(y.add(z)).reduceLanes(VectorOperators.ADD);
        return sumTail(a, ao, i, n, result);
    }

    private static long sumTail(MemorySegment a, long ao, int from, int n, long start) {
        long result = start;
        for (int i = from; i < n; i++) {
            long x = a.get(JAVA_LONG_UNALIGNED, ao + (long) i * BYTES);
            result = result + x;
        }
        return result;
    }

    private static long product(MemorySegment a, long ao, int n) {
        LongVector w = LongVector.broadcast(S, 1);
        LongVector x = w;
        LongVector y = w;
        LongVector z = w;
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
        long result = w.mul(x).mul(y.mul(z)).reduceLanes(VectorOperators.MUL);
        return productTail(a, ao, i, n, result);
    }

    private static long productTail(MemorySegment a, long ao, int from, int n, long start) {
        long result = start;
        for (int i = from; i < n; i++) {
            long x = a.get(JAVA_LONG_UNALIGNED, ao + (long) i * BYTES);
            result = result * x;
        }
        return result;
    }

    private static long min(MemorySegment a, long ao, int n) {
        LongVector w = LongVector.broadcast(S, Long.MAX_VALUE);
        LongVector x = w;
        LongVector y = w;
        LongVector z = w;
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
        long result = w.min(x).min(y.min(z)).reduceLanes(VectorOperators.MIN);
        return minTail(a, ao, i, n, result);
    }

    private static long minTail(MemorySegment a, long ao, int from, int n, long start) {
        long result = start;
        for (int i = from; i < n; i++) {
            long x = a.get(JAVA_LONG_UNALIGNED, ao + (long) i * BYTES);
            result = Math.min(result, x);
        }
        return result;
    }

    private static long max(MemorySegment a, long ao, int n) {
        LongVector w = LongVector.broadcast(S, Long.MIN_VALUE);
        LongVector x = w;
        LongVector y = w;
        LongVector z = w;
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
        long result = w.max(x).max(y.max(z)).reduceLanes(VectorOperators.MAX);
        return maxTail(a, ao, i, n, result);
    }

    private static long maxTail(MemorySegment a, long ao, int from, int n, long start) {
        long result = start;
        for (int i = from; i < n; i++) {
            long x = a.get(JAVA_LONG_UNALIGNED, ao + (long) i * BYTES);
            result = Math.max(result, x);
        }
        return result;
    }
}
