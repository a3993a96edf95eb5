package dev.tenrec.engine;

import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.engine.Node.Pending;
import dev.tenrec.engine.Node.Product;
import dev.tenrec.engine.Node.Stored;
import dev.tenrec.engine.PlanCache.Plan;
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
 * Runs what is pending. A launch is prepared under the device's lock, which also takes hold of every storage it reads;
 * the kernel runs outside of the lock; results are published under it again. A thread that needs a value which another
 * one is computing waits for it.
 */
final class Execution {

    private static final Storage[] NO_STORAGES = {};
    private static final long[] NO_PARAMS = {};

    private Execution() {}

    /**
     * A launch with everything it needs held.
     *
     * @param plan how to launch; null if that is not known yet
     * @param fresh what makes the plan; null if there is one
     * @param operands what is read
     * @param params the run-time scalars
     * @param held the storages that are read
     * @param outputs the nodes whose values are computed
     * @param inPlace the storages that outputs take over, null where a new one is needed
     */
    private record Work(
            Plan plan,
            Planner.Fresh fresh,
            Operand[] operands,
            long[] params,
            Storage[] held,
            Node[] outputs,
            Storage[] inPlace) {}

    /** Computes a node's value unless it is stored already. */
    static void materialize(Node node) {
        DeviceContext context = node.context();
        context.lock();
        try {
            if (node.state instanceof Stored) {
                return;
            }
        } finally {
            context.unlock();
        }
        materialize(new Node[] {node}, null);
    }

    /** Computes a node that is a product, or the products that a pending node reads. */
    static void materializeProducts(Node node) {
        List<Node> products = new ArrayList<>();
        DeviceContext context = node.context();
        context.lock();
        try {
            Node[] candidates = node.state instanceof Pending pending ? pending.leaves() : new Node[] {node};
            for (Node candidate : candidates) {
                if (candidate.state instanceof Product) {
                    candidate.retain();
                    products.add(candidate);
                }
            }
        } finally {
            context.unlock();
        }
        if (!products.isEmpty()) {
            materializeAndRelease(products.toArray(Node[]::new));
        }
    }

