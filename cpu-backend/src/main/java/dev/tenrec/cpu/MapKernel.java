package dev.tenrec.cpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.cpu.Binding.View;
import dev.tenrec.ir.Kernel;

/** Runs {@link Kernel.Map}: blocks of a flat space, dealt out to threads in ranges. */
final class MapKernel implements CompiledKernel {
    /** Element operations that are worth waking a thread for. */
    private static final long PARALLEL_WORK = 1 << 16;

    /** Ranges per thread, so that a thread that is late is helped. */
    private static final int RANGES = 8;

    private final Program program;
    private final Workers workers;
    private final ScratchPool scratch;

    MapKernel(Kernel.Map kernel, Workers workers, ScratchPool scratch) {
        this.program = ProgramBuilder.build(kernel);
        this.workers = workers;
        this.scratch = scratch;
    }

    @Override
    public void run(Launch launch) {
        long count = launch.space().elementCount();
        if (count == 0) {
            return;
        }
        Binding binding = new Binding(
                program, launch.space(), View.all(launch.inputs()), View.all(launch.outputs()), launch.params());
        run(binding, count, program.weight(), workers, scratch);
    }

    /** Runs a bound program over its space. */
    static void run(Binding binding, long count, int weight, Workers workers, ScratchPool scratch) {
        long blocks = Math.ceilDiv(count, Program.BLOCK);
        if (count * Math.max(1, weight) < PARALLEL_WORK || blocks == 1 || workers.threads() == 1) {
            range(binding, scratch, 0, count);
            return;
        }
        long perRange = Math.ceilDiv(blocks, (long) workers.threads() * RANGES) * Program.BLOCK;
        int ranges = (int) Math.ceilDiv(count, perRange);
        workers.parallel(ranges, i -> range(binding, scratch, i * perRange, Math.min(count, (i + 1) * perRange)));
    }

    private static void range(Binding binding, ScratchPool scratch, long start, long end) {
        try (Block block = new Block(binding, scratch, end - start)) {
            block.evaluateRange(start, end);
        }
    }
}
