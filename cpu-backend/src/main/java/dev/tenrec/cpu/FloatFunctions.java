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
 *
 * <p>Constants are vectors already: each broadcast inside of a loop adds to what the compiler has to inline, and past a
 * limit of it the rest of the loop is called instead, with every vector on the heap.
 */
final class FloatFunctions {
    private static final VectorSpecies<Float> S = VectorWidth.SHAPE.withLanes(float.class);
    private static final VectorSpecies<Integer> INTS = VectorWidth.SHAPE.withLanes(int.class);
    private static final int LANES = S.length();

    private static final FloatVector ONE = all(1f);
    private static final FloatVector TWO = all(2f);
    private static final FloatVector ZERO = all(0f);
    private static final FloatVector INFINITY = all(Float.POSITIVE_INFINITY);
    private static final IntVector SIGN = IntVector.broadcast(INTS, 0x80000000);

    private static final FloatVector LOG2_E = all(1.44269504f);

    // ln 2 in two parts; the first has trailing zeros, so that its product with an exponent is exact.
    private static final FloatVector LN2_HIGH = all(0.693359375f);
    private static final FloatVector LN2_LOW = all(-2.12194440e-4f);
    private static final FloatVector MINUS_LN2_HIGH = LN2_HIGH.neg();
    private static final FloatVector MINUS_LN2_LOW = LN2_LOW.neg();

    /** 1.5·2²³: added, it leaves the nearest whole number in the low bits. */
    private static final FloatVector MAGIC = all(0x1.8p23f);

    /** Takes the magic number's bits away and adds the bias of exponents. */
    private static final IntVector MAGIC_TO_EXPONENT = IntVector.broadcast(INTS, 0x4B400000 - 127);

    private static final IntVector MAGIC_BITS = IntVector.broadcast(INTS, 0x4B400000);
    private static final IntVector BIAS = IntVector.broadcast(INTS, 127);

    // Beyond these the exponential is infinite, or less than half of the smallest number.
    private static final FloatVector EXP_HIGH = all(89f);
    private static final FloatVector EXP_LOW = all(-104f);

    private static final FloatVector EXP_2 = all(0.49999994f);
    private static final FloatVector EXP_3 = all(0.1666652f);
    private static final FloatVector EXP_4 = all(0.041668396f);
    private static final FloatVector EXP_5 = all(0.008368783f);
    private static final FloatVector EXP_6 = all(0.0013814447f);

    private static final FloatVector TINY = all(Float.MIN_NORMAL);
    private static final FloatVector TINY_SCALE = all(0x1p23f);
    private static final FloatVector TINY_EXPONENT = all(23f);
    private static final IntVector TWO_THIRDS = IntVector.broadcast(INTS, 0x3F2AAAAB);
    private static final FloatVector LOG_2 = all(-0.5f);
    private static final FloatVector LOG_3 = all(0.33333334f);
    private static final FloatVector LOG_4 = all(-0.2499982f);
    private static final FloatVector LOG_5 = all(0.19999598f);
    private static final FloatVector LOG_6 = all(-0.1667958f);
    private static final FloatVector LOG_7 = all(0.14304438f);
    private static final FloatVector LOG_8 = all(-0.12195757f);
    private static final FloatVector LOG_9 = all(0.10754457f);
    private static final FloatVector LOG_10 = all(-0.12845148f);
    private static final FloatVector LOG_11 = all(0.12006266f);
    private static final FloatVector NAN = all(Float.NaN);
    private static final FloatVector MINUS_INFINITY = all(Float.NEGATIVE_INFINITY);

    /** Beyond this the hyperbolic tangent rounds to 1. */
    private static final FloatVector TANH_LIMIT = all(9.02f);

    /** Beyond this the error function rounds to 1. */
    private static final FloatVector ERF_LIMIT = all(3.925f);

    /** Up to this the error function is a polynomial. */
    private static final FloatVector ERF_NEAR = all(0.9f);

