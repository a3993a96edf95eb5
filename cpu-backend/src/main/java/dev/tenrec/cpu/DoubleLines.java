package dev.tenrec.cpu;

import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/** {@link Lines} of 64-bit floats. Two vectors take turns in sums; their order depends on the length alone. */
final class DoubleLines extends Lines {
    private static final VectorSpecies<Double> S = VectorWidth.SHAPE.withLanes(double.class);
    private static final int LANES = S.length();
    private static final int BYTES = Double.BYTES;

    private static DoubleVector load(long address, int index) {
        return DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, address + (long) index * BYTES, VectorWidth.ORDER);
    }

    private static void store(DoubleVector vector, long address, int index) {
        vector.intoMemorySegment(LoopSpecies.MEMORY, address + (long) index * BYTES, VectorWidth.ORDER);
    }

    @Override
    double largest(MemorySegment a, long ao, int n) {
        return DoubleReductions.reduce(ScalarOp.MAX, a, ao, n);
    }

    @Override
    double exponentials(MemorySegment a, long ao, double shift, MemorySegment r, long ro, int n) {
        long aFrom = Elements.address(a, ao, (long) n * BYTES);
        long rFrom = Elements.address(r, ro, (long) n * BYTES);
        DoubleVector m = DoubleVector.broadcast(S, shift);
        DoubleVector sum = DoubleVector.zero(S);
        for (int i = 0; i < n; i += LANES) {
            store(load(aFrom, i).sub(m), rFrom, i);
        }
        Primitives.INSTANCE.unary(ScalarOp.EXP, DType.F64, r, ro, r, ro, n);
        for (int i = 0; i < n; i += LANES) {
            sum = sum.add(load(rFrom, i));
        }
        return LaneFolds.sum(sum);
    }

    @Override
    double sumOfExponentials(MemorySegment a, long ao, double shift, MemorySegment scratch, long so, int n) {
        return exponentials(a, ao, shift, scratch, so, n);
    }

    @Override
    void scale(MemorySegment r, long ro, double factor, int n) {
        long rFrom = Elements.address(r, ro, (long) n * BYTES);
        DoubleVector f = DoubleVector.broadcast(S, factor);
        for (int i = 0; i < n; i += LANES) {
            store(load(rFrom, i).mul(f), rFrom, i);
        }
    }

    @Override
    void shift(MemorySegment a, long ao, double first, double second, MemorySegment r, long ro, int n) {
        long aFrom = Elements.address(a, ao, (long) n * BYTES);
        long rFrom = Elements.address(r, ro, (long) n * BYTES);
        DoubleVector m = DoubleVector.broadcast(S, first);
        DoubleVector l = DoubleVector.broadcast(S, second);
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
        long rFrom = Elements.address(r, ro, (long) n * BYTES);
        shift(a, ao, first, second, r, ro, n);
        Primitives.INSTANCE.unary(ScalarOp.EXP, DType.F64, r, ro, r, ro, n);
        DoubleVector f = DoubleVector.broadcast(S, factor);
        DoubleVector b = DoubleVector.broadcast(S, -less);
        for (int i = 0; i < n; i += LANES) {
            store(load(rFrom, i).fma(f, b), rFrom, i);
        }
    }

    @Override
    void subtract(MemorySegment a, long ao, double factor, MemorySegment r, long ro, int n) {
        long aFrom = Elements.address(a, ao, (long) n * BYTES);
        long rFrom = Elements.address(r, ro, (long) n * BYTES);
        DoubleVector f = DoubleVector.broadcast(S, -factor);
        for (int i = 0; i < n; i += LANES) {
            store(load(aFrom, i).fma(f, load(rFrom, i)), rFrom, i);
        }
    }

    @Override
    double sum(MemorySegment a, long ao, double shift, int n) {
        long aFrom = Elements.address(a, ao, (long) n * BYTES);
        DoubleVector m = DoubleVector.broadcast(S, shift);
        DoubleVector x = DoubleVector.zero(S);
        DoubleVector y = x;
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
        DoubleVector m = DoubleVector.broadcast(S, first);
        DoubleVector d = DoubleVector.broadcast(S, second);
        DoubleVector x = DoubleVector.zero(S);
        DoubleVector y = x;
        int i = 0;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            DoubleVector v = load(aFrom, i).sub(m).sub(d);
            DoubleVector w = load(aFrom, i + LANES).sub(m).sub(d);
            x = v.fma(v, x);
            y = w.fma(w, y);
        }
        for (; i < n; i += LANES) {
            DoubleVector v = load(aFrom, i).sub(m).sub(d);
            x = v.fma(v, x);
        }
        return LaneFolds.sum(x.add(y));
    }

    @Override
    double product(MemorySegment a, long ao, double shift, MemorySegment b, long bo, int n) {
        long aFrom = Elements.address(a, ao, (long) n * BYTES);
        long bFrom = Elements.address(b, bo, (long) n * BYTES);
        DoubleVector m = DoubleVector.broadcast(S, shift);
        DoubleVector x = DoubleVector.zero(S);
        DoubleVector y = x;
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
        DoubleVector s = DoubleVector.broadcast(S, sum);
        for (int i = 0; i < n; i += LANES) {
            store(load(yFrom, i).mul(load(gFrom, i).sub(s)), rFrom, i);
        }
    }

    @Override
    void logSoftmaxGradient(
            MemorySegment y, long yo, MemorySegment g, long go, double sum, MemorySegment r, long ro, int n) {
        long gFrom = Elements.address(g, go, (long) n * BYTES);
        long rFrom = Elements.address(r, ro, (long) n * BYTES);
        Primitives.INSTANCE.unary(ScalarOp.EXP, DType.F64, y, yo, r, ro, n);
        DoubleVector s = DoubleVector.broadcast(S, -sum);
        for (int i = 0; i < n; i += LANES) {
            store(load(rFrom, i).fma(s, load(gFrom, i)), rFrom, i);
        }
    }
}
