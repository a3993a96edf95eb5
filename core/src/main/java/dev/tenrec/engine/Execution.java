package dev.tenrec.engine;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.engine.Node.Product;
import dev.tenrec.engine.Node.Stored;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.memory.Storage;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Runs what is pending. A plan is made under the device's lock, which also takes hold of every storage it reads; the
 * kernel runs outside of the lock; results are published under it again. A thread that needs a value which another one
 * is computing waits for it.
 */
final class Execution {

    private static final int MAP = 0;
    private static final int MATMUL = 1;
    private static final int REDUCE = 2;

    private Execution() {}

    /** A planned kernel with everything it needs held. */
    private record Work(
            Object key,
            DeviceContext.KernelCache.Entry known,
            Kernel description,
            Shape space,
            int keptRank,
            List<Operand> inputs,
            long[] params,
            List<Storage> held,
            List<Node> outputs,
            List<Storage> inPlace,
            List<Layout> outputLayouts) {}

    /** Computes a node's value unless it is stored already. */
    static void materialize(Node node) {
        materialize(List.of(node), null);
    }

    /**
     * Computes the values of nodes of one shape with one kernel.
     *
     * @param roots what to compute
     * @param targets for each root a stored node whose memory it may take over, or null
     */
    static void materialize(List<Node> roots, List<Node> targets) {
        DeviceContext context = roots.get(0).context();
        while (true) {
            Work work = null;
            List<Node> first = null;
            context.lock();
            try {
                List<Node> missing = new ArrayList<>();
                List<Node> overwrite = new ArrayList<>();
                boolean busy = false;
                for (int i = 0; i < roots.size(); i++) {
                    Node root = roots.get(i);
                    root.checkLive();
                    busy |= root.running;
                    if (!(root.state instanceof Stored) && !missing.contains(root)) {
                        missing.add(root);
                        overwrite.add(targets == null ? null : targets.get(i));
                    }
                }
                if (missing.isEmpty()) {
                    return;
                }
                if (busy) {
                    context.awaitFinished();
                    continue;
                }
                // An update is a map over its own memory and no epilogue, which would need new memory for every output.
                Region region = new Region(missing, targets == null);
                if (region.prerequisites().isEmpty()) {
                    work = region.product() == null ? planMap(context, region, overwrite) : planMatMul(context, region);
                    region.outputs().forEach(node -> node.running = true);
                } else {
                    first = List.copyOf(region.prerequisites());
                    first.forEach(Node::retain);
                }
            } finally {
                context.unlock();
            }
            if (work != null) {
                run(context, work);
            } else {
                materializeAndRelease(first);
            }
        }
    }

    private static void materializeAndRelease(List<Node> nodes) {
        try {
            nodes.forEach(Execution::materialize);
        } finally {
            nodes.forEach(Node::release);
        }
    }

    private static Work planMap(DeviceContext context, Region region, List<Node> overwrite) {
        List<Operand> operands = region.operands();
        List<Layout> layouts = new ArrayList<>();
        Layout dense = Layout.dense(region.shape());
        layouts.add(dense);
        operands.forEach(operand -> layouts.add(operand.layout()));
        Shape space = region.shape();
        List<Layout> launched = layouts;
        if (!region.usesIndex()) {
            Region.Collapsed collapsed = Region.collapse(layouts, 0);
            space = collapsed.space();
            launched = collapsed.layouts();
        }
        List<Operand> inputs = withLayouts(operands, launched.subList(1, launched.size()));
        Region.Key key = region.key(new int[] {MAP}, inputs);
        DeviceContext.KernelCache.Entry known = context.kernels().find(key);
        long[] params = region.scalars();
        Kernel description =
                known != null ? null : new Kernel.Map(region.expressions(), Region.specs(inputs), params.length);
        return new Work(
                key,
                known,
                description,
                space,
                space.rank(),
                inputs,
                params,
                hold(region.leaves()),
                List.copyOf(region.outputs()),
                inPlace(region, overwrite),
                repeat(launched.get(0), region.outputs().size()));
    }

