package dev.tenrec.engine;

import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.engine.Node.Stored;
import dev.tenrec.ir.Kernel;
import dev.tenrec.memory.Storage;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.List;
import java.util.function.UnaryOperator;

/** Runs convolutions on the backends that have a kernel for them. */
public final class ConvolutionKernels {

    private ConvolutionKernels() {}

    /**
     * Runs a convolution kernel at once.
     *
     * @param first input 0
     * @param second input 1, of the same type and device
     * @param kernel the description; the device's backend supports it
     * @param shape the result's shape
     * @param params see {@link Kernel.Convolution}
     * @return the result, with one reference
     */
    public static Node run(Node first, Node second, Kernel.Convolution kernel, Shape shape, long[] params) {
        DeviceContext context = first.context();
        List<Operand> inputs = List.of(
                Operations.operand(first, UnaryOperator.identity()),
                Operations.operand(second, UnaryOperator.identity()));
        Storage storage = Execution.allocate(context, kernel.dtype(), shape);
        boolean done = false;
        try {
            Layout layout = Layout.dense(shape);
            DeviceContext.KernelCache.Entry entry = context.kernels().find(kernel);
            if (entry == null) {
                entry = context.kernels().compile(kernel, kernel);
            }
            Operand output = new Operand(storage.buffer(), kernel.dtype(), layout);
            entry.compiled().run(new Launch(shape, shape.rank(), inputs, List.of(output), params));
            Node result = new Node(context, kernel.dtype(), shape, new Stored(storage, layout));
            done = true;
            return result;
        } finally {
            if (!done) {
                storage.release();
            }
        }
    }
}
