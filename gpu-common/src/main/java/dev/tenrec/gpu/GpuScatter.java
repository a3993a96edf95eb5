package dev.tenrec.gpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.ir.ScatterMode;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.List;

/**
 * Scatters without atomics. An element of the output gets values from one line of the source along the axis only, so a
 * work item walks a line in its order, and no two write the same element. Where there are few lines, several items walk
 * the same line and each writes a part of the indexes. Bits depend on neither.
 */
final class GpuScatter implements CompiledKernel {

    private static final long WANTED_CPU = 64;
    private static final long WANTED_GPU = 16384;
    private static final long MOST_SHARES = 256;

    private final GpuContext context;
    private final Functions functions;
    private final Kernel.Scatter kernel;

    GpuScatter(GpuContext context, Kernel.Scatter kernel) {
        if (kernel.mode() == ScatterMode.ADD && !ScalarOp.ADD.accepts(kernel.dtype())) {
            throw new KernelCompile(Message.of("scatter", "element type cannot be added")
                    .line("expected", "F32, F64, I32 or I64")
                    .line("given", kernel.dtype())
                    .hint("cast first")
                    .toString());
        }
        this.context = context;
        this.functions = new Functions(context);
        this.kernel = kernel;
    }

    @Override
    public void run(Launch launch) {
        Shape space = launch.space();
        if (space.elementCount() == 0) {
            return;
        }
        int axis = kernel.axis();
        Operand source = launch.inputs().get(0);
        Operand index = launch.inputs().get(1);
        Operand output = launch.outputs().get(0);
        Shape lanes = space.without(axis);
        List<Layout> layouts = List.of(
                drop(source.layout(), lanes, axis),
                drop(index.layout(), lanes, axis),
                drop(output.layout(), lanes, axis));
        Walk walk = Walk.of(lanes, layouts, 0, lanes.rank(), true);
        int axes = WalkStruct.axesFor(walk.rank());
        int group = Math.min(64, context.group());
        GpuDevice.Function function = functions.get(
                axes,
                "scatter",
                () -> source(context.dialect(), group, kernel.dtype(), kernel.indexType(), kernel.mode(), axes));
        long wanted = context.prefersGroups() ? WANTED_GPU : WANTED_CPU;
        long shares = Long.highestOneBit(Math.clamp(wanted / walk.count(), 1, MOST_SHARES));
        WalkStruct struct = new WalkStruct("Walk", 3, axes);
        walk.split(WalkStruct.LIMIT / shares, part -> {
            Arguments arguments = context.arguments()
                    .buffer(context.memory(output))
                    .buffer(context.memory(source))
                    .buffer(context.memory(index))
                    .buffer(context.indexErrors().cell());
            struct.write(arguments.struct(struct.bytes()), part, part.count() * shares);
            arguments.i32((int) part.count()).i64(shares - 1);
            arguments.i64(space.size(axis)).i64(output.layout().shape().size(axis));
            arguments
                    .i64(source.layout().stride(axis))
                    .i64(index.layout().stride(axis))
                    .i64(output.layout().stride(axis));
            context.launch("scatter", function, Grid.linear(part.count() * shares, group), arguments);
        });
    }

    /** A layout without one of its axes. */
    private static Layout drop(Layout layout, Shape shape, int axis) {
        long[] strides = new long[shape.rank()];
        for (int i = 0; i < strides.length; i++) {
            strides[i] = layout.stride(i < axis ? i : i + 1);
        }
        return Layout.of(shape, strides, layout.offset());
    }

    static ProgramSource source(Dialect dialect, int group, DType dtype, DType indexType, ScatterMode mode, int axes) {
        SourceWriter out = new SourceWriter(dialect);
        WalkStruct struct = new WalkStruct("Walk", 3, axes);
        struct.declare(out);
        IndexErrors.declare(out);
        boolean adds = mode == ScatterMode.ADD;
        String type = adds && dtype.isFloating() ? CTypes.memory(out, dtype) : CTypes.raw(dtype.byteSize());
        out.line(
                "KERNEL(%1$d, 1) void scatter(GLOBAL %2$s *out, GLOBAL const %2$s *in, GLOBAL const %3$s *index,"
                        + " GLOBAL i64 *errors, Walk walk, u32 lanes, i64 shares, i64 length, i64 size,"
                        + " i64 in_along, i64 index_along, i64 out_along) {",
                group, type, CTypes.memory(out, indexType));
        out.line("const u32 i = GROUP_X * %du + ITEM_X;", group);
        out.line("if (i < walk.count) {");
        out.line("const u32 share = i / lanes;");
        out.line("const u32 lane = i - share * lanes;");
        struct.locate(
                out,
                "walk",
                "lane",
                k -> switch (k) {
                    case "0" -> "from";
                    case "1" -> "index_at";
                    default -> "to";
                },
                true,
                null);
        out.line("for (i64 p = 0; p < length; p++) {");
        out.line("const i64 at = index[index_at + p * index_along];");
        out.line("if (at < 0 || at >= size) {");
        out.line("report(errors, %d, at, size);", IndexErrors.scatter());
        out.line("} else if ((at & shares) == share) {");
        out.line("out[to + at * out_along] %s in[from + p * in_along];", adds ? "+=" : "=");
        out.line("}");
        out.line("}");
        out.line("}");
        out.line("}");
        return new ProgramSource("scatter", out.text());
    }
}
