package dev.tenrec.cpu;

import dev.tenrec.ir.ScalarOp;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link Lines} of 32-bit floats. Two vectors take turns in sums; their order depends on the length alone. */
final class FloatLines extends Lines {
    private static final VectorSpecies<Float> S = VectorWidth.SHAPE.withLanes(float.class);
    private static final int LANES = S.length();
    private static final int BYTES = Float.BYTES;

    private static final float LOG2_E = 1.44269504f;

    /** 1.5·2²³: added, it leaves the nearest whole number in the low bits. */
    private static final float MAGIC = 0x1.8p23f;

    // ln 2 in two parts; the first has trailing zeros, so that its product with an exponent is exact.
    private static final float MINUS_LN2_HIGH = -0.693359375f;
    private static final float MINUS_LN2_LOW = 2.12194440e-4f;

    // Minimax fit of relative error, as in FloatFunctions.
    private static final float EXP_2 = 0.49999994f;
    private static final float EXP_3 = 0.1666652f;
    private static final float EXP_4 = 0.041668396f;
    private static final float EXP_5 = 0.008368783f;
    private static final float EXP_6 = 0.0013814447f;

    /** Below this results would be subnormal; they are 0 instead. */
    private static final float LEAST = -87f;

    private static FloatVector load(MemorySegment segment, long offset, int index) {
        return FloatVector.fromMemorySegment(S, segment, offset + (long) index * BYTES, VectorWidth.ORDER);
    }

    private static void store(FloatVector vector, MemorySegment segment, long offset, int index) {
        vector.intoMemorySegment(segment, offset + (long) index * BYTES, VectorWidth.ORDER);
    }

    /**
     * e^x for x up to 0, by x = k·ln 2 + f; NaN stays. Constants come as arguments that the caller broadcasts before its
     * loop: read from fields inside of a loop that stores, they are loaded anew for each vector, which takes twice as
     * long.
     */
    private static FloatVector exp(
            FloatVector x,
            FloatVector log2e,
            FloatVector magic,
            FloatVector high,
            FloatVector low,
            FloatVector c2,
            FloatVector c3,
            FloatVector c4,
            FloatVector c5,
            FloatVector c6,
            FloatVector one,
            FloatVector least) {
        FloatVector shifted = x.fma(log2e, magic);
        FloatVector k = shifted.sub(magic);
        FloatVector f = k.fma(low, k.fma(high, x));
        FloatVector p = f.fma(c6, c5).fma(f, c4).fma(f, c3).fma(f, c2);
        p = f.mul(f).fma(p, f).add(one);
        // The magic number's own bits leave at the top; k is added to the exponent.
        IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        FloatVector e = p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
        return e.blend(0f, x.compare(VectorOperators.LT, least));
    }

    @Override
    double largest(MemorySegment a, long ao, int n) {
        return FloatReductions.reduce(ScalarOp.MAX, a, ao, n);
    }

    @Override
    double exponentials(MemorySegment a, long ao, double shift, MemorySegment r, long ro, int n) {
        FloatVector m = FloatVector.broadcast(S, (float) shift);
        FloatVector sum = FloatVector.zero(S);
        FloatVector log2e = FloatVector.broadcast(S, LOG2_E);
        FloatVector magic = FloatVector.broadcast(S, MAGIC);
        FloatVector high = FloatVector.broadcast(S, MINUS_LN2_HIGH);
        FloatVector low = FloatVector.broadcast(S, MINUS_LN2_LOW);
        FloatVector c2 = FloatVector.broadcast(S, EXP_2);
        FloatVector c3 = FloatVector.broadcast(S, EXP_3);
        FloatVector c4 = FloatVector.broadcast(S, EXP_4);
        FloatVector c5 = FloatVector.broadcast(S, EXP_5);
        FloatVector c6 = FloatVector.broadcast(S, EXP_6);
        FloatVector one = FloatVector.broadcast(S, 1);
        FloatVector least = FloatVector.broadcast(S, LEAST);
        for (int i = 0; i < n; i += LANES) {
            FloatVector e = exp(load(a, ao, i).sub(m), log2e, magic, high, low, c2, c3, c4, c5, c6, one, least);
            store(e, r, ro, i);
            sum = sum.add(e);
        }
        return LaneFolds.sum(sum);
    }

