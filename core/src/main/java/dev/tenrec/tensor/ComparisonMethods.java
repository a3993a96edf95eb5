package dev.tenrec.tensor;

import dev.tenrec.op.Ops;

/** Comparisons, logic and choices, element by element. Operands broadcast. */
public sealed interface ComparisonMethods permits Tensor {

    /** {@return this tensor} */
    Tensor self();

    /**
     * Tests whether this &lt; other.
     *
     * @param other the other operand, of the same type
     * @return a tensor of BOOL of the shapes' broadcast
     */
    default Tensor lt(Tensor other) {
        return self().apply(Ops.LESS, other);
    }

    /**
     * Tests whether this &lt; other.
     *
     * @param other the number, rounded to this tensor's type
     * @return a BOOL tensor of this shape
     */
    default Tensor lt(double other) {
        return self().apply(Ops.LESS_SCALAR, other);
    }

    /**
     * Tests whether this ≤ other.
     *
     * @param other the other operand, of the same type
     * @return a tensor of BOOL of the shapes' broadcast
     */
    default Tensor le(Tensor other) {
        return self().apply(Ops.LESS_EQUAL, other);
    }

    /**
     * Tests whether this ≤ other.
     *
     * @param other the number, rounded to this tensor's type
     * @return a BOOL tensor of this shape
     */
    default Tensor le(double other) {
        return self().apply(Ops.LESS_EQUAL_SCALAR, other);
    }

    /**
     * Tests whether this &gt; other.
     *
     * @param other the other operand, of the same type
     * @return a tensor of BOOL of the shapes' broadcast
     */
    default Tensor gt(Tensor other) {
        return self().apply(Ops.GREATER, other);
    }

    /**
     * Tests whether this &gt; other.
     *
     * @param other the number, rounded to this tensor's type
     * @return a BOOL tensor of this shape
     */
    default Tensor gt(double other) {
        return self().apply(Ops.GREATER_SCALAR, other);
    }

    /**
     * Tests whether this ≥ other.
     *
     * @param other the other operand, of the same type
     * @return a tensor of BOOL of the shapes' broadcast
     */
    default Tensor ge(Tensor other) {
        return self().apply(Ops.GREATER_EQUAL, other);
    }

    /**
     * Tests whether this ≥ other.
     *
     * @param other the number, rounded to this tensor's type
     * @return a BOOL tensor of this shape
     */
    default Tensor ge(double other) {
        return self().apply(Ops.GREATER_EQUAL_SCALAR, other);
    }

    /**
     * Tests whether this = other.
     *
     * @param other the other operand, of the same type
     * @return a tensor of BOOL of the shapes' broadcast
     */
    default Tensor eq(Tensor other) {
        return self().apply(Ops.EQUAL, other);
    }

    /**
     * Tests whether this = other.
     *
     * @param other the number, rounded to this tensor's type
     * @return a BOOL tensor of this shape
     */
    default Tensor eq(double other) {
        return self().apply(Ops.EQUAL_SCALAR, other);
    }

    /**
     * Tests whether this ≠ other.
     *
     * @param other the other operand, of the same type
     * @return a tensor of BOOL of the shapes' broadcast
     */
    default Tensor ne(Tensor other) {
        return self().apply(Ops.NOT_EQUAL, other);
    }

    /**
     * Tests whether this ≠ other.
     *
     * @param other the number, rounded to this tensor's type
     * @return a BOOL tensor of this shape
     */
    default Tensor ne(double other) {
        return self().apply(Ops.NOT_EQUAL_SCALAR, other);
    }

    /**
     * Computes bitwise and, of BOOL the logical one.
     *
     * @param other the other operand, of the same type
     * @return a tensor of the shapes' broadcast
     */
    default Tensor and(Tensor other) {
        return self().apply(Ops.AND, other);
    }

    /**
     * Computes bitwise or, of BOOL the logical one.
     *
     * @param other the other operand, of the same type
     * @return a tensor of the shapes' broadcast
     */
    default Tensor or(Tensor other) {
        return self().apply(Ops.OR, other);
    }

    /**
     * Computes bitwise exclusive or, of BOOL the logical one.
     *
     * @param other the other operand, of the same type
     * @return a tensor of the shapes' broadcast
     */
    default Tensor xor(Tensor other) {
        return self().apply(Ops.XOR, other);
    }

    /**
     * Computes this shifted left by other bits.
     *
     * @param other the other operand, of the same type
     * @return a tensor of the shapes' broadcast
     */
    default Tensor shiftLeft(Tensor other) {
        return self().apply(Ops.SHIFT_LEFT, other);
    }

    /**
     * Computes this shifted right by other bits, filled with zeros.
     *
     * @param other the other operand, of the same type
     * @return a tensor of the shapes' broadcast
     */
    default Tensor shiftRight(Tensor other) {
        return self().apply(Ops.SHIFT_RIGHT, other);
    }

    /**
     * Computes the complement, of BOOL the logical one.
     *
     * @return a tensor of this shape
     */
    default Tensor not() {
        return self().apply(Ops.NOT);
    }

    /**
     * Tests whether a value is no number.
     *
     * @return a BOOL tensor of this shape
     */
    default Tensor isNaN() {
        return self().apply(Ops.IS_NAN);
    }

    /**
     * Tests whether a value is a finite number.
     *
     * @return a BOOL tensor of this shape
     */
    default Tensor isFinite() {
        return self().apply(Ops.IS_FINITE);
    }

    /**
     * Tests whether a value is infinite.
     *
     * @return a BOOL tensor of this shape
     */
    default Tensor isInfinite() {
        return self().apply(Ops.IS_INFINITE);
    }

    /**
     * Chooses element by element, where this BOOL tensor is the condition.
     *
     * @param whenTrue taken where this holds
     * @param whenFalse taken elsewhere, of the same type
     * @return a tensor of the shapes' broadcast
     */
    default Tensor where(Tensor whenTrue, Tensor whenFalse) {
        return self().apply(Ops.WHERE, whenTrue, whenFalse);
    }

    /**
     * Replaces the values where a condition holds.
     *
     * @param condition BOOL
     * @param value what is put there
     * @return a tensor of the shapes' broadcast
     */
    default Tensor maskedFill(Tensor condition, double value) {
        return Tensor.apply(Ops.MASKED_FILL, new double[] {value}, condition, self());
    }
}
