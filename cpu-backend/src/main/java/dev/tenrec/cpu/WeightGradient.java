package dev.tenrec.cpu;

import dev.tenrec.cpu.ConvolutionSizes.Image;
import java.lang.foreign.MemorySegment;

/**
 * Gradient of a convolution's weight: sums over positions of products of the output's gradient and the images. Some
 * examples at a time are copied, and panels of a few channels of the gradient packed. For a few elements of the kernel
 * lines of the images are packed position by position, as many as stay in the first-level cache, and multiplied with all
 * channels of the gradient.
 */
final class WeightGradient {
    private static final int TASKS_WANTED = 32;

    /** Positions that are packed at a time: a panel of them takes half of a first-level cache. */
    private static final int POSITIONS = 256;

    private final Workers workers;
    private final ConvolutionSizes sizes;
    private final ConvolutionArrays arrays;
    private final ImageLayout layout;
    private final ImageCopies copies;
    private final Image upstream;
    private final Image result;
    private final MemorySegment upstreamMemory;
    private final int imageSize;
    private final int depth;
    private final int[] shifts;
    private final int positions;

    /** Panels of channels, and of the kernel's elements. */
    private final int rowPanels;

    private final int colPanels;

    /** Parts into which examples are dealt, each with sums of its own. */
    private final int parts;

    private final int tileSize;
    private final int sumCount;

    WeightGradient(
            Workers workers, ConvolutionSizes sizes, ConvolutionArrays arrays, Image x, Image upstream, Image result) {
        this.workers = workers;
        this.sizes = sizes;
        this.arrays = arrays;
        this.upstream = upstream;
        this.result = result;
        upstreamMemory = Binding.memory(upstream.operand());
        layout = ImageLayout.ofInput(sizes);
        imageSize = ConvolutionSizes.size((long) sizes.groups() * sizes.channels() * layout.channel());
        copies = new ImageCopies(arrays, x, layout, sizes.groups() * sizes.channels());
        ConvolutionColumns columns = ConvolutionColumns.forward(sizes, layout, result, upstream);
        depth = columns.depth();
        shifts = columns.shifts();
        positions = columns.positions();
        rowPanels = Math.ceilDiv(sizes.outputs(), arrays.tileRows());
        colPanels = Math.ceilDiv(depth, arrays.tileCols());
        long tasks = Math.max(1, (long) sizes.groups() * colPanels);
        parts = Math.clamp(Math.ceilDiv(TASKS_WANTED, tasks), 1, Math.max(1, sizes.batch()));
        tileSize = arrays.tileRows() * arrays.tileCols();
        sumCount = ConvolutionSizes.size((long) sizes.groups() * colPanels * rowPanels * tileSize);
    }

    void run(Workspace workspace) {
        arrays.reserveSums(workspace, ConvolutionSizes.size((long) parts * sumCount));
        if (sizes.batch() > 0 && positions > 0) {
            sum(workspace);
        }
        ConvolutionKernel.parallel(
                workers,
                (long) parts * sumCount,
                sizes.groups() * sizes.outputs(),
                (local, row) -> store(row / sizes.outputs(), row % sizes.outputs()));
    }

    private void sum(Workspace workspace) {
        int panelSize = ConvolutionSizes.size((long) positions * arrays.tileRows());
        int upSize = ConvolutionSizes.size((long) sizes.groups() * rowPanels * panelSize);
        int chunk = ConvolutionKernel.chunk(sizes.batch(), (long) imageSize + upSize);
        arrays.reserve(workspace, 0, ConvolutionSizes.size((long) chunk * imageSize));
        arrays.reserveUpstream(workspace, ConvolutionSizes.size((long) chunk * upSize));
        for (int start = 0; start < sizes.batch(); start += chunk) {
            int from = start;
            int examples = Math.min(chunk, sizes.batch() - start);
            int images = copies.tasks(examples);
            int panels = examples * sizes.groups() * rowPanels;
            long work = (long) examples * (imageSize + upSize);
            ConvolutionKernel.parallel(workers, work, images + panels, (local, task) -> {
                if (task < images) {
                    copies.run(local, task, from, examples);
                } else {
                    pack(local, task - images, from, panelSize);
                }
            });
            multiply(start, examples, panelSize);
        }
    }

