package dev.tenrec.autograd;

import dev.tenrec.tensor.Backpropagation;
import dev.tenrec.tensor.Differentiable;
import dev.tenrec.tensor.GradientMode;
import dev.tenrec.tensor.Gradients;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import java.util.List;
import java.util.function.Supplier;

/** Gradients on request. */
public final class Autograd {

    private Autograd() {}

    /** What happens to the record of a computation when it is differentiated. */
    public enum Graph {
        /** It is released: the usual case, and the one that needs the least memory. */
        RELEASE,
        /** It is kept, so that it can be differentiated again. */
        RETAIN,
        /** It is kept, and the gradients are recorded themselves, so that they can be differentiated. */
        CREATE
    }

    /**
     * Computes the gradients of a scalar by variables, and releases the record.
     *
     * @param loss what is differentiated
     * @param variables by what
     * @return the gradients of those the loss depends on
     */
    public static Gradients grad(Tensor loss, List<Variable> variables) {
        return grad(loss, variables, Graph.RELEASE);
    }

    /**
     * Computes the gradients of a scalar by variables.
     *
     * @param loss what is differentiated
     * @param variables by what
     * @param graph what happens to the record
     * @return the gradients of those the loss depends on
     */
    public static Gradients grad(Tensor loss, List<Variable> variables, Graph graph) {
        return Backpropagation.gradients(loss, variables, graph != Graph.RELEASE, graph == Graph.CREATE);
    }

    /**
     * Computes the gradients of a scalar by tensors it depends on, such as the values of variables.
     *
     * @param loss what is differentiated
     * @param graph what happens to the record
     * @param inputs by what: each must have a record
     * @return one per input, null where the loss does not depend on it
     */
    public static List<Tensor> grad(Tensor loss, Graph graph, Tensor... inputs) {
        return Backpropagation.gradients(loss, null, List.of(inputs), graph != Graph.RELEASE, graph == Graph.CREATE);
    }

    /**
     * Computes a product of a gradient and a Jacobian: Σ upstreamᵢ · ∂outputᵢ/∂input.
     *
     * @param output what is differentiated, of any shape
     * @param upstream the weight of each of its elements
     * @param graph what happens to the record
     * @param inputs by what: each must have a record
     * @return one per input, null where the output does not depend on it
     */
    public static List<Tensor> vjp(Tensor output, Tensor upstream, Graph graph, Tensor... inputs) {
        return Backpropagation.gradients(
                output, upstream, List.of(inputs), graph != Graph.RELEASE, graph == Graph.CREATE);
    }

    /**
     * Runs something without recording it.
     *
     * @param body what runs
     * @param <T> the result's type
     * @return what the body returned
     */
    public static <T> T noGrad(Supplier<T> body) {
        return GradientMode.without(body);
    }

    /**
     * Runs something without recording it.
     *
     * @param body what runs
     */
    public static void noGrad(Runnable body) {
        GradientMode.without(() -> {
            body.run();
            return null;
        });
    }

    /**
     * Computes a function with a gradient that is stated instead of derived.
     *
     * @param function forward and backward
     * @param inputs its inputs
     * @return its result
     */
    public static Tensor apply(Differentiable function, Tensor... inputs) {
        return Differentiable.apply(function, inputs);
    }
}
