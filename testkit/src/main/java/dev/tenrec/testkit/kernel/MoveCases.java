package dev.tenrec.testkit.kernel;

import dev.tenrec.backend.Backend;
import dev.tenrec.error.InvalidArgument;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ScatterMode;
import dev.tenrec.testkit.ConformanceCase;
import dev.tenrec.testkit.ConformanceCase.Purpose;
import dev.tenrec.type.DType;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/** Cases of {@link Kernel.Gather}, {@link Kernel.Scatter} and {@link Kernel.Copy}. All results are exact. */
public final class MoveCases {

    private static final Shape[] SHAPES = {
        Shape.of(5, 9),
        Shape.of(2, 3, 4, 5),
        Shape.of(1),
        Shape.of(33),
        Shape.scalar(),
        Shape.of(0),
        Shape.of(3, 0, 2),
        Shape.of(17, 65),
        Shape.of(64, 64),
        Shape.of(4097),
        Shape.of(2, 1, 3, 2, 1, 2, 2, 3)
    };

    private MoveCases() {}

    private interface Body {
        void run(Rig rig);
    }

    private static ConformanceCase of(String name, Class<? extends Kernel> kernel, Set<DType> arithmetic, Body body) {
        return new ConformanceCase(
                name, kernel, Optional.empty(), Purpose.FORWARD, arithmetic, (backend, tolerance) -> {
                    try (Rig rig = new Rig(backend, tolerance)) {
                        body.run(rig);
                    }
                });
    }

    /**
     * Makes the cases of copies.
     *
     * @return one per type
     */
    public static List<ConformanceCase> copy() {
        List<ConformanceCase> cases = new ArrayList<>();
        for (DType dtype : DType.values()) {
            cases.add(of("copy " + dtype, Kernel.Copy.class, Set.of(), rig -> copy(rig, dtype)));
        }
        return cases;
    }

    private static void copy(Rig rig, DType dtype) {
        for (View from : View.values()) {
            for (View to : View.DISTINCT) {
                for (Shape shape : SHAPES) {
                    List<TestOperand> in = List.of(rig.input(dtype, shape, from, Samples.uniform(-300, 300, 3)));
                    List<TestOperand> out = List.of(rig.output(dtype, shape, to));
                    rig.compile(new Kernel.Copy(dtype)).run(Rig.launch(shape, shape.rank(), in, out));
                    same("copy from " + from + " to " + to, dtype, in.get(0).values(), Rig.readOutputs(in, out)[0]);
                    rig.release();
                }
            }
        }
    }

    private static void same(String what, DType dtype, long[] expected, long[] actual) {
        int at = Arrays.mismatch(expected, actual);
        if (at >= 0) {
            throw new AssertionError(what + " " + dtype + ": wrong value\n  expected " + show(expected[at], dtype)
                    + "\n  given    " + show(actual[at], dtype) + "\n  position " + at + " of " + expected.length);
        }
    }

    private static String show(long value, DType dtype) {
        return dtype.isFloating() ? Double.toString(Double.longBitsToDouble(value)) : Long.toString(value);
    }

    /** A gather or scatter: the space, the axis, and the size of the indexed axis. */
    private record Along(Shape space, int axis, long size) {
        Shape indexed() {
            return space.with(axis, size);
        }

        /** Where in the indexed shape the element lies that belongs to a position of the space. */
        int target(int position, long index) {
            long inner = 1;
            for (int i = axis + 1; i < space.rank(); i++) {
                inner *= space.size(i);
            }
            long outer = position / (inner * space.size(axis));
            return (int) ((outer * size + index) * inner + position % inner);
        }
    }