    private static Work planMatMul(DeviceContext context, Region region) {
        Product product = (Product) region.product().state;
        List<Operand> extras = region.operands();
        List<Operand> inputs = new ArrayList<>();
        inputs.add(matrix(product.left(), product.space(), true));
        inputs.add(matrix(product.right(), product.space(), false));
        inputs.addAll(extras);
        Region.Key key = region.key(new int[] {MATMUL}, extras);
        DeviceContext.KernelCache.Entry known = context.kernels().find(key);
        long[] params = region.scalars();
        Kernel description = known != null
                ? null
                : new Kernel.MatMul(
                        region.product().dtype(), region.expressions(), Region.specs(extras), params.length);
        List<Node> leaves = new ArrayList<>(region.leaves());
        leaves.remove(region.product());
        leaves.add(product.left());
        leaves.add(product.right());
        return new Work(
                key,
                known,
                description,
                product.space(),
                product.space().rank(),
                inputs,
                params,
                hold(leaves),
                List.copyOf(region.outputs()),
                noneInPlace(region),
                repeat(Layout.dense(region.shape()), region.outputs().size()));
    }

    /** An operand of a product with its batch axes broadcast: [batch…, M, K] or [batch…, K, N] of [batch…, M, N, K]. */
    private static Operand matrix(Node node, Shape space, boolean left) {
        Stored stored = (Stored) node.state;
        int rank = space.rank();
        long[] sizes = Arrays.copyOf(space.sizes(), rank - 1);
        sizes[rank - 3] = space.size(left ? rank - 3 : rank - 1);
        sizes[rank - 2] = space.size(left ? rank - 1 : rank - 2);
        Shape target = Shape.of(sizes);
        return new Operand(
                stored.storage().buffer(), node.dtype(), stored.layout().expand(target));
    }

    private static List<Storage> hold(List<Node> leaves) {
        List<Storage> held = new ArrayList<>();
        for (Node leaf : leaves) {
            held.add(((Stored) leaf.state).storage().retain());
        }
        return held;
    }

    private static <T> List<T> repeat(T value, int times) {
        return java.util.Collections.nCopies(times, value);
    }

    private static List<Operand> withLayouts(List<Operand> operands, List<Layout> layouts) {
        List<Operand> changed = new ArrayList<>();
        for (int i = 0; i < operands.size(); i++) {
            changed.add(new Operand(operands.get(i).buffer(), operands.get(i).dtype(), layouts.get(i)));
        }
        return changed;
    }

    /** The storages that outputs take over, null where a new one is needed. Must be asked for after {@link #hold}. */
    private static List<Storage> inPlace(Region region, List<Node> overwrite) {
        List<Storage> storages = new ArrayList<>();
        for (int i = 0; i < region.outputs().size(); i++) {
            Node target = i < overwrite.size() ? overwrite.get(i) : null;
            Storage storage = null;
            if (target != null
                    && target.state instanceof Stored stored
                    && target.dtype() == region.outputs().get(i).dtype()
                    && stored.layout().equals(Layout.dense(region.shape()))
                    && isOnlyUser(stored.storage(), region.leaves().contains(target))
                    && region.ownsEveryReference(target, 1)) {
                storage = stored.storage().retain();
            }
            storages.add(storage);
        }
        return storages;
    }

    /** A matrix kernel may write the product to its output before the epilogue reads the extras: none may share memory. */
    private static List<Storage> noneInPlace(Region region) {
        return inPlace(region, List.of());
    }

    private static boolean isOnlyUser(Storage storage, boolean heldByThisWork) {
        return storage.users() == (heldByThisWork ? 2 : 1);
    }

    private static void run(DeviceContext context, Work work) {
        List<Storage> storages = new ArrayList<>();
        boolean done = false;
        try {
            List<Operand> outputs = new ArrayList<>();
            for (int i = 0; i < work.outputs.size(); i++) {
                Node node = work.outputs.get(i);
                Storage storage = work.inPlace.get(i);
                if (storage == null) {
                    storage = allocate(context, node.dtype(), node.shape());
                }
                storages.add(storage);
                outputs.add(new Operand(storage.buffer(), node.dtype(), work.outputLayouts.get(i)));
            }
            launch(context, work, outputs);
            done = true;
        } finally {
            context.lock();
            try {
                for (int i = 0; i < work.outputs.size(); i++) {
                    Node node = work.outputs.get(i);
                    node.running = false;
                    if (done) {
                        node.store(storages.get(i), Layout.dense(node.shape()));
                    }
                }
                if (!done) {
                    storages.forEach(Storage::release);
                    work.inPlace.stream().skip(storages.size()).forEach(storage -> {
                        if (storage != null) {
                            storage.release();
                        }
                    });
                }
                work.held.forEach(Storage::release);
                context.signalFinished();
            } finally {
                context.unlock();
            }
        }
    }

