package dev.tenrec.tensor;

import dev.tenrec.op.Ops;

/** Activation functions of neural networks. */
public sealed interface ActivationMethods permits Tensor {

    /** {@return this tensor} */
    Tensor self();

    /**
     * Computes max(x, 0).
     *
     * @return a tensor of this shape
     */
    default Tensor relu() {
        return self().apply(Ops.RELU);
    }

    /**
     * Computes min(max(x, 0), 6).
     *
     * @return a tensor of this shape
     */
    default Tensor relu6() {
        return self().apply(Ops.RELU6);
    }

    /**
     * Computes 1 / (1 + e^−x).
     *
     * @return a tensor of this shape
     */
    default Tensor sigmoid() {
        return self().apply(Ops.SIGMOID);
    }

    /**
     * Computes log(1 / (1 + e^−x)), without overflow.
     *
     * @return a tensor of this shape
     */
    default Tensor logSigmoid() {
        return self().apply(Ops.LOG_SIGMOID);
    }

    /**
     * Computes x · sigmoid(x) (Elfwing et al. 2017; also called swish).
     *
     * @return a tensor of this shape
     */
    default Tensor silu() {
        return self().apply(Ops.SILU);
    }

    /**
     * Computes x · Φ(x) with the normal distribution Φ, by the error function (Hendrycks and Gimpel 2016).
     *
     * @return a tensor of this shape
     */
    default Tensor gelu() {
        return self().apply(Ops.GELU);
    }

    /**
     * Computes the tanh approximation of gelu (Hendrycks and Gimpel 2016).
     *
     * @return a tensor of this shape
     */
    default Tensor geluTanh() {
        return self().apply(Ops.GELU_TANH);
    }

    /**
     * Computes x · tanh(softplus(x)) (Misra 2019).
     *
     * @return a tensor of this shape
     */
    default Tensor mish() {
        return self().apply(Ops.MISH);
    }

    /**
     * Computes λ·x above 0, λ·α·(e^x − 1) below (Klambauer et al. 2017).
     *
     * @return a tensor of this shape
     */
    default Tensor selu() {
        return self().apply(Ops.SELU);
    }

    /**
     * Computes log(1 + e^x), without overflow.
     *
     * @return a tensor of this shape
     */
    default Tensor softplus() {
        return self().apply(Ops.SOFTPLUS);
    }

    /**
     * Computes x / (1 + |x|).
     *
     * @return a tensor of this shape
     */
    default Tensor softsign() {
        return self().apply(Ops.SOFTSIGN);
    }

    /**
     * Computes min(max(x / 6 + 1/2, 0), 1).
     *
     * @return a tensor of this shape
     */
    default Tensor hardSigmoid() {
        return self().apply(Ops.HARD_SIGMOID);
    }

    /**
     * Computes min(max(x, −1), 1).
     *
     * @return a tensor of this shape
     */
    default Tensor hardTanh() {
        return self().apply(Ops.HARD_TANH);
    }

    /**
     * Computes x · hardSigmoid(x) (Howard et al. 2019).
     *
     * @return a tensor of this shape
     */
    default Tensor hardSwish() {
        return self().apply(Ops.HARD_SWISH);
    }

    /**
     * Computes 0 below 0, 1 from 0 on; without a gradient.
     *
     * @return a tensor of this shape
     */
    default Tensor step() {
        return self().apply(Ops.STEP);
    }

    /**
     * Computes x above 0, slope · x below.
     *
     * @param slope see the formula
     * @return a tensor of this shape
     */
    default Tensor leakyRelu(double slope) {
        return self().apply(Ops.LEAKY_RELU, slope);
    }

    /**
     * Computes x above 0, α·(e^x − 1) below (Clevert et al. 2015).
     *
     * @param alpha see the formula
     * @return a tensor of this shape
     */
    default Tensor elu(double alpha) {
        return self().apply(Ops.ELU, alpha);
    }

    /**
     * Computes max(x, 0) + min(0, α·(e^(x/α) − 1)) (Barron 2017).
     *
     * @param alpha see the formula
     * @return a tensor of this shape
     */
    default Tensor celu(double alpha) {
        return self().apply(Ops.CELU, alpha);
    }
}
