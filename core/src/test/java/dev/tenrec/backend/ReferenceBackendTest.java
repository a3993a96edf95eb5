package dev.tenrec.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tenrec.error.BackendUnavailable;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.OutOfDeviceMemory;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Interpreter;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.InputSpec;
import dev.tenrec.ir.LayoutClass;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.ir.ScatterMode;
import dev.tenrec.type.DType;
import dev.tenrec.type.Device;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReferenceBackendTest {

    private static final double NAN = Double.NaN;

    private final ReferenceBackend backend = new ReferenceBackend();

    @AfterEach
    void close() {
        backend.close();
    }

    // --- operands from and to arrays ---

    private Operand operand(DType dtype, Layout layout, double... values) {
        DeviceBuffer buffer = backend.allocate(Math.max(1, (long) values.length * dtype.byteSize()));
        MemorySegment memory = buffer.hostSegment().orElseThrow();
        for (int i = 0; i < values.length; i++) {
            long value = Interpreter.convert(Double.doubleToRawLongBits(values[i]), DType.F64, dtype);
            Elements.write(memory, dtype, i, value);
        }
        return new Operand(buffer, dtype, layout);
    }

    private Operand dense(DType dtype, Shape shape, double... values) {
        return operand(dtype, Layout.dense(shape), values);
    }

    private Operand zeros(DType dtype, long... sizes) {
        Shape shape = Shape.of(sizes);
        return dense(dtype, shape, new double[(int) shape.elementCount()]);
    }

    /** All elements of the buffer, whatever the layout. */
    private static double[] values(Operand operand) {
        MemorySegment memory = operand.buffer().hostSegment().orElseThrow();
        int count = (int) (memory.byteSize() / operand.dtype().byteSize());
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            long bits = Elements.read(memory, operand.dtype(), i);
            values[i] = operand.dtype().isFloating() ? Double.longBitsToDouble(bits) : bits;
        }
        return values;
    }

    private void run(
            Kernel kernel, Shape space, int kept, List<Operand> inputs, List<Operand> outputs, double... params) {
        long[] bits =
                Arrays.stream(params).mapToLong(Double::doubleToRawLongBits).toArray();
        backend.compile(kernel).run(new Launch(space, kept, inputs, outputs, bits));
    }

    private void map(List<Expr> bodies, Shape space, List<Operand> inputs, List<Operand> outputs, double... params) {
        List<InputSpec> specs = inputs.stream()
                .map(input -> new InputSpec(input.dtype(), LayoutClass.of(input.layout())))
                .toList();
        run(new Kernel.Map(bodies, specs, params.length), space, space.rank(), inputs, outputs, params);
    }

    private double[] reduce(ReduceOp op, DType dtype, Shape space, int kept, double... values) {
        Operand input = dense(dtype, space, values);
        Shape keptShape = Shape.of(Arrays.copyOf(space.sizes(), kept));
        Operand output = zeros(op.resultType(dtype), keptShape.sizes());
        Kernel kernel =
                new Kernel.Reduce(op, Expr.input(0, dtype), List.of(new InputSpec(dtype, LayoutClass.CONTIGUOUS)), 0);
        run(kernel, space, kept, List.of(input), List.of(output));
        return values(output);
    }

    // --- memory ---

    @Test
    void memoryIsAlignedNativeAndAccounted() {
        for (long bytes : new long[] {1, 3, 64, 1000}) {
            DeviceBuffer buffer = backend.allocate(bytes);
            MemorySegment memory = buffer.hostSegment().orElseThrow();
            assertEquals(bytes, buffer.byteSize());
            assertTrue(memory.isNative());
            assertEquals(0, memory.address() % 64);
            buffer.close();
            assertDoesNotThrow(buffer::close);
            assertThrows(IllegalStateException.class, () -> memory.get(ValueLayout.JAVA_BYTE, 0));
        }
        assertThrows(InvalidArgument.class, () -> backend.allocate(0));
        assertEquals(new Device("reference", 0), backend.device());
        assertFalse(backend.capabilities().arithmetic().contains(DType.F16));
    }

    @Test
    void theLimitHoldsAndTheStateStaysUsable() {
        try (ReferenceBackend small = new ReferenceBackend(1000)) {
            DeviceBuffer first = small.allocate(600);
            OutOfDeviceMemory error = assertThrows(OutOfDeviceMemory.class, () -> small.allocate(500));
            assertEquals(500, error.requestedBytes());
            assertTrue(error.getMessage().contains("600 bytes")
                    && error.getMessage().contains("1000 bytes"));
            assertThrows(OutOfDeviceMemory.class, () -> small.allocate(Long.MAX_VALUE));
            first.close();
            assertDoesNotThrow(() -> small.allocate(1000));
        }
    }

    @Test
    void closingTheBackendReleasesItsBuffers() {
        ReferenceBackend own = new ReferenceBackend();
        MemorySegment memory = own.allocate(8).hostSegment().orElseThrow();
        own.close();
        assertFalse(memory.scope().isAlive());
        assertThrows(IllegalStateException.class, () -> own.allocate(8));
    }

    @Test
    void uploadAndDownloadMoveBytes() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocateFrom(ValueLayout.JAVA_INT, 1, 2, 3);
            DeviceBuffer buffer = backend.allocate(20);
            backend.upload(host, buffer, 8);
            MemorySegment back = arena.allocate(8);
            backend.download(buffer, 12, back);
            assertArrayEquals(new int[] {2, 3}, back.toArray(ValueLayout.JAVA_INT));
            assertThrows(IndexOutOfBoundsException.class, () -> backend.upload(host, buffer, 12));
        }
    }

    // --- map ---

    @Test
    void mapHonoursStridesOffsetsAndBroadcasts() {
        Shape space = Shape.of(2, 3);
        Operand transposed = operand(DType.F32, Layout.of(space, new long[] {1, 2}, 0), 1, 2, 3, 4, 5, 6);
        Operand row = operand(DType.F32, Layout.of(space, new long[] {0, -2}, 5), 0, 10, 0, 20, 0, 30);
        Operand output = zeros(DType.F32, 2, 3);
        map(
                List.of(Expr.input(0, DType.F32).add(Expr.input(1, DType.F32))),
                space,
                List.of(transposed, row),
                List.of(output));
        assertArrayEquals(new double[] {31, 23, 15, 32, 24, 16}, values(output));
    }

    @Test
    void mapWritesStridedAndSeveralOutputs() {
        Shape space = Shape.of(3);
        Operand input = dense(DType.F64, space, 1, 2, 3);
        Operand every = operand(DType.F64, Layout.of(space, new long[] {2}, 1), new double[7]);
        Operand whole = zeros(DType.I32, 3);
        Expr x = Expr.input(0, DType.F64);
        Expr p = Expr.param(0, DType.F64);
        map(List.of(x.mul(p), x.cast(DType.I32)), space, List.of(input), List.of(every, whole), 2.5);
        assertArrayEquals(new double[] {0, 2.5, 0, 5, 0, 7.5, 0}, values(every));
        assertArrayEquals(new double[] {1, 2, 3}, values(whole));
    }

    @Test
    void mapUpdatesInPlace() {
        Shape space = Shape.of(4);
        Operand x = dense(DType.F32, space, 1, 2, 3, 4);
        map(List.of(Expr.input(0, DType.F32).mul(Expr.input(0, DType.F32))), space, List.of(x), List.of(x));
        assertArrayEquals(new double[] {1, 4, 9, 16}, values(x));
    }

    @Test
    void mapReadsIndexesAlsoOfScalarsAndEmptySpaces() {
        Expr position = Expr.index(Expr.Index.FLAT);
        Expr column = Expr.index(1);
        Operand flat = zeros(DType.I64, 2, 3);
        Operand columns = zeros(DType.I64, 2, 3);
        map(List.of(position, column), Shape.of(2, 3), List.of(), List.of(flat, columns));
        assertArrayEquals(new double[] {0, 1, 2, 3, 4, 5}, values(flat));
        assertArrayEquals(new double[] {0, 1, 2, 0, 1, 2}, values(columns));

        Operand scalar = dense(DType.I64, Shape.scalar(), 9);
        map(List.of(position.add(5)), Shape.scalar(), List.of(), List.of(scalar));
        assertArrayEquals(new double[] {5}, values(scalar));

        Operand untouched = operand(DType.I64, Layout.dense(Shape.of(2, 0)), 42);
        map(List.of(position), Shape.of(2, 0), List.of(), List.of(untouched));
        assertArrayEquals(new double[] {42}, values(untouched));
    }

    @Test
    void mapConvertsEveryStorageType() {
        Shape space = Shape.of(3);
        for (DType dtype : DType.values()) {
            Operand input = dense(dtype, space, 0, 1, 3);
            Operand single = zeros(DType.F32, 3);
            map(List.of(Expr.input(0, dtype).cast(DType.F32)), space, List.of(input), List.of(single));
            double[] expected = dtype == DType.BOOL ? new double[] {0, 1, 1} : new double[] {0, 1, 3};
            assertArrayEquals(expected, values(single), dtype.name());
            Operand back = zeros(dtype, 3);
            map(List.of(Expr.input(0, DType.F32).cast(dtype)), space, List.of(single), List.of(back));
            assertArrayEquals(expected, values(back), dtype.name());
        }
    }

    // --- reduce ---

    @Test
    void reduceCombinesOverTheLastAxes() {
        Shape space = Shape.of(2, 3);
        for (DType dtype : List.of(DType.F32, DType.F64, DType.I32, DType.I64)) {
            double[] x = {3, 1, 2, 4, 6, 5};
            assertArrayEquals(new double[] {6, 15}, reduce(ReduceOp.SUM, dtype, space, 1, x));
            assertArrayEquals(new double[] {6, 120}, reduce(ReduceOp.PROD, dtype, space, 1, x));
            assertArrayEquals(new double[] {3, 6}, reduce(ReduceOp.MAX, dtype, space, 1, x));
            assertArrayEquals(new double[] {1, 4}, reduce(ReduceOp.MIN, dtype, space, 1, x));
            assertArrayEquals(new double[] {0, 1}, reduce(ReduceOp.ARGMAX, dtype, space, 1, x));
            assertArrayEquals(new double[] {1, 0}, reduce(ReduceOp.ARGMIN, dtype, space, 1, x));
            assertArrayEquals(new double[] {21}, reduce(ReduceOp.SUM, dtype, space, 0, x));
            assertArrayEquals(new double[] {4}, reduce(ReduceOp.ARGMAX, dtype, space, 0, x));
            assertArrayEquals(x, reduce(ReduceOp.MAX, dtype, space, 2, x));
        }
    }

    @Test
    void reduceTreatsNotANumberAsDescribed() {
        Shape space = Shape.of(4);
        double[] x = {1, NAN, 5, NAN};
        for (ReduceOp op : List.of(ReduceOp.SUM, ReduceOp.PROD, ReduceOp.MAX, ReduceOp.MIN)) {
            assertArrayEquals(new double[] {NAN}, reduce(op, DType.F32, space, 0, x));
        }
        assertArrayEquals(new double[] {1}, reduce(ReduceOp.ARGMAX, DType.F32, space, 0, x));
        assertArrayEquals(new double[] {1}, reduce(ReduceOp.ARGMIN, DType.F32, space, 0, x));
        assertArrayEquals(new double[] {0}, reduce(ReduceOp.ARGMAX, DType.F64, space, 0, NAN, 1, NAN, 9));
        assertArrayEquals(new double[] {1}, reduce(ReduceOp.ARGMAX, DType.F64, space, 0, 1, 7, 7, 2));
        assertArrayEquals(new double[] {0}, reduce(ReduceOp.ARGMIN, DType.F64, space, 0, 0.0, -0.0, 0, 0));
        double infinity = Double.POSITIVE_INFINITY;
        assertArrayEquals(new double[] {-infinity}, reduce(ReduceOp.MAX, DType.F32, Shape.of(1), 0, -infinity));
    }

    @Test
    void reduceOfNothing() {
        Shape space = Shape.of(2, 0);
        assertArrayEquals(new double[] {0, 0}, reduce(ReduceOp.SUM, DType.F32, space, 1));
        assertArrayEquals(new double[] {1, 1}, reduce(ReduceOp.PROD, DType.I64, space, 1));
        assertArrayEquals(new double[] {0, 0}, reduce(ReduceOp.MAX, DType.BOOL, space, 1));
        assertArrayEquals(new double[] {1, 1}, reduce(ReduceOp.MIN, DType.BOOL, space, 1));
        assertThrows(InvalidArgument.class, () -> reduce(ReduceOp.MAX, DType.F32, space, 1));
        assertThrows(InvalidArgument.class, () -> reduce(ReduceOp.ARGMIN, DType.I32, space, 1));
        assertDoesNotThrow(() -> reduce(ReduceOp.MAX, DType.F32, Shape.of(0, 3), 1));
    }

    @Test
    void reduceOfTruthValues() {
        Shape space = Shape.of(2, 2);
        assertArrayEquals(new double[] {1, 0}, reduce(ReduceOp.MAX, DType.BOOL, space, 1, 0, 1, 0, 0));
        assertArrayEquals(new double[] {0, 1}, reduce(ReduceOp.MIN, DType.BOOL, space, 1, 0, 1, 1, 1));
        assertThrows(KernelCompile.class, () -> reduce(ReduceOp.SUM, DType.BOOL, space, 1, 0, 0, 0, 0));
        assertThrows(KernelCompile.class, () -> reduce(ReduceOp.MAX, DType.BF16, space, 1, 0, 0, 0, 0));
    }

    @Test
    void singlePrecisionSumsAreRoundedOnce() {
        double[] x = new double[1001];
        Arrays.fill(x, 1e-8);
        x[0] = 1;
        assertArrayEquals(
                new double[] {(float) (1 + 1000 * (double) 1e-8f)},
                reduce(
                        ReduceOp.SUM,
                        DType.F32,
                        Shape.of(1001),
                        0,
                        Arrays.stream(x).map(v -> (float) v).toArray()));
        assertArrayEquals(
                new double[] {Integer.MIN_VALUE},
                reduce(ReduceOp.SUM, DType.I32, Shape.of(2), 0, Integer.MAX_VALUE, 1));
    }

    @Test
    void reduceComputesItsBodyFirst() {
        Shape space = Shape.of(2, 3);
        // Columns of a row-major 3 by 2 matrix, reduced over its rows: Σ p·x·row.
        Operand input = operand(DType.F64, Layout.of(space, new long[] {1, 2}, 0), 1, 2, 3, 4, 5, 6);
        Operand output = zeros(DType.F64, 2);
        Expr body = Expr.input(0, DType.F64)
                .mul(Expr.param(0, DType.F64))
                .mul(Expr.index(1).cast(DType.F64));
        Kernel kernel =
                new Kernel.Reduce(ReduceOp.SUM, body, List.of(new InputSpec(DType.F64, LayoutClass.STRIDED)), 1);
        run(kernel, space, 1, List.of(input), List.of(output), 10);
        assertArrayEquals(new double[] {10 * (3 + 2 * 5), 10 * (4 + 2 * 6)}, values(output));
    }

    // --- matmul ---

    @Test
    void matMulWithTransposesBroadcastAndEpilogue() {
        Shape space = Shape.of(2, 2, 3, 2);
        // Two 2 by 2 matrices.
        Operand a = dense(DType.F32, Shape.of(2, 2, 2), 1, 2, 3, 4, 5, 6, 7, 8);
        // One 2 by 3 matrix for both, stored column by column.
        Operand b = operand(DType.F32, Layout.of(Shape.of(2, 2, 3), new long[] {0, 1, 2}, 0), 1, 4, 2, 5, 3, 6);
        Operand bias = operand(DType.F32, Layout.of(Shape.of(2, 2, 3), new long[] {0, 0, 1}, 0), 100, 200, 300);
        Operand plain = zeros(DType.F32, 2, 2, 3);
        Operand shifted = zeros(DType.F32, 2, 2, 3);
        Expr product = Expr.input(0, DType.F32);
        Expr scaled = product.mul(Expr.param(0, DType.F32)).add(Expr.input(1, DType.F32));
        Kernel kernel = new Kernel.MatMul(
                DType.F32, List.of(product, scaled), List.of(new InputSpec(DType.F32, LayoutClass.STRIDED)), 1);
        run(kernel, space, 4, List.of(a, b, bias), List.of(plain, shifted), -1);
        double[] expected = {9, 12, 15, 19, 26, 33, 29, 40, 51, 39, 54, 69};
        assertArrayEquals(expected, values(plain));
        double[] sums = IntStream.range(0, 12)
                .mapToDouble(i -> 100 * (i % 3 + 1) - expected[i])
                .toArray();
        assertArrayEquals(sums, values(shifted));
    }

    @Test
    void matMulOfNoInnerElementsIsZeroAndTheTypeIsChecked() {
        Kernel kernel = new Kernel.MatMul(DType.F64, List.of(Expr.input(0, DType.F64)), List.of(), 0);
        Operand output = dense(DType.F64, Shape.of(1, 2), 7, 7);
        Operand a = dense(DType.F64, Shape.of(1, 0));
        Operand b = dense(DType.F64, Shape.of(0, 2));
        run(kernel, Shape.of(1, 2, 0), 3, List.of(a, b), List.of(output));
        assertArrayEquals(new double[] {0, 0}, values(output));
        Kernel whole = new Kernel.MatMul(DType.I32, List.of(Expr.input(0, DType.I32)), List.of(), 0);
        assertThrows(KernelCompile.class, () -> backend.compile(whole));
    }

    // --- gather, scatter, copy ---

    @Test
    void gatherPicksAlongAnAxisInEveryType() {
        Shape space = Shape.of(2, 2);
        for (DType dtype : DType.values()) {
            for (DType indexType : List.of(DType.I32, DType.I64)) {
                double high = dtype == DType.BOOL ? 1 : 6;
                Operand source = dense(dtype, Shape.of(2, 3), 0, 1, high, 1, 0, 1);
                Operand index = operand(indexType, Layout.of(space, new long[] {0, 1}, 0), 2, 0);
                Operand output = zeros(dtype, 2, 2);
                run(new Kernel.Gather(dtype, indexType, 1), space, 2, List.of(source, index), List.of(output));
                assertArrayEquals(new double[] {high, 0, 1, 1}, values(output));
            }
        }
    }

    @Test
    void indexesOutOfRangeAreNamed() {
        Shape space = Shape.of(2, 1);
        Operand source = dense(DType.F32, Shape.of(2, 3), 1, 2, 3, 4, 5, 6);
        Operand output = zeros(DType.F32, 2, 1);
        for (double wrong : new double[] {3, -1}) {
            Operand index = dense(DType.I64, space, 0, wrong);
            InvalidArgument error = assertThrows(
                    InvalidArgument.class,
                    () -> run(
                            new Kernel.Gather(DType.F32, DType.I64, 1),
                            space,
                            2,
                            List.of(source, index),
                            List.of(output)));
            assertEquals("""
                gather: index out of range
                  expected 0 to 2
                  given    %-6d   at [1, 0] of the index tensor
                  shape    [2, 3]   size of axis 1 = 3\
                """.formatted((int) wrong), error.getMessage());
            assertThrows(
                    InvalidArgument.class,
                    () -> run(
                            new Kernel.Scatter(DType.F32, DType.I64, 1),
                            space,
                            2,
                            List.of(output, index),
                            List.of(source)));
        }
    }

    @Test
    void scatterAddsToWhatIsThere() {
        Shape space = Shape.of(2, 3);
        for (DType dtype : List.of(DType.F32, DType.F64, DType.I32, DType.I64)) {
            Operand source = dense(dtype, space, 1, 2, 3, 4, 5, 6);
            Operand index = dense(DType.I32, space, 1, 1, 0, 0, 0, 0);
            Operand output = dense(dtype, Shape.of(2, 2), 100, 0, 0, 100);
            run(new Kernel.Scatter(dtype, DType.I32, 1), space, 2, List.of(source, index), List.of(output));
            assertArrayEquals(new double[] {103, 3, 15, 100}, values(output));
        }
        Kernel truth = new Kernel.Scatter(DType.BOOL, DType.I32, 0);
        assertThrows(KernelCompile.class, () -> backend.compile(truth));
    }

    @Test
    void scatterAddsInOrderAndInTheElementType() {
        Shape space = Shape.of(3);
        Operand source = dense(DType.F32, space, 1, 1, -16_777_216);
        Operand index = dense(DType.I64, space, 0, 0, 0);
        Operand output = dense(DType.F32, Shape.of(1), 16_777_216);
        run(new Kernel.Scatter(DType.F32, DType.I64, 0), space, 1, List.of(source, index), List.of(output));
        assertArrayEquals(new double[] {0}, values(output));
    }

    @Test
    void scatterWritesOverWhatIsThere() {
        Shape space = Shape.of(2, 3);
        for (DType dtype : DType.values()) {
            Operand source = dense(dtype, space, 0, 1, 1, 0, 0, 1);
            Operand index = dense(DType.I32, space, 1, 1, 0, 2, 1, 2);
            Operand output = dense(dtype, Shape.of(2, 3), 0, 0, 1, 1, 1, 0);
            Kernel kernel = new Kernel.Scatter(dtype, DType.I32, 1, ScatterMode.SET);
            run(kernel, space, 2, List.of(source, index), List.of(output));
            assertArrayEquals(new double[] {1, 1, 1, 1, 0, 1}, values(output));
        }
    }

    @Test
    void copyMovesBetweenLayouts() {
        Shape space = Shape.of(2, 3);
        for (DType dtype : DType.values()) {
            double[] x = {0, 1, 1, 0, 0, 1};
            Operand source = operand(dtype, Layout.of(space, new long[] {-3, 1}, 3), x);
            Operand target = operand(dtype, Layout.of(space, new long[] {1, 2}, 1), new double[8]);
            run(new Kernel.Copy(dtype), space, 2, List.of(source), List.of(target));
            assertArrayEquals(new double[] {0, 0, 0, 0, 1, 1, 1, 0}, values(target), dtype.name());
        }
    }

    @Test
    void oneCompiledKernelServesSeveralThreads() {
        Expr body = Expr.input(0, DType.F64).mul(Expr.param(0, DType.F64)).exp().log();
        CompiledKernel kernel = backend.compile(
                new Kernel.Map(List.of(body), List.of(new InputSpec(DType.F64, LayoutClass.CONTIGUOUS)), 1));
        Shape space = Shape.of(2000);
        double[] x = IntStream.range(0, 2000).mapToDouble(i -> i / 2000.0).toArray();
        IntStream.range(1, 17).parallel().forEach(factor -> {
            Operand output = zeros(DType.F64, 2000);
            long[] params = {Double.doubleToRawLongBits(factor)};
            kernel.run(new Launch(space, 1, List.of(dense(DType.F64, space, x)), List.of(output), params));
            double[] expected = Arrays.stream(x).map(v -> v * factor).toArray();
            assertArrayEquals(expected, values(output), 1e-12);
        });
    }

    @Test
    void theProviderHasOneDevice() {
        ReferenceProvider provider = new ReferenceProvider();
        assertEquals("reference", provider.name());
        assertEquals(0, provider.priority());
        Probe.Available found = (Probe.Available) provider.probe();
        assertEquals(1, found.devices().size());
        BackendUnavailable error = assertThrows(BackendUnavailable.class, () -> provider.open(1));
        assertTrue(error.getMessage().contains("reference:1"));
        try (Backend opened = provider.open(0)) {
            assertEquals(new Device("reference", 0), opened.device());
        }
    }
}
