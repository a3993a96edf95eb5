package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class GemmTest {
    private static final double GUARD = 12345.5;
    private static Workers one;
    private static Workers two;
    private static Workers three;
    private static Workers eight;

    @BeforeAll
    static void start() {
        one = Workers.of(1);
        two = Workers.of(2);
        three = Workers.of(3);
        eight = Workers.of(8);
    }

    @AfterAll
    static void stop() {
        one.close();
        two.close();
        three.close();
        eight.close();
    }

    /** One product with its operands, in either element type. */
    private static final class Problem implements AutoCloseable {
        final Arena arena = Arena.ofShared();
        final boolean wide;
        final int size;
        final GemmShape shape;
        final MatrixRef a;
        final MatrixRef b;
        final long[] layoutC;
        final long lengthC;
        final boolean accumulate;
        final String text;

        Problem(
                Random random,
                boolean wide,
                GemmShape shape,
                boolean ta,
                boolean tb,
                boolean sharedA,
                boolean sharedB) {
            this.wide = wide;
            this.size = wide ? 8 : 4;
            this.shape = shape;
            this.accumulate = random.nextBoolean();
            this.a = operand(random, shape.m(), shape.k(), ta, sharedA);
            this.b = operand(random, shape.k(), shape.n(), tb, sharedB);
            long ld = shape.n() + random.nextInt(3);
            long stride = shape.m() * ld + random.nextInt(5);
            this.layoutC = new long[] {random.nextInt(9), ld, stride};
            this.lengthC = layoutC[0] + shape.batch() * stride + 7;
            this.text = shape
                    + (wide ? " f64" : " f32")
                    + (ta ? " T" : " N")
                    + (tb ? "T" : "N")
                    + (accumulate ? " +=" : " =")
                    + (sharedA ? " shared A" : "")
                    + (sharedB ? " shared B" : "");
        }

        private MatrixRef operand(Random random, int rows, int cols, boolean transposed, boolean shared) {
            long ld = (transposed ? rows : cols) + random.nextInt(4);
            long matrix = (transposed ? cols : rows) * ld;
            long stride = shared ? 0 : matrix + (random.nextBoolean() ? 0 : random.nextInt(5));
            long offset = random.nextInt(9);
            long length = offset + matrix + (shape.batch() - 1L) * stride + 1;
            MemorySegment segment = arena.allocate(length * size, 64);
            for (long i = 0; i < length; i++) {
                set(segment, i, random.nextGaussian());
            }
            return new MatrixRef(segment, offset, transposed ? 1 : ld, transposed ? ld : 1, stride);
        }

        double get(MemorySegment segment, long index) {
            return wide
                    ? segment.getAtIndex(ValueLayout.JAVA_DOUBLE, index)
                    : segment.getAtIndex(ValueLayout.JAVA_FLOAT, index);
        }

        void set(MemorySegment segment, long index, double value) {
            if (wide) {
                segment.setAtIndex(ValueLayout.JAVA_DOUBLE, index, value);
            } else {
                segment.setAtIndex(ValueLayout.JAVA_FLOAT, index, (float) value);
            }
        }

        MemorySegment freshC() {
            MemorySegment segment = arena.allocate(lengthC * size, 64);
            for (long i = 0; i < lengthC; i++) {
                set(segment, i, GUARD);
            }
            return segment;
        }

        void run(Workers workers, MemorySegment c, Epilogue epilogue) {
            MatrixRef ref = new MatrixRef(c, layoutC[0], layoutC[1], 1, layoutC[2]);
            if (wide) {
                Gemm.f64(workers, shape, a, b, ref, accumulate, epilogue);
            } else {
                Gemm.f32(workers, shape, a, b, ref, accumulate, epilogue);
            }
        }

        /** Sums in the order of memory, each in a cell of its own: a column at a time misses the cache at every step. */
        void check(MemorySegment c) {
            double unit = wide ? Math.ulp(1.0) : Math.ulp(1f);
            long next = 0;
            double[] sums = new double[shape.n()];
            double[] bounds = new double[shape.n()];
            double[] row = new double[shape.n()];
            for (int s = 0; s < shape.batch(); s++) {
                double[] values = new double[shape.k() * shape.n()];
                for (int p = 0; p < shape.k(); p++) {
                    for (int j = 0; j < shape.n(); j++) {
                        values[p * shape.n() + j] = get(b.segment(), b.index(s, p, j));
                    }
                }
                for (int i = 0; i < shape.m(); i++) {
                    Arrays.fill(sums, accumulate ? GUARD : 0);
                    Arrays.fill(bounds, accumulate ? Math.abs(GUARD) : 0);
                    for (int p = 0; p < shape.k(); p++) {
                        System.arraycopy(values, p * shape.n(), row, 0, row.length);
                        addRow(get(a.segment(), a.index(s, i, p)), row, sums, bounds);
                    }
                    for (int j = 0; j < shape.n(); j++) {
                        long at = layoutC[0] + s * layoutC[2] + i * layoutC[1] + j;
                        guards(c, next, at);
                        next = at + 1;
                        double given = get(c, at);
                        double allowed = (shape.k() + 2) * unit * bounds[j];
                        if (!(Math.abs(given - sums[j]) <= allowed)) {
                            throw new AssertionError(text + " at " + s + "," + i + "," + j + ": expected " + sums[j]
                                    + ", given " + given);
                        }
                    }
                }
            }
            guards(c, next, lengthC);
        }

        private static void addRow(double factor, double[] row, double[] sums, double[] bounds) {
            for (int j = 0; j < row.length; j++) {
                double product = factor * row[j];
                sums[j] += product;
                bounds[j] += Math.abs(product);
            }
        }

        private void guards(MemorySegment c, long from, long to) {
            for (long i = from; i < to; i++) {
                if (get(c, i) != GUARD) {
                    throw new AssertionError(text + ": wrote outside of the result, at element " + i);
                }
            }
        }

        @Override
        public void close() {
            arena.close();
        }
    }

    private static void verify(Random random, boolean wide, GemmShape shape, int flags) {
        boolean[] f = new boolean[4];
        for (int i = 0; i < 4; i++) {
            f[i] = (flags >> i & 1) != 0;
        }
        try (Problem problem = new Problem(random, wide, shape, f[0], f[1], f[2], f[3])) {
            MemorySegment c = problem.freshC();
            long cells = (long) shape.batch() * shape.m() * shape.n();
            AtomicIntegerArray seen = new AtomicIntegerArray((int) cells);
            problem.run(two, c, (batch, rowStart, rowEnd, colStart, colEnd) -> {
                for (int i = rowStart; i < rowEnd; i++) {
                    for (int j = colStart; j < colEnd; j++) {
                        seen.incrementAndGet((batch * shape.m() + i) * shape.n() + j);
                    }
                }
            });
            for (int i = 0; i < cells; i++) {
                assertEquals(1, seen.get(i), problem.text + ": epilogue of element " + i);
            }
            problem.check(c);
            for (Workers workers : List.of(one, three, eight)) {
                MemorySegment other = problem.freshC();
                problem.run(workers, other, Epilogue.NONE);
                assertEquals(-1, c.mismatch(other), problem.text + " with " + workers.threads() + " threads");
            }
        }
    }

    @TestFactory
    List<DynamicTest> randomShapes() {
        List<DynamicTest> tests = new ArrayList<>();
        for (int seed = 0; seed < 8; seed++) {
            int s = seed;
            tests.add(DynamicTest.dynamicTest("seed " + s, () -> {
                Random random = new Random(s);
                for (int i = 0; i < 60; i++) {
                    GemmShape shape = new GemmShape(
                            random.nextInt(4) == 0 ? 1 + random.nextInt(5) : 1,
                            1 + random.nextInt(70),
                            1 + random.nextInt(70),
                            random.nextInt(70));
                    verify(random, random.nextBoolean(), shape, random.nextInt(16));
                }
            }));
        }
        return tests;
    }

    @TestFactory
    List<DynamicTest> edges() {
        List<DynamicTest> tests = new ArrayList<>();
        int[][] shapes = {
            {1, 1, 1, 1},
            {1, 127, 127, 127},
            {1, 128, 129, 257},
            {1, 131, 260, 256},
            {1, 97, 256, 511},
            {1, 1, 509, 131},
            {1, 509, 1, 131},
            {1, 2, 300, 515},
            {1, 3, 70, 260},
            {1, 4, 129, 64},
            {1, 5, 131, 64},
            {1, 8, 200, 70},
            {1, 200, 3, 259},
            {1, 6, 16, 256},
            {1, 1, 37, 784},
            {1, 1, 39, 261},
            {1, 5, 33, 39},
            {1, 7, 35, 1033},
            {1, 35, 7, 265},
            {1, 13, 17, 7},
            {1, 13, 17, 8},
            {1, 13, 17, 9},
            {1, 101, 33, 17},
            {1, 12, 32, 512},
            {1, 4100, 3, 5},
            {1, 7, 4111, 9},
            {1, 40, 4200, 300},
            {7, 30, 20, 10},
            {3, 96, 97, 260},
            {5, 1, 33, 40},
            {40, 4, 4, 4},
            {2, 200, 256, 300},
            {3, 1, 1, 1}
        };
        for (int[] s : shapes) {
            GemmShape shape = new GemmShape(s[0], s[1], s[2], s[3]);
            tests.add(DynamicTest.dynamicTest(shape.toString(), () -> {
                Random random = new Random(7);
                boolean batched = shape.batch() > 1;
                for (int flags = 0; flags < (batched ? 16 : 4); flags++) {
                    verify(random, false, shape, flags);
                    verify(random, true, shape, flags);
                }
            }));
        }
        return tests;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void slabsOfALongDepth(boolean wide) {
        verify(new Random(3), wide, GemmShape.of(35, 1100, 1500), 0);
        verify(new Random(3), wide, GemmShape.of(300, 35, 4000), 3);
    }

    @Test
    void emptySizes() {
        Random random = new Random(1);
        for (int[] s :
                new int[][] {{0, 3, 3, 3}, {1, 0, 3, 3}, {1, 3, 0, 3}, {1, 3, 40, 0}, {4, 3, 3, 0}, {1, 0, 0, 0}}) {
            verify(random, false, new GemmShape(s[0], s[1], s[2], s[3]), 0);
            verify(random, true, new GemmShape(s[0], s[1], s[2], s[3]), 3);
        }
    }

    @Test
    void anyStrides() {
        try (Arena arena = Arena.ofShared()) {
            int m = 33;
            int n = 29;
            int k = 41;
            MemorySegment a = arena.allocate(4L * m * k * 6);
            MemorySegment b = arena.allocate(4L * 3 * n);
            MemorySegment c = arena.allocate(4L * m * n);
            Random random = new Random(5);
            for (long i = 0; i < (long) m * k * 6; i++) {
                a.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextInt(9) - 4);
            }
            for (long i = 0; i < 3L * n; i++) {
                b.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextInt(9) - 4);
            }
            // A in steps of 2 by rows of 3·k, B with all rows the same.
            MatrixRef ra = new MatrixRef(a, 1, 3L * k, 2, 0);
            MatrixRef rb = new MatrixRef(b, 2, 0, 3, 0);
            MatrixRef rc = MatrixRef.rowMajor(c, 0, n);
            Gemm.f32(two, GemmShape.of(m, n, k), ra, rb, rc, false, Epilogue.NONE);
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    float sum = 0;
                    for (int p = 0; p < k; p++) {
                        sum += a.getAtIndex(ValueLayout.JAVA_FLOAT, ra.index(0, i, p))
                                * b.getAtIndex(ValueLayout.JAVA_FLOAT, rb.index(0, p, j));
                    }
                    assertEquals(sum, c.getAtIndex(ValueLayout.JAVA_FLOAT, (long) i * n + j));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 20, 130})
    void zerosDoNotHideNanAndInfinity(int m) {
        zerosDoNotHideNanAndInfinity(m, false);
        zerosDoNotHideNanAndInfinity(m, true);
    }

    private static void zerosDoNotHideNanAndInfinity(int m, boolean transposed) {
        try (Arena arena = Arena.ofShared()) {
            int n = 40;
            int k = 45;
            MemorySegment a = arena.allocate(4L * m * k);
            MemorySegment b = arena.allocate(4L * k * n);
            MemorySegment c = arena.allocate(4L * m * n);
            MatrixRef right = transposed ? MatrixRef.colMajor(b, 0, k) : MatrixRef.rowMajor(b, 0, n);
            b.setAtIndex(ValueLayout.JAVA_FLOAT, right.index(0, 44, 7), Float.NaN);
            b.setAtIndex(ValueLayout.JAVA_FLOAT, right.index(0, 2, 39), Float.POSITIVE_INFINITY);
            Gemm.f32(
                    two,
                    GemmShape.of(m, n, k),
                    MatrixRef.rowMajor(a, 0, k),
                    right,
                    MatrixRef.rowMajor(c, 0, n),
                    false,
                    Epilogue.NONE);
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    float given = c.getAtIndex(ValueLayout.JAVA_FLOAT, (long) i * n + j);
                    assertEquals(j == 7 || j == 39, Float.isNaN(given), "row " + i + " column " + j);
                }
            }
        }
    }

    @Test
    void badOperandsAreRefusedBeforeAnythingIsWritten() {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment a = arena.allocate(4L * 12);
            MemorySegment c = arena.allocate(4L * 16);
            c.fill((byte) 1);
            GemmShape shape = GemmShape.of(4, 4, 3);
            MatrixRef left = MatrixRef.rowMajor(a, 0, 3);
            MatrixRef right = MatrixRef.rowMajor(a, 0, 4);
            MatrixRef result = MatrixRef.rowMajor(c, 0, 4);
            String text = assertThrows(
                            IndexOutOfBoundsException.class,
                            () -> Gemm.f32(
                                    one, shape, MatrixRef.rowMajor(a, 1, 3), right, result, false, Epilogue.NONE))
                    .getMessage();
            assertTrue(text.contains("left [1, 4, 3] needs elements 1 to 12, its segment holds 12"), text);
            assertThrows(
                    IndexOutOfBoundsException.class,
                    () -> Gemm.f64(one, shape, left, right, result, false, Epilogue.NONE));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> Gemm.f32(one, shape, left, right, MatrixRef.rowMajor(c, 0, 3), false, Epilogue.NONE));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> Gemm.f32(one, shape, left, right, MatrixRef.colMajor(c, 0, 4), false, Epilogue.NONE));
            assertThrows(IllegalArgumentException.class, () -> GemmShape.of(-1, 2, 3));
            for (long i = 0; i < c.byteSize(); i++) {
                assertEquals(1, c.get(ValueLayout.JAVA_BYTE, i));
            }
        }
    }
}
