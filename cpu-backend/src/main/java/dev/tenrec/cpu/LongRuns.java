package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Combines four runs of 64-bit integers at a time, each into one. Four streams keep more cache lines on their way than
 * one does, and hide the latency of the operation. A run's order depends on its length alone: two vectors take turns.
 */
final class LongRuns {
    private static final VectorSpecies<Long> S = VectorWidth.SHAPE.withLanes(long.class);
    private static final int LANES = S.length();
    private static final int BYTES = Long.BYTES;

    private LongRuns() {}

    /** Combines four runs of n elements, {@code stride} bytes apart, by ADD, MUL, MIN or MAX. */
    static void fold(ScalarOp op, MemorySegment a, long ao, long stride, int n, long[] out) {
        switch (op) {
            case ADD -> sum(a, ao, stride, n, out);
            case MUL -> product(a, ao, stride, n, out);
            case MIN -> min(a, ao, stride, n, out);
            case MAX -> max(a, ao, stride, n, out);
            default -> throw new IllegalArgumentException(op.name());
        }
    }

    private static LongVector load(MemorySegment segment, long offset) {
        return LongVector.fromMemorySegment(S, segment, offset, VectorWidth.ORDER);
    }

    private static long get(MemorySegment segment, long offset) {
        return segment.get(JAVA_LONG_UNALIGNED, offset);
    }

    private static long bits(long value) {
        return value;
    }

