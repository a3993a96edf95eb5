package dev.tenrec.cpu;

import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;

/**
 * Loops over one dense line of a softmax or a cross entropy, with vectors. Scalars are doubles that hold values of the
 * line's type. n is a multiple of {@link Program#GRANULE} unless said otherwise; results may lie on operands.
 */
abstract class Lines {

    /** The loops of a type: F32 or F64. */
    static Lines of(DType dtype) {
        return dtype == DType.F32 ? new FloatLines() : new DoubleLines();
    }

    /**
     * The largest of n elements, any number above 0. NaN may count or not: sums of exponentials are NaN with either.
     */
    abstract double largest(MemorySegment a, long ao, int n);

    /** {@code r = e^(a − shift)}; returns the sum. */
    abstract double exponentials(MemorySegment a, long ao, double shift, MemorySegment r, long ro, int n);

    /** The sum of {@code e^(a − shift)}; scratch has room for n elements. */
    abstract double sumOfExponentials(MemorySegment a, long ao, double shift, MemorySegment scratch, long so, int n);

    /** {@code r = r·factor}. */
    abstract void scale(MemorySegment r, long ro, double factor, int n);

    /** {@code r = a − first − second}. */
    abstract void shift(MemorySegment a, long ao, double first, double second, MemorySegment r, long ro, int n);

    /** {@code r = e^(a − first − second)·factor − less}. */
    abstract void scaledExponentials(
            MemorySegment a,
            long ao,
            double first,
            double second,
            double factor,
            double less,
            MemorySegment r,
            long ro,
            int n);

    /** {@code r = r − a·factor}. */
    abstract void subtract(MemorySegment a, long ao, double factor, MemorySegment r, long ro, int n);

    /** {@code Σ (a − shift)}. */
    abstract double sum(MemorySegment a, long ao, double shift, int n);

    /** {@code Σ (a − first − second)²}. */
    abstract double squares(MemorySegment a, long ao, double first, double second, int n);

    /** {@code Σ (a − shift)·b}. */
    abstract double product(MemorySegment a, long ao, double shift, MemorySegment b, long bo, int n);

    /** {@code r = y·(g − sum)}. */
    abstract void softmaxGradient(
            MemorySegment y, long yo, MemorySegment g, long go, double sum, MemorySegment r, long ro, int n);

    /** {@code r = g − e^y·sum}. */
    abstract void logSoftmaxGradient(
            MemorySegment y, long yo, MemorySegment g, long go, double sum, MemorySegment r, long ro, int n);
}
