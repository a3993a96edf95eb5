package dev.tenrec.cpu;

import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;

/**
 * Loops over blocks of native memory. Offsets count bytes, n counts elements. Unless said otherwise n is a multiple of
 * {@link Program#GRANULE}, and the result may lie on an operand of the same element size.
 */
abstract class Primitives {
    /** The loops of this run. Its vector kind is not loaded where it is not used. */
    static final Primitives INSTANCE = CpuVector.scalar() ? new ScalarPrimitives() : new WarmingPrimitives();

    /** {@code r = op(a)} on F32, F64, I32 or I64. */
    abstract void unary(ScalarOp op, DType dtype, MemorySegment a, long ao, MemorySegment r, long ro, int n);

    /** {@code r = op(a, b)} on F32, F64, I32 or I64. */
    abstract void binary(
            ScalarOp op,
            DType dtype,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment r,
            long ro,
            int n);

    /** {@code r = op(a, b)} as bytes, on F32, F64, I32 or I64. */
    abstract void compare(
            ScalarOp op,
            DType dtype,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment r,
            long ro,
            int n);

    /** {@code r = a·b + c} on F32 or F64. */
    abstract void fma(
            DType dtype,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment c,
            long co,
            MemorySegment r,
            long ro,
            int n);

    /** {@code r = mask ? b : a}, elements of the given size in bytes, the mask in bytes. */
    abstract void select(
            int size,
            MemorySegment mask,
            long mo,
            MemorySegment a,
            long ao,
            MemorySegment b,
            long bo,
            MemorySegment r,
            long ro,
            int n);

    /** {@code r = op(a, b) ? c : d}, all of one type: F32, F64, I32 or I64. */
    abstract void choose(
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
            int n);

    /** {@code r = a} converted, any types; element sizes may differ, then r must not overlap a. */
    abstract void convert(DType from, DType to, MemorySegment a, long ao, MemorySegment r, long ro, int n);

    /** Combines n floats, any number above 0, by ADD, MUL, MIN or MAX. */
    abstract float reduceFloats(ScalarOp op, MemorySegment a, long ao, int n);

    /** Combines n doubles, any number above 0, by ADD, MUL, MIN or MAX. */
    abstract double reduceDoubles(ScalarOp op, MemorySegment a, long ao, int n);

    /** Combines n ints, any number above 0, by ADD, MUL, MIN or MAX. */
    abstract int reduceInts(ScalarOp op, MemorySegment a, long ao, int n);

    /** Combines n longs, any number above 0, by ADD, MUL, MIN or MAX. */
    abstract long reduceLongs(ScalarOp op, MemorySegment a, long ao, int n);
}
