package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Moves elements between segments and packed panels. Segments are touched by bulk copies alone, into an array that
 * stays in the first-level cache; from there elements are dealt to the panels by short loops over arrays.
 */
final class FloatPanels {
    // Unaligned: a mapped weights file need not align its tensors.
    private static final ValueLayout.OfFloat ELEMENT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    /** Elements of the buffer between segment and panels: 16 KiB, half of a first-level cache of 32 KiB. */
    private static final int STAGE = 4096;

    private FloatPanels() {}

    /** Vectors reach beyond the end of a row by less than this. */
    private static final int SLACK = 16;

    /** Elements that {@link #pack} needs as a buffer. */
    static int stage(int lines) {
        return Math.max(STAGE, lines) + SLACK;
    }

    /**
     * Packs {@code lines} lines of {@code depth} elements into panels of {@code width} lines; element {@code p} of line
     * {@code i} goes to {@code to[start + (i / width)·panelSize + p·width + i % width]}. Missing lines of the last panel
     * become zeros. A line is a row of A or a column of B.
     *
     * @param stage buffer of at least {@link #stage} elements
     */
    static void pack(
            MemorySegment from,
            long first,
            long lineStride,
            long depthStride,
            int lines,
            int depth,
            int width,
            float[] to,
            int start,
            int panelSize,
            float[] stage) {
        if (depthStride == 1) {
            packLines(from, first, lineStride, lines, depth, width, to, start, panelSize, stage);
        } else {
            packAcross(from, first, lineStride, depthStride, lines, depth, width, to, start, panelSize, stage);
        }
        int last = lines % width;
        if (last != 0) {
            zero(to, start + lines / width * panelSize, last, width, depth);
        }
    }

    /** Lines are contiguous. */
    private static void packLines(
            MemorySegment from,
            long first,
            long lineStride,
            int lines,
            int depth,
            int width,
            float[] to,
            int start,
            int panelSize,
            float[] stage) {
        if (width == 1) {
            fetch(from, first, lineStride, lines, depth, to, start, panelSize);
            return;
        }
        int run = STAGE / width;
        int at = start;
        for (int i = 0; i < lines; i += width) {
            int count = Math.min(width, lines - i);
            for (int p = 0; p < depth; p += run) {
                int part = Math.min(run, depth - p);
                fetch(from, first + i * lineStride + p, lineStride, count, part, stage, 0, part);
                interleave(stage, part, count, to, at + p * width, width);
            }
            at += panelSize;
        }
    }

    /** Elements of equal depth are contiguous, or nothing is. */
    private static void packAcross(
            MemorySegment from,
            long first,
            long lineStride,
            long depthStride,
            int lines,
            int depth,
            int width,
            float[] to,
            int start,
            int panelSize,
            float[] stage) {
        if (lineStride == 1 && from.isNative() && !CpuVector.scalar() && FloatStrips.areReady(width)) {
            int whole = lines / width * width;
            FloatStrips.pack(from, first, depthStride, whole, depth, to, start, panelSize);
            if (whole < lines) {
                packStaged(
                        from,
                        first + whole,
                        lineStride,
                        depthStride,
                        lines - whole,
                        depth,
                        width,
                        to,
                        start + whole / width * panelSize,
                        panelSize,
                        stage);
            }
        } else {
            packStaged(from, first, lineStride, depthStride, lines, depth, width, to, start, panelSize, stage);
        }
    }

    private static void packStaged(
            MemorySegment from,
            long first,
            long lineStride,
            long depthStride,
            int lines,
            int depth,
            int width,
            float[] to,
            int start,
            int panelSize,
            float[] stage) {
        int rows = Math.max(1, STAGE / lines);
        for (int p = 0; p < depth; p += rows) {
            int count = Math.min(rows, depth - p);
            long at = first + p * depthStride;
            if (lineStride == 1) {
                fetch(from, at, depthStride, count, lines, stage, 0, lines);
            } else {
                gather(from, at, depthStride, lineStride, count, lines, stage);
            }
            deal(stage, count, lines, width, to, start + p * width, panelSize);
        }
    }

    /** Copies {@code count} rows of {@code size} elements. */
    private static void fetch(
            MemorySegment from, long first, long stride, int count, int size, float[] to, int start, int step) {
        for (int i = 0; i < count; i++) {
            MemorySegment.copy(from, ELEMENT, (first + i * stride) * Float.BYTES, to, start + i * step, size);
        }
    }

    private static void gather(
            MemorySegment from, long first, long rowStride, long stride, int count, int size, float[] stage) {
        for (int i = 0; i < count; i++) {
            long at = first + i * rowStride;
            for (int j = 0; j < size; j++) {
                stage[i * size + j] = from.get(ELEMENT, (at + j * stride) * Float.BYTES);
            }
        }
    }

    /** Lines of {@code depth} elements each to the columns of a panel. */
    static void interleave(float[] stage, int depth, int lines, float[] to, int start, int width) {
        int done = !CpuVector.scalar() && FloatTranspose.LINES.isWarm()
                ? FloatTranspose.lines(stage, depth, lines, to, start, width)
                : 0;
        for (int p = done; p < depth; p++) {
            int t = start + p * width;
            for (int i = 0; i < lines; i++) {
                to[t + i] = stage[p + i * depth];
            }
        }
    }

    /** Rows of {@code lines} elements, {@code width} of each to every panel. */
    private static void deal(float[] stage, int rows, int lines, int width, float[] to, int start, int panelSize) {
        int at = start;
        for (int i = 0; i < lines; i += width) {
            columns(stage, i, lines, rows, Math.min(width, lines - i), to, at, width);
            at += panelSize;
        }
    }

    /** The part of each row that belongs to one panel. */
    private static void columns(
            float[] stage, int from, int stride, int rows, int count, float[] to, int start, int width) {
        int done = !CpuVector.scalar() && FloatTranspose.ROWS.isWarm()
                ? FloatTranspose.rows(stage, from, stride, rows, count, to, start, width)
                : 0;
        for (int p = done; p < rows; p++) {
            System.arraycopy(stage, from + p * stride, to, start + p * width, count);
        }
    }

    private static void zero(float[] to, int start, int from, int width, int depth) {
        for (int p = 0; p < depth; p++) {
            for (int r = from; r < width; r++) {
                to[start + p * width + r] = 0f;
            }
        }
    }

    /** Writes {@code count} elements of a tile to the bytes from {@code to}, or adds them. */
    static void storeRow(float[] tile, int from, MemorySegment c, long to, boolean add, int count) {
        if (add) {
            for (int j = 0; j < count; j++) {
                long at = to + (long) j * Float.BYTES;
                c.set(ELEMENT, at, c.get(ELEMENT, at) + tile[from + j]);
            }
        } else {
            MemorySegment.copy(tile, from, c, ELEMENT, to, count);
        }
    }
}
