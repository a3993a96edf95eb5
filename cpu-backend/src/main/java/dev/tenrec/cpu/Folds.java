package dev.tenrec.cpu;

import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;

/** The loops of reductions that read their operand where it lies: F32, F64, I32 and I64, with vectors. */
final class Folds {
    /** Bytes of a run that is combined without halving: 64 rounds of two vectors. */
    static final int PIECE_BYTES = 128 * VectorWidth.SHAPE.vectorBitSize() / Byte.SIZE;

    private Folds() {}

    /** Whether there are loops for a type. */
    static boolean has(DType dtype) {
        return dtype == DType.F32 || dtype == DType.F64 || dtype == DType.I32 || dtype == DType.I64;
    }

    /** Combines each of four runs of n elements, {@code stride} bytes apart. */
    static void runs(ScalarOp op, DType dtype, MemorySegment a, long ao, long stride, int n, long[] out) {
        switch (dtype) {
            case F32 -> FloatRuns.fold(op, a, ao, stride, n, out);
            case F64 -> DoubleRuns.fold(op, a, ao, stride, n, out);
            case I32 -> IntRuns.fold(op, a, ao, stride, n, out);
            default -> LongRuns.fold(op, a, ao, stride, n, out);
        }
    }

    /** The first place of a value that is known to be among n elements. */
    static int first(DType dtype, MemorySegment a, long ao, int n, long value) {
        return switch (dtype) {
            case F32 -> FloatRuns.first(a, ao, n, value);
            case F64 -> DoubleRuns.first(a, ao, n, value);
            case I32 -> IntRuns.first(a, ao, n, value);
            default -> LongRuns.first(a, ao, n, value);
        };
    }

    /** Combines eight rows of n elements, {@code stride} bytes apart, with the row r. */
    static void rows(ScalarOp op, DType dtype, MemorySegment a, long ao, long stride, MemorySegment r, long ro, int n) {
        switch (dtype) {
            case F32 -> FloatColumns.fold8(op, a, ao, stride, r, ro, n);
            case F64 -> DoubleColumns.fold8(op, a, ao, stride, r, ro, n);
            case I32 -> IntColumns.fold8(op, a, ao, stride, r, ro, n);
            default -> LongColumns.fold8(op, a, ao, stride, r, ro, n);
        }
    }

    /** Combines a row of n elements with the row r. */
    static void row(ScalarOp op, DType dtype, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        switch (dtype) {
            case F32 -> FloatColumns.fold(op, a, ao, r, ro, n);
            case F64 -> DoubleColumns.fold(op, a, ao, r, ro, n);
            case I32 -> IntColumns.fold(op, a, ao, r, ro, n);
            default -> LongColumns.fold(op, a, ao, r, ro, n);
        }
    }

    /** Where a row of n elements beats the best so far, takes its elements and its number. */
    static void better(
            ScalarOp op,
            DType dtype,
            MemorySegment a,
            long ao,
            MemorySegment best,
            long bo,
            MemorySegment positions,
            long po,
            int n,
            int row) {
        switch (dtype) {
            case F32 -> FloatColumns.better(op, a, ao, best, bo, positions, po, n, row);
            case F64 -> DoubleColumns.better(op, a, ao, best, bo, positions, po, n, row);
            case I32 -> IntColumns.better(op, a, ao, best, bo, positions, po, n, row);
            default -> LongColumns.better(op, a, ao, best, bo, positions, po, n, row);
        }
    }
}
