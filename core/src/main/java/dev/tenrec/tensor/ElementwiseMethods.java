package dev.tenrec.tensor;

import dev.tenrec.op.Ops;

/** Arithmetic and elementary functions, element by element. Operands broadcast. */
public sealed interface ElementwiseMethods permits Tensor {

    /** {@return this tensor} */
    Tensor self();

    /**
     * Computes this + other.
     *
     * @param other the other operand, of the same type
     * @return a tensor of the shapes' broadcast
     */
    default Tensor add(Tensor other) {
        return self().apply(Ops.ADD, other);
    }

    /**
     * Computes this + other.
     *
     * @param other the number, rounded to this tensor's type
     * @return a tensor of this shape
     */
    default Tensor add(double other) {
        return self().apply(Ops.ADD_SCALAR, other);
    }

    /**
     * Computes this − other.
     *
     * @param other the other operand, of the same type
     * @return a tensor of the shapes' broadcast
     */
    default Tensor sub(Tensor other) {
        return self().apply(Ops.SUB, other);
    }

    /**
     * Computes this − other.
     *
     * @param other the number, rounded to this tensor's type
     * @return a tensor of this shape
     */
    default Tensor sub(double other) {
        return self().apply(Ops.SUB_SCALAR, other);
    }

    /**
     * Computes this · other.
     *
     * @param other the other operand, of the same type
     * @return a tensor of the shapes' broadcast
     */
    default Tensor mul(Tensor other) {
        return self().apply(Ops.MUL, other);
    }

    /**
     * Computes this · other.
     *
     * @param other the number, rounded to this tensor's type
     * @return a tensor of this shape
     */
    default Tensor mul(double other) {
        return self().apply(Ops.MUL_SCALAR, other);
    }

    /**
     * Computes this / other; of whole numbers towards zero, 0 for a divisor of 0.
     *
     * @param other the other operand, of the same type
     * @return a tensor of the shapes' broadcast
     */
    default Tensor div(Tensor other) {
        return self().apply(Ops.DIV, other);
    }

    /**
     * Computes this / other; of whole numbers towards zero, 0 for a divisor of 0.
     *
     * @param other the number, rounded to this tensor's type
     * @return a tensor of this shape
     */
    default Tensor div(double other) {
        return self().apply(Ops.DIV_SCALAR, other);
    }

    /**
     * Computes the larger of both, NaN if either is NaN.
     *
     * @param other the other operand, of the same type
     * @return a tensor of the shapes' broadcast
     */
    default Tensor maximum(Tensor other) {
        return self().apply(Ops.MAXIMUM, other);
    }

    /**
     * Computes the larger of both, NaN if either is NaN.
     *
     * @param other the number, rounded to this tensor's type
     * @return a tensor of this shape
     */
    default Tensor maximum(double other) {
        return self().apply(Ops.MAX_SCALAR, other);
    }

    /**
     * Computes the smaller of both, NaN if either is NaN.
     *
     * @param other the other operand, of the same type
     * @return a tensor of the shapes' broadcast
     */
    default Tensor minimum(Tensor other) {
        return self().apply(Ops.MINIMUM, other);
    }

    /**
     * Computes the smaller of both, NaN if either is NaN.
     *
     * @param other the number, rounded to this tensor's type
     * @return a tensor of this shape
     */
    default Tensor minimum(double other) {
        return self().apply(Ops.MIN_SCALAR, other);
    }

    /**
     * Computes this to the power of other.
     *
     * @param other the other operand, of the same type
     * @return a tensor of the shapes' broadcast
     */
    default Tensor pow(Tensor other) {
        return self().apply(Ops.POW, other);
    }

    /**
     * Computes this to the power of other.
     *
     * @param other the number, rounded to this tensor's type
     * @return a tensor of this shape
     */
    default Tensor pow(double other) {
        return self().apply(Ops.POW_SCALAR, other);
    }

    /**
     * Computes the remainder of this / other, with the sign of this.
     *
     * @param other the other operand, of the same type
     * @return a tensor of the shapes' broadcast
     */
    default Tensor remainder(Tensor other) {
        return self().apply(Ops.REMAINDER, other);
    }

    /**
     * Computes the remainder of this / other, with the sign of this.
     *
     * @param other the number, rounded to this tensor's type
     * @return a tensor of this shape
     */
    default Tensor remainder(double other) {
        return self().apply(Ops.REMAINDER_SCALAR, other);
    }

    /**
     * Computes other − this.
     *
     * @param other the number, rounded to this tensor's type
     * @return a tensor of this shape
     */
    default Tensor rsub(double other) {
        return self().apply(Ops.RSUB_SCALAR, other);
    }

