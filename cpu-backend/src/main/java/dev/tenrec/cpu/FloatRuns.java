package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Combines four runs of 32-bit floats at a time, each into one. Four streams keep more cache lines on their way than
 * one does, and hide the latency of the operation. A run's order depends on its length alone: two vectors take turns.
 */
final class FloatRuns {
    private static final VectorSpecies<Float> S = VectorWidth.SHAPE.withLanes(float.class);
    private static final int LANES = S.length();
    private static final int BYTES = Float.BYTES;

    private FloatRuns() {}

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

    private static FloatVector load(MemorySegment segment, long offset) {
        return FloatVector.fromMemorySegment(S, segment, offset, VectorWidth.ORDER);
    }

    private static float get(MemorySegment segment, long offset) {
        return segment.get(JAVA_FLOAT_UNALIGNED, offset);
    }

    private static long bits(float value) {
        return Float.floatToRawIntBits(value);
    }

    private static void sum(MemorySegment a, long ao, long stride, int n, long[] out) {
        FloatVector p = FloatVector.broadcast(S, 0);
        FloatVector q = p;
        FloatVector r = p;
        FloatVector s = p;
        FloatVector t = p;
        FloatVector u = p;
        FloatVector v = p;
        FloatVector w = p;
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
        out[0] = sumTail(a, ao, i, n, LaneFolds.sum(p.add(q)));
        out[1] = sumTail(a, ao + stride, i, n, LaneFolds.sum(r.add(s)));
        out[2] = sumTail(a, ao + 2 * stride, i, n, LaneFolds.sum(t.add(u)));
        out[3] = sumTail(a, ao + 3 * stride, i, n, LaneFolds.sum(v.add(w)));
    }

    private static long sumTail(MemorySegment a, long ao, int from, int n, float start) {
        float result = start;
        for (int i = from; i < n; i++) {
            float x = get(a, ao + (long) i * BYTES);
            result = result + x;
        }
        return bits(result);
    }

    private static void product(MemorySegment a, long ao, long stride, int n, long[] out) {
        FloatVector p = FloatVector.broadcast(S, 1);
        FloatVector q = p;
        FloatVector r = p;
        FloatVector s = p;
        FloatVector t = p;
        FloatVector u = p;
        FloatVector v = p;
        FloatVector w = p;
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
        out[0] = productTail(a, ao, i, n, LaneFolds.product(p.mul(q)));
        out[1] = productTail(a, ao + stride, i, n, LaneFolds.product(r.mul(s)));
        out[2] = productTail(a, ao + 2 * stride, i, n, LaneFolds.product(t.mul(u)));
        out[3] = productTail(a, ao + 3 * stride, i, n, LaneFolds.product(v.mul(w)));
    }

    private static long productTail(MemorySegment a, long ao, int from, int n, float start) {
        float result = start;
        for (int i = from; i < n; i++) {
            float x = get(a, ao + (long) i * BYTES);
            result = result * x;
        }
        return bits(result);
    }

    private static void min(MemorySegment a, long ao, long stride, int n, long[] out) {
        FloatVector p = FloatVector.broadcast(S, Float.POSITIVE_INFINITY);
        FloatVector q = p;
        FloatVector r = p;
        FloatVector s = p;
        FloatVector t = p;
        FloatVector u = p;
        FloatVector v = p;
        FloatVector w = p;
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

    private static long minTail(MemorySegment a, long ao, int from, int n, float start) {
        float result = start;
        for (int i = from; i < n; i++) {
            float x = get(a, ao + (long) i * BYTES);
            result = Math.min(result, x);
        }
        return bits(result);
    }

    private static void max(MemorySegment a, long ao, long stride, int n, long[] out) {
        FloatVector p = FloatVector.broadcast(S, Float.NEGATIVE_INFINITY);
        FloatVector q = p;
        FloatVector r = p;
        FloatVector s = p;
        FloatVector t = p;
        FloatVector u = p;
        FloatVector v = p;
        FloatVector w = p;
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

    private static long maxTail(MemorySegment a, long ao, int from, int n, float start) {
        float result = start;
        for (int i = from; i < n; i++) {
            float x = get(a, ao + (long) i * BYTES);
            result = Math.max(result, x);
        }
        return bits(result);
    }

    /** The first place of a value that is known to be among n elements; NaN counts as equal to NaN. */
    static int first(MemorySegment a, long ao, int n, long value) {
        float wanted = Float.intBitsToFloat((int) value);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector x = load(a, ao + (long) i * BYTES);
            VectorMask<Float> found = wanted == wanted ? x.eq(wanted) : x.test(VectorOperators.IS_NAN);
            if (found.anyTrue()) {
                return i + found.firstTrue();
            }
        }
        while (i < n - 1 && !same(get(a, ao + (long) i * BYTES), wanted)) {
            i++;
        }
        return i;
    }

    private static boolean same(float x, float y) {
        return x == y || x != x && y != y;
    }
}