    private static List<Along> alongs() {
        return List.of(
                new Along(Shape.of(7), 0, 5),
                new Along(Shape.of(33), 0, 100),
                new Along(Shape.of(6, 9), 0, 4),
                new Along(Shape.of(6, 9), 1, 4),
                new Along(Shape.of(10, 33), 0, 3),
                new Along(Shape.of(2, 3, 4, 5), 1, 7),
                new Along(Shape.of(2, 3, 4, 5), 3, 2),
                new Along(Shape.of(0, 4), 0, 3),
                new Along(Shape.of(4, 0), 0, 3),
                new Along(Shape.of(300, 5), 0, 7),
                new Along(Shape.of(1, 1), 0, 1));
    }

    private static Samples indexes(long size, long seed) {
        Random random = new Random(seed);
        return dtype -> random.nextInt((int) size);
    }

    /**
     * Makes the cases of gathers.
     *
     * @return one per type, and those with an index out of range
     */
    public static List<ConformanceCase> gather() {
        List<ConformanceCase> cases = new ArrayList<>();
        for (DType dtype : DType.values()) {
            cases.add(of("gather " + dtype, Kernel.Gather.class, Set.of(), rig -> gather(rig, dtype)));
        }
        cases.add(of("gather index out of range", Kernel.Gather.class, Set.of(), rig -> outOfRange(rig, true)));
        return cases;
    }

    private static void gather(Rig rig, DType dtype) {
        View[] indexViews = {View.CONTIGUOUS, View.ROW, View.COLUMN, View.SCALAR, View.TRANSPOSED, View.REVERSED};
        View[] sourceViews = {View.CONTIGUOUS, View.TRANSPOSED, View.SLICED, View.SCALAR};
        for (DType indexType : List.of(DType.I32, DType.I64)) {
            for (Along along : alongs()) {
                for (View indexView : indexViews) {
                    for (View sourceView : sourceViews) {
                        Samples values = Samples.uniform(-300, 300, 5);
                        List<TestOperand> in = List.of(
                                rig.input(dtype, along.indexed(), sourceView, values),
                                rig.input(indexType, along.space, indexView, indexes(along.size, 9)));
                        List<TestOperand> out = List.of(rig.output(dtype, along.space, View.CONTIGUOUS));
                        rig.compile(new Kernel.Gather(dtype, indexType, along.axis))
                                .run(Rig.launch(along.space, along.space.rank(), in, out));
                        long[] source = in.get(0).values();
                        long[] expected = in.get(1).values();
                        for (int i = 0; i < expected.length; i++) {
                            expected[i] = source[along.target(i, expected[i])];
                        }
                        same("gather " + along + ", index " + indexView, dtype, expected, Rig.readOutputs(in, out)[0]);
                        rig.release();
                    }
                }
            }
        }
    }

    /**
     * Makes the cases of scatters.
     *
     * @return one per type, and those with an index out of range
     */
    public static List<ConformanceCase> scatter() {
        List<ConformanceCase> cases = new ArrayList<>();
        for (DType dtype : List.of(DType.F32, DType.F64, DType.I32, DType.I64)) {
            cases.add(of(
                    "scatter " + dtype,
                    Kernel.Scatter.class,
                    Set.of(dtype),
                    rig -> scatter(rig, dtype, ScatterMode.ADD)));
        }
        for (DType dtype : DType.values()) {
            cases.add(of(
                    "scatter over " + dtype,
                    Kernel.Scatter.class,
                    Set.of(),
                    rig -> scatter(rig, dtype, ScatterMode.SET)));
        }
        cases.add(of(
                "scatter index out of range", Kernel.Scatter.class, Set.of(DType.F32), rig -> outOfRange(rig, false)));
        return cases;
    }

    private static void scatter(Rig rig, DType dtype, ScatterMode mode) {
        View[] indexViews = {View.CONTIGUOUS, View.ROW, View.COLUMN, View.SCALAR, View.TRANSPOSED};
        for (DType indexType : List.of(DType.I32, DType.I64)) {
            for (Along along : alongs()) {
                for (View indexView : indexViews) {
                    for (View sourceView : View.values()) {
                        Kernel.Scatter kernel = new Kernel.Scatter(dtype, indexType, along.axis, mode);
                        scatter(rig, kernel, along, indexView, sourceView);
                    }
                }
            }
        }
    }

