package dev.tenrec.engine;

import dev.tenrec.backend.Capabilities;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.engine.Node.Stored;
import dev.tenrec.ir.Kernel;
import dev.tenrec.memory.Storage;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Runs kernels that a backend may claim instead of having them composed; see {@link Kernel#COMPOSITES}. */
public final class Composites {

    private Composites() {}

    /**
     * Says whether a device runs a composite itself.
     *
     * @param context the device
     * @param kernel the kind of kernel
     * @param dtype the element type
     * @return whether {@link #run} may be called with such a kernel
     */
    public static boolean areClaimed(DeviceContext context, Class<? extends Kernel> kernel, DType dtype) {
        Capabilities capabilities = context.backend().capabilities();
        return capabilities.composites().contains(kernel)
                && dtype.isFloating()
                && capabilities.arithmetic().contains(dtype);
    }

    /**
     * Says whether a device runs a composite of element types that are otherwise storage.
     *
     * @param context the device
     * @param kernel the kind of kernel
     * @return whether {@link #run} may be called with such a kernel
     */
    public static boolean areClaimed(DeviceContext context, Class<? extends Kernel> kernel) {
        return context.backend().capabilities().composites().contains(kernel);
    }

    /**
     * A value and how it is read.
     *
     * @param node the value, computed if need be
     * @param view makes the layout that is read; where strides do not allow it, the value is copied first
     */
    public record Source(Node node, Function<Layout, Optional<Layout>> view) {

        /**
         * Reads a value in another shape.
         *
         * @param node the value
         * @param shape of as many elements
         * @return the source
         */
        public static Source of(Node node, Shape shape) {
            return new Source(node, layout -> layout.reshape(shape));
        }

        /**
         * Reads a value with its axes in another order.
         *
         * @param node the value
         * @param axes the order
         * @return the source
         */
        public static Source permuted(Node node, int... axes) {
            return new Source(node, layout -> Optional.of(layout.permute(axes)));
        }
    }

    /**
     * What is written.
     *
     * @param layout where the value lies in memory that is exactly as large
     * @param launched the layout that the kernel writes, of the same elements
     */
    public record Target(Layout layout, Layout launched) {

        /**
         * Writes a value that is dense.
         *
         * @param shape the value's shape
         * @param launched the shape that the kernel writes, of as many elements
         */
        public Target(Shape shape, Shape launched) {
            this(Layout.dense(shape), Layout.dense(launched));
        }

        /**
         * Writes a value whose axes lie in memory in another order.
         *
         * @param memory the sizes in the order of memory
         * @param axes for each axis of the value which of these it is
         * @return the target
         */
        public static Target permuted(Shape memory, int... axes) {
            Layout layout = Layout.dense(memory).permute(axes);
            return new Target(layout, layout);
        }

        /**
         * Writes a value in its own shape.
         *
         * @param shape the shape
         * @return the target
         */
        public static Target of(Shape shape) {
            return new Target(shape, shape);
        }
    }

    /**
     * Runs a composite at once.
     *
     * @param context the device, which claims it
     * @param kernel the description
     * @param space the iteration space
     * @param keptRank how many axes are kept, where the kernel reduces
     * @param dtype the type of all outputs
     * @param sources what is read
     * @param targets what is written
     * @param params run-time scalars
     * @return the results, one reference each
     */
    public static List<Node> run(
            DeviceContext context,
            Kernel kernel,
            Shape space,
            int keptRank,
            DType dtype,
            List<Source> sources,
            List<Target> targets,
            long... params) {
        List<Node> copies = new ArrayList<>();
        List<Storage> storages = new ArrayList<>();
        boolean done = false;
        try {
            List<Operand> inputs = new ArrayList<>();
            for (Source source : sources) {
                inputs.add(read(source, copies));
            }
            List<Operand> outputs = new ArrayList<>();
            for (Target target : targets) {
                Storage storage =
                        Execution.allocate(context, dtype, target.layout().shape());
                storages.add(storage);
                outputs.add(new Operand(storage.buffer(), dtype, target.launched()));
            }
            DeviceContext.KernelCache.Entry entry = context.kernels().find(kernel);
            if (entry == null) {
                entry = context.kernels().compile(kernel, kernel);
            }
            entry.compiled().run(new Launch(space, keptRank, inputs, outputs, params));
            done = true;
        } finally {
            copies.forEach(Node::release);
            if (!done) {
                storages.forEach(Storage::release);
            }
        }
        List<Node> results = new ArrayList<>();
        for (int i = 0; i < targets.size(); i++) {
            Layout layout = targets.get(i).layout();
            results.add(new Node(context, dtype, layout.shape(), new Stored(storages.get(i), layout)));
        }
        return results;
    }

    private static Operand read(Source source, List<Node> copies) {
        Optional<Layout> layout = source.view().apply(Operations.layout(source.node()));
        if (layout.isPresent()) {
            return Operations.operand(source.node(), _ -> layout.get());
        }
        Node copy = Operations.copy(source.node());
        copies.add(copy);
        return Operations.operand(copy, dense -> source.view().apply(dense).orElseThrow());
    }
}
