package dev.tenrec.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Moves elements between segments and packed panels. Segments are touched by whole rows, through an array in the cache. */
final class DoublePanels {
    // Unaligned: a mapped weights file need not align its tensors.
    private static final ValueLayout.OfDouble ELEMENT = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    private DoublePanels() {}

    /**
     * Packs {@code lines} lines of {@code depth} elements into panels of {@code width} lines; element {@code p} of line
     * {@code i} goes to {@code to[start + (i / width)·panelSize + p·width + i % width]}. Missing lines of the last panel
     * become zeros. A line is a row of A or a column of B.
     *
     * @param rows buffer of at least {@code max(lines, depth)} elements
     */
    static void pack(
            MemorySegment from,
            long first,
            long lineStride,
            long depthStride,
            int lines,
            int depth,
            int width,
            double[] to,
            int start,
            int panelSize,
            double[] rows) {
        if (depthStride == 1) {
            for (int i = 0; i < lines; i++) {
                MemorySegment.copy(from, ELEMENT, (first + i * lineStride) * Double.BYTES, rows, 0, depth);
                spread(rows, depth, to, start + i / width * panelSize + i % width, width);
            }
        } else {
            for (int p = 0; p < depth; p++) {
                load(from, first + p * depthStride, lineStride, lines, rows);
                deal(rows, lines, width, to, start + p * width, panelSize);
            }
        }
        int last = lines % width;
        if (last != 0) {
            zero(to, start + lines / width * panelSize, last, width, depth);
        }
    }

    private static void load(MemorySegment from, long first, long stride, int count, double[] rows) {
        if (stride == 1) {
            MemorySegment.copy(from, ELEMENT, first * Double.BYTES, rows, 0, count);
        } else {
            for (int i = 0; i < count; i++) {
                rows[i] = from.get(ELEMENT, (first + i * stride) * Double.BYTES);
            }
        }
    }

    /** Every {@code step}-th element of a panel from a line. */
    private static void spread(double[] line, int count, double[] to, int start, int step) {
        for (int p = 0; p < count; p++) {
            to[start + p * step] = line[p];
        }
    }

    /** {@code width} elements to each panel. */
    private static void deal(double[] line, int count, int width, double[] to, int start, int panelSize) {
        int at = start;
        int i = 0;
        for (; i + width <= count; i += width) {
            System.arraycopy(line, i, to, at, width);
            at += panelSize;
        }
        for (int r = 0; i < count; i++, r++) {
            to[at + r] = line[i];
        }
    }

    private static void zero(double[] to, int start, int from, int width, int depth) {
        for (int p = 0; p < depth; p++) {
            for (int r = from; r < width; r++) {
                to[start + p * width + r] = 0d;
            }
        }
    }

    /** Writes {@code count} elements of a tile to the bytes from {@code to}, or adds them. */
    static void storeRow(double[] tile, int from, MemorySegment c, long to, boolean add, int count) {
        if (add) {
            for (int j = 0; j < count; j++) {
                long at = to + (long) j * Double.BYTES;
                c.set(ELEMENT, at, c.get(ELEMENT, at) + tile[from + j]);
            }
        } else {
            MemorySegment.copy(tile, from, c, ELEMENT, to, count);
        }
    }
}