    private static void launch(DeviceContext context, Work work, List<Operand> outputs) {
        CompiledKernel compiled =
                (work.known != null ? work.known : context.kernels().compile(work.key, work.description)).compiled();
        compiled.run(new Launch(work.space, work.keptRank, work.inputs, outputs, work.params));
    }

    /** Gets memory for a dense value. */
    static Storage allocate(DeviceContext context, DType dtype, Shape shape) {
        long count = shape.elementCount();
        boolean overflows = count > Long.MAX_VALUE / dtype.byteSize();
        return context.pool().allocate(overflows ? Long.MAX_VALUE : count * dtype.byteSize());
    }

    /**
     * Reduces a value, computing it on the way if it is pending and nobody else waits for it.
     *
     * @param node what to reduce
     * @param op how
     * @param axes which axes, in ascending order
     * @return a stored node of the kept axes
     */
    static Node reduce(Node node, ReduceOp op, int[] axes) {
        DeviceContext context = node.context();
        while (true) {
            Work work = null;
            List<Node> first = null;
            context.lock();
            try {
                node.checkLive();
                Region region = new Region(List.of(node), false);
                boolean stored = node.state instanceof Stored;
                boolean alone = !stored
                        && (node.consumers > 0
                                || node.running
                                || region.usesIndex()
                                || region.leaves().stream().anyMatch(leaf -> leaf.state instanceof Product));
                if (alone) {
                    first = List.of(node.retain());
                } else if (!region.prerequisites().isEmpty()) {
                    first = List.copyOf(region.prerequisites());
                    first.forEach(Node::retain);
                } else {
                    work = planReduce(context, region, op, axes);
                }
            } finally {
                context.unlock();
            }
            if (work == null) {
                materializeAndRelease(first);
                continue;
            }
            Shape kept = node.shape();
            for (int i = axes.length - 1; i >= 0; i--) {
                kept = kept.without(axes[i]);
            }
            return runReduce(context, work, op.resultType(node.dtype()), kept);
        }
    }

    private static Work planReduce(DeviceContext context, Region region, ReduceOp op, int[] axes) {
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
        List<Operand> operands = region.operands();
        List<Layout> layouts = new ArrayList<>();
        // A body without inputs still needs its space collapsed.
        layouts.add(Layout.dense(region.shape()).permute(permutation));
        operands.forEach(operand -> layouts.add(operand.layout().permute(permutation)));
        Region.Collapsed collapsed = Region.collapse(layouts, keptRank);
        List<Operand> inputs = withLayouts(
                operands, collapsed.layouts().subList(1, collapsed.layouts().size()));
        Region.Key key = region.key(new int[] {REDUCE, op.ordinal()}, inputs);
        DeviceContext.KernelCache.Entry known = context.kernels().find(key);
        long[] params = region.scalars();
        Kernel description = known != null
                ? null
                : new Kernel.Reduce(op, region.expressions().get(0), Region.specs(inputs), params.length);
        return new Work(
                key,
                known,
                description,
                collapsed.space(),
                collapsed.boundary(),
                inputs,
                params,
                hold(region.leaves()),
                List.of(),
                List.of(),
                List.of());
    }

    private static Node runReduce(DeviceContext context, Work work, DType resultType, Shape kept) {
        long[] sizes = Arrays.copyOf(work.space.sizes(), work.keptRank);
        Storage storage = null;
        try {
            storage = allocate(context, resultType, kept);
            launch(context, work, List.of(new Operand(storage.buffer(), resultType, Layout.dense(Shape.of(sizes)))));
            Node result = new Node(context, resultType, kept, new Stored(storage, Layout.dense(kept)));
            storage = null;
            return result;
        } finally {
            if (storage != null) {
                storage.release();
            }
            work.held.forEach(Storage::release);
        }
    }

    /**
     * Runs a kernel that does not fuse.
     *
     * @param context the device
     * @param kernel the description, which is its own key
     * @param space the iteration space
     * @param inputs stored nodes and the layouts they are read with
     * @param output where to
     */
    static void runAlone(DeviceContext context, Kernel kernel, Shape space, List<Operand> inputs, Operand output) {
        DeviceContext.KernelCache.Entry entry = context.kernels().find(kernel);
        if (entry == null) {
            entry = context.kernels().compile(kernel, kernel);
        }
        entry.compiled().run(new Launch(space, space.rank(), inputs, List.of(output), new long[0]));
    }
}
