package dev.tenrec.gpu;

import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.LayoutClass;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;

/** Matrix products by the device's library, with the epilogue as a map of its own. */
final class LibraryMatMul {

    /** Calls of the library for one product: beyond, the batch has strides that it cannot walk. */
    private static final long MOST_CALLS = 64;

    private final GpuContext context;
    private final MatrixLibrary library;
    private final Kernel.MatMul kernel;
    private final long smallest;
    private final GpuMap epilogue;

    LibraryMatMul(GpuContext context, MatrixLibrary library, Kernel.MatMul kernel) {
        this(context, library, kernel, library.smallest());
    }

    /** Products of another size than the library names are worth a call: those whose rendered form takes several. */
    LibraryMatMul(GpuContext context, MatrixLibrary library, Kernel.MatMul kernel, long smallest) {
        this.context = context;
        this.smallest = smallest;
        this.library = library;
        this.kernel = kernel;
        List<Kernel.InputSpec> inputs = new ArrayList<>();
        inputs.add(new Kernel.InputSpec(kernel.dtype(), LayoutClass.CONTIGUOUS));
        inputs.addAll(kernel.extras());
        this.epilogue = kernel.isPlain()
                ? null
                : new GpuMap(context, new Kernel.Map(kernel.epilogue(), inputs, kernel.params()));
    }

    /** Issues a product, or says that it is better rendered. */
    boolean run(Launch launch, Shape product) {
        int batchRank = product.rank() - 2;
        long m = product.size(batchRank);
        long n = product.size(batchRank + 1);
        long depth = launch.space().size(batchRank + 2);
        if (depth == 0 || m * n * depth < smallest) {
            return false;
        }
        Layout a = launch.inputs().get(0).layout();
        Layout b = launch.inputs().get(1).layout();
        Shape batch = product.without(batchRank + 1).without(batchRank);
        Walk walk = Walk.of(batch, List.of(batches(a, batch), batches(b, batch)), 0, batchRank, true);
        int inner = walk.rank() - 1;
        if (walk.count() / walk.sizes()[inner] > MOST_CALLS) {
            return false;
        }
        Operand first = launch.outputs().get(0);
        if (epilogue == null) {
            return multiply(
                    launch,
                    walk,
                    m,
                    n,
                    depth,
                    context.memory(first),
                    first.layout().offset());
        }
        if (first.dtype() == kernel.dtype()) {
            return multiply(
                            launch,
                            walk,
                            m,
                            n,
                            depth,
                            context.memory(first),
                            first.layout().offset())
                    && finish(launch, product, first);
        }
        DType dtype = kernel.dtype();
        long bytes = product.elementCount() * dtype.byteSize();
        GpuDevice.Memory scratch = context.scratch().take(bytes);
        try {
            Operand raw = new Operand(new GpuBuffer(context, scratch, bytes), dtype, Layout.dense(product));
            return multiply(launch, walk, m, n, depth, scratch, 0) && finish(launch, product, raw);
        } finally {
            context.scratch().give(scratch);
        }
    }

    private static Layout batches(Layout layout, Shape batch) {
        long[] strides = new long[batch.rank()];
        for (int i = 0; i < strides.length; i++) {
            strides[i] = layout.stride(i);
        }
        return Layout.of(batch, strides, layout.offset());
    }

    private boolean multiply(Launch launch, Walk walk, long m, long n, long depth, GpuDevice.Memory to, long offset) {
        int batchRank = launch.space().rank() - 3;
        Layout a = launch.inputs().get(0).layout();
        Layout b = launch.inputs().get(1).layout();
        GpuDevice.Memory left = context.memory(launch.inputs().get(0));
        GpuDevice.Memory right = context.memory(launch.inputs().get(1));
        int inner = walk.rank() - 1;
        long count = walk.sizes()[inner];
        long leftStride = walk.strides()[0][inner];
        long rightStride = walk.strides()[1][inner];
        long rowStride = a.stride(batchRank);
        boolean rowsGoOn = rightStride == 0 && a.stride(batchRank + 1) == 1 && leftStride == m * rowStride;
        boolean[] done = {true};
        long[] product = {0};
        walk.split(count, part -> {
            long products = part.count();
            boolean one = rowsGoOn && products > 1;
            MatrixLibrary.Matrices from =
                    new MatrixLibrary.Matrices(left, part.offsets()[0], rowStride, a.stride(batchRank + 1), leftStride);
            MatrixLibrary.Matrices by = new MatrixLibrary.Matrices(
                    right, part.offsets()[1], b.stride(batchRank), b.stride(batchRank + 1), rightStride);
            MatrixLibrary.Matrices into = new MatrixLibrary.Matrices(to, offset + product[0] * m * n, n, 1, m * n);
            // The first call says for all whether the library can.
            done[0] = done[0]
                    && context.issue(
                            "library matmul",
                            () -> library.multiply(
                                    kernel.dtype(),
                                    one ? m * products : m,
                                    n,
                                    depth,
                                    one ? 1 : products,
                                    from,
                                    by,
                                    into));
            product[0] += products;
        });
        return done[0];
    }

    private boolean finish(Launch launch, Shape product, Operand raw) {
        List<Operand> inputs = new ArrayList<>();
        inputs.add(raw);
        inputs.addAll(launch.inputs().subList(2, launch.inputs().size()));
        epilogue.run(new Launch(product, product.rank(), inputs, launch.outputs(), launch.params()));
        return true;
    }
}
