package dev.tenrec.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tenrec.backend.Operand;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ScatterMode;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Gather, scatter and copy against one-by-one evaluation. */
class MovementTest {

    /** The row-major position in a shape that differs on one axis, with another index there. */
    private static long with(Shape space, Shape other, int axis, long flat, long index) {
        long rest = flat;
        long[] at = new long[space.rank()];
        for (int i = space.rank() - 1; i >= 0; i--) {
            at[i] = rest % space.size(i);
            rest /= space.size(i);
        }
        at[axis] = index;
        long result = 0;
        for (int i = 0; i < other.rank(); i++) {
            result = result * other.size(i) + at[i];
        }
        return result;
    }

    private static Operand indexes(Fixture fixture, Shape space, int axis, long size, DType type) {
        Layout layout = fixture.layout(space);
        if (fixture.random.nextBoolean()) {
            // One index for all elements of a run, as when rows of a table are looked up.
            long[] strides = new long[space.rank()];
            strides[axis] = 1;
            layout = Layout.of(space, strides, 2);
        }
        Operand index = fixture.operand(type, layout);
        for (long i = 0; i < index.buffer().byteSize() / type.byteSize(); i++) {
            Elements.setValue(type, Fixture.memory(index), i * type.byteSize(), fixture.random.nextLong(size));
        }
        return index;
    }

    private static Shape nonScalar(Fixture fixture, int most) {
        Shape shape = fixture.shape(most);
        return shape.rank() == 0 ? Shape.of(1 + fixture.random.nextInt(50)) : shape;
    }

    @Test
    void gathers() {
        for (int seed = 0; seed < 300; seed++) {
            try (Fixture fixture = new Fixture(1 + seed % 2, seed)) {
                DType dtype = DType.values()[seed % 8];
                DType indexType = seed % 3 == 0 ? DType.I32 : DType.I64;
                Shape space = nonScalar(fixture, seed % 10 == 0 ? 200_000 : 3000);
                int axis = fixture.random.nextInt(space.rank());
                Shape table = space.with(axis, 1 + fixture.random.nextInt(20));
                Operand source = fixture.operand(dtype, fixture.layout(table));
                Operand index = indexes(fixture, space, axis, table.size(axis), indexType);
                Operand out = fixture.blank(dtype, Fixture.guarded(space));
                fixture.run(
                        new Kernel.Gather(dtype, indexType, axis),
                        space,
                        space.rank(),
                        List.of(source, index),
                        List.of(out));
                Fixture.checkGuards(out, "gather");
                for (long i = 0; i < space.elementCount(); i++) {
                    long at = with(space, table, axis, i, Fixture.read(index, i));
                    assertEquals(Fixture.read(source, at), Fixture.read(out, i), "seed " + seed + " at " + i);
                }
            }
        }
    }

    @Test
    void scatters() {
        DType[] types = {DType.F32, DType.F64, DType.I32, DType.I64};
        for (int seed = 0; seed < 300; seed++) {
            try (Fixture fixture = new Fixture(1 + seed % 2, seed)) {
                ScatterMode mode = seed % 5 < 2 ? ScatterMode.SET : ScatterMode.ADD;
                DType dtype = mode == ScatterMode.SET ? DType.values()[seed / 5 % 8] : types[seed % 4];
                DType indexType = seed % 3 == 0 ? DType.I32 : DType.I64;
                Shape space = nonScalar(fixture, seed % 10 == 0 ? 200_000 : 3000);
                int axis = fixture.random.nextInt(space.rank());
                Shape table = space.with(axis, 1 + fixture.random.nextInt(20));
                Operand source = fixture.operand(dtype, fixture.layout(space));
                Operand index = indexes(fixture, space, axis, table.size(axis), indexType);
                Operand out = fixture.blank(dtype, Fixture.guarded(table));
                Operand expected = fixture.blank(dtype, Fixture.guarded(table));
                for (long i = 0; i < table.elementCount(); i++) {
                    long value = fixture.randomValue(dtype);
                    Fixture.write(out, i, value);
                    Fixture.write(expected, i, value);
                }
                fixture.run(
                        new Kernel.Scatter(dtype, indexType, axis, mode),
                        space,
                        space.rank(),
                        List.of(source, index),
                        List.of(out));
                Fixture.checkGuards(out, "scatter");
                for (long i = 0; i < space.elementCount(); i++) {
                    long at = with(space, table, axis, i, Fixture.read(index, i));
                    long value = Fixture.read(source, i);
                    Fixture.write(
                            expected,
                            at,
                            mode == ScatterMode.SET ? value : sum(dtype, Fixture.read(expected, at), value));
                }
                for (long i = 0; i < table.elementCount(); i++) {
                    double x = Double.longBitsToDouble(Fixture.read(expected, i));
                    boolean bothNaN = dtype.isFloating()
                            && Double.isNaN(x)
                            && Double.isNaN(Double.longBitsToDouble(Fixture.read(out, i)));
                    if (!bothNaN) {
                        assertEquals(Fixture.read(expected, i), Fixture.read(out, i), "seed " + seed + " at " + i);
                    }
                }
            }
        }
    }