    @Override
    double sumOfExponentials(MemorySegment a, long ao, double shift, MemorySegment scratch, long so, int n) {
        FloatVector m = FloatVector.broadcast(S, (float) shift);
        FloatVector sum = FloatVector.zero(S);
        FloatVector log2e = FloatVector.broadcast(S, LOG2_E);
        FloatVector magic = FloatVector.broadcast(S, MAGIC);
        FloatVector high = FloatVector.broadcast(S, MINUS_LN2_HIGH);
        FloatVector low = FloatVector.broadcast(S, MINUS_LN2_LOW);
        FloatVector c2 = FloatVector.broadcast(S, EXP_2);
        FloatVector c3 = FloatVector.broadcast(S, EXP_3);
        FloatVector c4 = FloatVector.broadcast(S, EXP_4);
        FloatVector c5 = FloatVector.broadcast(S, EXP_5);
        FloatVector c6 = FloatVector.broadcast(S, EXP_6);
        FloatVector one = FloatVector.broadcast(S, 1);
        FloatVector least = FloatVector.broadcast(S, LEAST);
        for (int i = 0; i < n; i += LANES) {
            sum = sum.add(exp(load(a, ao, i).sub(m), log2e, magic, high, low, c2, c3, c4, c5, c6, one, least));
        }
        return LaneFolds.sum(sum);
    }

    @Override
    void scale(MemorySegment r, long ro, double factor, int n) {
        FloatVector f = FloatVector.broadcast(S, (float) factor);
        for (int i = 0; i < n; i += LANES) {
            store(load(r, ro, i).mul(f), r, ro, i);
        }
    }

    @Override
    void shift(MemorySegment a, long ao, double first, double second, MemorySegment r, long ro, int n) {
        FloatVector m = FloatVector.broadcast(S, (float) first);
        FloatVector l = FloatVector.broadcast(S, (float) second);
        for (int i = 0; i < n; i += LANES) {
            store(load(a, ao, i).sub(m).sub(l), r, ro, i);
        }
    }

    @Override
    void scaledExponentials(
            MemorySegment a,
            long ao,
            double first,
            double second,
            double factor,
            double less,
            MemorySegment r,
            long ro,
            int n) {
        FloatVector m = FloatVector.broadcast(S, (float) first);
        FloatVector l = FloatVector.broadcast(S, (float) second);
        FloatVector f = FloatVector.broadcast(S, (float) factor);
        FloatVector b = FloatVector.broadcast(S, (float) -less);
        FloatVector log2e = FloatVector.broadcast(S, LOG2_E);
        FloatVector magic = FloatVector.broadcast(S, MAGIC);
        FloatVector high = FloatVector.broadcast(S, MINUS_LN2_HIGH);
        FloatVector low = FloatVector.broadcast(S, MINUS_LN2_LOW);
        FloatVector c2 = FloatVector.broadcast(S, EXP_2);
        FloatVector c3 = FloatVector.broadcast(S, EXP_3);
        FloatVector c4 = FloatVector.broadcast(S, EXP_4);
        FloatVector c5 = FloatVector.broadcast(S, EXP_5);
        FloatVector c6 = FloatVector.broadcast(S, EXP_6);
        FloatVector one = FloatVector.broadcast(S, 1);
        FloatVector least = FloatVector.broadcast(S, LEAST);
        for (int i = 0; i < n; i += LANES) {
            store(
                    exp(load(a, ao, i).sub(m).sub(l), log2e, magic, high, low, c2, c3, c4, c5, c6, one, least)
                            .fma(f, b),
                    r,
                    ro,
                    i);
        }
    }

