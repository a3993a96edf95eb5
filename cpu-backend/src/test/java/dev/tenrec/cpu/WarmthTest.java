package dev.tenrec.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Loops without vectors give the bits of those with vectors, so that it does not matter when one takes over. */
class WarmthTest {
    private static final int N = Program.BLOCK;
    private static final VectorPrimitives VECTORS = new VectorPrimitives();
    private static final PlainPrimitives PLAIN = new PlainPrimitives();

    @BeforeEach
    void needsVectors() {
        assumeFalse(CpuVector.scalar(), "there is one form of each loop");
    }

    /** Numbers of all sizes, and those that are treated apart. */
    private static MemorySegment operand(Arena arena, DType type, int seed) {
        Random random = new Random(seed);
        MemorySegment memory = arena.allocate((long) N * Long.BYTES, 64);
        double[] special = {0, -0.0, 1, -1, 0.5, -2.5, 3.5, 88.9, -103.9, 1e-40, 1e30, -1e30, 8388608, -8388609};
        for (int i = 0; i < N; i++) {
            double number =
                    i % 3 == 0 ? random.nextGaussian() : random.nextGaussian() * Math.pow(2, random.nextInt(60) - 30);
            if (i < special.length) {
                number = special[i];
            } else if (i < special.length + 3) {
                number = new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}
                        [i - special.length];
            }
            long value = type.isFloating() ? Double.doubleToRawLongBits(number) : random.nextInt();
            Elements.put(type.byteSize(), memory, (long) i * type.byteSize(), Elements.bits(type, value));
        }
        return memory;
    }

    private static void assertSame(DType type, MemorySegment expected, MemorySegment actual, String what) {
        for (int i = 0; i < N; i++) {
            long at = (long) i * type.byteSize();
            long e = Elements.value(type, expected, at);
            long a = Elements.value(type, actual, at);
            boolean nan = type.isFloating()
                    && Double.isNaN(Double.longBitsToDouble(e))
                    && Double.isNaN(Double.longBitsToDouble(a));
            assertTrue(nan || e == a, () -> what + ": " + Long.toHexString(e) + " and " + Long.toHexString(a));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "I32", "I64"})
    void primitives(DType type) {
        int compared = 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment a = operand(arena, type, 1);
            MemorySegment b = operand(arena, type, 2);
            MemorySegment r = arena.allocate((long) N * Long.BYTES, 64);
            MemorySegment s = arena.allocate((long) N * Long.BYTES, 64);
            for (ScalarOp op : ScalarOp.values()) {
                String what = op + " on " + type;
                if (!op.accepts(type)) {
                    continue;
                }
                if (op == ScalarOp.LT || op == ScalarOp.LE || op == ScalarOp.EQ) {
                    VECTORS.compare(op, type, a, 0, b, 0, r, 0, N);
                    PLAIN.compare(op, type, a, 0, b, 0, s, 0, N);
                    assertArrayEquals(
                            r.asSlice(0, N).toArray(JAVA_BYTE), s.asSlice(0, N).toArray(JAVA_BYTE), what);
                    VECTORS.choose(op, type, a, 0, b, 0, a, 0, b, 0, r, 0, N);
                    PLAIN.choose(op, type, a, 0, b, 0, a, 0, b, 0, s, 0, N);
                } else if (op == ScalarOp.FMA) {
                    VECTORS.fma(type, a, 0, b, 0, a, 0, r, 0, N);
                    PLAIN.fma(type, a, 0, b, 0, a, 0, s, 0, N);
                } else if (op.arity() == 1 && PlainPrimitives.hasUnary(op, type)) {
                    VECTORS.unary(op, type, a, 0, r, 0, N);
                    PLAIN.unary(op, type, a, 0, s, 0, N);
                } else if (op.arity() == 2 && PlainPrimitives.hasBinary(op, type)) {
                    VECTORS.binary(op, type, a, 0, b, 0, r, 0, N);
                    PLAIN.binary(op, type, a, 0, b, 0, s, 0, N);
                } else {
                    continue;
                }
                assertSame(type, r, s, what);
                compared++;
            }
        }
        assertTrue(compared > 8, compared + " primitives of " + type);
    }

    @ParameterizedTest
    @EnumSource(names = {"EXP", "LOG", "TANH", "ERF"})
    void functionsOverTheWholeRange(ScalarOp op) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment a = arena.allocate((long) N * Float.BYTES, 64);
            MemorySegment r = arena.allocate((long) N * Long.BYTES, 64);
            MemorySegment s = arena.allocate((long) N * Long.BYTES, 64);
            long bits = Integer.MIN_VALUE;
            while (bits <= Integer.MAX_VALUE) {
                for (int i = 0; i < N; i++, bits += 20_011) {
                    Elements.put(Float.BYTES, a, (long) i * Float.BYTES, (int) bits);
                }
                VECTORS.unary(op, DType.F32, a, 0, r, 0, N);
                PLAIN.unary(op, DType.F32, a, 0, s, 0, N);
                assertSame(DType.F32, r, s, op + " before " + Long.toHexString(bits));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ADD", "MUL", "MIN", "MAX"})
    void reductions(ScalarOp op) {
        Random random = new Random(4);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment floats = arena.allocate((long) N * Float.BYTES, 64);
            MemorySegment doubles = arena.allocate((long) N * Double.BYTES, 64);
            for (int i = 0; i < N; i++) {
                double value = 0.5 + random.nextDouble();
                Elements.put(4, floats, 4L * i, Float.floatToRawIntBits((float) value));
                Elements.put(8, doubles, 8L * i, Double.doubleToRawLongBits(value));
            }
            for (int n = 1; n <= N; n += n < 150 ? 1 : 19) {
                assertEquals(
                        VECTORS.reduceFloats(op, floats, 0, n), PLAIN.reduceFloats(op, floats, 0, n), op + " " + n);
                assertEquals(
                        VECTORS.reduceDoubles(op, doubles, 0, n), PLAIN.reduceDoubles(op, doubles, 0, n), op + " " + n);
            }
        }
    }

    private static float[] floats(int count, int seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static double[] doubles(int count, int seed) {
        return new Random(seed).doubles(count, -1, 1).toArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 4, 7, 16, 33})
    void tilesOfFloats(int depth) {
        for (FloatTile tile : new FloatTile[] {new FloatTile6x2(), new FloatTile12x2()}) {
            float[] a = floats(depth * tile.rows() + 5, 1);
            float[] b = floats(depth * tile.cols() + 5, 2);
            float[] vectors = floats(tile.rows() * tile.cols(), 3);
            float[] plain = vectors.clone();
            tile.multiply(depth, a, 5, b, 5, vectors);
            PlainFloats.multiply(tile.rows(), tile.cols(), 0, depth, a, 5, b, 5, plain);
            assertArrayEquals(vectors, plain);
        }
    }

    @Test
    void restsOfTiles() {
        int rows = new FloatTile6x2().rows();
        int cols = new FloatTile6x2().cols();
        float[] a = floats(7 * rows, 1);
        float[] b = floats(7 * cols, 2);
        float[] vectors = floats(rows * cols, 3);
        float[] plain = vectors.clone();
        FloatTile6x2.rest(1, 7, a, 0, b, 0, vectors);
        PlainFloats.multiply(rows, cols, 1, 7, a, 0, b, 0, plain);
        assertArrayEquals(vectors, plain);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 4, 7, 16, 33})
    void tilesOfDoubles(int depth) {
        for (DoubleTile tile : new DoubleTile[] {new DoubleTile6x2(), new DoubleTile12x2()}) {
            double[] a = doubles(depth * tile.rows() + 5, 1);
            double[] b = doubles(depth * tile.cols() + 5, 2);
            double[] vectors = doubles(tile.rows() * tile.cols(), 3);
            double[] plain = vectors.clone();
            tile.multiply(depth, a, 5, b, 5, vectors);
            PlainDoubles.multiply(tile.rows(), tile.cols(), 0, depth, a, 5, b, 5, plain);
            assertArrayEquals(vectors, plain);
        }
    }

    @Test
    void shiftedTiles() {
        int depth = 12;
        int[] shifts = new Random(5).ints(depth, 0, 40).toArray();
        float[] a = floats(depth * FloatShiftedTile.ROWS, 1);
        float[] images = floats(40 + FloatShiftedTile.COLS, 2);
        float[] vectors = new float[FloatShiftedTile.ROWS * FloatShiftedTile.COLS];
        float[] rest = vectors.clone();
        float[] plain = floats(vectors.length, 3);
        FloatShiftedTile.rounds(depth, a, 0, images, 0, shifts, 0, vectors);
        FloatShiftedTile.rest(depth, a, 0, images, 0, shifts, 0, rest);
        FloatShiftedTile.plain(depth, a, 0, images, 0, shifts, 0, plain);
        assertArrayEquals(vectors, plain);
        assertArrayEquals(rest, plain);
        double[] da = doubles(depth * DoubleShiftedTile.ROWS, 1);
        double[] dimages = doubles(40 + DoubleShiftedTile.COLS, 2);
        double[] dvectors = new double[DoubleShiftedTile.ROWS * DoubleShiftedTile.COLS];
        double[] dplain = doubles(dvectors.length, 3);
        DoubleShiftedTile.rounds(depth, da, 0, dimages, 0, shifts, 0, dvectors);
        DoubleShiftedTile.plain(depth, da, 0, dimages, 0, shifts, 0, dplain);
        assertArrayEquals(dvectors, dplain);
    }

    @Test
    void aLoopThatIsFastEnoughIsWarmOnceThereWasWorkForIt() throws InterruptedException {
        assumeFalse("off".equals(System.getProperty(Warmth.PROPERTY)), "vectors from the start");
        AtomicInteger trials = new AtomicInteger();
        Warmth warmth = new Warmth(100, 1_000_000, trials::incrementAndGet);
        assertFalse(warmth.isWarm(99));
        Thread.sleep(50);
        assertEquals(0, trials.get(), "trials before there was work for it");
        warmth.isWarm(1);
        for (int i = 0; i < 6000 && !warmth.isWarm(1); i++) {
            Thread.sleep(10);
        }
        assertTrue(warmth.isWarm(0), trials + " trials");
    }

    @Test
    void aLoopThatStaysSlowIsNotWarm() throws InterruptedException {
        assumeFalse("off".equals(System.getProperty(Warmth.PROPERTY)), "vectors from the start");
        AtomicInteger trials = new AtomicInteger();
        Warmth warmth = new Warmth(1, () -> {
            trials.incrementAndGet();
            long end = System.nanoTime() + 50_000;
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
        });
        assertFalse(warmth.isWarm());
        for (int i = 0; i < 6000 && trials.get() < 100; i++) {
            Thread.sleep(10);
        }
        assertTrue(trials.get() >= 100, trials + " trials");
        assertFalse(warmth.isWarm());
    }
}
