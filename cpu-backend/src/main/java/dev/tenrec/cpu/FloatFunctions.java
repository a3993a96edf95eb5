package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Exponential, logarithm, hyperbolic tangent and error function of 32-bit floats, each one loop of fused
 * multiply-adds without calls or branches. The coefficients are minimax fits of relative error made for these ranges.
 * A lane's result depends on its operand alone. n is a multiple of {@link Program#GRANULE}.
 */
final class FloatFunctions {
    private static final VectorSpecies<Float> S = VectorWidth.SHAPE.withLanes(float.class);
    private static final int LANES = S.length();

    private static final float LOG2_E = 1.44269504f;

    // ln 2 in two parts; the first has trailing zeros, so that its product with an exponent is exact.
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;

    /** 1.5·2²³: added, it leaves the nearest whole number in the low bits. */
    private static final float MAGIC = 0x1.8p23f;

    private static final int MAGIC_BITS = 0x4B400000;

    // Beyond these the exponential is infinite, or less than half of the smallest number.
    private static final float EXP_HIGH = 89f;
    private static final float EXP_LOW = -104f;

    private static final int TWO_THIRDS_BITS = 0x3F2AAAAB;

    /** Beyond this the hyperbolic tangent rounds to 1. */
    private static final float TANH_LIMIT = 9.02f;

    /** Beyond this the error function rounds to 1. */
    private static final float ERF_LIMIT = 3.925f;

    private FloatFunctions() {}

    private static FloatVector load(MemorySegment segment, long offset, int index) {
        return FloatVector.fromMemorySegment(S, segment, offset + (long) index * Float.BYTES, VectorWidth.ORDER);
    }

    private static void store(FloatVector vector, MemorySegment segment, long offset, int index) {
        vector.intoMemorySegment(segment, offset + (long) index * Float.BYTES, VectorWidth.ORDER);
    }

    private static FloatVector all(float value) {
        return FloatVector.broadcast(S, value);
    }

    /** {@code r = e^a}. */
    static void exp(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(exp(load(a, ao, i)), r, ro, i);
        }
    }

    /** x = k·ln 2 + f; eˣ = 2ᵏ·eᶠ, with 2ᵏ in two factors so that results may be subnormal. */
    private static FloatVector exp(FloatVector argument) {
        FloatVector x = argument.blend(all(EXP_HIGH), argument.compare(VectorOperators.GT, EXP_HIGH));
        x = x.blend(all(EXP_LOW), x.lt(EXP_LOW));
        FloatVector shifted = x.fma(all(LOG2_E), all(MAGIC));
        FloatVector whole = shifted.sub(MAGIC);
        FloatVector f = whole.fma(all(-LN2_HIGH), x);
        f = whole.fma(all(-LN2_LOW), f);
        FloatVector p = f.fma(all(0.0013814447f), all(0.008368783f));
        p = p.fma(f, all(0.041668396f));
        p = p.fma(f, all(0.1666652f));
        p = p.fma(f, all(0.49999994f));
        FloatVector value = f.mul(f).fma(p, f).add(1f);
        IntVector k = shifted.reinterpretAsInts().sub(MAGIC_BITS);
        IntVector half = k.lanewise(VectorOperators.ASHR, 1);
        return value.mul(powerOfTwo(half)).mul(powerOfTwo(k.sub(half)));
    }

    private static FloatVector powerOfTwo(IntVector exponent) {
        return exponent.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
    }

    /** {@code r = ln a}. */
    static void log(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(log(load(a, ao, i)), r, ro, i);
        }
    }

    /** x = 2ᵏ·(1 + f) with 1 + f from 2/3 to 4/3; ln x = k·ln 2 + f − f²/2 + f³·P(f). */
    private static FloatVector log(FloatVector x) {
        VectorMask<Float> tiny = x.lt(Float.MIN_NORMAL);
        IntVector bits = x.blend(x.mul(0x1p23f), tiny).reinterpretAsInts();
        IntVector k = bits.sub(TWO_THIRDS_BITS).lanewise(VectorOperators.ASHR, 23);
        FloatVector f = bits.sub(k.lanewise(VectorOperators.LSHL, 23))
                .reinterpretAsFloats()
                .sub(1f);
        FloatVector exponent = (FloatVector) k.convert(VectorOperators.I2F, 0);
        exponent = exponent.blend(exponent.sub(23f), tiny);
        FloatVector p = f.fma(all(0.12006266f), all(-0.12845148f));
        p = p.fma(f, all(0.10754457f));
        p = p.fma(f, all(-0.12195757f));
        p = p.fma(f, all(0.14304438f));
        p = p.fma(f, all(-0.1667958f));
        p = p.fma(f, all(0.19999598f));
        p = p.fma(f, all(-0.2499982f));
        p = p.fma(f, all(0.33333334f));
        FloatVector square = f.mul(f);
        FloatVector low = exponent.fma(all(LN2_LOW), square.mul(f).mul(p));
        low = square.fma(all(-0.5f), low);
        FloatVector value = exponent.fma(all(LN2_HIGH), f.add(low));
        return logEdges(x, value);
    }

    private static FloatVector logEdges(FloatVector x, FloatVector value) {
        FloatVector result = value.blend(x, x.eq(Float.POSITIVE_INFINITY));
        result = result.blend(all(Float.NEGATIVE_INFINITY), x.eq(0f));
        return result.blend(all(Float.NaN), x.compare(VectorOperators.GE, 0f).not());
    }

    /** {@code r = tanh a}. */
    static void tanh(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(tanh(load(a, ao, i)), r, ro, i);
        }
    }

    /** x·P(x²)/Q(x²); the sign of zero and small numbers come out by themselves. */
    private static FloatVector tanh(FloatVector argument) {
        FloatVector x = clamp(argument, TANH_LIMIT);
        FloatVector t = x.mul(x);
        FloatVector p = t.fma(all(1.3317002e-8f), all(2.0582153e-5f));
        p = p.fma(t, all(0.003493963f));
        p = p.fma(t, all(0.13379662f));
        p = p.fma(t, all(1f));
        FloatVector q = t.fma(all(7.761218e-7f), all(3.2829688e-4f));
        q = q.fma(t, all(0.025870813f));
        q = q.fma(t, all(0.46712977f));
        q = q.fma(t, all(1f));
        return clamp(x.mul(p).div(q), 1f);
    }

    /** {@code r = erf a}. */
    static void erf(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(erf(load(a, ao, i)), r, ro, i);
        }
    }

    /** x·P(x²)/Q(x²). */
    private static FloatVector erf(FloatVector argument) {
        FloatVector x = clamp(argument, ERF_LIMIT);
        FloatVector t = x.mul(x);
        FloatVector p = t.fma(all(2.0459997e-6f), all(2.8477696e-4f));
        p = p.fma(t, all(0.0037707004f));
        p = p.fma(t, all(0.05276347f));
        p = p.fma(t, all(0.19055417f));
        p = p.fma(t, all(1.1283791f));
        FloatVector q = t.fma(all(3.8044014e-5f), all(0.0011633635f));
        q = q.fma(t, all(0.014979499f));
        q = q.fma(t, all(0.11416583f));
        q = q.fma(t, all(0.502207f));
        q = q.fma(t, all(1f));
        return clamp(x.mul(p).div(q), 1f);
    }

    /** To [−limit, limit]; NaN stays, for which comparisons are false. */
    private static FloatVector clamp(FloatVector x, float limit) {
        FloatVector low = x.blend(all(limit), x.compare(VectorOperators.GT, limit));
        return low.blend(all(-limit), low.lt(-limit));
    }
}