    @Override
    void subtract(MemorySegment a, long ao, double factor, MemorySegment r, long ro, int n) {
        FloatVector f = FloatVector.broadcast(S, (float) -factor);
        for (int i = 0; i < n; i += LANES) {
            store(load(a, ao, i).fma(f, load(r, ro, i)), r, ro, i);
        }
    }

    @Override
    double sum(MemorySegment a, long ao, double shift, int n) {
        FloatVector m = FloatVector.broadcast(S, (float) shift);
        FloatVector x = FloatVector.zero(S);
        FloatVector y = x;
        int i = 0;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            x = x.add(load(a, ao, i).sub(m));
            y = y.add(load(a, ao, i + LANES).sub(m));
        }
        for (; i < n; i += LANES) {
            x = x.add(load(a, ao, i).sub(m));
        }
        return LaneFolds.sum(x.add(y));
    }

    @Override
    double squares(MemorySegment a, long ao, double first, double second, int n) {
        FloatVector m = FloatVector.broadcast(S, (float) first);
        FloatVector d = FloatVector.broadcast(S, (float) second);
        FloatVector x = FloatVector.zero(S);
        FloatVector y = x;
        int i = 0;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            FloatVector v = load(a, ao, i).sub(m).sub(d);
            FloatVector w = load(a, ao, i + LANES).sub(m).sub(d);
            x = v.fma(v, x);
            y = w.fma(w, y);
        }
        for (; i < n; i += LANES) {
            FloatVector v = load(a, ao, i).sub(m).sub(d);
            x = v.fma(v, x);
        }
        return LaneFolds.sum(x.add(y));
    }

    @Override
    double product(MemorySegment a, long ao, double shift, MemorySegment b, long bo, int n) {
        FloatVector m = FloatVector.broadcast(S, (float) shift);
        FloatVector x = FloatVector.zero(S);
        FloatVector y = x;
        int i = 0;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            x = load(a, ao, i).sub(m).fma(load(b, bo, i), x);
            y = load(a, ao, i + LANES).sub(m).fma(load(b, bo, i + LANES), y);
        }
        for (; i < n; i += LANES) {
            x = load(a, ao, i).sub(m).fma(load(b, bo, i), x);
        }
        return LaneFolds.sum(x.add(y));
    }

    @Override
    void softmaxGradient(
            MemorySegment y, long yo, MemorySegment g, long go, double sum, MemorySegment r, long ro, int n) {
        FloatVector s = FloatVector.broadcast(S, (float) sum);
        for (int i = 0; i < n; i += LANES) {
            store(load(y, yo, i).mul(load(g, go, i).sub(s)), r, ro, i);
        }
    }

    @Override
    void logSoftmaxGradient(
            MemorySegment y, long yo, MemorySegment g, long go, double sum, MemorySegment r, long ro, int n) {
        FloatVector s = FloatVector.broadcast(S, (float) -sum);
        FloatVector log2e = FloatVector.broadcast(S, LOG2_E);
        FloatVector magic = FloatVector.broadcast(S, MAGIC);
        FloatVector high = FloatVector.broadcast(S, MINUS_LN2_HIGH);
        FloatVector low = FloatVector.broadcast(S, MINUS_LN2_LOW);
        FloatVector c2 = FloatVector.broadcast(S, EXP_2);
        FloatVector c3 = FloatVector.broadcast(S, EXP_3);
        FloatVector c4 = FloatVector.broadcast(S, EXP_4);
        FloatVector c5 = FloatVector.broadcast(S, EXP_5);
        FloatVector c6 = FloatVector.broadcast(S, EXP_6);
        FloatVector one = FloatVector.broadcast(S, 1);
        FloatVector least = FloatVector.broadcast(S, LEAST);
        for (int i = 0; i < n; i += LANES) {
            store(
                    exp(load(y, yo, i), log2e, magic, high, low, c2, c3, c4, c5, c6, one, least)
                            .fma(s, load(g, go, i)),
                    r,
                    ro,
                    i);
        }
    }
}
