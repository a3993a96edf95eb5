package dev.tenrec.cpu;

import dev.tenrec.cpu.ConvolutionSizes.Image;

/**
 * Products with columns that are packed, as many as a few tiles of {@link Gemm} take, and multiplied at once, while they
 * are in the first caches. For images so small, or results so far apart, that {@link ShiftedPart} would waste work.
 */
final class PackedPart implements ConvolutionProducts.Part {
    /** Rows that are multiplied with all of a task's columns before the next ones: a quarter of a second-level cache. */
    private static final int ROW_BLOCK = 96;

    /** Elements of a task's columns: half of a second-level cache. */
    private static final int COLUMN_BUDGET = 1 << 16;

    private static final int TASKS_WANTED = 32;

    private final Workers workers;
    private final ConvolutionArrays arrays;
    private final WeightPanels weights;
    private final ConvolutionColumns columns;
    private final ImageLayout layout;
    private final int imageSize;
    private final Image result;

    PackedPart(Workers workers, WeightPanels weights, ImageLayout layout, int imageSize, Image result) {
        this.workers = workers;
        this.arrays = weights.arrays();
        this.weights = weights;
        this.columns = weights.columns();
        this.layout = layout;
        this.imageSize = imageSize;
        this.result = result;
    }

    @Override
    public void multiply(int start, int examples) {
        int total = ConvolutionSizes.size((long) examples * columns.positions());
        int tiles = Math.ceilDiv(total, arrays.tileCols());
        int perTask = Math.max(1, COLUMN_BUDGET / (arrays.tileCols() * weights.blockDepth()));
        while (perTask > 1 && (long) columns.groups() * Math.ceilDiv(tiles, perTask) < TASKS_WANTED) {
            perTask = (perTask + 1) / 2;
        }
        int across = Math.ceilDiv(tiles, perTask);
        boolean few = columns.groups() * across < TASKS_WANTED / 4;
        int rowsPerTask = few ? Math.ceilDiv(ROW_BLOCK / 2, arrays.tileRows()) * arrays.tileRows() : columns.rows();
        int down = Math.ceilDiv(columns.rows(), rowsPerTask);
        int step = perTask * arrays.tileCols();
        long work = (long) columns.groups() * columns.rows() * total * Math.max(1, columns.depth());
        ConvolutionKernel.parallel(workers, work, columns.groups() * down * across, (local, task) -> {
            int col = task % across * step;
            int row = task / across % down * rowsPerTask;
            new Block(task / across / down, start, local, col, Math.min(step, total - col))
                    .run(row, Math.min(columns.rows(), row + rowsPerTask));
        });
    }

    /** The columns of one task. */
    private final class Block {
        private final int group;
        private final Workspace local;
        private final int count;
        private final int[] from;
        private final ConvolutionArrays.Target target;
        private final long firstRow;

        Block(int group, int start, Workspace local, int first, int count) {
            this.group = group;
            this.local = local;
            this.count = count;
            from = local.columns(count);
            long[] to = local.targets(count);
            columns.locate(first, count, layout, imageSize, from, to);
            long rowStride = columns.targetStrides()[1];
            target = new ConvolutionArrays.Target(Binding.memory(result.operand()), rowStride, to);
            firstRow = start * columns.targetStrides()[0] + (long) group * columns.rows() * rowStride;
        }

        void run(int rowStart, int rowEnd) {
            int cols = arrays.tileCols();
            int step = weights.blockDepth();
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
            int panels = weights.at(group, d0);
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
