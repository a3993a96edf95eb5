package dev.tenrec.cpu;

import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;

/**
 * The loops without vectors, with the bits of those with vectors. Sine, cosine and power of 32-bit floats are not among
 * them.
 */
final class PlainPrimitives extends ScalarPrimitives {

    /** Whether {@link #unary} gives the bits of {@link VectorPrimitives}. */
    static boolean hasUnary(ScalarOp op, DType dtype) {
        return dtype != DType.F32 || op != ScalarOp.SIN && op != ScalarOp.COS;
    }

    /** Whether {@link #binary} gives the bits of {@link VectorPrimitives}. */
    static boolean hasBinary(ScalarOp op, DType dtype) {
        return dtype != DType.F32 || op != ScalarOp.POW;
    }

    @Override
    void unary(ScalarOp op, DType dtype, MemorySegment a, long ao, MemorySegment r, long ro, int n) {
        if (dtype == DType.F32 && PlainFloats.hasFunction(op)) {
            PlainFloats.function(op, a, ao, r, ro, n);
        } else {
            super.unary(op, dtype, a, ao, r, ro, n);
        }
    }

    @Override
    float reduceFloats(ScalarOp op, MemorySegment a, long ao, int n) {
        return op == ScalarOp.ADD || op == ScalarOp.MUL
                ? PlainFloats.reduce(op, a, ao, n)
                : super.reduceFloats(op, a, ao, n);
    }

    @Override
    double reduceDoubles(ScalarOp op, MemorySegment a, long ao, int n) {
        return op == ScalarOp.ADD || op == ScalarOp.MUL
                ? PlainDoubles.reduce(op, a, ao, n)
                : super.reduceDoubles(op, a, ao, n);
    }
}
