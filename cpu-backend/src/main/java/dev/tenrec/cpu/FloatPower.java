package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
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

    private FloatPower() {}

    /** {@code r = a^b}. */
    static void pow(MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment r, long ro, int n) {
        if (!hasSpecial(a, ao, b, bo, n)) {
            loop(a, ao, b, bo, r, ro, n);
            return;
        }
        float[] base = a.asSlice(ao, (long) n * Float.BYTES).toArray(JAVA_FLOAT_UNALIGNED);
        float[] exponent = b.asSlice(bo, (long) n * Float.BYTES).toArray(JAVA_FLOAT_UNALIGNED);
        loop(a, ao, b, bo, r, ro, n);
        for (int i = 0; i < n; i++) {
            if (isSpecial(base[i]) || !Float.isFinite(exponent[i])) {
                r.set(JAVA_FLOAT_UNALIGNED, ro + (long) i * Float.BYTES, (float) Math.pow(base[i], exponent[i]));
            }
        }
    }

    private static boolean isSpecial(float base) {
        return !(Math.abs(base) >= Float.MIN_NORMAL && Math.abs(base) <= Float.MAX_VALUE);
    }

    private static boolean hasSpecial(MemorySegment a, long ao, MemorySegment b, long bo, int n) {
        for (int i = 0; i < n; i++) {
            float base = a.get(JAVA_FLOAT_UNALIGNED, ao + (long) i * Float.BYTES);
            float exponent = b.get(JAVA_FLOAT_UNALIGNED, bo + (long) i * Float.BYTES);
            if (isSpecial(base) || !Float.isFinite(exponent)) {
                return true;
            }
        }
        return false;
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
            DoubleVector magnitude = exp2(limit(exponent.mul(log2(base.abs()))));
            DoubleVector result = withSign(base, exponent, magnitude);
            FloatVector floats = (FloatVector) result.convertShape(VectorOperators.D2F, FLOATS, 0);
            floats.intoMemorySegment(r, ro + (long) i * Float.BYTES, ORDER);
        }
    }

    private static DoubleVector limit(DoubleVector x) {
        DoubleVector low = x.blend(all(EXPONENT_LIMIT), x.compare(VectorOperators.GT, EXPONENT_LIMIT));
        return low.blend(all(-EXPONENT_LIMIT), low.lt(-EXPONENT_LIMIT));
    }

    /** x = 2ᵏ·m with m from 2/3 to 4/3; log₂ m = 2/ln 2·artanh((m − 1)/(m + 1)) by its series. */
    private static DoubleVector log2(DoubleVector x) {
        LongVector bits = x.reinterpretAsLongs();
        // The exponent is small, so an offset and a logical shift stand for the arithmetic one that AVX2 lacks.
        LongVector k = bits.sub(TWO_THIRDS_BITS)
                .add(0x4000000000000000L)
                .lanewise(VectorOperators.LSHR, 52)
                .sub(0x400L);
        DoubleVector m = bits.sub(k.lanewise(VectorOperators.LSHL, 52)).reinterpretAsDoubles();
        DoubleVector s = m.sub(1).div(m.add(1));
        DoubleVector t = s.mul(s);
        DoubleVector p = t.fma(all(1 / 15.0), all(1 / 13.0));
        p = p.fma(t, all(1 / 11.0));
        p = p.fma(t, all(1 / 9.0));
        p = p.fma(t, all(1 / 7.0));
        p = p.fma(t, all(1 / 5.0));
        p = p.fma(t, all(1 / 3.0));
        p = p.fma(t, all(1));
        DoubleVector whole = k.add(MAGIC_BITS).reinterpretAsDoubles().sub(MAGIC);
        return s.mul(2 * LOG2_E).fma(p, whole);
    }

    /** 2ˣ = 2ᵏ·2ᶠ with f from −1/2 to 1/2, by the series of the exponential. */
    private static DoubleVector exp2(DoubleVector x) {
        DoubleVector shifted = x.add(MAGIC);
        DoubleVector f = x.sub(shifted.sub(MAGIC)).mul(LN2);
        DoubleVector p = f.fma(all(1 / 362880.0), all(1 / 40320.0));
        p = p.fma(f, all(1 / 5040.0));
        p = p.fma(f, all(1 / 720.0));
        p = p.fma(f, all(1 / 120.0));
        p = p.fma(f, all(1 / 24.0));
        p = p.fma(f, all(1 / 6.0));
        p = p.fma(f, all(0.5));
        p = p.fma(f, all(1));
        p = p.fma(f, all(1));
        LongVector k = shifted.reinterpretAsLongs().sub(MAGIC_BITS);
        return p.mul(k.add(1023L).lanewise(VectorOperators.LSHL, 52).reinterpretAsDoubles());
    }

    /** A negative base has a power only for a whole exponent, negative if that is odd. */
    private static DoubleVector withSign(DoubleVector base, DoubleVector exponent, DoubleVector magnitude) {
        VectorMask<Double> negative = base.lt(0);
        DoubleVector whole = rounded(exponent);
        DoubleVector half = exponent.mul(0.5);
        VectorMask<Double> odd = rounded(half).compare(VectorOperators.NE, half).and(negative);
        DoubleVector signed = magnitude.blend(magnitude.neg(), odd);
        return signed.blend(
                all(Double.NaN), whole.compare(VectorOperators.NE, exponent).and(negative));
    }

    /** The nearest whole number; numbers of 2⁵¹ and more are whole already. */
    private static DoubleVector rounded(DoubleVector x) {
        return x.blend(x.add(MAGIC).sub(MAGIC), x.abs().lt(0x1p51));
    }
}
