package dev.tenrec.gpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.LayoutClass;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.List;

/** Products of numbers of 16 bits: by the device's library, and what that does not take as F32, rounded at the end. */
final class GpuHalfMatMul implements CompiledKernel {

    private final GpuContext context;
    private final LibraryMatMul library;
    private final GpuMap widen;
    private final GpuMap narrow;
    private final GpuMatMul product;

    GpuHalfMatMul(GpuContext context, DType dtype) {
        this.context = context;
        this.library = context.gpu() instanceof MatrixLibrary found
                ? new LibraryMatMul(context, found, plain(dtype), 1)
                : null;
        this.widen = cast(context, dtype, DType.F32);
        this.narrow = cast(context, DType.F32, dtype);
        this.product = new GpuMatMul(context, plain(DType.F32));
    }

    private static Kernel.MatMul plain(DType dtype) {
        return new Kernel.MatMul(dtype, List.of(Expr.input(0, dtype)), List.of(), 0);
    }

    private static GpuMap cast(GpuContext context, DType from, DType to) {
        List<Kernel.InputSpec> specs = List.of(new Kernel.InputSpec(from, LayoutClass.STRIDED));
        return new GpuMap(context, new Kernel.Map(List.of(Expr.input(0, from).cast(to)), specs, 0));
    }

    @Override
    public void run(Launch launch) {
        Shape result = launch.space().without(launch.space().rank() - 1);
        if (result.elementCount() == 0 || library != null && library.run(launch, result)) {
            return;
        }
        Operand a = launch.inputs().get(0);
        Operand b = launch.inputs().get(1);
        GpuDevice.Memory left = scratch(a.layout().shape());
        GpuDevice.Memory right = scratch(b.layout().shape());
        GpuDevice.Memory sums = scratch(result);
        try {
            Operand wideA = convert(widen, a, operand(left, a.layout().shape()));
            Operand wideB = convert(widen, b, operand(right, b.layout().shape()));
            Operand wide = operand(sums, result);
            product.run(new Launch(
                    launch.space(), launch.keptRank(), List.of(wideA, wideB), List.of(wide), launch.params()));
            convert(narrow, wide, launch.outputs().get(0));
        } finally {
            context.scratch().give(left);
            context.scratch().give(right);
            context.scratch().give(sums);
        }
    }

    private GpuDevice.Memory scratch(Shape shape) {
        return context.scratch().take(shape.elementCount() * DType.F32.byteSize());
    }

    private Operand operand(GpuDevice.Memory memory, Shape shape) {
        long bytes = shape.elementCount() * DType.F32.byteSize();
        return new Operand(new GpuBuffer(context, memory, bytes), DType.F32, Layout.dense(shape));
    }

    private static Operand convert(GpuMap map, Operand from, Operand to) {
        Shape shape = from.layout().shape();
        map.run(new Launch(shape, shape.rank(), List.of(from), List.of(to), new long[0]));
        return to;
    }
}
