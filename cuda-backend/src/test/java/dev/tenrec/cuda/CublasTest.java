package dev.tenrec.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.gpu.GpuDevice;
import dev.tenrec.gpu.MatrixLibrary;
import dev.tenrec.gpu.MatrixLibrary.Matrices;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Products by cuBLAS against sums in F64. */
class CublasTest {

    private static final int M = 7;
    private static final int N = 5;
    private static final int K = 9;
    private static final int BATCHES = 3;
    private static final int OFFSET = 2;

    private GpuDevice device;

    @BeforeEach
    void open() {
        device = TestDevice.openDevice(false);
    }

    @AfterEach
    void close() {
        if (device != null) {
            device.close();
        }
    }

    private static double[] random(int count, int seed, DType dtype) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = decode(dtype, encode(dtype, random.nextDouble(-1, 1)));
        }
        return values;
    }

    private static long encode(DType dtype, double value) {
        return switch (dtype) {
            case F64 -> Double.doubleToRawLongBits(value);
            case F32 -> Float.floatToRawIntBits((float) value) & 0xFFFFFFFFL;
            case F16 -> Float.floatToFloat16((float) value) & 0xFFFFL;
            default -> Float.floatToRawIntBits((float) value) >>> 16;
        };
    }

    private static double decode(DType dtype, long bits) {
        return switch (dtype) {
            case F64 -> Double.longBitsToDouble(bits);
            case F32 -> Float.intBitsToFloat((int) bits);
            case F16 -> Float.float16ToFloat((short) bits);
            default -> Float.intBitsToFloat((int) bits << 16);
        };
    }

    private GpuDevice.Memory upload(DType dtype, double[] values) {
        int bytes = dtype.byteSize();
        GpuDevice.Memory memory = device.allocate((long) values.length * bytes);
        GpuDevice.Pinned pinned = device.allocatePinned(memory.byteSize());
        for (int i = 0; i < values.length; i++) {
            long bits = encode(dtype, values[i]);
            MemorySegment to = pinned.segment();
            switch (bytes) {
                case 8 -> to.setAtIndex(ValueLayout.JAVA_LONG, i, bits);
                case 4 -> to.setAtIndex(ValueLayout.JAVA_INT, i, (int) bits);
                default -> to.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) bits);
            }
        }
        device.upload(pinned, memory.byteSize(), memory, 0);
        device.synchronize();
        device.freePinned(pinned);
        return memory;
    }

    private double[] download(DType dtype, GpuDevice.Memory memory) {
        GpuDevice.Pinned pinned = device.allocatePinned(memory.byteSize());
        device.download(memory, 0, pinned, memory.byteSize());
        device.synchronize();
        double[] values = new double[(int) (memory.byteSize() / dtype.byteSize())];
        for (int i = 0; i < values.length; i++) {
            MemorySegment from = pinned.segment();
            values[i] = decode(
                    dtype,
                    switch (dtype.byteSize()) {
                        case 8 -> from.getAtIndex(ValueLayout.JAVA_LONG, i);
                        case 4 -> from.getAtIndex(ValueLayout.JAVA_INT, i);
                        default -> from.getAtIndex(ValueLayout.JAVA_SHORT, i);
                    });
        }
        device.freePinned(pinned);
        return values;
    }

    private MatrixLibrary library() {
        return (MatrixLibrary) device;
    }

    /** Multiplies with both factors as they are or transposed, the second repeated or not. */
    private void check(DType dtype, boolean leftTransposed, boolean rightTransposed, boolean repeated, double error) {
        double[] a = random(OFFSET + BATCHES * M * K, 1, dtype);
        double[] b = random(OFFSET + BATCHES * K * N, 2, dtype);
        Matrices left = leftTransposed
                ? new Matrices(upload(dtype, a), OFFSET, 1, M, M * K)
                : new Matrices(upload(dtype, a), OFFSET, K, 1, M * K);
        long step = repeated ? 0 : K * N;
        Matrices right = rightTransposed
                ? new Matrices(upload(dtype, b), OFFSET, 1, K, step)
                : new Matrices(upload(dtype, b), OFFSET, N, 1, step);
        GpuDevice.Memory c = device.allocate((OFFSET + BATCHES * M * N) * (long) dtype.byteSize());
        device.clear(c, 0, c.byteSize() & ~3);
        assertTrue(library().multiply(dtype, M, N, K, BATCHES, left, right, new Matrices(c, OFFSET, N, 1, M * N)));
        double[] product = download(dtype, c);
        for (int p = 0; p < BATCHES; p++) {
            for (int i = 0; i < M; i++) {
                for (int j = 0; j < N; j++) {
                    double sum = 0;
                    for (int k = 0; k < K; k++) {
                        sum += a[
                                        (int) (left.offset()
                                                + p * left.batchStride()
                                                + i * left.rowStride()
                                                + k * left.columnStride())]
                                * b[
                                        (int) (right.offset()
                                                + p * right.batchStride()
                                                + k * right.rowStride()
                                                + j * right.columnStride())];
                    }
                    assertEquals(sum, product[OFFSET + (p * M + i) * N + j], error, p + ", " + i + ", " + j);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "F16", "BF16"})
    void everyTransposeInBatches(DType dtype) {
        double error = switch (dtype) {
            case F64 -> 1e-13;
            case F32 -> 1e-5;
            case F16 -> 4e-3;
            default -> 3e-2;
        };
        for (int way = 0; way < 8; way++) {
            check(dtype, (way & 1) != 0, (way & 2) != 0, (way & 4) != 0, error);
        }
    }

    /** Sums of many small numbers: a sum in BF16 would stop growing at 256. */
    @Test
    void halfTypesAreSummedInF32() {
        int depth = 1024;
        double[] ones = new double[depth];
        java.util.Arrays.fill(ones, 1);
        for (DType dtype : new DType[] {DType.BF16, DType.F16}) {
            GpuDevice.Memory a = upload(dtype, ones);
            GpuDevice.Memory c = upload(dtype, new double[2]);
            assertTrue(library()
                    .multiply(
                            dtype,
                            1,
                            1,
                            depth,
                            1,
                            new Matrices(a, 0, depth, 1, 0),
                            new Matrices(a, 0, 1, 1, 0),
                            new Matrices(c, 0, 1, 1, 0)));
            assertEquals(depth, download(dtype, c)[0]);
        }
    }

    /** Sizes of 1, whose strides mean nothing. */
    @ParameterizedTest
    @CsvSource({"1,5,4", "5,1,4", "5,4,1", "1,1,1", "1,1,6"})
    void axesOfOne(int m, int n, int k) {
        double[] a = random(m * k, 3, DType.F32);
        double[] b = random(k * n, 4, DType.F32);
        GpuDevice.Memory c = device.allocate(4L * m * n);
        assertTrue(library()
                .multiply(
                        DType.F32,
                        m,
                        n,
                        k,
                        1,
                        new Matrices(upload(DType.F32, a), 0, m == 1 ? 0 : k, k == 1 ? 7 : 1, 0),
                        new Matrices(upload(DType.F32, b), 0, k == 1 ? 0 : n, n == 1 ? 3 : 1, 0),
                        new Matrices(c, 0, n, 1, 0)));
        double[] expected = new double[m * n];
        for (int i = 0; i < m * n; i++) {
            for (int l = 0; l < k; l++) {
                expected[i] += a[i / n * k + l] * b[l * n + i % n];
            }
        }
        assertArrayEquals(expected, download(DType.F32, c), 1e-5);
    }

    @Test
    void stridesThatCublasHasNotAreRefused() {
        GpuDevice.Memory memory = upload(DType.F32, new double[64]);
        Matrices dense = new Matrices(memory, 0, 4, 1, 0);
        Matrices repeatedRow = new Matrices(memory, 0, 0, 1, 0);
        Matrices everySecond = new Matrices(memory, 0, 8, 2, 0);
        assertFalse(library().multiply(DType.F32, 4, 4, 4, 1, repeatedRow, dense, dense));
        assertFalse(library().multiply(DType.F32, 4, 4, 4, 1, dense, everySecond, dense));
        assertFalse(library().multiply(DType.I32, 4, 4, 4, 1, dense, dense, dense));
        assertFalse(library().multiply(DType.F32, 1L << 32, 4, 4, 1, dense, dense, dense));
    }

    /** 1 + 2⁻²⁰ is a number of F32 and none of TF32, whose mantissa has 10 bits. */
    @Test
    void tf32RoundsOnlyWhereItIsAskedFor() {
        double odd = 1 + 0x1p-20;
        assertEquals(odd, dot(odd));
        device.close();
        device = TestDevice.openDevice(true);
        assertNotEquals(odd, dot(odd));
    }

    private double dot(double value) {
        double[] identity = new double[256];
        for (int i = 0; i < 16; i++) {
            identity[17 * i] = 1;
        }
        double[] values = new double[256];
        java.util.Arrays.fill(values, value);
        GpuDevice.Memory c = device.allocate(1024);
        assertTrue(library()
                .multiply(
                        DType.F32,
                        16,
                        16,
                        16,
                        1,
                        new Matrices(upload(DType.F32, values), 0, 16, 1, 0),
                        new Matrices(upload(DType.F32, identity), 0, 16, 1, 0),
                        new Matrices(c, 0, 16, 1, 0)));
        return download(DType.F32, c)[0];
    }
}
