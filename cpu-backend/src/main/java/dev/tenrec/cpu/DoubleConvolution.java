package dev.tenrec.cpu;

import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/** Convolution of 64-bit doubles. */
final class DoubleConvolution extends ConvolutionArrays {
    private static final ValueLayout.OfDouble ELEMENT = ValueLayout.JAVA_DOUBLE_UNALIGNED;
    private static final VectorSpecies<Double> SPECIES = VectorSpecies.of(double.class, VectorWidth.SHAPE);
    private static final int LANES = SPECIES.length();
    private static final DoubleTile TILE = DoubleGemm.TILE;
    private static final int ROWS = TILE.rows();
    private static final int COLS = TILE.cols();

    /** Whether copies by vectors are fast. */
    private static final Warmth COPIES = copies();

    private static Warmth copies() {
        int depth = 16;
        double[] images = new double[2 * COLS];
        double[] to = new double[(depth + 1) * COLS];
        int[] shifts = new int[depth];
        int[] runs = {0, 0, COLS / 2, 0};
        return new Warmth(16 * depth * COLS / SPECIES.length(), () -> {
            copyRun(images, 0, shifts, 0, depth, to, 0);
            copyTwo(images, 0, 0, COLS / 2, shifts, 0, depth, to, 0);
            copyRuns(images, runs, 2, shifts, 0, depth, to, 0);
        });
    }

    private double[] weights;
    private double[] images;
    private double[] upstream;
    private double[] sums;

    @Override
    DType dtype() {
        return DType.F64;
    }

    @Override
    int tileRows() {
        return ROWS;
    }

    @Override
    int tileCols() {
        return COLS;
    }

    @Override
    void reserve(Workspace workspace, int weightCount, int imageCount) {
        weights = workspace.doublePanelsA(weightCount);
        // Vectors and tiles reach beyond the last image.
        images = workspace.doubleImages(Math.addExact(imageCount, Math.max(COLS, DoubleShiftedTile.COLS)));
    }

    @Override
    void clear(int start, int count) {
        Arrays.fill(images, start, start + count, 0.0);
    }

