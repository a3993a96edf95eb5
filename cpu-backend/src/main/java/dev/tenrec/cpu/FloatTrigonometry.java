package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Sine and cosine of 32-bit floats. Up to 2²⁰ the argument is reduced by multiples of π/2 in three parts (Cody and
 * Waite); single elements beyond that are computed in double precision. n is a multiple of {@link Program#GRANULE}.
 */
final class FloatTrigonometry {
    private static final VectorSpecies<Float> S = VectorWidth.SHAPE.withLanes(float.class);
    private static final int LANES = S.length();
    private static final float LIMIT = 0x1p20f;
    private static final float TWO_OVER_PI = 0.63661977f;
    private static final float MAGIC = 0x1.8p23f;

    // π/2 in three parts, all positive: then reducing −0 keeps its sign.
    private static final float PART_1 = 0x1.921fb4p+0f;
    private static final float PART_2 = 0x1.4442dp-24f;
    private static final float PART_3 = 0x1.84698ap-48f;

    // Vectors already, see FloatFunctions.
    private static final FloatVector ZERO = all(0);
    private static final FloatVector V_TWO_OVER_PI = all(TWO_OVER_PI);
    private static final FloatVector V_MAGIC = all(MAGIC);
    private static final FloatVector MINUS_PART_1 = all(-PART_1);
    private static final FloatVector MINUS_PART_2 = all(-PART_2);
    private static final FloatVector MINUS_PART_3 = all(-PART_3);
    private static final FloatVector SIN_9 = all(2.7173676e-6f);
    private static final FloatVector SIN_7 = all(-1.9839233e-4f);
    private static final FloatVector SIN_5 = all(0.008333329f);
    private static final FloatVector SIN_3 = all(-0.16666667f);
    private static final FloatVector ONE = all(1f);
    private static final FloatVector COS_8 = all(2.4425675e-5f);
    private static final FloatVector COS_6 = all(-0.0013887251f);
    private static final FloatVector COS_4 = all(0.041666646f);
    private static final FloatVector COS_2 = all(-0.5f);
    private static final IntVector INT_1 = ints(1);
    private static final IntVector INT_2 = ints(2);

    private FloatTrigonometry() {}

    private static IntVector ints(int value) {
        return IntVector.broadcast(VectorWidth.SHAPE.withLanes(int.class), value);
    }

    private static FloatVector load(MemorySegment segment, long offset, int index) {
        return FloatVector.fromMemorySegment(S, segment, offset + (long) index * Float.BYTES, VectorWidth.ORDER);
    }

    private static FloatVector all(float value) {
        return FloatVector.broadcast(S, value);
    }

    /** {@code r = sin a}. */
    static void sin(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        float[] large = copyIfLarge(a, ao, n);
        loop(a, ao, r, ro, n, 0);
        for (int i = 0; i < large.length; i++) {
            if (Math.abs(large[i]) > LIMIT) {
                r.set(JAVA_FLOAT_UNALIGNED, ro + (long) i * Float.BYTES, (float) Math.sin(large[i]));
            }
        }
    }

    /** {@code r = cos a}. */
    static void cos(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        float[] large = copyIfLarge(a, ao, n);
        loop(a, ao, r, ro, n, 1);
        for (int i = 0; i < large.length; i++) {
            if (Math.abs(large[i]) > LIMIT) {
                r.set(JAVA_FLOAT_UNALIGNED, ro + (long) i * Float.BYTES, (float) Math.cos(large[i]));
            }
        }
    }

    /** The operands, if any is beyond the limit, before the result is perhaps written over them; else nothing. */
    private static float[] copyIfLarge(MemorySegment a, long ao, int n) {
        return isAnyLarge(a, ao, n)
                ? a.asSlice(ao, (long) n * Float.BYTES).toArray(JAVA_FLOAT_UNALIGNED)
                : new float[0];
    }

    private static boolean isAnyLarge(MemorySegment a, long ao, int n) {
        FloatVector most = ZERO;
        for (int i = 0; i < n; i += LANES) {
            FloatVector magnitude = load(a, ao, i).abs();
            most = most.blend(magnitude, magnitude.compare(VectorOperators.GT, most));
        }
        return most.compare(VectorOperators.GT, LIMIT).anyTrue();
    }

    /** With quadrants turned by {@code turn}: 0 gives the sine, 1 the cosine. */
    private static void loop(MemorySegment a, long ao, MemorySegment r, long ro, int n, int turn) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector x = load(a, ao, i);
            sine(x, turn).intoMemorySegment(r, ro + (long) i * Float.BYTES, VectorWidth.ORDER);
        }
    }

    private static FloatVector sine(FloatVector x, int turn) {
        FloatVector shifted = x.fma(V_TWO_OVER_PI, V_MAGIC);
        FloatVector whole = shifted.sub(V_MAGIC);
        FloatVector f = whole.fma(MINUS_PART_1, x);
        f = whole.fma(MINUS_PART_2, f);
        f = whole.fma(MINUS_PART_3, f);
        IntVector quadrant = shifted.reinterpretAsInts().add(turn);
        VectorMask<Float> odd =
                quadrant.and(INT_1).compare(VectorOperators.EQ, INT_1).cast(S);
        FloatVector t = f.mul(f);
        FloatVector value = sinePolynomial(f, t).blend(cosinePolynomial(t), odd);
        IntVector sign = quadrant.and(INT_2).lanewise(VectorOperators.LSHL, 30);
        return value.reinterpretAsInts().lanewise(VectorOperators.XOR, sign).reinterpretAsFloats();
    }

    private static FloatVector sinePolynomial(FloatVector f, FloatVector t) {
        FloatVector p = t.fma(SIN_9, SIN_7);
        p = p.fma(t, SIN_5);
        p = p.fma(t, SIN_3);
        return f.mul(t.fma(p, ONE));
    }

    private static FloatVector cosinePolynomial(FloatVector t) {
        FloatVector p = t.fma(COS_8, COS_6);
        p = p.fma(t, COS_4);
        p = p.fma(t, COS_2);
        return p.fma(t, ONE);
    }
}
