package dev.tenrec.tensor;

import dev.tenrec.engine.Composites;
import dev.tenrec.engine.Composites.Source;
import dev.tenrec.engine.Composites.Target;
import dev.tenrec.engine.Node;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;

/** Mean and variance: one pass where the backend has such a kernel, composed of sums where it has not. */
final class Moments {

    private Moments() {}

    static MeanAndVariance of(String name, Tensor x, double correction, boolean keepDims, int... axes) {
        Checks.type(name, "operand", x.dtype(), DType.F32, DType.F64);
        int[] sorted = Checks.axes(name, x.shape(), axes);
        // A negative divisor would make up a variance; NaN says that there is none.
        double divisor = Math.max(0, Reductions.reducedCount(x, axes) - correction);
        if (!areLast(x, sorted) || !Composites.areClaimed(x.context(), Kernel.Moments.class, x.dtype())) {
            Tensor mean = x.mean(true, axes);
            Tensor variance = x.sub(mean).square().sum(keepDims, axes).div(divisor);
            return new MeanAndVariance(keepDims ? mean : mean.reshape(variance.shape()), variance);
        }
        List<Node> found = run(x, sorted);
        Shape shape = Reductions.reducedShape(x, keepDims, sorted);
        Shape kept = Reductions.reducedShape(x, true, sorted);
        Shape whole = x.shape();
        double count = Reductions.reducedCount(x, axes);
        Tensor centre = Tensor.constant(found.get(0));
        Tensor mean = GradientFunction.record("mean", centre.retainedNode(), List.of(x), List.of(), false, call ->
                new Tensor[] {call.upstream().div(count).expand(whole)});
        Tensor squares =
                GradientFunction.record("squares", found.get(1), List.of(x), List.of(x, centre), false, call -> {
                    Tensor value = call.saved(0);
                    // The mean depends on x; for second derivatives it is computed again, with a record.
                    Tensor around = GradientMode.isOn() ? value.mean(true, sorted) : call.saved(1);
                    return new Tensor[] {value.sub(around).mul(call.upstream().mul(2))};
                });
        Tensor variance = squares.div(divisor);
        return keepDims || shape.equals(kept)
                ? new MeanAndVariance(mean, variance)
                : new MeanAndVariance(mean.reshape(shape), variance.reshape(shape));
    }

    /** Across the memory one pass takes twice as long on the CPU as two that run in strips. */
    private static boolean areLast(Tensor x, int[] sorted) {
        return sorted.length > 0 && sorted[0] == x.shape().rank() - sorted.length;
    }

    /** Means and sums of squared deviations, with the reduced axes of size 1. */
    private static List<Node> run(Tensor x, int[] sorted) {
        Shape shape = x.shape();
        int rank = shape.rank();
        int[] order = new int[rank];
        int keptRank = 0;
        for (int axis = 0; axis < rank; axis++) {
            if (Arrays.binarySearch(sorted, axis) < 0) {
                order[keptRank++] = axis;
            }
        }
        System.arraycopy(sorted, 0, order, keptRank, sorted.length);
        long[] sizes = new long[rank];
        for (int i = 0; i < rank; i++) {
            sizes[i] = shape.size(order[i]);
        }
        Target target = new Target(Reductions.reducedShape(x, true, sorted), Shape.of(Arrays.copyOf(sizes, keptRank)));
        try {
            return Composites.run(
                    x.context(),
                    new Kernel.Moments(x.dtype()),
                    Shape.of(sizes),
                    keptRank,
                    x.dtype(),
                    List.of(Source.permuted(x.node(), order)),
                    List.of(target, target));
        } finally {
            Reference.reachabilityFence(x);
        }
    }
}