    private static long sum(DType dtype, long x, long y) {
        return switch (dtype) {
            case F32 ->
                Double.doubleToRawLongBits((float) Double.longBitsToDouble(x) + (float) Double.longBitsToDouble(y));
            case F64 -> Double.doubleToRawLongBits(Double.longBitsToDouble(x) + Double.longBitsToDouble(y));
            case I32 -> (int) (x + y);
            default -> x + y;
        };
    }

    @Test
    void indexesAreChecked() {
        try (Fixture fixture = new Fixture(2, 1)) {
            Shape space = Shape.of(2, 3);
            Operand table = fixture.operand(DType.F32, Layout.dense(Shape.of(4, 3)));
            Operand index = fixture.operand(DType.I64, Layout.of(space, new long[] {1, 0}, 0));
            Fixture.write(index, 0, 1);
            Fixture.write(index, 3, 4);
            Operand out = fixture.blank(DType.F32, Layout.dense(space));
            Kernel gather = new Kernel.Gather(DType.F32, DType.I64, 0);
            InvalidArgument e = assertThrows(
                    InvalidArgument.class, () -> fixture.run(gather, space, 2, List.of(table, index), List.of(out)));
            assertEquals("""
                gather: index out of range
                  index    4
                  expected 0 to 3   size of axis 0 = 4
                  hint: check the indexes against the size of the axis\
                """, e.getMessage());
            Fixture.write(index, 3, -1);
            Kernel scatter = new Kernel.Scatter(DType.F32, DType.I64, 0);
            InvalidArgument negative = assertThrows(
                    InvalidArgument.class, () -> fixture.run(scatter, space, 2, List.of(out, index), List.of(table)));
            assertEquals("""
                scatter: index out of range
                  index    -1
                  expected 0 to 3   size of axis 0 = 4
                  hint: indexes count from the start; add the size to negative ones\
                """, negative.getMessage());
        }
    }

    @Test
    void copies() {
        for (int seed = 0; seed < 400; seed++) {
            try (Fixture fixture = new Fixture(1 + seed % 2, seed)) {
                DType dtype = DType.values()[seed % 8];
                Shape shape = fixture.shape(seed % 10 == 0 ? 300_000 : 4000);
                Operand source = fixture.operand(dtype, fixture.layout(shape));
                Operand target = fixture.blank(dtype, Fixture.guarded(shape));
                if (shape.rank() > 0 && fixture.random.nextBoolean()) {
                    List<Integer> axes = new ArrayList<>();
                    for (int i = 0; i < shape.rank(); i++) {
                        axes.add(i);
                    }
                    Collections.shuffle(axes, fixture.random);
                    int[] permutation =
                            axes.stream().mapToInt(Integer::intValue).toArray();
                    int[] inverse = new int[permutation.length];
                    for (int i = 0; i < inverse.length; i++) {
                        inverse[permutation[i]] = i;
                    }
                    Shape permuted = Layout.dense(shape).permute(permutation).shape();
                    Layout layout = Fixture.guarded(permuted).permute(inverse);
                    target = fixture.blank(dtype, layout);
                }
                fixture.run(new Kernel.Copy(dtype), shape, shape.rank(), List.of(source), List.of(target));
                Fixture.checkGuards(target, "copy");
                for (long i = 0; i < shape.elementCount(); i++) {
                    assertEquals(Fixture.read(source, i), Fixture.read(target, i), "seed " + seed + " at " + i);
                }
            }
        }
    }
}