    private static final FloatVector ERF_1 = all(0.12837915f);
    private static final FloatVector ERF_3 = all(-0.37612483f);
    private static final FloatVector ERF_5 = all(0.11281686f);
    private static final FloatVector ERF_7 = all(-0.026761817f);
    private static final FloatVector ERF_9 = all(0.004986053f);
    private static final FloatVector ERF_11 = all(-5.954211e-4f);
    private static final FloatVector ERFC_0 = all(-1.3796864e-4f);
    private static final FloatVector ERFC_1 = all(-1.1279159f);
    private static final FloatVector ERFC_2 = all(-0.63677484f);
    private static final FloatVector ERFC_3 = all(-0.10429136f);
    private static final FloatVector ERFC_4 = all(0.02240131f);
    private static final FloatVector ERFC_5 = all(-0.0030871881f);
    private static final FloatVector ERFC_6 = all(2.0044071e-4f);

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
        FloatVector x = argument.blend(EXP_HIGH, argument.compare(VectorOperators.GT, EXP_HIGH));
        x = x.blend(EXP_LOW, x.compare(VectorOperators.LT, EXP_LOW));
        FloatVector shifted = x.fma(LOG2_E, MAGIC);
        FloatVector value = expOfRest(x, shifted.sub(MAGIC));
        IntVector k = shifted.reinterpretAsInts().sub(MAGIC_BITS);
        IntVector half = k.lanewise(VectorOperators.ASHR, 1);
        return value.mul(powerOfTwo(half.add(BIAS))).mul(powerOfTwo(k.sub(half).add(BIAS)));
    }

    /** The exponential where it is neither subnormal nor infinite. */
    private static FloatVector moderateExp(FloatVector x) {
        FloatVector shifted = x.fma(LOG2_E, MAGIC);
        IntVector exponent = shifted.reinterpretAsInts().sub(MAGIC_TO_EXPONENT);
        return expOfRest(x, shifted.sub(MAGIC)).mul(powerOfTwo(exponent));
    }

    /** exp(x − whole·ln 2). */
    private static FloatVector expOfRest(FloatVector x, FloatVector whole) {
        return expMinus1OfRest(x, whole).add(ONE);
    }

    /** exp(x − whole·ln 2) − 1. */
    private static FloatVector expMinus1OfRest(FloatVector x, FloatVector whole) {
        FloatVector f = whole.fma(MINUS_LN2_LOW, whole.fma(MINUS_LN2_HIGH, x));
        FloatVector p = f.fma(EXP_6, EXP_5).fma(f, EXP_4).fma(f, EXP_3).fma(f, EXP_2);
        return f.mul(f).fma(p, f);
    }

    private static FloatVector powerOfTwo(IntVector biasedExponent) {
        return biasedExponent.lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
    }

    /** {@code r = ln a}. */
    static void log(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(log(load(a, ao, i)), r, ro, i);
        }
    }

    /** x = 2ᵏ·(1 + f) with 1 + f from 2/3 to 4/3; ln x = k·ln 2 + f − f²/2 + f³·P(f). */
    private static FloatVector log(FloatVector x) {
        VectorMask<Float> tiny = x.compare(VectorOperators.LT, TINY);
        IntVector bits = x.blend(x.mul(TINY_SCALE), tiny).reinterpretAsInts();
        IntVector k = bits.sub(TWO_THIRDS).lanewise(VectorOperators.ASHR, 23);
        FloatVector f = bits.sub(k.lanewise(VectorOperators.LSHL, 23))
                .reinterpretAsFloats()
                .sub(ONE);
        FloatVector exponent = (FloatVector) k.convert(VectorOperators.I2F, 0);
        exponent = exponent.blend(exponent.sub(TINY_EXPONENT), tiny);
        FloatVector p = f.fma(LOG_11, LOG_10).fma(f, LOG_9).fma(f, LOG_8).fma(f, LOG_7);
        p = p.fma(f, LOG_6).fma(f, LOG_5).fma(f, LOG_4).fma(f, LOG_3);
        FloatVector square = f.mul(f);
        FloatVector low = square.fma(LOG_2, exponent.fma(LN2_LOW, square.mul(f).mul(p)));
        return logEdges(x, exponent.fma(LN2_HIGH, f.add(low)));
    }

    private static FloatVector logEdges(FloatVector x, FloatVector value) {
        FloatVector result = value.blend(x, x.compare(VectorOperators.EQ, INFINITY));
        result = NAN.blend(result, x.compare(VectorOperators.GT, ZERO));
        return result.blend(MINUS_INFINITY, x.compare(VectorOperators.EQ, ZERO));
    }

    /** {@code r = tanh a}. */
    static void tanh(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(tanh(load(a, ao, i)), r, ro, i);
        }
    }

    /**
     * e/(e + 2) with e = exp(2|x|) − 1 = 2ᵏ·(eᶠ − 1) + (2ᵏ − 1), where 2|x| = k·ln 2 + f: nothing cancels near zero,
     * where k is 0.
     */
    private static FloatVector tanh(FloatVector x) {
        FloatVector limited = limit(x.abs(), TANH_LIMIT);
        FloatVector twice = limited.add(limited);
        FloatVector shifted = twice.fma(LOG2_E, MAGIC);
        FloatVector scale = powerOfTwo(shifted.reinterpretAsInts().sub(MAGIC_TO_EXPONENT));
        FloatVector e = expMinus1OfRest(twice, shifted.sub(MAGIC)).fma(scale, scale.sub(ONE));
        return withSignOf(x, e.div(e.add(TWO)));
    }

    /** {@code r = erf a}. */
    static void erf(MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(erf(load(a, ao, i)), r, ro, i);
        }
    }

    /** Near zero x + x·P(x²), elsewhere 1 − exp(Q(|x|)), where Q fits the logarithm of the complement. */
    private static FloatVector erf(FloatVector x) {
        FloatVector magnitude = x.abs();
        FloatVector t = x.mul(x);
        FloatVector p =
                t.fma(ERF_11, ERF_9).fma(t, ERF_7).fma(t, ERF_5).fma(t, ERF_3).fma(t, ERF_1);
        FloatVector near = p.fma(x, x);
        FloatVector m = limit(magnitude, ERF_LIMIT);
        FloatVector q = m.fma(ERFC_6, ERFC_5).fma(m, ERFC_4).fma(m, ERFC_3).fma(m, ERFC_2);
        FloatVector far = ONE.sub(moderateExp(q.fma(m, ERFC_1).fma(m, ERFC_0)));
        // NaN counts as near.
        return near.blend(withSignOf(x, far), magnitude.compare(VectorOperators.GT, ERF_NEAR));
    }

    private static FloatVector limit(FloatVector magnitude, FloatVector most) {
        return magnitude.blend(most, magnitude.compare(VectorOperators.GT, most));
    }

    /** A value that is not negative, with the sign of x. */
    private static FloatVector withSignOf(FloatVector x, FloatVector value) {
        IntVector sign = x.reinterpretAsInts().and(SIGN);
        return value.reinterpretAsInts().or(sign).reinterpretAsFloats();
    }
}
