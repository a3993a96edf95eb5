package dev.tenrec.cpu;

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

    private static final FloatVector LOG2_E = all(1.44269504f);

    /** 1.5·2²³: added, it leaves the nearest whole number in the low bits. */
    private static final FloatVector MAGIC = all(0x1.8p23f);

    // ln 2 in two parts; the first has trailing zeros, so that its product with an exponent is exact.
    private static final FloatVector MINUS_LN2_HIGH = all(-0.693359375f);
    private static final FloatVector MINUS_LN2_LOW = all(2.12194440e-4f);

    // Minimax fit of relative error, as in FloatFunctions.
    private static final FloatVector EXP_2 = all(0.49999994f);
    private static final FloatVector EXP_3 = all(0.1666652f);
    private static final FloatVector EXP_4 = all(0.041668396f);
    private static final FloatVector EXP_5 = all(0.008368783f);
    private static final FloatVector EXP_6 = all(0.0013814447f);

    /** The bits of 1. */
    private static final IntVector ONE = all(1).reinterpretAsInts();

    /** Below this results would be subnormal; they are 0 instead. */
    private static final FloatVector LEAST = all(-87f);

    private static FloatVector all(float value) {
        return FloatVector.broadcast(S, value);
    }

    private static FloatVector load(long address, int index) {
        return FloatVector.fromMemorySegment(S, LoopSpecies.MEMORY, address + (long) index * BYTES, VectorWidth.ORDER);
    }

    private static void store(FloatVector vector, long address, int index) {
        vector.intoMemorySegment(LoopSpecies.MEMORY, address + (long) index * BYTES, VectorWidth.ORDER);
    }

    /**
     * e^x for x up to 0, by x = k·ln 2 + f; NaN stays, whatever its bits are: were k added to the exponent's bits, those
     * of a NaN could make a number of it.
     */
    private static FloatVector exp(FloatVector x) {
        FloatVector shifted = x.fma(LOG2_E, MAGIC);
        FloatVector k = shifted.sub(MAGIC);
        FloatVector f = k.fma(MINUS_LN2_LOW, k.fma(MINUS_LN2_HIGH, x));
        FloatVector p = f.fma(EXP_6, EXP_5).fma(f, EXP_4).fma(f, EXP_3).fma(f, EXP_2);
        // The magic number's own bits leave at the top.
        IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        FloatVector power = exponent.add(ONE).reinterpretAsFloats();
        FloatVector e = f.mul(f).fma(p, f).fma(power, power);
        return e.blend(0f, x.compare(VectorOperators.LT, LEAST));
    }

    /** By comparison and choice, since the vectors' maximum takes several instructions for NaN and signed zeros. */
    @Override
    double largest(MemorySegment a, long ao, int n) {
        long aFrom = Elements.address(a, ao, (long) n * BYTES);
        FloatVector w = all(Float.NEGATIVE_INFINITY);
        FloatVector x = w;
        FloatVector y = w;
        FloatVector z = w;
        int i = 0;
        for (; i <= n - 4 * LANES; i += 4 * LANES) {
            w = larger(w, load(aFrom, i));
            x = larger(x, load(aFrom, i + LANES));
            y = larger(y, load(aFrom, i + 2 * LANES));
            z = larger(z, load(aFrom, i + 3 * LANES));
        }
        for (; i <= n - LANES; i += LANES) {
            w = larger(w, load(aFrom, i));
        }
        float most = larger(larger(w, x), larger(y, z)).reduceLanes(VectorOperators.MAX);
        for (; i < n; i++) {
            float value = LoopSpecies.f32(aFrom + (long) i * BYTES);
            most = value > most ? value : most;
        }
        return most;
    }

    private static FloatVector larger(FloatVector most, FloatVector value) {
        return most.blend(value, value.compare(VectorOperators.GT, most));
    }

    @Override
    double exponentials(MemorySegment a, long ao, double shift, MemorySegment r, long ro, int n) {
        long aFrom = Elements.address(a, ao, (long) n * BYTES);
        long rFrom = Elements.address(r, ro, (long) n * BYTES);
        FloatVector m = FloatVector.broadcast(S, (float) shift);
        FloatVector sum = FloatVector.zero(S);
        for (int i = 0; i < n; i += LANES) {
            FloatVector e = exp(load(aFrom, i).sub(m));
            store(e, rFrom, i);
            sum = sum.add(e);
        }
        return LaneFolds.sum(sum);
    }

    @Override
    double sumOfExponentials(MemorySegment a, long ao, double shift, MemorySegment scratch, long so, int n) {
        long aFrom = Elements.address(a, ao, (long) n * BYTES);
        FloatVector m = FloatVector.broadcast(S, (float) shift);
        FloatVector sum = FloatVector.zero(S);
        for (int i = 0; i < n; i += LANES) {
            sum = sum.add(exp(load(aFrom, i).sub(m)));
        }
        return LaneFolds.sum(sum);
    }

    @Override
    void scale(MemorySegment r, long ro, double factor, int n) {
        long rFrom = Elements.address(r, ro, (long) n * BYTES);
        FloatVector f = FloatVector.broadcast(S, (float) factor);
        for (int i = 0; i < n; i += LANES) {
            store(load(rFrom, i).mul(f), rFrom, i);
        }
    }

    @Override
    void shift(MemorySegment a, long ao, double first, double second, MemorySegment r, long ro, int n) {
        long aFrom = Elements.address(a, ao, (long) n * BYTES);
        long rFrom = Elements.address(r, ro, (long) n * BYTES);
        FloatVector m = FloatVector.broadcast(S, (float) first);
        FloatVector l = FloatVector.broadcast(S, (float) second);
        for (int i = 0; i < n; i += LANES) {
            store(load(aFrom, i).sub(m).sub(l), rFrom, i);
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
        long aFrom = Elements.address(a, ao, (long) n * BYTES);
        long rFrom = Elements.address(r, ro, (long) n * BYTES);
        FloatVector m = FloatVector.broadcast(S, (float) first);
        FloatVector l = FloatVector.broadcast(S, (float) second);
        FloatVector f = FloatVector.broadcast(S, (float) factor);
        FloatVector b = FloatVector.broadcast(S, (float) -less);
        for (int i = 0; i < n; i += LANES) {
            store(exp(load(aFrom, i).sub(m).sub(l)).fma(f, b), rFrom, i);
        }
    }

    @Override
    void subtract(MemorySegment a, long ao, double factor, MemorySegment r, long ro, int n) {
        long aFrom = Elements.address(a, ao, (long) n * BYTES);
        long rFrom = Elements.address(r, ro, (long) n * BYTES);
        FloatVector f = FloatVector.broadcast(S, (float) -factor);
        for (int i = 0; i < n; i += LANES) {
            store(load(aFrom, i).fma(f, load(rFrom, i)), rFrom, i);
        }
    }

    @Override
    double sum(MemorySegment a, long ao, double shift, int n) {
        long aFrom = Elements.address(a, ao, (long) n * BYTES);
        FloatVector m = FloatVector.broadcast(S, (float) shift);
        FloatVector x = FloatVector.zero(S);
        FloatVector y = x;
        int i = 0;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            x = x.add(load(aFrom, i).sub(m));
            y = y.add(load(aFrom, i + LANES).sub(m));
        }
        for (; i < n; i += LANES) {
            x = x.add(load(aFrom, i).sub(m));
        }
        return LaneFolds.sum(x.add(y));
    }

    @Override
    double squares(MemorySegment a, long ao, double first, double second, int n) {
        long aFrom = Elements.address(a, ao, (long) n * BYTES);
        FloatVector m = FloatVector.broadcast(S, (float) first);
        FloatVector d = FloatVector.broadcast(S, (float) second);
        FloatVector x = FloatVector.zero(S);
        FloatVector y = x;
        int i = 0;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            FloatVector v = load(aFrom, i).sub(m).sub(d);
            FloatVector w = load(aFrom, i + LANES).sub(m).sub(d);
            x = v.fma(v, x);
            y = w.fma(w, y);
        }
        for (; i < n; i += LANES) {
            FloatVector v = load(aFrom, i).sub(m).sub(d);
            x = v.fma(v, x);
        }
        return LaneFolds.sum(x.add(y));
    }

    @Override
    double product(MemorySegment a, long ao, double shift, MemorySegment b, long bo, int n) {
        long aFrom = Elements.address(a, ao, (long) n * BYTES);
        long bFrom = Elements.address(b, bo, (long) n * BYTES);
        FloatVector m = FloatVector.broadcast(S, (float) shift);
        FloatVector x = FloatVector.zero(S);
        FloatVector y = x;
        int i = 0;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            x = load(aFrom, i).sub(m).fma(load(bFrom, i), x);
            y = load(aFrom, i + LANES).sub(m).fma(load(bFrom, i + LANES), y);
        }
        for (; i < n; i += LANES) {
            x = load(aFrom, i).sub(m).fma(load(bFrom, i), x);
        }
        return LaneFolds.sum(x.add(y));
    }

    @Override
    void softmaxGradient(
            MemorySegment y, long yo, MemorySegment g, long go, double sum, MemorySegment r, long ro, int n) {
        long yFrom = Elements.address(y, yo, (long) n * BYTES);
        long gFrom = Elements.address(g, go, (long) n * BYTES);
        long rFrom = Elements.address(r, ro, (long) n * BYTES);
        FloatVector s = FloatVector.broadcast(S, (float) sum);
        for (int i = 0; i < n; i += LANES) {
            store(load(yFrom, i).mul(load(gFrom, i).sub(s)), rFrom, i);
        }
    }

    @Override
    void logSoftmaxGradient(
            MemorySegment y, long yo, MemorySegment g, long go, double sum, MemorySegment r, long ro, int n) {
        long yFrom = Elements.address(y, yo, (long) n * BYTES);
        long gFrom = Elements.address(g, go, (long) n * BYTES);
        long rFrom = Elements.address(r, ro, (long) n * BYTES);
        FloatVector s = FloatVector.broadcast(S, (float) -sum);
        for (int i = 0; i < n; i += LANES) {
            store(exp(load(yFrom, i)).fma(s, load(gFrom, i)), rFrom, i);
        }
    }
}
