package dev.tenrec.cpu;

import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;

/** The loops with vectors, and those without where vectors do not pay or would not always give the same bits. */
final class VectorPrimitives extends ScalarPrimitives {

    /** Whether {@link #unary} has a loop with vectors. */
    static boolean hasUnary(ScalarOp op, DType dtype) {
        return switch (dtype) {
            case F32 -> true;
            case F64 -> DoubleArithmetic.hasUnary(op);
            case I32 -> IntArithmetic.hasUnary(op);
            case I64 -> LongArithmetic.hasUnary(op);
            default -> false;
        };
    }

    /** Whether {@link #binary} has a loop with vectors. */
    static boolean hasBinary(ScalarOp op, DType dtype) {
        return switch (dtype) {
            case F32 -> op == ScalarOp.POW || FloatArithmetic.hasBinary(op);
            case F64 -> DoubleArithmetic.hasBinary(op);
            case I32 -> IntArithmetic.hasBinary(op);
            case I64 -> LongArithmetic.hasBinary(op);
            default -> false;
        };
    }

    @Override
    void unary(ScalarOp op, DType dtype, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        if (dtype == DType.F32 && FloatArithmetic.hasUnary(op)) {
            FloatArithmetic.unary(op, a, ao, r, ro, n);
        } else if (dtype == DType.F32) {
            function(op, a, ao, r, ro, n);
        } else if (dtype == DType.F64 && DoubleArithmetic.hasUnary(op)) {
            DoubleArithmetic.unary(op, a, ao, r, ro, n);
        } else if (dtype == DType.I32 && IntArithmetic.hasUnary(op)) {
            IntArithmetic.unary(op, a, ao, r, ro, n);
        } else if (dtype == DType.I64 && LongArithmetic.hasUnary(op)) {
            LongArithmetic.unary(op, a, ao, r, ro, n);
        } else {
            super.unary(op, dtype, a, ao, r, ro, n);
        }
    }

    private static void function(ScalarOp op, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        switch (op) {
            case EXP -> FloatFunctions.exp(a, ao, r, ro, n);
            case LOG -> FloatFunctions.log(a, ao, r, ro, n);
            case TANH -> FloatFunctions.tanh(a, ao, r, ro, n);
            case ERF -> FloatFunctions.erf(a, ao, r, ro, n);
            case SIN -> FloatTrigonometry.sin(a, ao, r, ro, n);
            case COS -> FloatTrigonometry.cos(a, ao, r, ro, n);
            default -> throw new IllegalArgumentException(op.name());
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
        if (dtype == DType.F32 && FloatArithmetic.hasBinary(op)) {
            FloatArithmetic.binary(op, a, ao, b, bo, r, ro, n);
        } else if (dtype == DType.F32 && op == ScalarOp.POW) {
            FloatPower.pow(a, ao, b, bo, r, ro, n);
        } else if (dtype == DType.F64 && DoubleArithmetic.hasBinary(op)) {
            DoubleArithmetic.binary(op, a, ao, b, bo, r, ro, n);
        } else if (dtype == DType.I32 && IntArithmetic.hasBinary(op)) {
            IntArithmetic.binary(op, a, ao, b, bo, r, ro, n);
        } else if (dtype == DType.I64 && LongArithmetic.hasBinary(op)) {
            LongArithmetic.binary(op, a, ao, b, bo, r, ro, n);
        } else {
            super.binary(op, dtype, a, ao, b, bo, r, ro, n);
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
        switch (dtype) {
            case F32 -> FloatComparisons.compare(op, a, ao, b, bo, r, ro, n);
            case F64 -> DoubleComparisons.compare(op, a, ao, b, bo, r, ro, n);
            case I32 -> IntComparisons.compare(op, a, ao, b, bo, r, ro, n);
            case I64 -> LongComparisons.compare(op, a, ao, b, bo, r, ro, n);
            default -> throw new IllegalArgumentException(dtype.name());
        }
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
            FloatArithmetic.fma(a, ao, b, bo, c, co, r, ro, n);
        } else {
            DoubleArithmetic.fma(a, ao, b, bo, c, co, r, ro, n);
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
        switch (size) {
            case 1 -> Selections.select1(mask, mo, a, ao, b, bo, r, ro, n);
            case 4 -> Selections.select4(mask, mo, a, ao, b, bo, r, ro, n);
            case 8 -> Selections.select8(mask, mo, a, ao, b, bo, r, ro, n);
            default -> super.select(size, mask, mo, a, ao, b, bo, r, ro, n);
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
        switch (dtype) {
            case F32 -> FloatComparisons.choose(op, a, ao, b, bo, c, co, d, dd, r, ro, n);
            case F64 -> DoubleComparisons.choose(op, a, ao, b, bo, c, co, d, dd, r, ro, n);
            case I32 -> IntComparisons.choose(op, a, ao, b, bo, c, co, d, dd, r, ro, n);
            case I64 -> LongComparisons.choose(op, a, ao, b, bo, c, co, d, dd, r, ro, n);
            default -> throw new IllegalArgumentException(dtype.name());
        }
    }

    @Override
    float reduceFloats(ScalarOp op, MemorySegment a, long ao, int n) {
        return FloatReductions.reduce(op, a, ao, n);
    }

    @Override
    double reduceDoubles(ScalarOp op, MemorySegment a, long ao, int n) {
        return DoubleReductions.reduce(op, a, ao, n);
    }

    @Override
    int reduceInts(ScalarOp op, MemorySegment a, long ao, int n) {
        return IntReductions.reduce(op, a, ao, n);
    }

    @Override
    long reduceLongs(ScalarOp op, MemorySegment a, long ao, int n) {
        return LongReductions.reduce(op, a, ao, n);
    }
}
