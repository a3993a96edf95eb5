package dev.tenrec.ir;

import java.util.List;

/**
 * Primitives spelled as methods, which keeps composite operations readable as one-line formulas. Each is exactly {@code
 * Expr.apply(ScalarOp.X, operands)}.
 */
public sealed interface ExprMethods permits Expr {

    /** {@return this expression} */
    Expr self();

    /**
     * Makes a constant of this expression's type.
     *
     * @param value its value
     * @return the constant
     */
    Expr like(double value);

    /** {@return −this} */
    default Expr neg() {
        return Expr.apply(ScalarOp.NEG, List.of(self()));
    }

    /** {@return |this|} */
    default Expr abs() {
        return Expr.apply(ScalarOp.ABS, List.of(self()));
    }

    /** {@return √this} */
    default Expr sqrt() {
        return Expr.apply(ScalarOp.SQRT, List.of(self()));
    }

    /** {@return e to the power of this} */
    default Expr exp() {
        return Expr.apply(ScalarOp.EXP, List.of(self()));
    }

    /** {@return the natural logarithm} */
    default Expr log() {
        return Expr.apply(ScalarOp.LOG, List.of(self()));
    }

    /** {@return the hyperbolic tangent} */
    default Expr tanh() {
        return Expr.apply(ScalarOp.TANH, List.of(self()));
    }

    /** {@return the error function} */
    default Expr erf() {
        return Expr.apply(ScalarOp.ERF, List.of(self()));
    }

    /** {@return the logical or bitwise complement} */
    default Expr not() {
        return Expr.apply(ScalarOp.NOT, List.of(self()));
    }

    /**
     * Adds.
     *
     * @param other the summand
     * @return this + other
     */
    default Expr add(Expr other) {
        return Expr.apply(ScalarOp.ADD, List.of(self(), other));
    }

    /**
     * Adds a constant.
     *
     * @param other the summand
     * @return this + other
     */
    default Expr add(double other) {
        return add(like(other));
    }

    /**
     * Subtracts.
     *
     * @param other the subtrahend
     * @return this − other
     */
    default Expr sub(Expr other) {
        return Expr.apply(ScalarOp.SUB, List.of(self(), other));
    }

    /**
     * Subtracts a constant.
     *
     * @param other the subtrahend
     * @return this − other
     */
    default Expr sub(double other) {
        return sub(like(other));
    }

    /**
     * Multiplies.
     *
     * @param other the factor
     * @return this · other
     */
    default Expr mul(Expr other) {
        return Expr.apply(ScalarOp.MUL, List.of(self(), other));
    }

    /**
     * Multiplies by a constant.
     *
     * @param other the factor
     * @return this · other
     */
    default Expr mul(double other) {
        return mul(like(other));
    }

    /**
     * Divides.
     *
     * @param other the divisor
     * @return this / other
     */
    default Expr div(Expr other) {
        return Expr.apply(ScalarOp.DIV, List.of(self(), other));
    }

    /**
     * Takes the larger; NaN if either is NaN.
     *
     * @param other the other value
     * @return max(this, other)
     */
    default Expr max(Expr other) {
        return Expr.apply(ScalarOp.MAX, List.of(self(), other));
    }

    /**
     * Takes the smaller; NaN if either is NaN.
     *
     * @param other the other value
     * @return min(this, other)
     */
    default Expr min(Expr other) {
        return Expr.apply(ScalarOp.MIN, List.of(self(), other));
    }

    /**
     * Clamps between two constants.
     *
     * @param low the least value
     * @param high the largest value
     * @return min(max(this, low), high)
     */
    default Expr clamp(double low, double high) {
        return max(like(low)).min(like(high));
    }

    /**
     * Compares.
     *
     * @param other the other value
     * @return this &lt; other, as BOOL
     */
    default Expr lt(Expr other) {
        return Expr.apply(ScalarOp.LT, List.of(self(), other));
    }

    /**
     * Compares with a constant.
     *
     * @param other the other value
     * @return this &lt; other, as BOOL
     */
    default Expr lt(double other) {
        return lt(like(other));
    }

    /**
     * Compares.
     *
     * @param other the other value
     * @return this ≤ other, as BOOL
     */
    default Expr le(Expr other) {
        return Expr.apply(ScalarOp.LE, List.of(self(), other));
    }

    /**
     * Compares.
     *
     * @param other the other value
     * @return this &gt; other, as BOOL
     */
    default Expr gt(Expr other) {
        return other.lt(self());
    }

    /**
     * Compares with a constant.
     *
     * @param other the other value
     * @return this &gt; other, as BOOL
     */
    default Expr gt(double other) {
        return gt(like(other));
    }

    /**
     * Compares.
     *
     * @param other the other value
     * @return this = other, as BOOL
     */
    default Expr eq(Expr other) {
        return Expr.apply(ScalarOp.EQ, List.of(self(), other));
    }

    /**
     * Compares with a constant.
     *
     * @param other the other value
     * @return this = other, as BOOL
     */
    default Expr eq(double other) {
        return eq(like(other));
    }

    /**
     * Chooses, where this is the condition.
     *
     * @param whenTrue taken where this holds
     * @param whenFalse taken elsewhere
     * @return the choice
     */
    default Expr choose(Expr whenTrue, Expr whenFalse) {
        return Expr.select(self(), whenTrue, whenFalse);
    }
}
