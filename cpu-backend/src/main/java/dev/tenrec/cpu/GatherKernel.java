package dev.tenrec.cpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.Layout;
import java.lang.foreign.MemorySegment;

/** Runs {@link Kernel.Gather}: whole runs of elements with the same index are copied at once. */
final class GatherKernel implements CompiledKernel {
    /** Elements that are worth a task. */
    private static final long TASK_ELEMENTS = 1 << 15;

    private final Kernel.Gather kernel;
    private final Workers workers;

    GatherKernel(Kernel.Gather kernel, Workers workers) {
        this.kernel = kernel;
        this.workers = workers;
    }

    @Override
    public void run(Launch launch) {
        if (launch.space().elementCount() == 0) {
            return;
        }
        Operand source = launch.inputs().get(0);
        IndexedAccess access = new IndexedAccess(
                "gather",
                launch.space(),
                kernel.axis(),
                source.layout().shape().size(kernel.axis()),
                launch.inputs().get(1));
        long runs = access.runs();
        long perTask = Math.max(1, TASK_ELEMENTS / access.runLength());
        workers.parallel(
                Math.toIntExact(Math.ceilDiv(runs, perTask)),
                task -> range(launch, access, task * perTask, Math.min(runs, (task + 1) * perTask)));
    }

    private void range(Launch launch, IndexedAccess access, long from, long to) {
        Operand source = launch.inputs().get(0);
        Operand output = launch.outputs().get(0);
        MemorySegment read = Binding.memory(source);
        MemorySegment written = Binding.memory(output);
        int size = kernel.dtype().byteSize();
        long length = access.runLength();
        Layout run = access.run(source.layout()).collapse();
        int rank = run.shape().rank();
        // Runs of one stride are copied in one call, others walked.
        boolean simple = rank <= 1;
        long stride = rank == 1 ? run.stride(0) * size : size;
        IndexedAccess.Cursor cursor = access.new Cursor(from, source.layout(), output.layout());
        for (long i = from; i < to; i++) {
            long target = cursor.plainOffset() * size;
            long at = cursor.indexedOffset();
            if (simple) {
                Elements.copy(size, read, at * size, stride, written, target, size, length);
            } else {
                Layout here = Layout.of(run.shape(), run.strides(), at);
                new Walker(read, size, here).gather(0, Math.toIntExact(length), written, target);
            }
            cursor.next();
        }
    }
}
