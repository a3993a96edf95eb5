package dev.tenrec.cpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.cpu.ConvolutionSizes.Image;
import dev.tenrec.ir.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs {@link Kernel.Convolution} without writing its patches to memory. Examples are copied, with their padding, to
 * arrays in which a patch's elements are neighbours ({@link ImageLayout}), some at a time. Of these, forward pass and
 * gradient of the input pack as many columns as a few tiles of {@link Gemm} take and multiply them at once, while they
 * are in the first caches ({@link ConvolutionColumns}); the gradient of the weight multiplies lines where they lie.
 *
 * <p>Sums are cut by sizes alone, so results do not depend on the number of threads.
 */
final class ConvolutionKernel implements CompiledKernel {
    private static final int AXES = ConvolutionSizes.AXES;

    /** Elements of images at a time, unless one example has more. */
    private static final int IMAGE_BUDGET = 1 << 20;

    /** Elements that one task brings into place. */
    private static final int COPY_WORK = 1 << 14;

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
        Image first = Image.of(launch.inputs().get(0));
        Image second = Image.of(launch.inputs().get(1));
        Image result = Image.of(launch.outputs().get(0));
        Workspace workspace = workers.workspaces().acquire();
        switch (kernel.pass()) {
            case FORWARD -> {
                ImageLayout layout = ImageLayout.ofInput(sizes);
                List<ConvolutionColumns> parts = List.of(ConvolutionColumns.forward(sizes, layout, second, result));
                new Products(sizes, layout, sizes.channels(), first, second, result, parts).run(workspace);
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
                new Products(sizes, layout, sizes.outputs(), first, second, result, parts).run(workspace);
            }
            case WEIGHT_GRADIENT -> new WeightGradient(sizes, first, second, result).run(workspace);
        }
        workers.workspaces().release(workspace);
    }

    /** Runs tasks on all threads, or on this one if they are little work. */
    private void parallel(long work, int tasks, Workers.Task task) {
        if (work >= PARALLEL_WORK) {
            workers.parallel(tasks, task);
            return;
        }
        for (int i = 0; i < tasks; i++) {
            task.run(i);
        }
    }

    /** Examples at a time. */
    private static int chunk(int batch, long imageElements) {
        return Math.clamp(IMAGE_BUDGET / Math.max(1, imageElements), 1, Math.max(1, batch));
    }

    /** Images on their way into an array. */
    private final class Copies {
        private final ConvolutionArrays arrays;
        private final boolean upstream;
        private final Image image;
        private final MemorySegment memory;
        private final ImageLayout layout;
        private final int channels;
        private final int planesPerTask;

        Copies(ConvolutionArrays arrays, boolean upstream, Image image, ImageLayout layout, int channels) {
            this.arrays = arrays;
            this.upstream = upstream;
            this.image = image;
            this.memory = Binding.memory(image.operand());
            this.layout = layout;
            this.channels = channels;
            this.planesPerTask = Math.max(1, COPY_WORK / Math.max(1, layout.channel()));
        }

        int tasks(int examples) {
            return Math.toIntExact(Math.ceilDiv((long) examples * channels, planesPerTask));
        }

        /** Copies some of the channels of the examples from {@code start}. */
        void run(int task, int start, int examples) {
            int end = (int) Math.min((long) examples * channels, (task + 1L) * planesPerTask);
            for (int plane = task * planesPerTask; plane < end; plane++) {
                long from = image.offset()
                        + (start + plane / channels) * image.strides()[0]
                        + plane % channels * image.strides()[1];
                arrays.clear(upstream, plane * layout.channel(), layout.channel());
                plane(from, plane * layout.channel());
            }
        }

        private void plane(long from, int to) {
            int[] before = layout.before();
            for (int i = 0; i < read(0); i++) {
                for (int j = 0; j < read(1); j++) {
                    long row = from + i * image.strides()[2] + j * image.strides()[3];
                    row(row, to + layout.at(0, i + before[0]) + layout.at(1, j + before[1]));
                }
            }
        }

        /** How much of an axis is read at all. */
        private int read(int axis) {
            return Math.min(layout.size()[axis], layout.limit()[axis] - layout.before()[axis]);
        }

        private void row(long from, int to) {
            int before = layout.before()[2];
            int step = layout.step()[2];
            long stride = image.strides()[4];
            int end = read(2);
            for (int i = 0; i < Math.min(step, end); i++) {
                arrays.line(
                        upstream,
                        memory,
                        from + i * stride,
                        step * stride,
                        Math.ceilDiv(end - i, step),
                        to + layout.at(2, before + i));
            }
        }
    }

    /** Forward pass or gradient of the input. */
    private final class Products {
        /** Depth of a block: its panels of weights and columns take half of a first-level cache. */
        private static final int MAX_DEPTH = 256;

        /** Rows that are multiplied with all of a task's columns before the next ones: a quarter of a second-level cache. */
        private static final int ROW_BLOCK = 96;

        /** Elements of a task's columns: half of a second-level cache. */
        private static final int COLUMN_BUDGET = 1 << 16;

        private static final int TASKS_WANTED = 32;

        private final ConvolutionSizes sizes;
        private final ConvolutionArrays arrays = ConvolutionArrays.of(kernel.dtype());
        private final ImageLayout layout;
        private final int imageSize;
        private final Copies copies;
        private final Image weight;
        private final Image result;
        private final List<ConvolutionColumns> parts;
        private final int[] weightStart;

        Products(
                ConvolutionSizes sizes,
                ImageLayout layout,
                int channels,
                Image source,
                Image weight,
                Image result,
                List<ConvolutionColumns> parts) {
            this.sizes = sizes;
            this.layout = layout;
            this.weight = weight;
            this.result = result;
            this.parts = parts;
            imageSize = ConvolutionSizes.size((long) sizes.groups() * channels * layout.channel());
            copies = new Copies(arrays, false, source, layout, sizes.groups() * channels);
            weightStart = new int[parts.size() + 1];
            for (int i = 0; i < parts.size(); i++) {
                ConvolutionColumns part = parts.get(i);
                long size = (long) part.groups() * roundUp(part.rows(), arrays.tileRows()) * part.depth();
                weightStart[i + 1] = ConvolutionSizes.size(weightStart[i] + size);
            }
        }

        void run(Workspace workspace) {
            int chunk = chunk(sizes.batch(), imageSize);
            arrays.reserve(workspace, weightStart[parts.size()], chunk * imageSize, 0);
            int groups = sizes.groups();
            int packs = parts.size() * groups;
            for (int start = 0; start < sizes.batch(); start += chunk) {
                int from = start;
                int examples = Math.min(chunk, sizes.batch() - start);
                int packing = start == 0 ? packs : 0;
                parallel((long) examples * imageSize, packing + copies.tasks(examples), task -> {
                    if (task < packing) {
                        packWeights(task / groups, task % groups);
                    } else {
                        copies.run(task - packing, from, examples);
                    }
                });
                for (int part = 0; part < parts.size(); part++) {
                    multiply(part, start, examples);
                }
            }
        }

        private int blockDepth(int depth) {
            int blocks = Math.max(1, Math.ceilDiv(depth, MAX_DEPTH));
            return Math.max(1, roundUp(Math.ceilDiv(depth, blocks), 4));
        }

        /** Where the panels of a block of a group begin. */
        private int weights(int part, int group, int d0) {
            ConvolutionColumns columns = parts.get(part);
            int rows = roundUp(columns.rows(), arrays.tileRows());
            return weightStart[part] + rows * (group * columns.depth() + d0);
        }

        private void packWeights(int part, int group) {
            ConvolutionColumns columns = parts.get(part);
            MemorySegment memory = Binding.memory(weight.operand());
            long first = weight.offset() + group * columns.groupStride();
            int step = blockDepth(columns.depth());
            for (int d0 = 0; d0 < columns.depth(); d0 += step) {
                int depth = Math.min(step, columns.depth() - d0);
                arrays.packWeights(
                        memory,
                        first,
                        columns.rowStride(),
                        columns.weightAt(),
                        d0,
                        depth,
                        columns.rows(),
                        weights(part, group, d0));
            }
        }

        private void multiply(int part, int start, int examples) {
            ConvolutionColumns columns = parts.get(part);
            int total = ConvolutionSizes.size((long) examples * columns.positions());
            int tiles = Math.ceilDiv(total, arrays.tileCols());
            int perTask = Math.max(1, COLUMN_BUDGET / (arrays.tileCols() * blockDepth(columns.depth())));
            while (perTask > 1 && (long) columns.groups() * Math.ceilDiv(tiles, perTask) < TASKS_WANTED) {
                perTask = (perTask + 1) / 2;
            }
            int across = Math.ceilDiv(tiles, perTask);
            boolean few = columns.groups() * across < TASKS_WANTED / 4;
            int rowsPerTask = few ? roundUp(ROW_BLOCK / 2, arrays.tileRows()) : columns.rows();
            int down = Math.ceilDiv(columns.rows(), rowsPerTask);
            int step = perTask * arrays.tileCols();
            long work = (long) columns.groups() * columns.rows() * total * Math.max(1, columns.depth());
            parallel(work, columns.groups() * down * across, task -> {
                Workspace local = workers.workspaces().acquire();
                int col = task % across * step;
                int row = task / across % down * rowsPerTask;
                new Block(part, task / across / down, start, local, col, Math.min(step, total - col))
                        .run(row, Math.min(columns.rows(), row + rowsPerTask));
                workers.workspaces().release(local);
            });
        }

        /** The columns of one task. */
        private final class Block {
            private final int part;
            private final int group;
            private final ConvolutionColumns columns;
            private final Workspace local;
            private final int count;
            private final int[] from;
            private final ConvolutionArrays.Target target;
            private final long firstRow;

            Block(int part, int group, int start, Workspace local, int first, int count) {
                this.part = part;
                this.group = group;
                this.local = local;
                this.count = count;
                columns = parts.get(part);
                from = local.columns(count);
                long[] to = local.targets(count);
                columns.locate(first, count, layout, imageSize, from, to);
                long rowStride = columns.targetStrides()[1];
                target = new ConvolutionArrays.Target(Binding.memory(result.operand()), rowStride, to);
                firstRow = start * columns.targetStrides()[0] + (long) group * columns.rows() * rowStride;
            }

            void run(int rowStart, int rowEnd) {
                int cols = arrays.tileCols();
                int step = blockDepth(columns.depth());
                int d0 = 0;
                arrays.reserveColumns(local, arrays.columnRoom(Math.ceilDiv(count, cols), step));
                do {
                    int depth = Math.min(step, columns.depth() - d0);
                    pack(d0, depth);
                    for (int row = rowStart; row < rowEnd; row += ROW_BLOCK) {
                        int end = Math.min(rowEnd, row + ROW_BLOCK);
                        for (int col = 0; col < count; col += cols) {
                            tiles(d0, depth, row, end, col);
                        }
                    }
                    d0 += depth;
                } while (d0 < columns.depth());
            }

            private void pack(int d0, int depth) {
                int cols = arrays.tileCols();
                for (int col = 0; col < count; col += cols) {
                    arrays.packColumns(
                            local,
                            col * depth,
                            from,
                            col,
                            Math.min(cols, count - col),
                            columns.shifts(),
                            group * columns.groupShift(),
                            d0,
                            depth);
                }
            }

            private void tiles(int d0, int depth, int rowStart, int rowEnd, int col) {
                int rows = arrays.tileRows();
                int panels = weights(part, group, d0);
                target.first = col;
                target.count = Math.min(arrays.tileCols(), count - col);
                for (int row = rowStart; row < rowEnd; row += rows) {
                    target.shift = firstRow + row * target.rowStride;
                    int used = Math.min(rows, rowEnd - row);
                    arrays.tile(local, depth, panels + row * depth, col * depth, target, used, d0 > 0);
                }
            }
        }
    }

    /**
     * Gradient of the weight: sums over positions of products of the output's gradient and the images. The rows of both lie
     * equally far apart; between the gradient's rows are zeros, so that one loop runs over an example. Values of a channel
     * that are not finite may therefore spread to all of the kernel's elements of that channel.
     */
    private final class WeightGradient {
        private static final int ROWS = ConvolutionArrays.DOT_ROWS;
        private static final int COLS = ConvolutionArrays.DOT_COLS;

        /** Elements of a line that is read again by the next sums: three of them stay in a first-level cache. */
        private static final int LINE = 2048;

        private static final int TASKS_WANTED = 32;

        private final ConvolutionSizes sizes;
        private final ConvolutionArrays arrays = ConvolutionArrays.of(kernel.dtype());
        private final ImageLayout layout;
        private final ImageLayout upLayout;
        private final int imageSize;
        private final int upSize;
        private final Copies images;
        private final Copies upstream;
        private final Image result;
        private final int depth;
        private final int[] shifts;

        WeightGradient(ConvolutionSizes sizes, Image x, Image y, Image result) {
            this.sizes = sizes;
            this.result = result;
            layout = ImageLayout.ofInput(sizes);
            upLayout = layout.beside(sizes.output());
            imageSize = ConvolutionSizes.size((long) sizes.groups() * sizes.channels() * layout.channel());
            upSize = ConvolutionSizes.size((long) sizes.groups() * sizes.outputs() * upLayout.channel());
            images = new Copies(arrays, false, x, layout, sizes.groups() * sizes.channels());
            upstream = new Copies(arrays, true, y, upLayout, sizes.groups() * sizes.outputs());
            ConvolutionColumns columns = ConvolutionColumns.forward(sizes, layout, result, y);
            depth = columns.depth();
            shifts = columns.shifts();
        }

        void run(Workspace workspace) {
            if (sizes.batch() == 0 || ConvolutionSizes.product(sizes.output()) == 0) {
                sums(0, 0, sizes.groups() * sizes.outputs(), 0, depth, 0, false);
                return;
            }
            int chunk = chunk(sizes.batch(), (long) imageSize + upSize);
            arrays.reserve(workspace, 0, chunk * imageSize, chunk * upSize);
            for (int start = 0; start < sizes.batch(); start += chunk) {
                int from = start;
                int examples = Math.min(chunk, sizes.batch() - start);
                int copies = images.tasks(examples);
                parallel((long) examples * (imageSize + upSize), copies + upstream.tasks(examples), task -> {
                    if (task < copies) {
                        images.run(task, from, examples);
                    } else {
                        upstream.run(task - copies, from, examples);
                    }
                });
                multiply(examples, start > 0);
            }
        }

        private void multiply(int examples, boolean add) {
            int rowBlocks = Math.ceilDiv(sizes.outputs(), ROWS);
            int colBlocks = Math.ceilDiv(depth, COLS);
            long work = (long) sizes.groups() * sizes.outputs() * depth * examples * upLayout.channel();
            int across = 1;
            int down = 1;
            while ((long) sizes.groups() * across * down < TASKS_WANTED && (across < colBlocks || down < rowBlocks)) {
                boolean byCols = (long) colBlocks * down >= (long) rowBlocks * across;
                if (byCols && across < colBlocks || down >= rowBlocks) {
                    across = Math.min(colBlocks, 2 * across);
                } else {
                    down = Math.min(rowBlocks, 2 * down);
                }
            }
            int rows = Math.ceilDiv(rowBlocks, down) * ROWS;
            int cols = Math.ceilDiv(colBlocks, across) * COLS;
            int tasksDown = Math.ceilDiv(sizes.outputs(), rows);
            int tasksAcross = Math.ceilDiv(depth, cols);
            parallel(work, sizes.groups() * tasksDown * tasksAcross, task -> {
                int group = task / (tasksDown * tasksAcross);
                int row = task / tasksAcross % tasksDown * rows;
                int col = task % tasksAcross * cols;
                int rowEnd = Math.min(sizes.outputs(), row + rows);
                sums(group, row, rowEnd, col, Math.min(depth, col + cols), examples, add);
            });
        }

        /** Some rows and columns of a group's gradient, over some examples at a time. */
        private void sums(int group, int rowStart, int rowEnd, int colStart, int colEnd, int examples, boolean add) {
            Workspace local = workers.workspaces().acquire();
            int[] up = new int[ROWS];
            int[] image = new int[COLS];
            double[] sums = new double[ROWS * COLS];
            int step = Math.max(1, LINE / upLayout.channel());
            int n = 0;
            do {
                int count = Math.min(step, examples - n);
                ConvolutionArrays.Dots dots = new ConvolutionArrays.Dots(count, upLayout.channel(), upSize, imageSize);
                for (int row = rowStart; row < rowEnd; row += ROWS) {
                    for (int i = 0; i < ROWS; i++) {
                        int line = group * sizes.outputs() + Math.min(row + i, rowEnd - 1);
                        up[i] = n * upSize + line * upLayout.channel();
                    }
                    for (int col = colStart; col < colEnd; col += COLS) {
                        for (int i = 0; i < COLS; i++) {
                            int shift = shifts[Math.min(col + i, colEnd - 1)];
                            image[i] = n * imageSize + group * sizes.channels() * layout.channel() + shift;
                        }
                        if (count > 0) {
                            arrays.dots(local, dots, up, image, sums);
                        }
                        store(group, row, rowEnd, col, colEnd, sums, add || n > 0);
                    }
                }
                n += count;
            } while (n < examples);
            workers.workspaces().release(local);
        }

        private void store(int group, int row, int rowEnd, int col, int colEnd, double[] sums, boolean add) {
            MemorySegment memory = Binding.memory(result.operand());
            int bytes = kernel.dtype().byteSize();
            for (int i = 0; i < Math.min(ROWS, rowEnd - row); i++) {
                long line = (long) group * sizes.outputs() + row + i;
                for (int j = 0; j < Math.min(COLS, colEnd - col); j++) {
                    long at = (result.offset() + line * depth + col + j) * bytes;
                    double old = add ? Double.longBitsToDouble(Elements.value(kernel.dtype(), memory, at)) : 0;
                    double sum = old + sums[i * COLS + j];
                    Elements.setValue(kernel.dtype(), memory, at, Double.doubleToRawLongBits(sum));
                }
            }
        }
    }

    private static int roundUp(int size, int unit) {
        return Math.ceilDiv(size, unit) * unit;
    }
}
