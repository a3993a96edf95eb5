package dev.tenrec.cpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.cpu.ConvolutionSizes.Image;
import dev.tenrec.ir.Kernel;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs {@link Kernel.Convolution} without writing its patches to memory. Examples are copied, with their padding, to
 * arrays in which a patch's elements are neighbours ({@link ImageLayout}), some at a time. Forward pass and gradient of
 * the input read them there ({@link ShiftedPart}), or, where images are small, pack a few columns at a time
 * ({@link PackedPart}); the gradient of the weight multiplies lines where they lie ({@link WeightGradient}).
 *
 * <p>Sums are cut by sizes alone, so results do not depend on the number of threads.
 */
final class ConvolutionKernel implements CompiledKernel {
    private static final int AXES = ConvolutionSizes.AXES;

    /** Elements of images at a time, unless one example has more. */
    private static final int IMAGE_BUDGET = 1 << 20;

    /** Below so many multiplications, waking another thread costs more than it saves. */
    private static final long PARALLEL_WORK = 1 << 18;

    private final Kernel.Convolution kernel;
    private final Workers workers;

    ConvolutionKernel(Kernel.Convolution kernel, Workers workers) {
        this.kernel = kernel;
        this.workers = workers;
    }

    @Override
    public void run(Launch launch) {
        if (launch.outputs().get(0).layout().shape().elementCount() == 0) {
            return;
        }
        ConvolutionSizes sizes = ConvolutionSizes.of(kernel, launch);
        ConvolutionArrays arrays = ConvolutionArrays.of(kernel.dtype());
        Image first = Image.of(launch.inputs().get(0));
        Image second = Image.of(launch.inputs().get(1));
        Image result = Image.of(launch.outputs().get(0));
        Workspace workspace = workers.workspaces().acquire();
        switch (kernel.pass()) {
            case FORWARD -> {
                ImageLayout layout = ImageLayout.ofInput(sizes);
                List<ConvolutionColumns> parts = List.of(ConvolutionColumns.forward(sizes, layout, second, result));
                new ConvolutionProducts(workers, sizes, arrays, layout, sizes.channels(), first, second, result, parts)
                        .run(workspace);
            }
            case INPUT_GRADIENT -> {
                ImageLayout layout = ImageLayout.ofUpstream(sizes);
                List<ConvolutionColumns> parts = new ArrayList<>();
                int[] remainder = new int[AXES];
                for (int i = 0; i < ConvolutionSizes.product(sizes.stride()); i++) {
                    ConvolutionColumns.unflatten(i, sizes.stride(), remainder);
                    ConvolutionColumns part =
                            ConvolutionColumns.inputGradient(sizes, remainder.clone(), layout, second, result);
                    if (part.positions() > 0) {
                        parts.add(part);
                    }
                }
                new ConvolutionProducts(workers, sizes, arrays, layout, sizes.outputs(), first, second, result, parts)
                        .run(workspace);
            }
            case WEIGHT_GRADIENT -> new WeightGradient(workers, sizes, arrays, first, second, result).run(workspace);
        }
        workers.workspaces().release(workspace);
    }

    /** A task with buffers of its own. */
    interface LocalTask {
        void run(Workspace local, int task);
    }

    /** Runs tasks on all threads, or on this one if they are little work. */
    static void parallel(Workers workers, long work, int tasks, LocalTask task) {
        if (work < PARALLEL_WORK) {
            Workspace local = workers.workspaces().acquire();
            for (int i = 0; i < tasks; i++) {
                task.run(local, i);
            }
            workers.workspaces().release(local);
            return;
        }
        workers.parallel(tasks, i -> {
            Workspace local = workers.workspaces().acquire();
            task.run(local, i);
            workers.workspaces().release(local);
        });
    }

    /** Examples at a time. */
    static int chunk(int batch, long imageElements) {
        return Math.clamp(IMAGE_BUDGET / Math.max(1, imageElements), 1, Math.max(1, batch));
    }
}