    private static void sum(MemorySegment a, long ao, long stride, int n, long[] out) {
        LongVector p = LongVector.broadcast(S, 0);
        LongVector q = p;
        LongVector r = p;
        LongVector s = p;
        LongVector t = p;
        LongVector u = p;
        LongVector v = p;
        LongVector w = p;
        int i = 0;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            long k = ao + (long) i * BYTES;
            p = p.add(load(a, k));
            q = q.add(load(a, k + LANES * BYTES));
            k += stride;
            r = r.add(load(a, k));
            s = s.add(load(a, k + LANES * BYTES));
            k += stride;
            t = t.add(load(a, k));
            u = u.add(load(a, k + LANES * BYTES));
            k += stride;
            v = v.add(load(a, k));
            w = w.add(load(a, k + LANES * BYTES));
        }
        out[0] = sumTail(a, ao, i, n, p.add(q).reduceLanes(VectorOperators.ADD));
        out[1] = sumTail(a, ao + stride, i, n, r.add(s).reduceLanes(VectorOperators.ADD));
        out[2] = sumTail(a, ao + 2 * stride, i, n, t.add(u).reduceLanes(VectorOperators.ADD));
        out[3] = sumTail(a, ao + 3 * stride, i, n, v.add(w).reduceLanes(VectorOperators.ADD));
    }

    private static long sumTail(MemorySegment a, long ao, int from, int n, long start) {
        long result = start;
        for (int i = from; i < n; i++) {
            long x = get(a, ao + (long) i * BYTES);
            result = result + x;
        }
        return bits(result);
    }

    private static void product(MemorySegment a, long ao, long stride, int n, long[] out) {
        LongVector p = LongVector.broadcast(S, 1);
        LongVector q = p;
        LongVector r = p;
        LongVector s = p;
        LongVector t = p;
        LongVector u = p;
        LongVector v = p;
        LongVector w = p;
        int i = 0;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            long k = ao + (long) i * BYTES;
            p = p.mul(load(a, k));
            q = q.mul(load(a, k + LANES * BYTES));
            k += stride;
            r = r.mul(load(a, k));
            s = s.mul(load(a, k + LANES * BYTES));
            k += stride;
            t = t.mul(load(a, k));
            u = u.mul(load(a, k + LANES * BYTES));
            k += stride;
            v = v.mul(load(a, k));
            w = w.mul(load(a, k + LANES * BYTES));
        }
        out[0] = productTail(a, ao, i, n, p.mul(q).reduceLanes(VectorOperators.MUL));
        out[1] = productTail(a, ao + stride, i, n, r.mul(s).reduceLanes(VectorOperators.MUL));
        out[2] = productTail(a, ao + 2 * stride, i, n, t.mul(u).reduceLanes(VectorOperators.MUL));
        out[3] = productTail(a, ao + 3 * stride, i, n, v.mul(w).reduceLanes(VectorOperators.MUL));
    }

    private static long productTail(MemorySegment a, long ao, int from, int n, long start) {
        long result = start;
        for (int i = from; i < n; i++) {
            long x = get(a, ao + (long) i * BYTES);
            result = result * x;
        }
        return bits(result);
    }

    private static void min(MemorySegment a, long ao, long stride, int n, long[] out) {
        LongVector p = LongVector.broadcast(S, Long.MAX_VALUE);
        LongVector q = p;
        LongVector r = p;
        LongVector s = p;
        LongVector t = p;
        LongVector u = p;
        LongVector v = p;
        LongVector w = p;
        int i = 0;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            long k = ao + (long) i * BYTES;
            p = p.min(load(a, k));
            q = q.min(load(a, k + LANES * BYTES));
            k += stride;
            r = r.min(load(a, k));
            s = s.min(load(a, k + LANES * BYTES));
            k += stride;
            t = t.min(load(a, k));
            u = u.min(load(a, k + LANES * BYTES));
            k += stride;
            v = v.min(load(a, k));
            w = w.min(load(a, k + LANES * BYTES));
        }
        out[0] = minTail(a, ao, i, n, p.min(q).reduceLanes(VectorOperators.MIN));
        out[1] = minTail(a, ao + stride, i, n, r.min(s).reduceLanes(VectorOperators.MIN));
        out[2] = minTail(a, ao + 2 * stride, i, n, t.min(u).reduceLanes(VectorOperators.MIN));
        out[3] = minTail(a, ao + 3 * stride, i, n, v.min(w).reduceLanes(VectorOperators.MIN));
    }

    private static long minTail(MemorySegment a, long ao, int from, int n, long start) {
        long result = start;
        for (int i = from; i < n; i++) {
            long x = get(a, ao + (long) i * BYTES);
            result = Math.min(result, x);
        }
        return bits(result);
    }

    private static void max(MemorySegment a, long ao, long stride, int n, long[] out) {
        LongVector p = LongVector.broadcast(S, Long.MIN_VALUE);
        LongVector q = p;
        LongVector r = p;
        LongVector s = p;
        LongVector t = p;
        LongVector u = p;
        LongVector v = p;
        LongVector w = p;
        int i = 0;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            long k = ao + (long) i * BYTES;
            p = p.max(load(a, k));
            q = q.max(load(a, k + LANES * BYTES));
            k += stride;
            r = r.max(load(a, k));
            s = s.max(load(a, k + LANES * BYTES));
            k += stride;
            t = t.max(load(a, k));
            u = u.max(load(a, k + LANES * BYTES));
            k += stride;
            v = v.max(load(a, k));
            w = w.max(load(a, k + LANES * BYTES));
        }
        out[0] = maxTail(a, ao, i, n, p.max(q).reduceLanes(VectorOperators.MAX));
        out[1] = maxTail(a, ao + stride, i, n, r.max(s).reduceLanes(VectorOperators.MAX));
        out[2] = maxTail(a, ao + 2 * stride, i, n, t.max(u).reduceLanes(VectorOperators.MAX));
        out[3] = maxTail(a, ao + 3 * stride, i, n, v.max(w).reduceLanes(VectorOperators.MAX));
    }

    private static long maxTail(MemorySegment a, long ao, int from, int n, long start) {
        long result = start;
        for (int i = from; i < n; i++) {
            long x = get(a, ao + (long) i * BYTES);
            result = Math.max(result, x);
        }
        return bits(result);
    }

    /** The first place of a value that is known to be among n elements. */
    static int first(MemorySegment a, long ao, int n, long value) {
        long wanted = value;
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            VectorMask<Long> found = load(a, ao + (long) i * BYTES).eq(wanted);
            if (found.anyTrue()) {
                return i + found.firstTrue();
            }
        }
        while (i < n - 1 && get(a, ao + (long) i * BYTES) != wanted) {
            i++;
        }
        return i;
    }
}
