package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.DeviceBuffer;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.memory.Scope;
import dev.tenrec.tensor.Tensor;
import dev.tenrec.tensor.Variable;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Packed operands that are kept must never be older than the memory they were packed from. */
class KeptPanelsTest {
    private static final int M = 50;
    private static final int K = 300;
    private static final int N = 90;

    /** {@code [M, K] · [K, N]} on a backend of its own; the product is asked for after each change of an operand. */
    private static final class Product implements AutoCloseable {
        final CpuBackend backend = CpuBackend.withThreads(2);
        final Random random = new Random(3);
        final DType dtype;
        final boolean transposed;
        final DeviceBuffer a;
        final DeviceBuffer b;
        final DeviceBuffer c;
        final CompiledKernel kernel;

        Product(DType dtype, boolean transposed) {
            this.dtype = dtype;
            this.transposed = transposed;
            a = backend.allocate((long) M * K * dtype.byteSize());
            b = backend.allocate((long) K * N * dtype.byteSize());
            c = backend.allocate((long) M * N * dtype.byteSize());
            kernel = backend.compile(new Kernel.MatMul(dtype, List.of(Expr.input(0, dtype)), List.of(), 0));
            upload(a, 0, M * K);
            upload(b, 0, K * N);
        }

        void upload(DeviceBuffer buffer, long first, int count) {
            MemorySegment values = MemorySegment.ofArray(new byte[count * dtype.byteSize()]);
            for (int i = 0; i < count; i++) {
                Elements.setValue(dtype, values, (long) i * dtype.byteSize(), Double.doubleToRawLongBits((float)
                        random.nextGaussian()));
            }
            backend.upload(values, buffer, first * dtype.byteSize());
        }

        Operand operand(DeviceBuffer buffer, long rows, long cols) {
            Shape shape = Shape.of(rows, cols);
            return new Operand(
                    buffer,
                    dtype,
                    transposed ? Layout.of(shape, new long[] {1, rows}, 0) : Layout.of(shape, shape.denseStrides(), 0));
        }

        byte[] multiply() {
            Shape space = Shape.of(M, N, K);
            Shape result = Shape.of(M, N);
            Operand out = new Operand(c, dtype, Layout.of(result, result.denseStrides(), 0));
            kernel.run(new Launch(space, 3, List.of(operand(a, M, K), operand(b, K, N)), List.of(out), new long[0]));
            return bytes(c);
        }

        private byte[] bytes(DeviceBuffer buffer) {
            byte[] bytes = new byte[(int) buffer.byteSize()];
            backend.download(buffer, 0, MemorySegment.ofArray(bytes));
            return bytes;
        }

        /** The same product where nothing can be kept. */
        byte[] fresh() {
            try (Arena arena = Arena.ofShared();
                    Workers workers = Workers.of(1)) {
                MatrixRef left = matrix(arena, a, M, K);
                MatrixRef right = matrix(arena, b, K, N);
                MemorySegment out = arena.allocate(c.byteSize(), 64);
                MatrixRef result = MatrixRef.rowMajor(out, 0, N);
                GemmShape shape = GemmShape.of(M, N, K);
                if (dtype == DType.F32) {
                    Gemm.f32(workers, shape, left, right, result, false, Epilogue.NONE);
                } else {
                    Gemm.f64(workers, shape, left, right, result, false, Epilogue.NONE);
                }
                return out.toArray(ValueLayout.JAVA_BYTE);
            }
        }

        private MatrixRef matrix(Arena arena, DeviceBuffer buffer, int rows, int cols) {
            MemorySegment copy = arena.allocate(buffer.byteSize(), 64);
            copy.copyFrom(MemorySegment.ofArray(bytes(buffer)));
            return transposed ? MatrixRef.colMajor(copy, 0, rows) : MatrixRef.rowMajor(copy, 0, cols);
        }

        /** Enough products for panels to be kept and used, each of them right. */
        void check(String what) {
            byte[] expected = fresh();
            for (int i = 0; i < 4; i++) {
                assertArrayEquals(expected, multiply(), what + ", product " + i);
            }
        }

