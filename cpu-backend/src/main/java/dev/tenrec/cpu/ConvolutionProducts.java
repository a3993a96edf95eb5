package dev.tenrec.cpu;

import dev.tenrec.cpu.ConvolutionSizes.Image;
import java.util.ArrayList;
import java.util.List;

/**
 * Forward pass of a convolution, or gradient of its input: weights are packed, some examples at a time are copied with
 * their padding, and each part of the result is multiplied.
 */
final class ConvolutionProducts {

    /** A way to multiply a part of the result. */
    interface Part {
        /** Multiplies for examples that lie in the arrays, the first of them being {@code start} of the batch. */
        void multiply(int start, int examples);
    }

    private final Workers workers;
    private final ConvolutionSizes sizes;
    private final ConvolutionArrays arrays;
    private final int imageSize;
    private final ImageCopies copies;
    private final List<WeightPanels> weights = new ArrayList<>();
    private final List<Part> parts = new ArrayList<>();

    ConvolutionProducts(
            Workers workers,
            ConvolutionSizes sizes,
            ConvolutionArrays arrays,
            ImageLayout layout,
            int channels,
            Image source,
            Image weight,
            Image result,
            List<ConvolutionColumns> columns) {
        this.workers = workers;
        this.sizes = sizes;
        this.arrays = arrays;
        imageSize = ConvolutionSizes.size((long) sizes.groups() * channels * layout.channel());
        copies = new ImageCopies(arrays, source, layout, sizes.groups() * channels);
        int start = 0;
        for (ConvolutionColumns part : columns) {
            boolean shifted = ShiftedPart.suits(part, layout, arrays.shiftedCols());
            int width = shifted ? arrays.shiftedRows() : arrays.tileRows();
            WeightPanels panels = new WeightPanels(arrays, part, weight, width, start);
            weights.add(panels);
            start = panels.end();
            parts.add(
                    shifted
                            ? new ShiftedPart(workers, panels, layout, imageSize, result)
                            : new PackedPart(workers, panels, layout, imageSize, result));
        }
    }

    void run(Workspace workspace) {
        int chunk = ConvolutionKernel.chunk(sizes.batch(), imageSize);
        arrays.reserve(workspace, weights.getLast().end(), chunk * imageSize);
        int groups = sizes.groups();
        int packs = parts.size() * groups;
        for (int start = 0; start < sizes.batch(); start += chunk) {
            int from = start;
            int examples = Math.min(chunk, sizes.batch() - start);
            int packing = start == 0 ? packs : 0;
            long work = (long) examples * imageSize;
            ConvolutionKernel.parallel(workers, work, packing + copies.tasks(examples), (local, task) -> {
                if (task < packing) {
                    weights.get(task / groups).pack(task % groups);
                } else {
                    copies.run(local, task - packing, from, examples);
                }
            });
            for (Part part : parts) {
                part.multiply(start, examples);
            }
        }
    }
}
