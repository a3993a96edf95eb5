package dev.tenrec.cpu;

import dev.tenrec.cpu.ConvolutionSizes.Image;
import java.lang.foreign.MemorySegment;

/**
 * Products with images that are read where they lie. Positions are taken as the image has them, those between two lines
 * of the result too: neighbours then are neighbours in the array, and what belongs to no position is left out when
 * lines are written. Nothing is packed, which costs more than these positions where there are few channels to use it.
 */
final class ShiftedPart implements ConvolutionProducts.Part {
    /** Positions at a time: with the channels of a tile their sums take less than a first-level cache. */
    private static final int PIECE = 1024;

    /** Multiplications that a task should have at least. */
    private static final long TASK_WORK = 1 << 17;

    private static final int TASKS_WANTED = 32;

    /** Least share of the positions that must belong to the result. */
    private static final double LEAST_USE = 0.6;

    private final Workers workers;
    private final ConvolutionArrays arrays;
    private final WeightPanels weights;
    private final ConvolutionColumns columns;
    private final ImageLayout layout;
    private final int imageSize;
    private final MemorySegment memory;

    /** Lines of a piece, pieces of a slice, and positions of a line in a piece. */
    private final int lines;

    private final int down;
    private final int span;
    private final int across;

    ShiftedPart(Workers workers, WeightPanels weights, ImageLayout layout, int imageSize, Image result) {
        this.workers = workers;
        this.arrays = weights.arrays();
        this.weights = weights;
        this.columns = weights.columns();
        this.layout = layout;
        this.imageSize = imageSize;
        memory = Binding.memory(result.operand());
        int[] counts = columns.counts();
        int width = Math.max(1, layout.stride()[1]);
        across = Math.ceilDiv(counts[2], PIECE);
        span = Math.ceilDiv(counts[2], Math.max(1, across));
        int most = across > 1 ? 1 : Math.clamp(PIECE / width, 1, Math.max(1, counts[1]));
        down = Math.ceilDiv(counts[1], most);
        lines = Math.ceilDiv(counts[1], Math.max(1, down));
    }

    /** Whether few enough positions are computed in vain. */
    static boolean suits(ConvolutionColumns columns, ImageLayout layout, int tileCols) {
        int[] counts = columns.counts();
        long computed = (counts[1] - 1L) * layout.stride()[1] + counts[2];
        long tiles = Math.ceilDiv(computed, tileCols);
        return (long) counts[1] * counts[2] >= LEAST_USE * tiles * tileCols;
    }

    @Override
    public void multiply(int start, int examples) {
        int slices = columns.counts()[0] * down * across;
        long pieces = (long) columns.groups() * examples * slices;
        int panels = Math.ceilDiv(columns.rows(), weights.width());
        int splits = Math.clamp(Math.ceilDiv(TASKS_WANTED, Math.max(1, pieces)), 1, panels);
        int rows = Math.ceilDiv(panels, splits) * weights.width();
        int rowTasks = Math.ceilDiv(columns.rows(), rows);
        long pieceWork = (long) Math.max(1, columns.depth()) * columns.rows() * lines * span;
        int perTask = (int) Math.clamp(TASK_WORK / Math.max(1, pieceWork), 1, Math.max(1, pieces));
        int tasks = ConvolutionSizes.size(Math.ceilDiv(pieces, perTask) * rowTasks);
        ConvolutionKernel.parallel(workers, pieces * pieceWork, tasks, (local, task) -> {
            int row = task % rowTasks * rows;
            long end = Math.min(pieces, (task / rowTasks + 1L) * perTask);
            for (long piece = (long) (task / rowTasks) * perTask; piece < end; piece++) {
                piece(local, start, (int) (piece / slices), (int) (piece % slices), row, rows);
            }
        });
    }

    /** Some rows of a piece of an example of a group. */
    private void piece(Workspace local, int start, int example, int slice, int rowStart, int rowCount) {
        int[] counts = columns.counts();
        int groups = columns.groups();
        int group = example % groups;
        int image = example / groups;
        int i = slice / (down * across);
        int j = slice / across % down * lines;
        int k = slice % across * span;
        int height = Math.min(lines, counts[1] - j);
        int width = Math.min(span, counts[2] - k);
        if (height <= 0 || width <= 0) {
            return;
        }
        int base = image * imageSize
                + group * columns.groupShift()
                + i * layout.stride()[0]
                + j * layout.stride()[1]
                + k * layout.stride()[2];
        long[] strides = columns.targetStrides();
        long target = columns.targetStart()
                + (start + image) * strides[0]
                + (long) group * columns.rows() * strides[1]
                + i * strides[2]
                + j * strides[3]
                + k * strides[4];
        int distance = layout.stride()[1];
        int cols = arrays.shiftedCols();
        int room = Math.ceilDiv((height - 1) * distance + width, cols) * cols;
        int rowEnd = Math.min(columns.rows(), rowStart + rowCount);
        for (int row = rowStart; row < rowEnd; row += weights.width()) {
            arrays.clearPlane(local, weights.width() * room);
            sum(local, group, row, base, room);
            for (int r = row; r < Math.min(rowEnd, row + weights.width()); r++) {
                arrays.storeLines(
                        local,
                        (r - row) * room,
                        height,
                        distance,
                        width,
                        memory,
                        target + r * strides[1],
                        strides[3],
                        strides[4]);
            }
        }
    }

    /** Sums of one panel of rows at all positions of a piece. */
    private void sum(Workspace local, int group, int row, int base, int room) {
        int step = weights.blockDepth();
        for (int d0 = 0; d0 < columns.depth(); d0 += step) {
            int depth = Math.min(step, columns.depth() - d0);
            int panel = weights.at(group, d0) + row * depth;
            for (int col = 0; col < room; col += arrays.shiftedCols()) {
                arrays.addShifted(local, depth, panel, base + col, columns.shifts(), d0, col, room);
            }
        }
    }
}
