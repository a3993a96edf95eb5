package dev.tenrec.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/** Copies rows into panels that are two vectors wide, straight from memory. */
final class DoubleStrips {
    private static final VectorSpecies<Double> S = VectorSpecies.of(double.class, VectorWidth.SHAPE);
    private static final int LANES = S.length();
    private static final int WIDTH = 2 * LANES;
    private static final long BYTES = (long) LANES * Double.BYTES;
    private static final ValueLayout.OfDouble ELEMENT = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    /** Rows that are copied to one panel before the next: few enough for their pages to stay in the translation buffer. */
    private static final int ROWS = 8;

    private static final Warmth COPY = trial();

    private DoubleStrips() {}

    private static Warmth trial() {
        MemorySegment from = Arena.global().allocate((long) ROWS * WIDTH * Double.BYTES, 64);
        double[] to = new double[ROWS * WIDTH];
        return new Warmth(ROWS * 4, () -> copy(from.address(), (long) WIDTH * Double.BYTES, to, 0));
    }

    /** Whether panels are as wide as the strips, and copying them is fast. */
    static boolean areReady(int width) {
        return width == WIDTH && COPY.isWarm();
    }

    /** Packs whole panels: {@code columns} neighbouring elements of each of {@code depth} rows. */
    static void pack(
            MemorySegment from,
            long first,
            long stride,
            int columns,
            int depth,
            double[] to,
            int start,
            int panelSize) {
        long rowBytes = stride * Double.BYTES;
        long lowest = (first + Math.min(0, (depth - 1) * stride)) * Double.BYTES;
        long bytes = Math.abs((depth - 1) * rowBytes) + (long) columns * Double.BYTES;
        long base = Elements.address(from, lowest, bytes) + first * Double.BYTES - lowest;
        int p = 0;
        for (; p <= depth - ROWS; p += ROWS) {
            for (int j = 0, at = start + p * WIDTH; j < columns; j += WIDTH, at += panelSize) {
                copy(base + p * rowBytes + (long) j * Double.BYTES, rowBytes, to, at);
            }
        }
        for (; p < depth; p++) {
            for (int j = 0, at = start + p * WIDTH; j < columns; j += WIDTH, at += panelSize) {
                MemorySegment.copy(from, ELEMENT, (first + p * stride + j) * Double.BYTES, to, at, WIDTH);
            }
        }
    }

    /** Rows that are copied at once. Written out, so that it is too large to be inlined; see {@link DoubleTranspose}. */
    private static void copy(long from, long rowBytes, double[] to, int start) {
        DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, from, VectorWidth.ORDER)
                .intoArray(to, start);
        DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, from + BYTES, VectorWidth.ORDER)
                .intoArray(to, start + LANES);
        DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, from + rowBytes, VectorWidth.ORDER)
                .intoArray(to, start + 2 * LANES);
        DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, from + rowBytes + BYTES, VectorWidth.ORDER)
                .intoArray(to, start + 3 * LANES);
        DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, from + 2 * rowBytes, VectorWidth.ORDER)
                .intoArray(to, start + 4 * LANES);
        DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, from + 2 * rowBytes + BYTES, VectorWidth.ORDER)
                .intoArray(to, start + 5 * LANES);
        DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, from + 3 * rowBytes, VectorWidth.ORDER)
                .intoArray(to, start + 6 * LANES);
        DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, from + 3 * rowBytes + BYTES, VectorWidth.ORDER)
                .intoArray(to, start + 7 * LANES);
        DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, from + 4 * rowBytes, VectorWidth.ORDER)
                .intoArray(to, start + 8 * LANES);
        DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, from + 4 * rowBytes + BYTES, VectorWidth.ORDER)
                .intoArray(to, start + 9 * LANES);
        DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, from + 5 * rowBytes, VectorWidth.ORDER)
                .intoArray(to, start + 10 * LANES);
        DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, from + 5 * rowBytes + BYTES, VectorWidth.ORDER)
                .intoArray(to, start + 11 * LANES);
        DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, from + 6 * rowBytes, VectorWidth.ORDER)
                .intoArray(to, start + 12 * LANES);
        DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, from + 6 * rowBytes + BYTES, VectorWidth.ORDER)
                .intoArray(to, start + 13 * LANES);
        DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, from + 7 * rowBytes, VectorWidth.ORDER)
                .intoArray(to, start + 14 * LANES);
        DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, from + 7 * rowBytes + BYTES, VectorWidth.ORDER)
                .intoArray(to, start + 15 * LANES);
    }
}