    /** Packs some channels of the upstream of an example. */
    private void pack(Workspace local, int panel, int start, int panelSize) {
        int example = start + panel / rowPanels / sizes.groups();
        int group = panel / rowPanels % sizes.groups();
        int first = panel % rowPanels * arrays.tileRows();
        int channels = Math.min(arrays.tileRows(), sizes.outputs() - first);
        int[] output = sizes.output();
        long[] strides = upstream.strides();
        boolean plain = strides[3] == output[2] * strides[4] && strides[2] == output[1] * strides[3];
        int count = plain ? positions : output[2];
        long from = upstream.offset() + example * strides[0] + ((long) group * sizes.outputs() + first) * strides[1];
        for (int at = 0; at < positions; at += count) {
            int line = at / output[2];
            long shift = line / output[1] * strides[2] + line % output[1] * strides[3];
            arrays.packUpstream(
                    local,
                    upstreamMemory,
                    from + shift,
                    strides[1],
                    strides[4],
                    channels,
                    count,
                    panel * panelSize + at * arrays.tileRows());
        }
    }

    private void multiply(int start, int examples, int panelSize) {
        int groups = sizes.groups();
        long work = (long) groups * sizes.outputs() * depth * examples * positions;
        ConvolutionKernel.parallel(workers, work, parts * groups * colPanels, (local, task) -> {
            int group = task / colPanels % groups;
            int part = task / colPanels / groups;
            // Which examples are a part's depends on their number in the batch, not on how many are in the arrays.
            for (int n = Math.floorMod(part - start, parts); n < examples; n += parts) {
                example(local, part, group, task % colPanels, n, panelSize);
            }
        });
    }

    /** Adds an example's products of some of the kernel's elements with all channels of a group. */
    private void example(Workspace local, int part, int group, int panel, int n, int panelSize) {
        int cols = arrays.tileCols();
        int first = panel * cols;
        int[] from = local.columns(cols);
        for (int c = 0; c < Math.min(cols, depth - first); c++) {
            from[c] = n * imageSize + group * sizes.channels() * layout.channel() + shifts[first + c];
        }
        int[] output = sizes.output();
        int span = Math.min(output[2], POSITIONS);
        int lines = Math.clamp(POSITIONS / Math.max(1, layout.stride()[1]), 1, output[1]);
        for (int i = 0; i < output[0]; i++) {
            for (int j = 0; j < output[1]; j += span < output[2] ? 1 : lines) {
                int height = span < output[2] ? 1 : Math.min(lines, output[1] - j);
                for (int k = 0; k < output[2]; k += span) {
                    int width = Math.min(span, output[2] - k);
                    int shift = i * layout.stride()[0] + j * layout.stride()[1] + k;
                    arrays.packLines(
                            local, from, Math.min(cols, depth - first), shift, height, layout.stride()[1], width);
                    int q = (i * output[1] + j) * output[2] + k;
                    int up = (n * sizes.groups() + group) * rowPanels * panelSize + q * arrays.tileRows();
                    for (int row = 0; row < rowPanels; row++) {
                        arrays.addTile(local, height * width, up + row * panelSize, sumAt(part, group, panel, row));
                    }
                }
            }
        }
    }

    private int sumAt(int part, int group, int panel, int row) {
        return part * sumCount + ((group * colPanels + panel) * rowPanels + row) * tileSize;
    }

    /** Adds the parts' sums of an output channel, in order. */
    private void store(int group, int output) {
        MemorySegment memory = Binding.memory(result.operand());
        int bytes = arrays.dtype().byteSize();
        int rows = arrays.tileRows();
        int cols = arrays.tileCols();
        long to = result.offset() + ((long) group * sizes.outputs() + output) * depth;
        for (int d = 0; d < depth; d++) {
            int at = sumAt(0, group, d / cols, output / rows) + output % rows * cols + d % cols;
            double sum = 0;
            for (int part = 0; part < parts; part++) {
                sum += arrays.sum(at + part * sumCount);
            }
            Elements.setValue(arrays.dtype(), memory, (to + d) * bytes, Double.doubleToRawLongBits(sum));
        }
    }
}
