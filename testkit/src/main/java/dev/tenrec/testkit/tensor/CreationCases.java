package dev.tenrec.testkit.tensor;

import dev.tenrec.tensor.Tensor;
import dev.tenrec.testkit.tensor.HostArray.Form;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Making tensors, converting them, and reading them. */
public final class CreationCases {

    private static final double[] VALUES = {0, 1, -1, 2.5, -2.5, 100.75, 200, -0.0};

    private CreationCases() {}

    /**
     * Makes the cases.
     *
     * @return of creation, casts between all types, reads
     */
    public static List<TensorCase> all() {
        List<TensorCase> cases = new ArrayList<>();
        for (DType dtype : DType.values()) {
            cases.add(new TensorCase("full, eye " + dtype, () -> full(dtype)));
            for (DType target : DType.values()) {
                cases.add(new TensorCase("cast " + dtype + " " + target, () -> cast(dtype, target)));
            }
        }
        cases.add(new TensorCase("arange, linspace", CreationCases::ranges));
        cases.add(new TensorCase("of arrays", CreationCases::arrays));
        cases.add(new TensorCase("reads", CreationCases::reads));
        cases.add(new TensorCase("toString", CreationCases::text));
        return cases;
    }

    private static void full(DType dtype) {
        for (long[] shape : new long[][] {{}, {0}, {5}, {2, 0, 3}, {3, 17}}) {
            HostArray.generate(shape, _ -> 1).assertEqualTo(Tensor.full(dtype, Shape.of(shape), 1), 0);
            HostArray.generate(shape, _ -> 0).assertEqualTo(Tensor.zeros(dtype, Shape.of(shape)), 0);
            HostArray.generate(shape, _ -> 1).assertEqualTo(Tensor.ones(dtype, Shape.of(shape)), 0);
        }
        for (long size : new long[] {0, 1, 5}) {
            HostArray.generate(new long[] {size, size}, i -> i[0] == i[1] ? 1 : 0)
                    .assertEqualTo(Tensor.eye(dtype, size), 0);
        }
        HostArray.generate(new long[] {3, 3}, i -> i[0] == i[1] ? 2 : 0)
                .assertEqualTo(Tensor.eye(DType.F32, 3).add(Tensor.eye(DType.F32, 3)), 0);
    }

