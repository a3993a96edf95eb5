package dev.tenrec.tensor;

import dev.tenrec.engine.Composites;
import dev.tenrec.engine.Composites.Source;
import dev.tenrec.engine.Composites.Target;
import dev.tenrec.engine.Node;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Attention by kernels of its own, {@link Kernel.Attention} and {@link Kernel.AttentionGradient}. */
public final class FusedAttention {

    private FusedAttention() {}

    /**
     * Says whether a device computes attention of some operands by one kernel.
     *
     * @param inputs q [batch, heads, queries, D], k [batch, heads, keys, D], v [batch, heads, keys, E], and masks that
     *     broadcast to [batch, heads, queries, keys]
     * @return whether it is claimed there; false where the operands do not fit each other
     */
    public static boolean isClaimed(Tensor... inputs) {
        Tensor q = inputs[0];
        Shape k = inputs[1].shape();
        Shape v = inputs[2].shape();
        for (int i = 1; i < inputs.length; i++) {
            boolean hides = i > 2 && inputs[i].dtype() == DType.BOOL;
            if (inputs[i].context() != q.context() || !hides && inputs[i].dtype() != q.dtype()) {
                return false;
            }
        }
        return q.rank() == 4
                && k.rank() == 4
                && v.rank() == 4
                && k.equals(q.shape().with(2, k.size(2)))
                && v.equals(k.with(3, v.size(3)))
                && Composites.areClaimed(q.context(), Kernel.Attention.class, q.dtype())
                && Composites.areClaimed(q.context(), Kernel.AttentionGradient.class, q.dtype());
    }

    /**
     * Computes softmax(q·kᵀ / √D, masked)·v at once. No gradient reaches the masks.
     *
     * @param composed the same function of the same inputs, whose gradient is recorded where gradients are
     * @param causal whether query i looks at keys 0 … i alone
     * @param inputs operands for which {@link #isClaimed} holds
     * @return [batch, heads, queries, E]
     */
    public static Tensor apply(Differentiable composed, boolean causal, Tensor... inputs) {
        Tensor q = inputs[0];
        Shape result = q.shape().with(3, inputs[2].size(3));
        Kernel.Attention kernel = new Kernel.Attention(
                q.dtype(),
                causal,
                Arrays.stream(inputs).skip(3).map(Tensor::dtype).toList());
        List<Node> found = run(kernel, inputs, List.of(), result, q.shape().with(3, 2));
        try (Tensor statistics = Tensor.constant(found.get(1))) {
            List<Tensor> saved = new ArrayList<>(List.of(inputs));
            saved.add(statistics);
            return GradientFunction.record("attention", found.get(0), List.of(inputs), saved, true, call -> {
                Tensor[] own = new Tensor[inputs.length];
                Arrays.setAll(own, call::saved);
                return backward(kernel, composed, call, own);
            });
        }
    }

    private static Tensor[] backward(
            Kernel.Attention kernel, Differentiable composed, GradientFunction.Call call, Tensor[] inputs) {
        Tensor output = call.saved(inputs.length + 1);
        // Recorded gradients are composed: they have gradients themselves.
        if (GradientMode.isOn()) {
            return composed.backward(call.upstream(), output, inputs);
        }
        List<Node> found = run(
                new Kernel.AttentionGradient(kernel),
                inputs,
                List.of(output, call.saved(inputs.length), call.upstream()),
                inputs[0].shape(),
                inputs[1].shape(),
                inputs[2].shape());
        Tensor[] gradients = new Tensor[inputs.length];
        for (int i = 0; i < found.size(); i++) {
            gradients[i] = Tensor.constant(found.get(i));
        }
        return gradients;
    }

    /** Heads are parts of a wider vector before and after: results lie so that these are views. */
    private static Target byTime(Shape shape) {
        Shape memory = Shape.of(shape.size(0), shape.size(2), shape.size(1), shape.size(3));
        return Target.permuted(memory, 0, 2, 1, 3);
    }

    private static List<Node> run(Kernel kernel, Tensor[] inputs, List<Tensor> others, Shape... results) {
        Tensor q = inputs[0];
        Shape space = q.shape().with(3, inputs[1].size(2));
        List<Source> sources = new ArrayList<>();
        for (int i = 0; i < inputs.length; i++) {
            boolean mask = i > 2;
            sources.add(new Source(inputs[i].node(), layout -> Optional.of(mask ? layout.expand(space) : layout)));
        }
        others.forEach(one -> sources.add(new Source(one.node(), Optional::of)));
        long scale = Double.doubleToRawLongBits(1 / Math.sqrt(q.size(3)));
        try {
            return Composites.run(
                    q.context(),
                    kernel,
                    space,
                    space.rank(),
                    q.dtype(),
                    sources,
                    Arrays.stream(results).map(FusedAttention::byTime).toList(),
                    scale);
        } finally {
            Reference.reachabilityFence(inputs);
            Reference.reachabilityFence(others);
        }
    }
}
