package dev.tenrec.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/** Copies rows into panels that are two vectors wide, straight from memory. */
final class DoubleStrips {
    private static final VectorSpecies<Double> S = VectorSpecies.of(double.class, VectorWidth.SHAPE);
    private static final int LANES = S.length();
    private static final int WIDTH = 2 * LANES;

    /** Rows that are copied to one panel before the next: few enough for their pages to stay in the translation buffer. */
    private static final int ROWS = 16;

    private static final Warmth COPY = trial();

    private DoubleStrips() {}

    private static Warmth trial() {
        MemorySegment from = Arena.global().allocate((long) ROWS * WIDTH * Double.BYTES, 64);
        double[] to = new double[ROWS * WIDTH];
        return new Warmth(ROWS * 4, () -> copy(from.address(), (long) WIDTH * Double.BYTES, ROWS, to, 0));
    }

    /** Whether panels are as wide as the strips, and copying them is fast. */
    static boolean areReady(int width) {
        return width == WIDTH && COPY.isWarm();
    }

    /** Packs whole panels: {@code columns} neighbouring elements of each of {@code depth} rows. */
    static void pack(
            MemorySegment from, long first, long stride, int columns, int depth, double[] to, int start, int panelSize) {
        long rowBytes = stride * Double.BYTES;
        long lowest = (first + Math.min(0, (depth - 1) * stride)) * Double.BYTES;
        long bytes = Math.abs((depth - 1) * rowBytes) + (long) columns * Double.BYTES;
        long base = Elements.address(from, lowest, bytes) + first * Double.BYTES - lowest;
        for (int p = 0; p < depth; p += ROWS) {
            int rows = Math.min(ROWS, depth - p);
            for (int j = 0, at = start + p * WIDTH; j < columns; j += WIDTH, at += panelSize) {
                copy(base + p * rowBytes + (long) j * Double.BYTES, rowBytes, rows, to, at);
            }
        }
    }

    private static void copy(long from, long rowBytes, int rows, double[] to, int start) {
        long f = from;
        int t = start;
        for (int p = 0; p < rows; p++) {
            DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, f, VectorWidth.ORDER)
                    .intoArray(to, t);
            DoubleVector.fromMemorySegment(S, LoopSpecies.MEMORY, f + LANES * Double.BYTES, VectorWidth.ORDER)
                    .intoArray(to, t + LANES);
            f += rowBytes;
            t += WIDTH;
        }
    }
}
