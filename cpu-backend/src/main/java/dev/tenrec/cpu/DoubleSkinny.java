package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;

/**
 * Products of a few rows with a large matrix, which is read in place: packing it would cost more than the product.
 * A few columns are the same problem transposed. Each element is summed in one order by one thread.
 */
final class DoubleSkinny {
    private static final DoubleStrip STRIP = select();

    /** Most rows for which the large matrix is read in place. */
    private static final int MAX_ROWS = 8;

    /** Most elements of the small operand in packed form. */
    private static final int MAX_SMALL = 1 << 20;

    /** Elements of the large matrix for one task. */
    private static final int TASK_ELEMENTS = 1 << 16;

    /** Columns whose inner products with all rows are formed while they are in the cache. */
    private static final int DOT_COLS = 32;

    private final GemmShape shape;
    private final MatrixRef small;
    private final MatrixRef large;
    private final MatrixRef result;
    private final boolean accumulate;
    private final boolean swapped;
    private final Epilogue epilogue;
    private final boolean dots;
    private final int width;

    private static DoubleStrip select() {
        return CpuVector.scalar() ? null : new DoubleStripVector();
    }

    private DoubleSkinny(
            GemmShape shape,
            MatrixRef small,
            MatrixRef large,
            MatrixRef result,
            boolean accumulate,
            boolean swapped,
            Epilogue epilogue) {
        this.shape = shape;
        this.small = small;
        this.large = large;
        this.result = result;
        this.accumulate = accumulate;
        this.swapped = swapped;
        this.epilogue = epilogue;
        this.dots = large.colStride() != 1;
        this.width = dots || shape.m() == 1 ? 1 : DoubleStrip.ROWS;
    }

    /** The product as a skinny one, or null if it is none. */
    static DoubleSkinny of(
            GemmShape shape, MatrixRef a, MatrixRef b, MatrixRef c, boolean accumulate, Epilogue epilogue) {
        if (STRIP == null || shape.batch() != 1) {
            return null;
        }
        if (fits(shape.m(), shape.n(), shape.k(), b)) {
            return new DoubleSkinny(shape, a, b, c, accumulate, false, epilogue);
        }
        if (fits(shape.n(), shape.m(), shape.k(), a.transposed())) {
            GemmShape turned = GemmShape.of(shape.n(), shape.m(), shape.k());
            return new DoubleSkinny(turned, b.transposed(), a.transposed(), c.transposed(), accumulate, true, epilogue);
        }
        return null;
    }

    private static boolean fits(int rows, int cols, int k, MatrixRef large) {
        return rows <= MAX_ROWS
                && k > 0
                && (long) rows * k <= MAX_SMALL
                && (large.colStride() == 1 ? cols >= STRIP.cols() : large.rowStride() == 1 && k >= STRIP.cols());
    }

    void run(Workers workers) {
        int k = shape.k();
        int rows = shape.m();
        int panels = Math.ceilDiv(rows, width);
        Workspace workspace = workers.workspaces().acquire();
        double[] x = workspace.doublePanelsA(panels * width * k);
        DoublePanels.pack(
                small.segment(),
                small.index(0, 0, 0),
                small.rowStride(),
                small.colStride(),
                rows,
                k,
                width,
                x,
                0,
                width * k,
                workspace.doubleRows(DoublePanels.stage(rows)));
        int group = taskCols();
        workers.parallel(Math.ceilDiv(shape.n(), group), task -> {
            int colStart = task * group;
            int colEnd = (int) Math.min(shape.n(), (task + 1L) * group);
            Workspace local = workers.workspaces().acquire();
            double[] out = local.doubleTile(DoubleStrip.ROWS * STRIP.cols());
            if (dots) {
                dotColumns(x, colStart, colEnd, out);
            } else {
                strips(x, panels, colStart, colEnd, out);
            }
            workers.workspaces().release(local);
            if (swapped) {
                epilogue.apply(0, colStart, colEnd, 0, rows);
            } else {
                epilogue.apply(0, 0, rows, colStart, colEnd);
            }
        });
        workers.workspaces().release(workspace);
    }

    /** Columns of a task: equal numbers of strips, and an even number of tasks. */
    private int taskCols() {
        int strip = STRIP.cols();
        int strips = Math.ceilDiv(shape.n(), strip);
        int group = (int) Math.clamp(TASK_ELEMENTS / ((long) strip * shape.k()), 1L, strips);
        int tasks = Math.ceilDiv(strips, group);
        tasks += tasks > 1 ? tasks & 1 : 0;
        return Math.ceilDiv(strips, tasks) * strip;
    }

    private void strips(double[] x, int panels, int colStart, int colEnd, double[] out) {
        int strip = STRIP.cols();
        long rowBytes = large.rowStride() * Double.BYTES;
        MemorySegment w = large.segment();
        for (int col = colStart; col < colEnd; col += strip) {
            // The last strip reaches back over columns of the one before it; it computes them again and leaves them.
            int from = Math.min(col, shape.n() - strip);
            long start = large.index(0, 0, from) * Double.BYTES;
            for (int panel = 0; panel < panels; panel++) {
                if (width == 1) {
                    STRIP.one(shape.k(), x, w, start, rowBytes, out);
                } else {
                    STRIP.four(shape.k(), x, panel * width * shape.k(), w, start, rowBytes, out);
                }
                int rows = Math.min(width, shape.m() - panel * width);
                for (int r = 0; r < rows; r++) {
                    store(out, r * strip + col - from, panel * width + r, col, Math.min(strip, colEnd - col));
                }
            }
        }
    }

    private void dotColumns(double[] x, int colStart, int colEnd, double[] out) {
        for (int col = colStart; col < colEnd; col += DOT_COLS) {
            int cols = Math.min(DOT_COLS, colEnd - col);
            for (int row = 0; row < shape.m(); row++) {
                dotRow(x, row * shape.k(), col, cols, out);
                store(out, 0, row, col, cols);
            }
        }
    }

    private void dotRow(double[] x, int xStart, int col, int cols, double[] out) {
        long step = large.colStride() * Double.BYTES;
        long at = large.index(0, 0, col) * Double.BYTES;
        int j = 0;
        for (; j + 4 <= cols; j += 4) {
            STRIP.fourDots(shape.k(), x, xStart, large.segment(), at + j * step, step, out, j);
        }
        for (; j < cols; j++) {
            out[j] = STRIP.dot(shape.k(), x, xStart, large.segment(), at + j * step);
        }
    }

    private void store(double[] out, int from, int row, int col, int count) {
        long at = result.index(0, row, col) * Double.BYTES;
        if (result.colStride() == 1) {
            DoublePanels.storeRow(out, from, result.segment(), at, accumulate, count);
            return;
        }
        for (int j = 0; j < count; j++) {
            DoublePanels.storeRow(
                    out, from + j, result.segment(), at + j * result.colStride() * Double.BYTES, accumulate, 1);
        }
    }
}
