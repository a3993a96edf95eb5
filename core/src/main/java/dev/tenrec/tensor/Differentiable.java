package dev.tenrec.tensor;

import dev.tenrec.error.Message;
import dev.tenrec.error.ShapeMismatch;
import java.util.List;

/**
 * A function of tensors whose gradient is stated by hand: where the derived one is unstable or wasteful, or where
 * another one is wanted (a straight-through estimator, a reversed gradient).
 */
public interface Differentiable {

    /**
     * Computes the result; not recorded.
     *
     * @param inputs the inputs
     * @return the result
     */
    Tensor forward(Tensor... inputs);

    /**
     * Computes the gradients of the inputs. Recorded if second derivatives are wanted.
     *
     * @param upstream the gradient of the loss by the result
     * @param output the result
     * @param inputs the inputs
     * @return one per input, of its shape; null for none
     */
    Tensor[] backward(Tensor upstream, Tensor output, Tensor... inputs);

    /**
     * Computes a function and records its gradient.
     *
     * @param function forward and backward
     * @param inputs its inputs
     * @return its result
     */
    static Tensor apply(Differentiable function, Tensor... inputs) {
        Tensor result = GradientMode.without(() -> function.forward(inputs));
        return GradientFunction.record(
                function.getClass().getSimpleName(),
                result.retainedNode(),
                List.of(inputs),
                List.of(inputs),
                true,
                call -> {
                    Tensor[] saved = new Tensor[inputs.length];
                    for (int i = 0; i < saved.length; i++) {
                        saved[i] = call.saved(i);
                    }
                    Tensor[] gradients = function.backward(call.upstream(), call.saved(saved.length), saved);
                    check(gradients, saved);
                    return gradients;
                });
    }

    private static void check(Tensor[] gradients, Tensor[] inputs) {
        for (int i = 0; i < inputs.length; i++) {
            boolean counted = gradients.length == inputs.length;
            if (!counted || gradients[i] != null && !gradients[i].shape().equals(inputs[i].shape())) {
                throw new ShapeMismatch(Message.of("backward", "gradients of a custom function do not fit")
                        .line("expected", counted ? inputs[i].shape() : inputs.length + " gradients", "input " + i)
                        .line("given", counted ? gradients[i].shape() : gradients.length + " gradients")
                        .toString());
            }
        }
    }
}