    /**
     * Computes other / this.
     *
     * @param other the number, rounded to this tensor's type
     * @return a tensor of this shape
     */
    default Tensor rdiv(double other) {
        return self().apply(Ops.RDIV_SCALAR, other);
    }

    /**
     * Computes −this.
     *
     * @return a tensor of this shape
     */
    default Tensor neg() {
        return self().apply(Ops.NEG);
    }

    /**
     * Computes the absolute value.
     *
     * @return a tensor of this shape
     */
    default Tensor abs() {
        return self().apply(Ops.ABS);
    }

    /**
     * Computes −1, 0 or 1.
     *
     * @return a tensor of this shape
     */
    default Tensor sign() {
        return self().apply(Ops.SIGN);
    }

    /**
     * Computes this · this.
     *
     * @return a tensor of this shape
     */
    default Tensor square() {
        return self().apply(Ops.SQUARE);
    }

    /**
     * Computes the square root.
     *
     * @return a tensor of this shape
     */
    default Tensor sqrt() {
        return self().apply(Ops.SQRT);
    }

    /**
     * Computes 1 / √this.
     *
     * @return a tensor of this shape
     */
    default Tensor rsqrt() {
        return self().apply(Ops.RSQRT);
    }

    /**
     * Computes 1 / this.
     *
     * @return a tensor of this shape
     */
    default Tensor reciprocal() {
        return self().apply(Ops.RECIPROCAL);
    }

    /**
     * Computes e to the power of this.
     *
     * @return a tensor of this shape
     */
    default Tensor exp() {
        return self().apply(Ops.EXP);
    }

    /**
     * Computes e to the power of this, minus 1, accurate near 0.
     *
     * @return a tensor of this shape
     */
    default Tensor expm1() {
        return self().apply(Ops.EXPM1);
    }

    /**
     * Computes the natural logarithm.
     *
     * @return a tensor of this shape
     */
    default Tensor log() {
        return self().apply(Ops.LOG);
    }

    /**
     * Computes the natural logarithm of 1 + this, accurate near 0.
     *
     * @return a tensor of this shape
     */
    default Tensor log1p() {
        return self().apply(Ops.LOG1P);
    }

    /**
     * Computes the logarithm to base 2.
     *
     * @return a tensor of this shape
     */
    default Tensor log2() {
        return self().apply(Ops.LOG2);
    }

    /**
     * Computes the logarithm to base 10.
     *
     * @return a tensor of this shape
     */
    default Tensor log10() {
        return self().apply(Ops.LOG10);
    }

    /**
     * Computes the sine of radians.
     *
     * @return a tensor of this shape
     */
    default Tensor sin() {
        return self().apply(Ops.SIN);
    }

    /**
     * Computes the cosine of radians.
     *
     * @return a tensor of this shape
     */
    default Tensor cos() {
        return self().apply(Ops.COS);
    }

    /**
     * Computes the tangent of radians.
     *
     * @return a tensor of this shape
     */
    default Tensor tan() {
        return self().apply(Ops.TAN);
    }

    /**
     * Computes the hyperbolic tangent.
     *
     * @return a tensor of this shape
     */
    default Tensor tanh() {
        return self().apply(Ops.TANH);
    }

    /**
     * Computes the error function.
     *
     * @return a tensor of this shape
     */
    default Tensor erf() {
        return self().apply(Ops.ERF);
    }

    /**
     * Computes the largest whole number not above.
     *
     * @return a tensor of this shape
     */
    default Tensor floor() {
        return self().apply(Ops.FLOOR);
    }

    /**
     * Computes the smallest whole number not below.
     *
     * @return a tensor of this shape
     */
    default Tensor ceil() {
        return self().apply(Ops.CEIL);
    }

    /**
     * Computes the nearest whole number, halves to even.
     *
     * @return a tensor of this shape
     */
    default Tensor round() {
        return self().apply(Ops.ROUND);
    }

    /**
     * Computes this · factor + summand, rounded once.
     *
     * @param factor the factor
     * @param summand the summand
     * @return a tensor of the shapes' broadcast
     */
    default Tensor fma(Tensor factor, Tensor summand) {
        return self().apply(Ops.FMA, factor, summand);
    }

    /**
     * Limits the values to an interval.
     *
     * @param low the least value
     * @param high the largest value
     * @return a tensor of this shape
     */
    default Tensor clamp(double low, double high) {
        return self().apply(Ops.CLAMP, low, high);
    }
}
