package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;

/** The loops without vectors. */
class ScalarPrimitives extends Primitives {

    @Override
    void unary(ScalarOp op, DType dtype, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        switch (dtype) {
            case F32 -> ScalarFloats.unary(op, a, ao, r, ro, n);
            case F64 -> ScalarDoubles.unary(op, a, ao, r, ro, n);
            case I32 -> ScalarInts.unary(op, a, ao, r, ro, n);
            case I64 -> ScalarLongs.unary(op, a, ao, r, ro, n);
            default -> throw new IllegalArgumentException(dtype.name());
        }
    }

    @Override
    void binary(
            ScalarOp op,
            DType dtype,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment r,
            long ro,
            int n) {
        switch (dtype) {
            case F32 -> ScalarFloats.binary(op, a, ao, b, bo, r, ro, n);
            case F64 -> ScalarDoubles.binary(op, a, ao, b, bo, r, ro, n);
            case I32 -> ScalarInts.binary(op, a, ao, b, bo, r, ro, n);
            case I64 -> ScalarLongs.binary(op, a, ao, b, bo, r, ro, n);
            default -> throw new IllegalArgumentException(dtype.name());
        }
    }

    @Override
    void compare(
            ScalarOp op,
            DType dtype,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment r,
            long ro,
            int n) {
        ScalarComparisons.compare(op, dtype, a, ao, b, bo, r, ro, n);
    }

    @Override
    void fma(
            DType dtype,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment c,
            long co,
            MemorySegment r,
            long ro,
            int n) {
        if (dtype == DType.F32) {
            ScalarFloats.fma(a, ao, b, bo, c, co, r, ro, n);
        } else {
            ScalarDoubles.fma(a, ao, b, bo, c, co, r, ro, n);
        }
    }

    @Override
    void select(
            int size,
            MemorySegment mask,
            long mo,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment r,
            long ro,
            int n) {
        for (int i = 0; i < n; i++) {
            long at = (long) i * size;
            boolean chosen = mask.get(JAVA_BYTE, mo + i) != 0;
            Elements.put(size, r, ro + at, chosen ? Elements.get(size, b, bo + at) : Elements.get(size, a, ao + at));
        }
    }

    @Override
    void choose(
            ScalarOp op,
            DType dtype,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment c,
            long co,
            MemorySegment d,
            long dd,
            MemorySegment r,
            long ro,
            int n) {
        int size = dtype.byteSize();
        for (int i = 0; i < n; i++) {
            long at = (long) i * size;
            boolean chosen = ScalarComparisons.test(op, dtype, a, ao + at, b, bo + at);
            Elements.put(size, r, ro + at, chosen ? Elements.get(size, c, co + at) : Elements.get(size, d, dd + at));
        }
    }

    @Override
    void convert(DType from, DType to, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        Conversions.convert(from, to, a, ao, r, ro, n);
    }

    @Override
    float reduceFloats(ScalarOp op, MemorySegment a, long ao, int n) {
        return ScalarReductions.floats(op, a, ao, n);
    }

    @Override
    double reduceDoubles(ScalarOp op, MemorySegment a, long ao, int n) {
        return ScalarReductions.doubles(op, a, ao, n);
    }

    @Override
    int reduceInts(ScalarOp op, MemorySegment a, long ao, int n) {
        return ScalarReductions.ints(op, a, ao, n);
    }

    @Override
    long reduceLongs(ScalarOp op, MemorySegment a, long ao, int n) {
        return ScalarReductions.longs(op, a, ao, n);
    }
}