    private static void ranges() {
        HostArray.generate(new long[] {7}, i -> i[0]).assertEqualTo(Tensor.arange(7), 0);
        HostArray.generate(new long[] {0}, i -> i[0]).assertEqualTo(Tensor.arange(0), 0);
        HostArray.generate(new long[] {0}, i -> i[0]).assertEqualTo(Tensor.arange(-3), 0);
        for (DType dtype : List.of(DType.F32, DType.F64, DType.I32, DType.I64)) {
            HostArray.generate(new long[] {4}, i -> 2 + 3 * i[0]).assertEqualTo(Tensor.arange(dtype, 2, 13, 3), 0);
            HostArray.generate(new long[] {3}, i -> 5 - 2 * i[0]).assertEqualTo(Tensor.arange(dtype, 5, 0, -2), 0);
        }
        HostArray.generate(new long[] {5}, i -> 0.25 * i[0]).assertEqualTo(Tensor.arange(DType.F64, 0, 1.25, 0.25), 0);
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            for (long count : new long[] {2, 3, 10, 1001}) {
                Tensor line = Tensor.linspace(dtype, -0.1, 0.7, count);
                HostArray.generate(new long[] {count}, i -> -0.1 + 0.8 * i[0] / (count - 1))
                        .assertEqualTo(line, HostArray.tolerance(dtype));
                double first = dtype == DType.F32 ? -0.1f : -0.1;
                double last = dtype == DType.F32 ? 0.7f : 0.7;
                HostArray.generate(new long[] {2}, i -> i[0] == 0 ? first : last)
                        .assertEqualTo(Tensor.stack(0, line.select(0, 0), line.select(0, -1)), 0);
            }
            HostArray.generate(new long[] {1}, _ -> 4).assertEqualTo(Tensor.linspace(dtype, 4, 9, 1), 0);
        }
    }

    private static void arrays() {
        HostArray.generate(new long[] {2, 2}, i -> 2 * i[0] + i[1])
                .assertEqualTo(Tensor.of(new float[][] {{0, 1}, {2, 3}}), 0);
        HostArray.generate(new long[] {2, 2}, i -> 2 * i[0] + i[1])
                .assertEqualTo(Tensor.of(new float[] {0, 1, 2, 3}, 2, 2), 0);
        HostArray.generate(new long[] {3}, i -> i[0] - 1).assertEqualTo(Tensor.of(new double[] {-1, 0, 1}), 0);
        HostArray.generate(new long[] {3}, i -> i[0] - 1).assertEqualTo(Tensor.of(new int[] {-1, 0, 1}), 0);
        HostArray.generate(new long[] {3}, i -> i[0] - 1).assertEqualTo(Tensor.of(new long[] {-1, 0, 1}), 0);
        HostArray.generate(new long[] {2, 1}, i -> i[0]).assertEqualTo(Tensor.of(new boolean[] {false, true}, 2, 1), 0);
        HostArray.generate(new long[] {2}, i -> 255 * i[0]).assertEqualTo(Tensor.ofBytes(new byte[] {0, -1}), 0);
        HostArray.generate(new long[] {0}, _ -> 0).assertEqualTo(Tensor.of(new float[0]), 0);
        HostArray.generate(new long[] {2, 0}, _ -> 0).assertEqualTo(Tensor.of(new float[2][0]), 0);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocateFrom(ValueLayout.JAVA_LONG, 5, 6, 7);
            Tensor copied = Tensor.of(DType.I64, Shape.of(3, 1), segment);
            segment.fill((byte) 0);
            HostArray.generate(new long[] {3, 1}, i -> 5 + i[0]).assertEqualTo(copied, 0);
        }
    }

    /** What a number becomes in a type. */
    static double converted(double value, DType dtype) {
        return switch (dtype) {
            case F64 -> value;
            case F32 -> (float) value;
            case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) value));
            case BF16 -> bfloat16((float) value);
            case I32 -> (int) value;
            case I64 -> (long) value;
            case U8 -> (long) value & 0xFF;
            case BOOL -> value != 0 ? 1 : 0;
        };
    }

    private static float bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return Float.intBitsToFloat(bits + 0x7FFF + (bits >> 16 & 1) & 0xFFFF0000);
    }

    private static void cast(DType from, DType to) {
        // Negative numbers have no unsigned byte.
        boolean unsigned = from == DType.U8 || to == DType.U8;
        double[] values = Arrays.stream(VALUES)
                .map(v -> converted(unsigned ? Math.abs(v) : v, from))
                .toArray();
        HostArray x = new HostArray(new long[] {2, 4}, values);
        for (Form form : Form.values()) {
            x.map(v -> converted(v, to)).assertEqualTo(x.tensor(from, form).to(to), 0);
        }
    }

    private static void reads() {
        HostArray x = HostArray.between(1, DType.U8, 0, 200, 3, 5);
        for (DType dtype : DType.values()) {
            for (Form form : Form.values()) {
                Tensor t = x.map(v -> converted(v, dtype)).tensor(dtype, form);
                double[] expected = x.map(v -> converted(v, dtype)).values();
                for (int i = 0; i < expected.length; i++) {
                    require(t.toFloatArray()[i] == expected[i], "float", dtype);
                    require(t.toDoubleArray()[i] == expected[i], "double", dtype);
                    require(t.toIntArray()[i] == expected[i], "int", dtype);
                    require(t.toLongArray()[i] == expected[i], "long", dtype);
                    require(t.toBooleanArray()[i] == (expected[i] != 0), "boolean", dtype);
                }
                require(t.select(0, 1).select(0, 2).item() == expected[7], "item", dtype);
                require(Arrays.equals(t.toFloatArrayAsync().join(), t.toFloatArray()), "asynchronous", dtype);
            }
        }
        MemorySegment segment = MemorySegment.ofArray(new int[6]);
        HostArray ints = HostArray.random(1, DType.I32, 3, 2);
        ints.tensor(DType.I32, Form.TRANSPOSED).copyTo(segment);
        for (int i = 0; i < 6; i++) {
            require(segment.getAtIndex(ValueLayout.JAVA_INT, i) == ints.values()[i], "segment", DType.I32);
        }
        require(Tensor.zeros(0, 3).toFloatArray().length == 0, "empty", DType.F32);
    }

    private static void require(boolean met, String what, DType dtype) {
        if (!met) {
            throw new AssertionError("wrong " + what + " read of " + dtype);
        }
    }

    private static void text() {
        String device = Tensor.scalar(0).device().toString();
        expect("F32 [] " + device + "\n3.", Tensor.scalar(3));
        expect("F32 [0, 2] " + device, Tensor.zeros(0, 2));
        expect("I64 [2, 2] " + device + "\n[[0, 1],\n [2, 3]]", Tensor.arange(4).reshape(2, 2));
        expect("BOOL [2] " + device + "\n[ true, false]", Tensor.of(new boolean[] {true, false}));
        expect("F64 [3] " + device + "\n[1.5000,    NaN,   -Inf]", Tensor.of(new double[] {1.5, Double.NaN, -1.0 / 0}));
        expect(
                "I64 [40, 50] " + device + "\n[[   0,    1,    2, ...,   47,   48,   49],\n"
                        + " [  50,   51,   52, ...,   97,   98,   99],\n [ 100,  101,  102, ...,  147,  148,  149],\n"
                        + " ...,\n [1850, 1851, 1852, ..., 1897, 1898, 1899],\n"
                        + " [1900, 1901, 1902, ..., 1947, 1948, 1949],\n [1950, 1951, 1952, ..., 1997, 1998, 1999]]",
                Tensor.arange(2000).reshape(40, 50));
    }

    private static void expect(String expected, Tensor given) {
        if (!expected.equals(given.toString())) {
            throw new AssertionError("text: expected\n" + expected + "\ngiven\n" + given);
        }
    }
}
