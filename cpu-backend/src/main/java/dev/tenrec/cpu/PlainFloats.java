package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;

/**
 * Loops on 32-bit floats without vectors that give the bits of those with vectors, to run until those are compiled
 * ({@link Warmth}): the same formulas with the same coefficients, and sums in as many parts as vectors have lanes.
 */
final class PlainFloats {
    /** Lanes of the vectors whose sums are formed. */
    private static final int LANES = Math.max(1, CpuVector.BITS / Float.SIZE);

    private static final int BYTES = Float.BYTES;

    private static final float LOG2_E = 1.44269504f;
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    private static final float MAGIC = 0x1.8p23f;
    private static final int MAGIC_BITS = 0x4B400000;

    private PlainFloats() {}

    /** Whether {@link #function} has a loop for the primitive. */
    static boolean hasFunction(ScalarOp op) {
        return switch (op) {
            case EXP, LOG, TANH, ERF -> true;
            default -> false;
        };
    }

    /** Runs one function over n elements as {@link FloatFunctions} does. */
    static void function(ScalarOp op, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        for (int i = 0; i < n; i++) {
            long at = (long) i * BYTES;
            float x = a.get(JAVA_FLOAT_UNALIGNED, ao + at);
            float y = switch (op) {
                case EXP -> exp(x);
                case LOG -> log(x);
                case TANH -> tanh(x);
                case ERF -> erf(x);
                default -> throw new IllegalArgumentException(op.name());
            };
            r.set(JAVA_FLOAT_UNALIGNED, ro + at, y);
        }
    }

    private static float exp(float argument) {
        float x = argument > 89f ? 89f : argument;
        x = x < -104f ? -104f : x;
        float shifted = Math.fma(x, LOG2_E, MAGIC);
        float value = expMinus1OfRest(x, shifted - MAGIC) + 1f;
        int k = Float.floatToRawIntBits(shifted) - MAGIC_BITS;
        int half = k >> 1;
        return value * powerOfTwo(half + 127) * powerOfTwo(k - half + 127);
    }

    private static float moderateExp(float x) {
        float shifted = Math.fma(x, LOG2_E, MAGIC);
        int exponent = Float.floatToRawIntBits(shifted) - (MAGIC_BITS - 127);
        return (expMinus1OfRest(x, shifted - MAGIC) + 1f) * powerOfTwo(exponent);
    }

    private static float expMinus1OfRest(float x, float whole) {
        float f = Math.fma(whole, -LN2_LOW, Math.fma(whole, -LN2_HIGH, x));
        float p = Math.fma(f, 0.0013814447f, 0.008368783f);
        p = Math.fma(p, f, 0.041668396f);
        p = Math.fma(p, f, 0.1666652f);
        p = Math.fma(p, f, 0.49999994f);
        return Math.fma(f * f, p, f);
    }

    private static float powerOfTwo(int biasedExponent) {
        return Float.intBitsToFloat(biasedExponent << 23);
    }

    private static float log(float x) {
        boolean tiny = x < Float.MIN_NORMAL;
        int bits = Float.floatToRawIntBits(tiny ? x * 0x1p23f : x);
        int k = bits - 0x3F2AAAAB >> 23;
        float f = Float.intBitsToFloat(bits - (k << 23)) - 1f;
        float exponent = tiny ? k - 23f : k;
        float p = Math.fma(f, 0.12006266f, -0.12845148f);
        p = Math.fma(p, f, 0.10754457f);
        p = Math.fma(p, f, -0.12195757f);
        p = Math.fma(p, f, 0.14304438f);
        p = Math.fma(p, f, -0.1667958f);
        p = Math.fma(p, f, 0.19999598f);
        p = Math.fma(p, f, -0.2499982f);
        p = Math.fma(p, f, 0.33333334f);
        float square = f * f;
        float low = Math.fma(square, -0.5f, Math.fma(exponent, LN2_LOW, square * f * p));
        float value = Math.fma(exponent, LN2_HIGH, f + low);
        value = x == Float.POSITIVE_INFINITY ? x : value;
        value = x > 0f ? value : Float.NaN;
        return x == 0f ? Float.NEGATIVE_INFINITY : value;
    }

    private static float tanh(float x) {
        float magnitude = Math.abs(x);
        float limited = magnitude > 9.02f ? 9.02f : magnitude;
        float twice = limited + limited;
        float shifted = Math.fma(twice, LOG2_E, MAGIC);
        float scale = powerOfTwo(Float.floatToRawIntBits(shifted) - (MAGIC_BITS - 127));
        float e = Math.fma(expMinus1OfRest(twice, shifted - MAGIC), scale, scale - 1f);
        return withSignOf(x, e / (e + 2f));
    }