    @Override
    void line(MemorySegment memory, long first, long stride, int count, int start) {
        if (stride == 1) {
            MemorySegment.copy(memory, ELEMENT, first * Double.BYTES, images, start, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            images[start + i] = memory.get(ELEMENT, (first + i * stride) * Double.BYTES);
        }
    }

    @Override
    void lines(
            Workspace local,
            MemorySegment memory,
            long first,
            int width,
            int lines,
            int count,
            int start,
            int distance) {
        int total = (lines - 1) * width + count;
        if (width == distance) {
            MemorySegment.copy(memory, ELEMENT, first * Double.BYTES, images, start, total);
            return;
        }
        // One copy from memory: for short lines its checks cost more than the second copy.
        double[] stage = local.doubleRows(total);
        MemorySegment.copy(memory, ELEMENT, first * Double.BYTES, stage, 0, total);
        for (int j = 0; j < lines; j++) {
            System.arraycopy(stage, j * width, images, start + j * distance, count);
        }
    }

    @Override
    void packWeights(
            MemorySegment memory,
            long first,
            long rowStride,
            long[] at,
            int d0,
            int depth,
            int rows,
            int width,
            int start) {
        for (int i = 0; i < rows; i += width) {
            int count = Math.min(width, rows - i);
            packPanel(memory, first + i * rowStride, rowStride, at, d0, depth, count, width, start + i * depth);
        }
    }

    private void packPanel(
            MemorySegment memory,
            long first,
            long rowStride,
            long[] at,
            int d0,
            int depth,
            int count,
            int width,
            int start) {
        if (count < width) {
            Arrays.fill(weights, start, start + width * depth, 0.0);
        }
        for (int d = 0; d < depth; d++) {
            long from = first + at[d0 + d];
            int to = start + d * width;
            for (int r = 0; r < count; r++) {
                weights[to + r] = memory.get(ELEMENT, (from + r * rowStride) * Double.BYTES);
            }
        }
    }

    @Override
    int columnRoom(int tiles, int depth) {
        return tiles * COLS * depth + COLS;
    }

    @Override
    void reserveColumns(Workspace local, int room) {
        local.doublePanelsB(room);
    }

    @Override
    void packColumns(
            Workspace local, int start, int[] from, int first, int count, int[] shifts, int shift, int d0, int depth) {
        double[] to = local.doublePanelsB(0);
        // Runs of columns that are neighbours in the image; each is copied by whole vectors, in ascending order, so
        // that what a vector writes too much is written over by the next run, or by the next element of the sums.
        boolean vectors = COPIES.isWarm();
        if (isRun(from, first, count) && vectors) {
            copyRun(images, from[first] + shift, shifts, d0, depth, to, start);
            return;
        }
        int[] runs = local.runs(2 * COLS);
        int found = 0;
        for (int j = 0; j < count; found++) {
            runs[2 * found] = j;
            runs[2 * found + 1] = from[first + j] + shift;
            j++;
            while (j < count && from[first + j] == from[first + j - 1] + 1) {
                j++;
            }
        }
        if (!vectors) {
            plainRuns(images, runs, found, shifts, d0, depth, to, start);
        } else if (found == 2) {
            copyTwo(images, runs[1], runs[3], runs[2], shifts, d0, depth, to, start);
        } else {
            copyRuns(images, runs, found, shifts, d0, depth, to, start);
        }
    }

    private static boolean isRun(int[] from, int first, int count) {
        for (int j = 1; j < count; j++) {
            if (from[first + j] != from[first] + j) {
                return false;
            }
        }
        return true;
    }

    private static void plainRuns(
            double[] images, int[] runs, int count, int[] shifts, int d0, int depth, double[] to, int start) {
        for (int d = 0; d < depth; d++) {
            for (int r = 0; r < count; r++) {
                int col = runs[2 * r];
                int end = r + 1 < count ? runs[2 * r + 2] : COLS;
                int f = shifts[d0 + d] + runs[2 * r + 1];
                System.arraycopy(images, f, to, start + d * COLS + col, end - col);
            }
        }
    }

    private static void copyRun(double[] images, int base, int[] shifts, int d0, int depth, double[] to, int start) {
        for (int d = 0; d < depth; d++) {
            int f = base + shifts[d0 + d];
            int t = start + d * COLS;
            for (int j = 0; j < COLS; j += LANES) {
                DoubleVector.fromArray(SPECIES, images, f + j).intoArray(to, t + j);
            }
        }
    }

    private static void copyTwo(
            double[] images, int one, int two, int col, int[] shifts, int d0, int depth, double[] to, int start) {
        int width = COLS - col;
        for (int d = 0; d < depth; d++) {
            int f = shifts[d0 + d];
            int t = start + d * COLS;
            for (int j = 0; j < col; j += LANES) {
                DoubleVector.fromArray(SPECIES, images, f + one + j).intoArray(to, t + j);
            }
            for (int j = 0; j < width; j += LANES) {
                DoubleVector.fromArray(SPECIES, images, f + two + j).intoArray(to, t + col + j);
            }
        }
    }

    private static void copyRuns(
            double[] images, int[] runs, int count, int[] shifts, int d0, int depth, double[] to, int start) {
        for (int d = 0; d < depth; d++) {
            int f = shifts[d0 + d];
            int t = start + d * COLS;
            for (int r = 0; r < count; r++) {
                int col = runs[2 * r];
                int end = r + 1 < count ? runs[2 * r + 2] : COLS;
                for (int j = 0; j < end - col; j += LANES) {
                    DoubleVector.fromArray(SPECIES, images, f + runs[2 * r + 1] + j)
                            .intoArray(to, t + col + j);
                }
            }
        }
    }

    @Override
    void tile(Workspace local, int depth, int weight, int columns, Target target, int rows, boolean add) {
        double[] tile = local.doubleTile(ROWS * COLS);
        TILE.multiply(depth, weights, weight, local.doublePanelsB(0), columns, tile);
        long at = (target.to[target.first] + target.shift) * Double.BYTES;
        long rowBytes = target.rowStride * Double.BYTES;
        if (!target.isDense()) {
            scatter(tile, target, rows, add);
        } else if (rows == ROWS && target.count == COLS) {
            TILE.store(tile, target.memory, at, rowBytes, add);
        } else {
            TILE.storePart(tile, target.memory, at, rowBytes, add, rows, target.count);
        }
    }

    private static void scatter(double[] tile, Target target, int rows, boolean add) {
        for (int r = 0; r < rows; r++) {
            scatterRow(tile, r * COLS, target, target.shift + r * target.rowStride, add);
        }
    }

    private static void scatterRow(double[] tile, int from, Target target, long shift, boolean add) {
        for (int j = 0; j < target.count; j++) {
            long at = (target.to[target.first + j] + shift) * Double.BYTES;
            double old = add ? target.memory.get(ELEMENT, at) : 0.0;
            target.memory.set(ELEMENT, at, add ? old + tile[from + j] : tile[from + j]);
        }
    }

    @Override
    int shiftedRows() {
        return DoubleShiftedTile.ROWS;
    }

    @Override
    int shiftedCols() {
        return DoubleShiftedTile.COLS;
    }

    @Override
    void clearPlane(Workspace local, int count) {
        Arrays.fill(local.doublePanelsA(count), 0, count, 0.0);
    }

    @Override
    void addShifted(Workspace local, int depth, int weight, int image, int[] shifts, int first, int at, int stride) {
        double[] tile = local.doubleTile(DoubleShiftedTile.ROWS * DoubleShiftedTile.COLS);
        double[] plane = local.doublePanelsA(0);
        DoubleShiftedTile.add(depth, weights, weight, images, image, shifts, first, plane, at, stride, tile);
    }

    @Override
    void storeLines(
            Workspace local,
            int at,
            int lines,
            int distance,
            int count,
            MemorySegment memory,
            long to,
            long lineStride,
            long elementStride) {
        double[] plane = local.doublePanelsA(0);
        if (elementStride == 1 && lineStride == count) {
            double[] dense = local.doubleRows(lines * count);
            for (int j = 0; j < lines; j++) {
                System.arraycopy(plane, at + j * distance, dense, j * count, count);
            }
            MemorySegment.copy(dense, 0, memory, ELEMENT, to * Double.BYTES, lines * count);
            return;
        }
        for (int j = 0; j < lines; j++) {
            if (elementStride == 1) {
                long target = to + j * lineStride;
                MemorySegment.copy(plane, at + j * distance, memory, ELEMENT, target * Double.BYTES, count);
                continue;
            }
            for (int k = 0; k < count; k++) {
                long target = to + j * lineStride + k * elementStride;
                memory.set(ELEMENT, target * Double.BYTES, plane[at + j * distance + k]);
            }
        }
    }

    @Override
    void reserveUpstream(Workspace workspace, int count) {
        upstream = workspace.doubleUpstream(count);
    }

    @Override
    void reserveSums(Workspace workspace, int count) {
        sums = workspace.doublePanelsB(count);
        Arrays.fill(sums, 0, count, 0.0);
    }

    @Override
    void packUpstream(
            Workspace local,
            MemorySegment memory,
            long first,
            long channelStride,
            long elementStride,
            int channels,
            int count,
            int start) {
        double[] stage = local.doubleRows(DoublePanels.stage(ROWS));
        DoublePanels.pack(
                memory, first, channelStride, elementStride, channels, count, ROWS, upstream, start, 0, stage);
    }

    @Override
    void packLines(Workspace local, int[] from, int columns, int shift, int lines, int distance, int count) {
        // With what lies between two lines; where nothing does, packing is done after the first loop.
        int run = (lines - 1) * distance + count;
        double[] stage = local.doubleRows(COLS * run + COLS);
        double[] to = local.doublePanelsB((run + 1) * COLS);
        for (int c = 0; c < columns; c++) {
            System.arraycopy(images, from[c] + shift, stage, c * run, run);
        }
        Arrays.fill(stage, columns * run, COLS * run, 0.0);
        DoublePanels.interleave(stage, run, COLS, to, 0, COLS);
        for (int j = 1; j < lines && distance > count; j++) {
            System.arraycopy(to, j * distance * COLS, to, j * count * COLS, count * COLS);
        }
    }

    @Override
    void addTile(Workspace local, int depth, int up, int to) {
        double[] tile = local.doubleTile(ROWS * COLS);
        TILE.multiply(depth, upstream, up, local.doublePanelsB(0), 0, tile);
        PlainDoubles.add(tile, 0, sums, to, ROWS * COLS);
    }

    @Override
    double sum(int at) {
        return sums[at];
    }
}
