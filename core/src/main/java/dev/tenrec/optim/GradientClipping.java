package dev.tenrec.optim;

import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.Message;
import dev.tenrec.tensor.GradientMode;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;

/** Bounds gradients before a step. Nothing is read on the host, so nothing waits. */
public final class GradientClipping {

    // Keeps the factor finite for a norm of 0.
    private static final double TINY = 1e-6;

    private GradientClipping() {}

    /**
     * Computes the Euclidean norm of all gradients together.
     *
     * @param gradients at least one, all of one type and device
     * @return a scalar
     * @throws InvalidArgument if there are none
     */
    public static Tensor norm(Gradients gradients) {
        return GradientMode.without(() -> gradients.values().stream()
                .map(gradient -> gradient.square().sum())
                .reduce(Tensor::add)
                .orElseThrow(() -> new InvalidArgument(Message.of("norm", "no gradients")
                        .line("expected", "at least one")
                        .line("given", 0)
                        .toString()))
                .sqrt());
    }

    /**
     * Scales all gradients by one factor so that their common norm is at most a bound (Pascanu et al., "On the
     * difficulty of training recurrent neural networks", 2013). Gradients of a smaller norm keep their values. A NaN
     * among them makes all of them NaN; an infinite one becomes NaN and the others 0.
     *
     * @param gradients the gradients, all of one type and device; they stay as they are
     * @param maximum the bound, above 0
     * @return new gradients, of the current scope
     * @throws InvalidArgument if the bound is not above 0
     */
    public static Gradients byNorm(Gradients gradients, double maximum) {
        check("byNorm", maximum);
        if (gradients.variables().isEmpty()) {
            return gradients;
        }
        return GradientMode.without(() -> {
            // The bound over a norm of NaN is NaN, and minimum keeps that.
            Tensor factor = norm(gradients).add(TINY).rdiv(maximum).minimum(1).materialize();
            return gradients.map(gradient -> gradient.mul(factor));
        });
    }

    /**
     * Clamps every element of the gradients to ±bound; NaN stays.
     *
     * @param gradients the gradients; they stay as they are
     * @param maximum the bound, above 0
     * @return new gradients, of the current scope
     * @throws InvalidArgument if the bound is not above 0
     */
    public static Gradients byValue(Gradients gradients, double maximum) {
        check("byValue", maximum);
        return GradientMode.without(() -> gradients.map(gradient -> gradient.clamp(-maximum, maximum)));
    }

    private static void check(String operation, double maximum) {
        if (!(maximum > 0)) {
            throw new InvalidArgument(Message.of(operation, "bound out of range")
                    .line("expected", "a number above 0")
                    .line("given", maximum)
                    .toString());
        }
    }
}
