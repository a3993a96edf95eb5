package dev.tenrec.tensor;

import dev.tenrec.engine.Composites;
import dev.tenrec.engine.Composites.Source;
import dev.tenrec.engine.Composites.Target;
import dev.tenrec.engine.DeviceContext;
import dev.tenrec.engine.Node;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.ClassReduction;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.BinaryOperator;

/**
 * Cross entropy of class scores with labels as one kernel forward and one backward, where the backend has them. The
 * labels are checked by the kernel. What it computes is said at {@link Kernel.CrossEntropy}; users call it by the losses
 * of {@code dev.tenrec.nn}, which check the operands and compose it where this cannot be used.
 *
 * @param reduction what becomes of the examples' losses
 * @param smoothing ε, from 0 to 1
 * @param ignored the label that is ignored, if any
 */
public record CrossEntropy(ClassReduction reduction, double smoothing, OptionalLong ignored) {

    /**
     * Says whether the backend of some scores has the kernels.
     *
     * @param logits the scores
     * @return whether {@link #apply} may be called
     */
    public static boolean isClaimed(Tensor logits) {
        return Composites.areClaimed(logits.context(), Kernel.CrossEntropy.class, logits.dtype())
                && Composites.areClaimed(logits.context(), Kernel.CrossEntropyGradient.class, logits.dtype());
    }

    /**
     * Computes the loss.
     *
     * @param logits scores [batch…, classes], with at least one class
     * @param labels I32 or I64 [batch…]
     * @param weights a constant factor per class, [classes], or null
     * @param composedGradient computes the gradient by the logits of (upstream gradient, logits) with recorded
     *     operations, for second derivatives
     * @return the loss, a scalar or [batch…]
     * @throws dev.tenrec.error.InvalidArgument if a label is out of range
     */
    public Tensor apply(Tensor logits, Tensor labels, Tensor weights, BinaryOperator<Tensor> composedGradient) {
        Kernel.CrossEntropy kernel = new Kernel.CrossEntropy(
                logits.dtype(), labels.dtype(), reduction, weights != null, ignored.isPresent());
        Shape batch = logits.shape().without(logits.rank() - 1);
        long examples = batch.elementCount();
        Shape space = Shape.of(examples, logits.size(-1));
        Shape rows = Shape.of(examples);
        Target loss = reduction == ClassReduction.NONE ? new Target(batch, rows) : Target.of(Shape.of());
        List<Node> results = run(
                kernel,
                space,
                weights == null ? List.of(logits, labels) : List.of(logits, labels, weights),
                weights == null ? List.of(space, rows) : List.of(space, rows, Shape.of(space.size(1))),
                List.of(loss, Target.of(Shape.of(examples, 2)), Target.of(Shape.of())));
        List<Tensor> saved = new ArrayList<>(
                List.of(logits, labels, Tensor.constant(results.get(1)), Tensor.constant(results.get(2))));
        if (weights != null) {
            saved.add(weights);
        }
        return GradientFunction.record("crossEntropy", results.get(0), List.of(logits), saved, false, call -> {
            Tensor x = call.saved(0);
            Tensor gradient = GradientMode.isOn()
                    ? composedGradient.apply(call.upstream(), x)
                    : gradient(new Kernel.CrossEntropyGradient(kernel), space, x, call);
            return new Tensor[] {gradient};
        });
    }

    private Tensor gradient(
            Kernel.CrossEntropyGradient kernel, Shape space, Tensor logits, GradientFunction.Call call) {
        Shape rows = Shape.of(space.size(0));
        boolean each = reduction == ClassReduction.NONE;
        List<Tensor> operands =
                new ArrayList<>(List.of(logits, call.saved(1), call.saved(2), call.saved(3), call.upstream()));
        List<Shape> shapes =
                new ArrayList<>(List.of(space, rows, Shape.of(space.size(0), 2), Shape.of(), each ? rows : Shape.of()));
        if (kernel.forward().weighted()) {
            operands.add(call.saved(4));
            shapes.add(Shape.of(space.size(1)));
        }
        return Tensor.constant(run(kernel, space, operands, shapes, List.of(new Target(logits.shape(), space)))
                .get(0));
    }

    private List<Node> run(
            Kernel kernel, Shape space, List<Tensor> operands, List<Shape> shapes, List<Target> targets) {
        DeviceContext context = operands.get(0).context();
        DType dtype = operands.get(0).dtype();
        List<Source> sources = new ArrayList<>();
        for (int i = 0; i < operands.size(); i++) {
            sources.add(Source.of(operands.get(i).node(), shapes.get(i)));
        }
        try {
            long epsilon = Double.doubleToRawLongBits(smoothing);
            return Composites.run(
                    context, kernel, space, space.rank(), dtype, sources, targets, epsilon, ignored.orElse(0));
        } finally {
            Reference.reachabilityFence(operands);
        }
    }
}