    private static void scatter(Rig rig, Kernel.Scatter kernel, Along along, View indexView, View sourceView) {
        DType dtype = kernel.dtype();
        Samples values = Samples.uniform(-300, 300, 5);
        List<TestOperand> in = List.of(
                rig.input(dtype, along.space, sourceView, values),
                rig.input(kernel.indexType(), along.space, indexView, indexes(along.size, 9)));
        List<TestOperand> out = List.of(rig.output(dtype, View.CONTIGUOUS.layout(along.indexed()), values));
        rig.compile(kernel).run(Rig.launch(along.space, along.space.rank(), in, out));
        long[] source = in.get(0).values();
        long[] index = in.get(1).values();
        long[] expected = out.get(0).values();
        for (int i = 0; i < source.length; i++) {
            int at = along.target(i, index[i]);
            if (kernel.mode() == ScatterMode.SET) {
                expected[at] = source[i];
                continue;
            }
            expected[at] = dtype.isFloating()
                    ? Samples.real(Double.longBitsToDouble(expected[at]) + Double.longBitsToDouble(source[i]), dtype)
                    : dtype == DType.I32 ? (int) (expected[at] + source[i]) : expected[at] + source[i];
        }
        same(
                kernel.mode() + " scatter " + along + ", index " + indexView,
                dtype,
                expected,
                Rig.readOutputs(in, out)[0]);
        rig.release();
    }

    /** An index out of range must be refused with its value and the size, and must not write anywhere else. */
    private static void outOfRange(Rig rig, boolean gather) {
        for (DType indexType : List.of(DType.I32, DType.I64)) {
            long far = indexType == DType.I32 ? Integer.MAX_VALUE : 1L << 40;
            for (long wrong : new long[] {-1, 4, -4, 1_000_003, far, -far - 1}) {
                for (int at : new int[] {0, 5, 8, 16, 40}) {
                    Along along = new Along(Shape.of(41), 0, 4);
                    int[] position = {0};
                    Samples samples = _ -> position[0]++ == at ? wrong : position[0] % 4;
                    TestOperand index = rig.input(indexType, along.space, View.CONTIGUOUS, samples);
                    Shape from = gather ? along.indexed() : along.space;
                    TestOperand source = rig.input(DType.F32, from, View.CONTIGUOUS, Samples.uniform(-1, 1, 3));
                    TestOperand out = gather
                            ? rig.output(DType.F32, along.space, View.CONTIGUOUS)
                            : rig.output(DType.F32, View.CONTIGUOUS.layout(along.indexed()), Samples.whole(4, 2));
                    Kernel kernel = gather
                            ? new Kernel.Gather(DType.F32, indexType, 0)
                            : new Kernel.Scatter(DType.F32, indexType, 0);
                    String problem = failure(
                            rig.backend(),
                            () -> rig.compile(kernel)
                                    .run(Rig.launch(along.space, 1, List.of(source, index), List.of(out))));
                    boolean named = problem.contains(Long.toString(wrong)) && problem.contains("4");
                    if (!named) {
                        throw new AssertionError(
                                "index " + wrong + " into size 4: the error must name both\n  given    " + problem);
                    }
                    source.requireUnchanged("source");
                    index.requireUnchanged("index");
                    out.read("output");
                    rig.release();
                }
            }
        }
    }

    /** The message of the error, which an asynchronous backend may raise only when it is waited for. */
    private static String failure(Backend backend, Runnable launch) {
        try {
            launch.run();
            backend.synchronize();
        } catch (InvalidArgument e) {
            return String.valueOf(e.getMessage());
        }
        throw new AssertionError("an index out of range was accepted\n  expected InvalidArgument");
    }
}
