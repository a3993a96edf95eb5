package dev.tenrec.cpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.cpu.Binding.View;
import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Runs {@link Kernel.Reduce}. The body is evaluated block by block and combined at once. Two ways of walking: along the
 * reduced axes, row by row, or along the kept axes, adding rows to each other; whichever follows the memory.
 */
final class ReduceKernel implements CompiledKernel {
    /** Fewer columns than this are not worth a vector each. */
    private static final long FEWEST_COLUMNS = 16;

    /** Bytes read that are worth waking a thread for. */
    static final long PARALLEL_BYTES = 1 << 18;

    /** Bytes read by a task, at least. */
    static final long TASK_BYTES = 1 << 16;

    private final Kernel.Reduce kernel;
    private final Program program;
    private final Combiner combiner;
    private final Workers workers;
    private final ScratchPool scratch;

    ReduceKernel(Kernel.Reduce kernel, Workers workers, ScratchPool scratch) {
        Expr body = kernel.body();
        if (kernel.op().isIndex() && body.dtype() == DType.BOOL) {
            body = body.cast(DType.I32);
        }
        if (!body.dtype().isArithmetic()
                || body.dtype() == DType.BOOL && (kernel.op() == ReduceOp.SUM || kernel.op() == ReduceOp.PROD)) {
            throw new KernelCompile(Message.of("reduce", kernel.op() + " is not defined on " + body.dtype())
                    .hint("cast the operand first, to I64 or F32 for example")
                    .toString());
        }
        DType[] types = kernel.inputs().stream().map(Kernel.InputSpec::dtype).toArray(DType[]::new);
        this.kernel = kernel;
        this.program = ProgramBuilder.buildResident(body, types);
        this.combiner = new Combiner(kernel.op(), body.dtype());
        this.workers = workers;
        this.scratch = scratch;
    }

    @Override
    public void run(Launch launch) {
        Shape space = launch.space();
        long kept = count(space, 0, launch.keptRank());
        long reduced = count(space, launch.keptRank(), space.rank());
        View output = View.of(launch.outputs().get(0));
        if (kept == 0) {
            return;
        }
        if (reduced == 0) {
            fillNeutral(output, kept);
            return;
        }
        if (runInPlace(launch, output)) {
            return;
        }
        if (!kernel.op().isIndex() && prefersColumns(launch, kept, reduced)) {
            new ColumnReduction(bind(launch, true), combiner, workers, scratch, kept, reduced).run(output);
        } else if (kernel.op().isIndex()) {
            new PositionReduction(bind(launch, false), combiner, workers, scratch, kept, reduced).run(output);
        } else {
            new RowReduction(bind(launch, false), combiner, workers, scratch, kept, reduced).run(output);
        }
    }

    /** A body that is an input is read where it lies, if that has a dense axis at the end of its kept or reduced ones. */
    private boolean runInPlace(Launch launch, View output) {
        if (CpuVector.scalar() || !(kernel.body() instanceof Expr.Input input)) {
            return false;
        }
        Operand operand = launch.inputs().get(input.index());
        Layout layout = operand.layout();
        boolean positions = kernel.op().isIndex();
        boolean bool = operand.dtype() == DType.BOOL;
        if (bool ? positions : !Folds.has(operand.dtype())) {
            return false;
        }
        View source = new View(
                Binding.memory(operand),
                operand.dtype().byteSize(),
                layout.offset() * operand.dtype().byteSize(),
                Binding.Access.WALKED,
                null);
        if (RunReduction.fits(layout, launch.keptRank())) {
            new RunReduction(source, layout, launch.keptRank(), combiner, positions, workers).run(output);
            return true;
        }
        if (bool || !StripReduction.fits(layout, launch.keptRank())) {
            return false;
        }
        StripReduction strips = new StripReduction(source, layout, launch.keptRank(), combiner, workers, scratch);
        if (positions) {
            strips.runPositions(output);
        } else {
            strips.run(output);
        }
        return true;
    }

    /** Runs tasks that read so many bytes together; few of them on the calling thread alone. */
    static void parallel(Workers workers, long bytes, int tasks, Workers.Task task) {
        if (bytes >= PARALLEL_BYTES) {
            workers.parallel(tasks, task);
            return;
        }
        for (int i = 0; i < tasks; i++) {
            task.run(i);
        }
    }

    private static long count(Shape space, int from, int to) {
        long count = 1;
        for (int i = from; i < to; i++) {
            count *= space.size(i);
        }
        return count;
    }

    private void fillNeutral(View output, long kept) {
        int one = kernel.op() == ReduceOp.PROD ? 1 : 0;
        DType dtype = combiner.dtype();
        long bits = Elements.bits(dtype, dtype.isFloating() ? Double.doubleToRawLongBits(one) : one);
        MemorySegment memory = output.segment();
        for (long i = 0; i < kept; i++) {
            Elements.put(output.size(), memory, output.base() + i * output.size(), bits);
        }
    }

    /** Binds the inputs; transposed, the reduced axes come before the kept ones. */
    private Binding bind(Launch launch, boolean transposed) {
        int rank = launch.space().rank();
        int[] axes = new int[rank];
        for (int i = 0; i < rank; i++) {
            axes[i] = transposed ? (launch.keptRank() + i) % rank : i;
        }
        List<View> views = launch.inputs().stream()
                .map(operand -> View.of(
                        Binding.memory(operand),
                        operand.dtype(),
                        operand.layout().permute(axes)))
                .toList();
        Shape space = Layout.dense(launch.space()).permute(axes).shape();
        return new Binding(program, space, views, List.of(), launch.params());
    }

    /** Most inputs decide: those whose elements lie closer along the kept axes than along the reduced ones. */
    private boolean prefersColumns(Launch launch, long kept, long reduced) {
        if (kept < FEWEST_COLUMNS || reduced == 1 || program.usesIndex()) {
            return false;
        }
        int votes = 0;
        for (Operand operand : launch.inputs()) {
            long alongKept = lastStride(operand.layout(), 0, launch.keptRank());
            long alongReduced = lastStride(
                    operand.layout(), launch.keptRank(), launch.space().rank());
            if (alongKept != 0 && alongReduced != 0) {
                votes += Long.compare(alongReduced, alongKept);
            }
        }
        return votes > 0;
    }

    private static long lastStride(Layout layout, int from, int to) {
        for (int i = to - 1; i >= from; i--) {
            if (layout.shape().size(i) != 1) {
                return Math.abs(layout.stride(i));
            }
        }
        return 0;
    }
}
