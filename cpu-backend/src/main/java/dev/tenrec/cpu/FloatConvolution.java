package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Convolution of 32-bit floats. */
final class FloatConvolution extends ConvolutionArrays {
    private static final ValueLayout.OfFloat ELEMENT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final VectorSpecies<Float> SPECIES = VectorSpecies.of(float.class, VectorWidth.SHAPE);
    private static final int LANES = SPECIES.length();
    private static final FloatTile TILE = FloatGemm.TILE;
    private static final int ROWS = TILE.rows();
    private static final int COLS = TILE.cols();

    private float[] weights;
    private float[] images;
    private float[] upstream;

    @Override
    int tileRows() {
        return ROWS;
    }

    @Override
    int tileCols() {
        return COLS;
    }

    @Override
    void reserve(Workspace workspace, int weightCount, int imageCount, int upstreamCount) {
        weights = workspace.floatPanelsA(weightCount);
        images = workspace.floatImages(Math.addExact(imageCount, COLS));
        upstream = workspace.floatUpstream(upstreamCount);
    }

    private float[] array(boolean ofUpstream) {
        return ofUpstream ? upstream : images;
    }

    @Override
    void clear(boolean ofUpstream, int start, int count) {
        Arrays.fill(array(ofUpstream), start, start + count, 0f);
    }

    @Override
    void line(boolean ofUpstream, MemorySegment memory, long first, long stride, int count, int start) {
        float[] to = array(ofUpstream);
        if (stride == 1) {
            MemorySegment.copy(memory, ELEMENT, first * Float.BYTES, to, start, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            to[start + i] = memory.get(ELEMENT, (first + i * stride) * Float.BYTES);
        }
    }

    @Override
    void packWeights(
            MemorySegment memory, long first, long rowStride, long[] at, int d0, int depth, int rows, int start) {
        for (int i = 0; i < rows; i += ROWS) {
            int count = Math.min(ROWS, rows - i);
            packPanel(memory, first + i * rowStride, rowStride, at, d0, depth, count, start + i * depth);
        }
    }

    private void packPanel(
            MemorySegment memory, long first, long rowStride, long[] at, int d0, int depth, int count, int start) {
        if (count < ROWS) {
            Arrays.fill(weights, start, start + ROWS * depth, 0f);
        }
        for (int d = 0; d < depth; d++) {
            long from = first + at[d0 + d];
            int to = start + d * ROWS;
            for (int r = 0; r < count; r++) {
                weights[to + r] = memory.get(ELEMENT, (from + r * rowStride) * Float.BYTES);
            }
        }
    }

    @Override
    int columnRoom(int tiles, int depth) {
        return tiles * COLS * depth + COLS;
    }

    @Override
    void reserveColumns(Workspace local, int room) {
        local.floatPanelsB(room);
    }

    @Override
    void packColumns(
            Workspace local, int start, int[] from, int first, int count, int[] shifts, int shift, int d0, int depth) {
        float[] to = local.floatPanelsB(0);
        // Runs of columns that are neighbours in the image; each is copied by whole vectors, in ascending order, so
        // that
        // what a vector writes too much is written over by the next run, or by the next element of the sums.
        if (isRun(from, first, count)) {
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
        if (found == 2) {
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

    private static void copyRun(float[] images, int base, int[] shifts, int d0, int depth, float[] to, int start) {
        for (int d = 0; d < depth; d++) {
            int f = base + shifts[d0 + d];
            int t = start + d * COLS;
            for (int j = 0; j < COLS; j += LANES) {
                FloatVector.fromArray(SPECIES, images, f + j).intoArray(to, t + j);
            }
        }
    }

    private static void copyTwo(
            float[] images, int one, int two, int col, int[] shifts, int d0, int depth, float[] to, int start) {
        int width = COLS - col;
        for (int d = 0; d < depth; d++) {
            int f = shifts[d0 + d];
            int t = start + d * COLS;
            for (int j = 0; j < col; j += LANES) {
                FloatVector.fromArray(SPECIES, images, f + one + j).intoArray(to, t + j);
            }
            for (int j = 0; j < width; j += LANES) {
                FloatVector.fromArray(SPECIES, images, f + two + j).intoArray(to, t + col + j);
            }
        }
    }

    private static void copyRuns(
            float[] images, int[] runs, int count, int[] shifts, int d0, int depth, float[] to, int start) {
        for (int d = 0; d < depth; d++) {
            int f = shifts[d0 + d];
            int t = start + d * COLS;
            for (int r = 0; r < count; r++) {
                int col = runs[2 * r];
                int end = r + 1 < count ? runs[2 * r + 2] : COLS;
                for (int j = 0; j < end - col; j += LANES) {
                    FloatVector.fromArray(SPECIES, images, f + runs[2 * r + 1] + j)
                            .intoArray(to, t + col + j);
                }
            }
        }
    }

    @Override
    void tile(Workspace local, int depth, int weight, int columns, Target target, int rows, boolean add) {
        float[] tile = local.floatTile(ROWS * COLS);
        TILE.multiply(depth, weights, weight, local.floatPanelsB(0), columns, tile);
        long at = (target.to[target.first] + target.shift) * Float.BYTES;
        long rowBytes = target.rowStride * Float.BYTES;
        if (!target.isDense()) {
            scatter(tile, target, rows, add);
        } else if (rows == ROWS && target.count == COLS) {
            TILE.store(tile, target.memory, at, rowBytes, add);
        } else {
            TILE.storePart(tile, target.memory, at, rowBytes, add, rows, target.count);
        }
    }

    private static void scatter(float[] tile, Target target, int rows, boolean add) {
        for (int r = 0; r < rows; r++) {
            scatterRow(tile, r * COLS, target, target.shift + r * target.rowStride, add);
        }
    }

    private static void scatterRow(float[] tile, int from, Target target, long shift, boolean add) {
        for (int j = 0; j < target.count; j++) {
            long at = (target.to[target.first + j] + shift) * Float.BYTES;
            float old = add ? target.memory.get(ELEMENT, at) : 0f;
            target.memory.set(ELEMENT, at, add ? old + tile[from + j] : tile[from + j]);
        }
    }

    @Override
    void dots(Workspace local, Dots dots, int[] up, int[] image, double[] sums) {
        FloatDots.multiply(dots, upstream, up, images, image, local.floatTile(FloatDots.ROOM));
        FloatDots.fold(local.floatTile(FloatDots.ROOM), sums);
    }
}
