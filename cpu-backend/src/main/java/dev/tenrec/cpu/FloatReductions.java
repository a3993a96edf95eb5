package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Combines a run of 32-bit floats into one. Four vectors take turns, which hides the latency of the operation; the order
 * depends on the length alone.
 */
final class FloatReductions {
    private static final VectorSpecies<Float> S = VectorWidth.SHAPE.withLanes(float.class);
    private static final int LANES = S.length();
    private static final int BYTES = Float.BYTES;

    private FloatReductions() {}

    /** Combines n elements, any number above 0, by ADD, MUL, MIN or MAX. */
    static float reduce(ScalarOp op, MemorySegment a, long ao, int n) {
        return switch (op) {
            case ADD -> sum(a, ao, n);
            case MUL -> product(a, ao, n);
            case MIN -> min(a, ao, n);
            case MAX -> max(a, ao, n);
            default -> throw new IllegalArgumentException(op.name());
        };
    }

    private static FloatVector load(MemorySegment segment, long offset, int index) {
        return FloatVector.fromMemorySegment(S, segment, offset + (long) index * BYTES, VectorWidth.ORDER);
    }

    private static float sum(MemorySegment a, long ao, int n) {
        FloatVector w = FloatVector.broadcast(S, 0);
        FloatVector x = w;
        FloatVector y = w;
        FloatVector z = w;
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
        float result = LaneFolds.sum(w.add(x).add(y.add(z)));
        return sumTail(a, ao, i, n, result);
    }

    private static float sumTail(MemorySegment a, long ao, int from, int n, float start) {
        float result = start;
        for (int i = from; i < n; i++) {
            float x = a.get(JAVA_FLOAT_UNALIGNED, ao + (long) i * BYTES);
            result = result + x;
        }
        return result;
    }

    private static float product(MemorySegment a, long ao, int n) {
        FloatVector w = FloatVector.broadcast(S, 1);
        FloatVector x = w;
        FloatVector y = w;
        FloatVector z = w;
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
        float result = LaneFolds.product(w.mul(x).mul(y.mul(z)));
        return productTail(a, ao, i, n, result);
    }

    private static float productTail(MemorySegment a, long ao, int from, int n, float start) {
        float result = start;
        for (int i = from; i < n; i++) {
            float x = a.get(JAVA_FLOAT_UNALIGNED, ao + (long) i * BYTES);
            result = result * x;
        }
        return result;
    }

    private static float min(MemorySegment a, long ao, int n) {
        FloatVector w = FloatVector.broadcast(S, Float.POSITIVE_INFINITY);
        FloatVector x = w;
        FloatVector y = w;
        FloatVector z = w;
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
        float result = w.min(x).min(y.min(z)).reduceLanes(VectorOperators.MIN);
        return minTail(a, ao, i, n, result);
    }

    private static float minTail(MemorySegment a, long ao, int from, int n, float start) {
        float result = start;
        for (int i = from; i < n; i++) {
            float x = a.get(JAVA_FLOAT_UNALIGNED, ao + (long) i * BYTES);
            result = Math.min(result, x);
        }
        return result;
    }

    private static float max(MemorySegment a, long ao, int n) {
        FloatVector w = FloatVector.broadcast(S, Float.NEGATIVE_INFINITY);
        FloatVector x = w;
        FloatVector y = w;
        FloatVector z = w;
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
        float result = w.max(x).max(y.max(z)).reduceLanes(VectorOperators.MAX);
        return maxTail(a, ao, i, n, result);
    }

    private static float maxTail(MemorySegment a, long ao, int from, int n, float start) {
        float result = start;
        for (int i = from; i < n; i++) {
            float x = a.get(JAVA_FLOAT_UNALIGNED, ao + (long) i * BYTES);
            result = Math.max(result, x);
        }
        return result;
    }
}