    private static float erf(float x) {
        float magnitude = Math.abs(x);
        if (magnitude > 0.9f) {
            float m = magnitude > 3.925f ? 3.925f : magnitude;
            float q = Math.fma(m, 2.0044071e-4f, -0.0030871881f);
            q = Math.fma(q, m, 0.02240131f);
            q = Math.fma(q, m, -0.10429136f);
            q = Math.fma(q, m, -0.63677484f);
            q = Math.fma(q, m, -1.1279159f);
            q = Math.fma(q, m, -1.3796864e-4f);
            return withSignOf(x, 1f - moderateExp(q));
        }
        float t = x * x;
        float p = Math.fma(t, -5.954211e-4f, 0.004986053f);
        p = Math.fma(p, t, -0.026761817f);
        p = Math.fma(p, t, 0.11281686f);
        p = Math.fma(p, t, -0.37612483f);
        p = Math.fma(p, t, 0.12837915f);
        return Math.fma(p, x, x);
    }

    private static float withSignOf(float x, float value) {
        return Float.intBitsToFloat(Float.floatToRawIntBits(value) | Float.floatToRawIntBits(x) & Integer.MIN_VALUE);
    }

    /** Adds or multiplies n elements in the order of {@link FloatReductions}. */
    static float reduce(ScalarOp op, MemorySegment a, long ao, int n) {
        boolean sum = op == ScalarOp.ADD;
        float[] parts = new float[4 * LANES];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = sum ? 0f : 1f;
        }
        int whole = n / LANES * LANES;
        int fours = n / (4 * LANES) * (4 * LANES);
        for (int i = 0; i < whole; i++) {
            float x = a.get(JAVA_FLOAT_UNALIGNED, ao + (long) i * BYTES);
            int to = i < fours ? i % (4 * LANES) : i % LANES;
            parts[to] = sum ? parts[to] + x : parts[to] * x;
        }
        for (int i = 0; i < LANES; i++) {
            float w = parts[i];
            float x = parts[i + LANES];
            float y = parts[i + 2 * LANES];
            float z = parts[i + 3 * LANES];
            parts[i] = sum ? w + x + (y + z) : w * x * (y * z);
        }
        // Halves onto each other, as LaneFolds does.
        for (int half = LANES / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                parts[i] = sum ? parts[i] + parts[i + half] : parts[i] * parts[i + half];
            }
        }
        float result = parts[0];
        for (int i = whole; i < n; i++) {
            float x = a.get(JAVA_FLOAT_UNALIGNED, ao + (long) i * BYTES);
            result = sum ? result + x : result * x;
        }
        return result;
    }

    /**
     * Multiplies panels as {@link FloatTile#multiply} does, for steps from {@code first} on.
     *
     * @param rows width of a panel of A
     * @param cols width of a panel of B
     */
    static void multiply(
            int rows, int cols, int first, int depth, float[] a, int aStart, float[] b, int bStart, float[] tile) {
        if (first == 0) {
            for (int i = 0; i < rows * cols; i++) {
                tile[i] = 0f;
            }
        }
        int p = first;
        for (; p <= depth - 4; p += 4) {
            int ai = aStart + p * rows;
            for (int r = 0; r < rows; r++) {
                addRows(a, ai + r, rows, b, bStart + p * cols, cols, tile, r * cols);
            }
        }
        for (; p < depth; p++) {
            for (int r = 0; r < rows; r++) {
                addRow(a[aStart + p * rows + r], b, bStart + p * cols, tile, r * cols, cols);
            }
        }
    }

    /** Four steps, one after the other for each element, whose sum is then read and written once. */
    private static void addRows(float[] a, int ai, int rows, float[] b, int bi, int n, float[] to, int at) {
        float x = a[ai];
        float y = a[ai + rows];
        float z = a[ai + 2 * rows];
        float w = a[ai + 3 * rows];
        for (int j = 0; j < n; j++) {
            float sum = Math.fma(x, b[bi + j], to[at + j]);
            sum = Math.fma(y, b[bi + n + j], sum);
            sum = Math.fma(z, b[bi + 2 * n + j], sum);
            to[at + j] = Math.fma(w, b[bi + 3 * n + j], sum);
        }
    }

    /** {@code to[at + j] += x·from[start + j]}, rounded once. */
    static void addRow(float x, float[] from, int start, float[] to, int at, int n) {
        for (int j = 0; j < n; j++) {
            to[at + j] = Math.fma(x, from[start + j], to[at + j]);
        }
    }

    /** {@code to[at + j] += from[start + j]}. */
    static void add(float[] from, int start, float[] to, int at, int n) {
        for (int j = 0; j < n; j++) {
            to[at + j] += from[start + j];
        }
    }
}
