package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Powers of 32-bit floats: {@code |a|^b = 2^(b·log₂|a|)} in double precision, where the product's error does not
 * matter. Zeros, subnormal and infinite operands and NaN are computed one by one. n is a multiple of
 * {@link Program#GRANULE}.
 */
final class FloatPower {
    private static final VectorSpecies<Double> S = VectorWidth.SHAPE.withLanes(double.class);
    private static final VectorSpecies<Float> FLOATS =
            VectorShape.forBitSize(CpuVector.BITS / 2).withLanes(float.class);
    private static final int LANES = S.length();
    private static final ByteOrder ORDER = VectorWidth.ORDER;
    private static final double MAGIC = 0x1.8p52;
    private static final long MAGIC_BITS = 0x4338000000000000L;
    private static final long TWO_THIRDS_BITS = 0x3FE5555555555555L;
    private static final double LOG2_E = 1.4426950408889634;
    private static final double LN2 = 0.6931471805599453;

    /** Beyond this the power is infinite or 0 as a 32-bit float. */
    private static final double EXPONENT_LIMIT = 200;

    // Vectors already, see FloatFunctions.
    private static final DoubleVector LIMIT = all(EXPONENT_LIMIT);
    private static final DoubleVector MINUS_LIMIT = all(-EXPONENT_LIMIT);
    private static final DoubleVector C_OVER_15 = all(1 / 15.0);
    private static final DoubleVector C_OVER_13 = all(1 / 13.0);
    private static final DoubleVector C_OVER_11 = all(1 / 11.0);
    private static final DoubleVector C_OVER_9 = all(1 / 9.0);
    private static final DoubleVector C_OVER_7 = all(1 / 7.0);
    private static final DoubleVector C_OVER_5 = all(1 / 5.0);
    private static final DoubleVector C_OVER_3 = all(1 / 3.0);
    private static final DoubleVector C_1 = all(1);
    private static final DoubleVector C_OVER_362880 = all(1 / 362880.0);
    private static final DoubleVector C_OVER_40320 = all(1 / 40320.0);
    private static final DoubleVector C_OVER_5040 = all(1 / 5040.0);
    private static final DoubleVector C_OVER_720 = all(1 / 720.0);
    private static final DoubleVector C_OVER_120 = all(1 / 120.0);
    private static final DoubleVector C_OVER_24 = all(1 / 24.0);
    private static final DoubleVector C_OVER_6 = all(1 / 6.0);
    private static final DoubleVector C_HALF = all(0.5);
    private static final DoubleVector V_MAGIC = all(MAGIC);
    private static final DoubleVector V_LN2 = all(LN2);
    private static final DoubleVector V_SCALE = all(2 * LOG2_E);
    private static final LongVector L_OFFSET = longs(TWO_THIRDS_BITS - 0x4000000000000000L);
    private static final LongVector L_400 = longs(0x400);
    private static final LongVector L_MAGIC = longs(MAGIC_BITS);
    private static final VectorSpecies<Integer> INTS = VectorWidth.SHAPE.withLanes(int.class);
    private static final IntVector SMALLEST = IntVector.broadcast(INTS, 0x00800000);
    private static final IntVector LARGEST = IntVector.broadcast(INTS, 0x7F7FFFFF);
    private static final IntVector MAGNITUDE = IntVector.broadcast(INTS, 0x7FFFFFFF);
    private static final LongVector L_BIAS = longs(1023);

    private FloatPower() {}

    private static LongVector longs(long value) {
        return LongVector.broadcast(VectorWidth.SHAPE.withLanes(long.class), value);
    }

    /** {@code r = a^b}. */
    static void pow(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        if (isOrdinary(a, ao, b, bo, n)) {
            loop(a, ao, b, bo, r, ro, n);
            return;
        }
        // Copied first, as the result may lie on an operand.
        float[] base = a.asSlice(ao, (long) n * Float.BYTES).toArray(JAVA_FLOAT_UNALIGNED);
        float[] exponent = b.asSlice(bo, (long) n * Float.BYTES).toArray(JAVA_FLOAT_UNALIGNED);
        loop(a, ao, b, bo, r, ro, n);
        for (int i = 0; i < n; i++) {
            float x = base[i];
            boolean special = !(Math.abs(x) >= Float.MIN_NORMAL && Math.abs(x) <= Float.MAX_VALUE);
            long at = ro + (long) i * Float.BYTES;
            if (special || !Float.isFinite(exponent[i])) {
                r.set(JAVA_FLOAT_UNALIGNED, at, (float) Math.pow(x, exponent[i]));
            } else if (x < 0) {
                r.set(JAVA_FLOAT_UNALIGNED, at, withSign(r.get(JAVA_FLOAT_UNALIGNED, at), exponent[i]));
            }
        }
    }

    /** A negative base has a power only for a whole exponent, negative if that is odd. */
    private static float withSign(float magnitude, float exponent) {
        if (Math.rint(exponent) != exponent) {
            return Float.NaN;
        }
        return exponent % 2 == 0 ? magnitude : -magnitude;
    }

    /** Whether all bases are positive normal numbers and all exponents finite: no difference of bits is negative. */
    private static boolean isOrdinary(MemorySegment a, long ao, MemorySegment b, long bo, int n) {
        IntVector wrong = IntVector.zero(INTS);
        for (int i = 0; i < n; i += INTS.length()) {
            IntVector base = IntVector.fromMemorySegment(INTS, a, ao + (long) i * Float.BYTES, ORDER);
            IntVector exponent = IntVector.fromMemorySegment(INTS, b, bo + (long) i * Float.BYTES, ORDER);
            wrong = wrong.or(base.sub(SMALLEST)).or(LARGEST.sub(base)).or(LARGEST.sub(exponent.and(MAGNITUDE)));
        }
        return !wrong.compare(VectorOperators.LT, 0).anyTrue();
    }

    private static DoubleVector load(MemorySegment segment, long offset, int index) {
        FloatVector floats = FloatVector.fromMemorySegment(FLOATS, segment, offset + (long) index * Float.BYTES, ORDER);
        return (DoubleVector) floats.convertShape(VectorOperators.F2D, S, 0);
    }

    private static DoubleVector all(double value) {
        return DoubleVector.broadcast(S, value);
    }

    private static void loop(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            DoubleVector base = load(a, ao, i);
            DoubleVector exponent = load(b, bo, i);
            DoubleVector result = exp2(limit(exponent.mul(log2(base.abs()))));
            FloatVector floats = (FloatVector) result.convertShape(VectorOperators.D2F, FLOATS, 0);
            floats.intoMemorySegment(r, ro + (long) i * Float.BYTES, ORDER);
        }
    }

    private static DoubleVector limit(DoubleVector x) {
        DoubleVector low = x.blend(LIMIT, x.compare(VectorOperators.GT, LIMIT));
        return low.blend(MINUS_LIMIT, low.compare(VectorOperators.LT, MINUS_LIMIT));
    }

    /** x = 2ᵏ·m with m from 2/3 to 4/3; log₂ m = 2/ln 2·artanh((m − 1)/(m + 1)) by its series. */
    private static DoubleVector log2(DoubleVector x) {
        LongVector bits = x.reinterpretAsLongs();
        // The exponent is small, so an offset and a logical shift stand for the arithmetic one that AVX2 lacks.
        LongVector k = bits.sub(L_OFFSET).lanewise(VectorOperators.LSHR, 52).sub(L_400);
        DoubleVector m = bits.sub(k.lanewise(VectorOperators.LSHL, 52)).reinterpretAsDoubles();
        DoubleVector s = m.sub(C_1).div(m.add(C_1));
        DoubleVector t = s.mul(s);
        DoubleVector p = t.fma(C_OVER_15, C_OVER_13);
        p = p.fma(t, C_OVER_11);
        p = p.fma(t, C_OVER_9);
        p = p.fma(t, C_OVER_7);
        p = p.fma(t, C_OVER_5);
        p = p.fma(t, C_OVER_3);
        p = p.fma(t, C_1);
        DoubleVector whole = k.add(L_MAGIC).reinterpretAsDoubles().sub(V_MAGIC);
        return s.mul(V_SCALE).fma(p, whole);
    }

    /** 2ˣ = 2ᵏ·2ᶠ with f from −1/2 to 1/2, by the series of the exponential. */
    private static DoubleVector exp2(DoubleVector x) {
        DoubleVector shifted = x.add(V_MAGIC);
        DoubleVector f = x.sub(shifted.sub(V_MAGIC)).mul(V_LN2);
        DoubleVector p = f.fma(C_OVER_362880, C_OVER_40320);
        p = p.fma(f, C_OVER_5040);
        p = p.fma(f, C_OVER_720);
        p = p.fma(f, C_OVER_120);
        p = p.fma(f, C_OVER_24);
        p = p.fma(f, C_OVER_6);
        p = p.fma(f, C_HALF);
        p = p.fma(f, C_1);
        p = p.fma(f, C_1);
        LongVector k = shifted.reinterpretAsLongs().sub(L_MAGIC);
        return p.mul(k.add(L_BIAS).lanewise(VectorOperators.LSHL, 52).reinterpretAsDoubles());
    }
}
