package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Combines a run of 32-bit integers into one. Four vectors take turns, which hides the latency of the operation; the order
 * depends on the length alone.
 */
final class IntReductions {
    private static final VectorSpecies<Integer> S = VectorWidth.SHAPE.withLanes(int.class);
    private static final int LANES = S.length();
    private static final int BYTES = Integer.BYTES;

    private IntReductions() {}

    /** Combines n elements, any number above 0, by ADD, MUL, MIN or MAX. */
    static int reduce(ScalarOp op, MemorySegment a, long ao, int n) {
        return switch (op) {
            case ADD -> sum(a, ao, n);
            case MUL -> product(a, ao, n);
            case MIN -> min(a, ao, n);
            case MAX -> max(a, ao, n);
            default -> throw new IllegalArgumentException(op.name());
        };
    }

    private static IntVector load(MemorySegment segment, long offset, int index) {
        return IntVector.fromMemorySegment(S, segment, offset + (long) index * BYTES, VectorWidth.ORDER);
    }

    private static int sum(MemorySegment a, long ao, int n) {
        IntVector w = IntVector.broadcast(S, 0);
        IntVector x = w;
        IntVector y = w;
        IntVector z = w;
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
        int result = w.add(x).add(y.add(z)).reduceLanes(VectorOperators.ADD);
        return sumTail(a, ao, i, n, result);
    }

    private static int sumTail(MemorySegment a, long ao, int from, int n, int start) {
        int result = start;
        for (int i = from; i < n; i++) {
            int x = a.get(JAVA_INT_UNALIGNED, ao + (long) i * BYTES);
            result = result + x;
        }
        return result;
    }

    private static int product(MemorySegment a, long ao, int n) {
        IntVector w = IntVector.broadcast(S, 1);
        IntVector x = w;
        IntVector y = w;
        IntVector z = w;
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
        int result = w.mul(x).mul(y.mul(z)).reduceLanes(VectorOperators.MUL);
        return productTail(a, ao, i, n, result);
    }

    private static int productTail(MemorySegment a, long ao, int from, int n, int start) {
        int result = start;
        for (int i = from; i < n; i++) {
            int x = a.get(JAVA_INT_UNALIGNED, ao + (long) i * BYTES);
            result = result * x;
        }
        return result;
    }

    private static int min(MemorySegment a, long ao, int n) {
        IntVector w = IntVector.broadcast(S, Integer.MAX_VALUE);
        IntVector x = w;
        IntVector y = w;
        IntVector z = w;
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
        int result = w.min(x).min(y.min(z)).reduceLanes(VectorOperators.MIN);
        return minTail(a, ao, i, n, result);
    }

    private static int minTail(MemorySegment a, long ao, int from, int n, int start) {
        int result = start;
        for (int i = from; i < n; i++) {
            int x = a.get(JAVA_INT_UNALIGNED, ao + (long) i * BYTES);
            result = Math.min(result, x);
        }
        return result;
    }

    private static int max(MemorySegment a, long ao, int n) {
        IntVector w = IntVector.broadcast(S, Integer.MIN_VALUE);
        IntVector x = w;
        IntVector y = w;
        IntVector z = w;
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
        int result = w.max(x).max(y.max(z)).reduceLanes(VectorOperators.MAX);
        return maxTail(a, ao, i, n, result);
    }

    private static int maxTail(MemorySegment a, long ao, int from, int n, int start) {
        int result = start;
        for (int i = from; i < n; i++) {
            int x = a.get(JAVA_INT_UNALIGNED, ao + (long) i * BYTES);
            result = Math.max(result, x);
        }
        return result;
    }
}
