package dev.tenrec.engine;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Operand;
import dev.tenrec.engine.Node.Stored;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.function.UnaryOperator;

/**
 * For operations that run kernels of their own one after another over parts of the same memory, such as the steps of a
 * recurrent layer: nothing is planned, every launch says what it reads and writes. The nodes must be kept alive by the
 * caller, and values that it writes must not have been handed out before it is done.
 */
public final class Launches {

    private Launches() {}

    /**
     * Gets memory that launches will write.
     *
     * @param context the device
     * @param dtype the element type
     * @param shape the shape
     * @return a dense value of unspecified elements, one reference
     */
    public static Node allocate(DeviceContext context, DType dtype, Shape shape) {
        return new Node(
                context, dtype, shape, new Stored(Execution.allocate(context, dtype, shape), Layout.dense(shape)));
    }

    /**
     * Finds a kernel, or has it compiled.
     *
     * @param context the device
     * @param kernel the description
     * @return the kernel
     */
    public static CompiledKernel kernel(DeviceContext context, Kernel kernel) {
        DeviceContext.KernelCache.Entry entry = context.kernels().find(kernel);
        if (entry == null) {
            entry = context.kernels().compile(kernel, kernel);
        }
        return entry.compiled();
    }

    /**
     * Names memory for a launch.
     *
     * @param node the value, computed if need be
     * @param view makes of its layout the one to be read or written
     * @return the operand
     */
    public static Operand operand(Node node, UnaryOperator<Layout> view) {
        return Operations.operand(node, view);
    }
}
