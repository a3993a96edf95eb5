package dev.tenrec.engine;

import dev.tenrec.engine.Node.Product;
import dev.tenrec.engine.Node.Stored;
import dev.tenrec.engine.PlanCache.Plan;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.InputSpec;
import dev.tenrec.ir.LayoutClass;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Plans how a region is launched when it was not launched in this way before. Under the device's lock. */
final class Planner {

    static final int MAP = 0;
    static final int MATMUL = 1;
    private static final int REDUCE = 2;

    private static final int OP_SHIFT = 2;
    private static final int AXES_SHIFT = 8;
    private static final int KIND_MASK = (1 << AXES_SHIFT) - 1;

    private Planner() {}

    /** A kernel that has not been launched in this way before: what it takes to make its plan. */
    record Fresh(
            PlanCache.Key key,
            Object kernelKey,
            DeviceContext.KernelCache.Entry known,
            Kernel description,
            Shape space,
            int keptRank,
            Layout[] inputs,
            Layout output) {

        Plan plan(DeviceContext context) {
            DeviceContext.KernelCache.Entry entry =
                    known != null ? known : context.kernels().compile(kernelKey, description);
            return new Plan(entry.compiled(), space, keptRank, inputs, output);
        }
    }

    /** A number for the kind of a reduction and its axes. */
    static int reduction(ReduceOp op, int[] axes) {
        int variant = REDUCE | op.ordinal() << OP_SHIFT;
        for (int axis : axes) {
            variant |= 1 << AXES_SHIFT + axis;
        }
        return variant;
    }

    static Fresh freshMap(DeviceContext context, Region region) {
        Layout[] layouts = new Layout[region.leafCount() + 1];
        layouts[0] = Layout.dense(region.shape());
        for (int i = 1; i < layouts.length; i++) {
            layouts[i] = layout(region.leaf(i - 1)).expand(region.shape());
        }
        Shape space = region.shape();
        if (!region.usesIndex()) {
            Collapsed collapsed = Collapsed.of(layouts, 0);
            space = collapsed.space();
            layouts = collapsed.layouts();
        }
        Layout[] inputs = Arrays.copyOfRange(layouts, 1, layouts.length);
        Object key = region.kernelKey(MAP, classes(inputs, 0));
        DeviceContext.KernelCache.Entry known = context.kernels().find(key);
        Kernel description = known != null
                ? null
                : new Kernel.Map(region.expressions(), specs(region, inputs, 0), region.scalars().length);
        return new Fresh(region.key(MAP), key, known, description, space, space.rank(), inputs, layouts[0]);
    }

    static Fresh freshMatMul(DeviceContext context, Region region) {
        Shape space = ((Product) region.product().state).space();
        Layout[] inputs = new Layout[region.operandCount()];
        for (int i = 0; i < inputs.length; i++) {
            Shape target = i < 2 ? factor(space, i == 0) : region.shape();
            inputs[i] = layout(region.operand(i)).expand(target);
        }
        Object key = region.kernelKey(MATMUL, classes(inputs, 2));
        DeviceContext.KernelCache.Entry known = context.kernels().find(key);
        Kernel description = known != null
                ? null
                : new Kernel.MatMul(
                        region.product().dtype(),
                        region.expressions(),
                        specs(region, inputs, 2),
                        region.scalars().length);
        return new Fresh(
                region.key(MATMUL), key, known, description, space, space.rank(), inputs, Layout.dense(region.shape()));
    }

    /** The shape of a factor with its batch axes broadcast: [batch…, M, K] or [batch…, K, N] of [batch…, M, N, K]. */
    private static Shape factor(Shape space, boolean left) {
        int rank = space.rank();
        long[] sizes = Arrays.copyOf(space.sizes(), rank - 1);
        sizes[rank - 3] = space.size(left ? rank - 3 : rank - 1);
        sizes[rank - 2] = space.size(left ? rank - 1 : rank - 2);
        return Shape.of(sizes);
    }

    private static Layout layout(Node node) {
        return ((Stored) node.state).layout();
    }

    /** The layout classes of the inputs from one on, as numbers. */
    private static int[] classes(Layout[] inputs, int from) {
        int[] classes = new int[inputs.length - from];
        for (int i = 0; i < classes.length; i++) {
            classes[i] = LayoutClass.of(inputs[from + i]).ordinal();
        }
        return classes;
    }

    /** What a kernel is told of the inputs from one on. */
    private static List<InputSpec> specs(Region region, Layout[] inputs, int from) {
        List<InputSpec> specs = new ArrayList<>();
        for (int i = from; i < inputs.length; i++) {
            specs.add(new InputSpec(region.operand(i).dtype(), LayoutClass.of(inputs[i])));
        }
        return specs;
    }

    static Fresh freshReduce(DeviceContext context, Region region, ReduceOp op, int[] axes, int variant) {
        int rank = region.shape().rank();
        int keptRank = rank - axes.length;
        int[] permutation = new int[rank];
        int next = 0;
        for (int axis = 0; axis < rank; axis++) {
            if (Arrays.binarySearch(axes, axis) < 0) {
                permutation[next++] = axis;
            }
        }
        for (int axis : axes) {
            permutation[next++] = axis;
        }
        Layout[] layouts = new Layout[region.leafCount() + 1];
        // A body without inputs still needs its space collapsed.
        layouts[0] = Layout.dense(region.shape()).permute(permutation);
        for (int i = 1; i < layouts.length; i++) {
            layouts[i] = layout(region.leaf(i - 1)).expand(region.shape()).permute(permutation);
        }
        Collapsed collapsed = Collapsed.of(layouts, keptRank);
        Layout[] inputs = Arrays.copyOfRange(collapsed.layouts(), 1, layouts.length);
        Object key = region.kernelKey(variant & KIND_MASK, classes(inputs, 0));
        DeviceContext.KernelCache.Entry known = context.kernels().find(key);
        Kernel description = known != null
                ? null
                : new Kernel.Reduce(op, region.expressions().get(0), specs(region, inputs, 0), region.scalars().length);
        Shape space = collapsed.space();
        int boundary = collapsed.boundary();
        Layout output = Layout.dense(Shape.of(Arrays.copyOf(space.sizes(), boundary)));
        return new Fresh(region.key(variant), key, known, description, space, boundary, inputs, output);
    }
}
