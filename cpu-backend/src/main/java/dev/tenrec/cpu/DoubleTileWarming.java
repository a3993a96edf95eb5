package dev.tenrec.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The micro-kernel with vectors of this machine, once it is compiled, and until then loops of the same bits. */
final class DoubleTileWarming implements DoubleTile {
    private static final DoubleTile VECTORS = CpuVector.MANY_REGISTERS ? new DoubleTile12x2() : new DoubleTile6x2();
    private static final int ROWS = VECTORS.rows();
    private static final int COLS = VECTORS.cols();
    private static final int LANES = CpuVector.BITS / Double.SIZE;

    /** Steps of a trial: four rounds, enough for the compiler to see a loop. */
    private static final int DEPTH = CpuVector.MANY_REGISTERS ? 4 : 16;

    private static final Warmth MULTIPLY = multiply();
    private static final Warmth STORE = store(false);
    private static final Warmth ADD = store(true);

    private static Warmth multiply() {
        double[] a = new double[DEPTH * ROWS];
        double[] b = new double[DEPTH * COLS];
        double[] tile = new double[ROWS * COLS];
        return new Warmth(2 * DEPTH * ROWS * COLS / LANES, () -> VECTORS.multiply(DEPTH, a, 0, b, 0, tile));
    }

    private static Warmth store(boolean add) {
        long rowBytes = (long) COLS * Double.BYTES;
        MemorySegment memory = Arena.global().allocate(ROWS * rowBytes, 64);
        double[] tile = new double[ROWS * COLS];
        return new Warmth(4 * ROWS * COLS / LANES, () -> VECTORS.store(tile, memory, 0, rowBytes, add));
    }

    @Override
    public int rows() {
        return ROWS;
    }

    @Override
    public int cols() {
        return COLS;
    }

    @Override
    public void multiply(int depth, double[] a, int aStart, double[] b, int bStart, double[] tile) {
        if (MULTIPLY.isWarm()) {
            VECTORS.multiply(depth, a, aStart, b, bStart, tile);
        } else {
            PlainDoubles.multiply(ROWS, COLS, 0, depth, a, aStart, b, bStart, tile);
        }
    }

    @Override
    public void store(double[] tile, MemorySegment c, long start, long rowBytes, boolean add) {
        if ((add ? ADD : STORE).isWarm()) {
            VECTORS.store(tile, c, start, rowBytes, add);
        } else {
            storePart(tile, c, start, rowBytes, add, ROWS, COLS);
        }
    }
}