        @Override
        public void close() {
            a.close();
            b.close();
            c.close();
            backend.close();
        }
    }

    private static long panelBytes(DType dtype) {
        return (long) (M * K + K * N) * dtype.byteSize();
    }

    @ParameterizedTest
    @ValueSource(strings = {"F32 plain", "F64 plain", "F32 transposed", "F64 transposed"})
    void everyWriteIsSeen(String which) {
        DType dtype = DType.valueOf(which.substring(0, 3));
        long before = KeptPanels.keptBytes();
        try (Product product = new Product(dtype, which.endsWith("transposed"))) {
            product.check("first");
            assertTrue(KeptPanels.keptBytes() >= before + panelBytes(dtype), "nothing is kept");

            product.upload(product.b, 7, 1);
            product.check("after one element of the right operand was uploaded");
            product.upload(product.a, M * K - 1, 1);
            product.check("after one element of the left operand was uploaded");

            Expr x = Expr.input(0, dtype);
            Operand all = product.operand(product.b, K, N);
            Kernel map = new Kernel.Map(List.of(x.add(x)), Fixture.specs(List.of(all)), 0);
            product.backend.compile(map).run(launch(Shape.of(K, N), List.of(all), all));
            product.check("after a map in place");

            Shape row = Shape.of(1, N);
            Layout second = Layout.of(row, row.denseStrides(), N);
            Layout fifth = Layout.of(row, row.denseStrides(), 4 * N);
            product.backend
                    .compile(new Kernel.Copy(dtype))
                    .run(launch(
                            row, List.of(new Operand(product.b, dtype, second)), new Operand(product.b, dtype, fifth)));
            product.check("after a copy into a slice");

            scatter(product, row);
            product.check("after a scatter");
        }
        assertEquals(before, KeptPanels.keptBytes(), "panels outlive their buffers");
    }

    private static void scatter(Product product, Shape row) {
        DeviceBuffer index = product.backend.allocate(Long.BYTES);
        product.backend.upload(MemorySegment.ofArray(new long[] {2}), index, 0);
        Shape table = Shape.of(K, N);
        product.backend
                .compile(new Kernel.Scatter(product.dtype, DType.I64, 0))
                .run(launch(
                        row,
                        List.of(
                                new Operand(product.a, product.dtype, Layout.of(row, row.denseStrides(), 0)),
                                new Operand(index, DType.I64, Layout.of(row, new long[] {0, 0}, 0))),
                        new Operand(product.b, product.dtype, Layout.of(table, table.denseStrides(), 0))));
        index.close();
    }

    private static Launch launch(Shape space, List<Operand> inputs, Operand output) {
        return new Launch(space, space.rank(), inputs, List.of(output), new long[0]);
    }

    @Test
    void memoryThatWasHandedOutIsPackedEveryTime() {
        try (Product product = new Product(DType.F32, false)) {
            product.check("before");
            long kept = KeptPanels.keptBytes();
            MemorySegment memory = product.b.hostSegment().orElseThrow();
            assertTrue(KeptPanels.keptBytes() < kept);
            for (int i = 0; i < 5; i++) {
                memory.setAtIndex(ValueLayout.JAVA_FLOAT, 11 * i, i - 0.25f);
                product.check("write " + i);
            }
        }
    }

    @Test
    void oneUseIsNotKept() {
        try (Product product = new Product(DType.F32, false)) {
            long before = KeptPanels.keptBytes();
            for (int i = 0; i < 5; i++) {
                product.upload(product.a, i, 1);
                product.upload(product.b, i, 1);
                product.multiply();
                assertEquals(before, KeptPanels.keptBytes());
            }
        }
    }