    /**
     * Computes the values of nodes of one shape with one kernel.
     *
     * @param roots what to compute
     * @param targets for each root a stored node whose memory it may take over, or null
     */
    static void materialize(Node[] roots, Node[] targets) {
        DeviceContext context = roots[0].context();
        while (true) {
            Work work = null;
            Node[] first;
            context.lock();
            try {
                Node[] missing = missing(roots);
                if (missing.length == 0) {
                    return;
                }
                if (isRunning(roots)) {
                    context.awaitFinished();
                    continue;
                }
                Region region = context.region();
                try {
                    // An update is a map over its own memory and no epilogue, which would need new memory for every
                    // output.
                    region.plan(missing, targets == null);
                    first = region.retainedPrerequisites();
                    if (first == null) {
                        work = prepare(context, region, roots, targets);
                    }
                } finally {
                    region.clear();
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

    /** The roots that are not stored, each once. */
    private static Node[] missing(Node[] roots) {
        Node[] missing = roots;
        int count = 0;
        for (int i = 0; i < roots.length; i++) {
            Node root = roots[i];
            root.checkLive();
            boolean wanted = !(root.state instanceof Stored);
            for (int j = 0; j < count; j++) {
                wanted &= missing[j] != root;
            }
            if (wanted) {
                if (missing[count] != root) {
                    missing = missing == roots ? roots.clone() : missing;
                    missing[count] = root;
                }
                count++;
            }
        }
        return count == roots.length ? roots : Arrays.copyOf(missing, count);
    }

    private static boolean isRunning(Node[] roots) {
        for (Node root : roots) {
            if (root.running) {
                return true;
            }
        }
        return false;
    }

    private static void materializeAndRelease(Node[] nodes) {
        try {
            for (Node node : nodes) {
                materialize(node);
            }
        } finally {
            for (Node node : nodes) {
                node.release();
            }
        }
    }

    private static Work prepare(DeviceContext context, Region region, Node[] roots, Node[] targets) {
        int kind = region.product() == null ? Planner.MAP : Planner.MATMUL;
        Plan plan = region.find(context.plans(), kind);
        Planner.Fresh fresh = null;
        if (plan == null) {
            fresh = kind == Planner.MAP ? Planner.freshMap(context, region) : Planner.freshMatMul(context, region);
        }
        Operand[] operands = operands(region, plan == null ? fresh.inputs() : plan.inputs());
        long[] params = region.scalars();
        Node[] outputs = region.outputs();
        Storage[] held = hold(region);
        Storage[] inPlace = targets == null ? NO_STORAGES : inPlace(region, outputs, roots, targets);
        for (Node output : outputs) {
            output.running = true;
        }
        return new Work(plan, fresh, operands, params, held, outputs, inPlace);
    }

    private static Operand[] operands(Region region, Layout[] layouts) {
        Operand[] operands = new Operand[layouts.length];
        for (int i = 0; i < operands.length; i++) {
            Node node = region.operand(i);
            Stored stored = (Stored) node.state;
            operands[i] = new Operand(
                    stored.storage().buffer(),
                    node.dtype(),
                    layouts[i].at(stored.layout().offset()));
        }
        return operands;
    }

    private static Storage[] hold(Region region) {
        Storage[] held = new Storage[region.operandCount()];
        for (int i = 0; i < held.length; i++) {
            held[i] = ((Stored) region.operand(i).state).storage().retain();
        }
        return held;
    }

    /** The storages that outputs take over, null where a new one is needed. Must be asked for after {@link #hold}. */
    private static Storage[] inPlace(Region region, Node[] outputs, Node[] roots, Node[] targets) {
        Storage[] storages = new Storage[outputs.length];
        region.countInsideReferences();
        for (int i = 0; i < outputs.length; i++) {
            Node target = target(outputs[i], roots, targets);
            if (target != null
                    && target.state instanceof Stored stored
                    && target.dtype() == outputs[i].dtype()
                    && stored.layout().equals(Layout.dense(region.shape()))
                    && stored.storage().users() == (region.reads(target) ? 2 : 1)
                    && region.ownsEveryReference(target, 1)) {
                storages[i] = stored.storage().retain();
            }
        }
        return storages;
    }

    private static Node target(Node output, Node[] roots, Node[] targets) {
        for (int i = 0; i < roots.length; i++) {
            if (roots[i] == output) {
                return targets[i];
            }
        }
        return null;
    }

    private static void run(DeviceContext context, Work work) {
        Node[] nodes = work.outputs;
        Storage[] storages = Arrays.copyOf(work.inPlace, nodes.length);
        Plan made = null;
        boolean done = false;
        try {
            Plan plan = work.plan;
            if (plan == null) {
                plan = work.fresh.plan(context);
                made = plan;
            }
            Operand[] outputs = new Operand[nodes.length];
            for (int i = 0; i < nodes.length; i++) {
                Node node = nodes[i];
                if (storages[i] == null) {
                    storages[i] = allocate(context, node.dtype(), node.shape());
                }
                outputs[i] = new Operand(storages[i].buffer(), node.dtype(), plan.output());
            }
            launch(plan, work, outputs);
            done = true;
        } finally {
            context.lock();
            try {
                for (int i = 0; i < nodes.length; i++) {
                    nodes[i].running = false;
                    if (done) {
                        nodes[i].store(storages[i], Layout.dense(nodes[i].shape()));
                    } else if (storages[i] != null) {
                        storages[i].release();
                    }
                }
                for (Storage held : work.held) {
                    held.release();
                }
                if (done && made != null) {
                    context.plans().put(work.fresh.key(), made);
                }
                context.signalFinished();
            } finally {
                context.unlock();
            }
        }
    }

    private static void launch(Plan plan, Work work, Operand... outputs) {
        plan.kernel()
                .run(new Launch(
                        plan.space(),
                        plan.keptRank(),
                        Arrays.asList(work.operands),
                        Arrays.asList(outputs),
                        work.params));
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
            Node[] first = null;
            context.lock();
            try {
                node.checkLive();
                Region region = context.region();
                try {
                    region.plan(new Node[] {node}, false);
                    if (!(node.state instanceof Stored) && isComputedAlone(node, region)) {
                        first = new Node[] {node.retain()};
                    } else {
                        first = region.retainedPrerequisites();
                    }
                    if (first == null) {
                        work = prepareReduce(context, region, op, axes);
                    }
                } finally {
                    region.clear();
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

    private static boolean isComputedAlone(Node node, Region region) {
        boolean alone = node.consumers > 0 || node.running || region.usesIndex();
        for (int i = 0; i < region.leafCount(); i++) {
            alone |= region.leaf(i).state instanceof Product;
        }
        return alone;
    }

    private static Work prepareReduce(DeviceContext context, Region region, ReduceOp op, int[] axes) {
        int variant = Planner.reduction(op, axes);
        Plan plan = region.find(context.plans(), variant);
        Planner.Fresh fresh = plan == null ? Planner.freshReduce(context, region, op, axes, variant) : null;
        Operand[] operands = operands(region, plan == null ? fresh.inputs() : plan.inputs());
        return new Work(plan, fresh, operands, region.scalars(), hold(region), null, NO_STORAGES);
    }

    private static Node runReduce(DeviceContext context, Work work, DType resultType, Shape kept) {
        Storage storage = null;
        try {
            Plan plan = work.plan == null ? work.fresh.plan(context) : work.plan;
            storage = allocate(context, resultType, kept);
            launch(plan, work, new Operand(storage.buffer(), resultType, plan.output()));
            if (work.plan == null) {
                remember(context, work.fresh.key(), plan);
            }
            Node result = new Node(context, resultType, kept, new Stored(storage, Layout.dense(kept)));
            storage = null;
            return result;
        } finally {
            if (storage != null) {
                storage.release();
            }
            for (Storage held : work.held) {
                held.release();
            }
        }
    }

    private static void remember(DeviceContext context, PlanCache.Key key, Plan plan) {
        context.lock();
        try {
            context.plans().put(key, plan);
        } finally {
            context.unlock();
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
        entry.compiled().run(new Launch(space, space.rank(), inputs, List.of(output), NO_PARAMS));
    }
}