    @Test
    void changesBetweenTheProductsOfManyThreads() throws Exception {
        int threads = 4;
        try (Product product = new Product(DType.F32, false);
                ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int round = 0; round < 30; round++) {
                product.upload(product.b, product.random.nextInt(K * N), 1);
                byte[] expected = product.fresh();
                CyclicBarrier start = new CyclicBarrier(threads);
                List<Future<?>> futures = java.util.stream.IntStream.range(0, threads)
                        .<Future<?>>mapToObj(_ -> pool.submit(() -> {
                            start.await();
                            own(product, expected);
                            return null;
                        }))
                        .toList();
                for (Future<?> future : futures) {
                    future.get();
                }
            }
        }
    }

    /** Products with a result of their own. */
    private static void own(Product product, byte[] expected) {
        DeviceBuffer result = product.backend.allocate(product.c.byteSize());
        Shape shape = Shape.of(M, N);
        Operand out = new Operand(result, product.dtype, Layout.of(shape, shape.denseStrides(), 0));
        List<Operand> inputs = List.of(product.operand(product.a, M, K), product.operand(product.b, K, N));
        for (int i = 0; i < 5; i++) {
            product.kernel.run(new Launch(Shape.of(M, N, K), 3, inputs, List.of(out), new long[0]));
            assertArrayEquals(expected, product.bytes(result));
        }
        result.close();
    }

    @Test
    void variablesAndReusedBuffers() {
        Random random = new Random(8);
        Tensor initial = Tensor.of(values(random, K * N), K, N);
        try (Variable weights = new Variable("weights", initial, true)) {
            float[] right = initial.toFloatArray();
            for (int step = 0; step < 12; step++) {
                float[] left = values(random, M * K);
                float scale = 1 + step % 3;
                float[] now = right;
                Scope.run(() -> {
                    // A new tensor in memory that the pool gives again and again.
                    Tensor inputs = Tensor.of(left, M, K);
                    float[] expected = product(left, now);
                    for (int i = 0; i < 4; i++) {
                        assertArrayEquals(
                                expected, inputs.matmul(weights.value()).toFloatArray());
                    }
                    weights.assign(weights.value().mul(scale));
                });
                for (int i = 0; i < right.length; i++) {
                    right[i] *= scale;
                }
            }
        }
        initial.close();
    }

    private static float[] values(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextInt(9) - 4;
        }
        return values;
    }

    /** Exact: all values are small integers, scaled by 1, 2 and 3 few times. */
    private static float[] product(float[] left, float[] right) {
        float[] result = new float[M * N];
        for (int i = 0; i < M; i++) {
            for (int j = 0; j < N; j++) {
                double sum = 0;
                for (int p = 0; p < K; p++) {
                    sum += (double) left[i * K + p] * right[p * N + j];
                }
                result[i * N + j] = (float) sum;
            }
        }
        return result;
    }

    @Test
    void whatIsKeptIsBounded() {
        long limit = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 16);
        int side = 1024;
        int count = (int) (limit / (4L * side * side)) + 3;
        DeviceBuffer[] weights = new DeviceBuffer[count];
        try (CpuBackend backend = CpuBackend.withThreads(2)) {
            Shape space = Shape.of(9, side, side);
            DeviceBuffer left = backend.allocate(9L * side * 4);
            DeviceBuffer result = backend.allocate(9L * side * 4);
            CompiledKernel kernel =
                    backend.compile(new Kernel.MatMul(DType.F32, List.of(Expr.input(0, DType.F32)), List.of(), 0));
            Shape rows = Shape.of(9, side);
            Shape square = Shape.of(side, side);
            for (int i = 0; i < count; i++) {
                weights[i] = backend.allocate(4L * side * side);
                Operand a = new Operand(left, DType.F32, Layout.of(rows, rows.denseStrides(), 0));
                Operand b = new Operand(weights[i], DType.F32, Layout.of(square, square.denseStrides(), 0));
                Operand c = new Operand(result, DType.F32, Layout.of(rows, rows.denseStrides(), 0));
                for (int j = 0; j < 3; j++) {
                    kernel.run(new Launch(space, 3, List.of(a, b), List.of(c), new long[0]));
                    assertTrue(KeptPanels.keptBytes() <= limit);
                }
            }
            assertTrue(KeptPanels.keptBytes() > limit / 2);
            left.close();
            result.close();
        } finally {
            for (DeviceBuffer buffer : weights) {
                if (buffer != null) {
                    buffer.close();
                }
            }
        }
    }
}
