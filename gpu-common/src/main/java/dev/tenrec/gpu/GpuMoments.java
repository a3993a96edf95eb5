package dev.tenrec.gpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import java.util.List;

/** Means and sums of squared deviations, a line per result; both relative to the line's first element. */
final class GpuMoments implements CompiledKernel {

    private final GpuContext context;
    private final Functions functions;
    private final DType dtype;

    GpuMoments(GpuContext context, DType dtype) {
        this.context = context;
        this.functions = new Functions(context);
        this.dtype = dtype;
    }

    @Override
    public void run(Launch launch) {
        List<Layout> layouts = List.of(launch.inputs().get(0).layout());
        Walk kept = Walk.of(launch.space(), layouts, 0, launch.keptRank(), true);
        Walk reduced = Walk.of(
                launch.space(), layouts, launch.keptRank(), launch.space().rank(), true);
        long lines = kept.count();
        if (lines == 0) {
            return;
        }
        int axes = WalkStruct.axesFor(kept.rank() + reduced.rank());
        GpuDevice.Function function = functions.get(axes, "moments", () -> source(axes));
        WalkStruct struct = new WalkStruct("Walk", 1, axes);
        Arguments arguments = context.arguments()
                .buffer(context.memory(launch.outputs().get(0)))
                .buffer(context.memory(launch.outputs().get(1)))
                .buffer(context.memory(launch.inputs().get(0)));
        struct.write(arguments.struct(struct.bytes()), kept.then(reduced), lines);
        arguments.i32(kept.rank()).i32(Math.toIntExact(reduced.count()));
        arguments
                .i64(launch.outputs().get(0).layout().offset())
                .i64(launch.outputs().get(1).layout().offset());
        arguments.i32(Math.toIntExact(lines));
        context.launch("moments", function, LineWriter.grid(context, lines), arguments);
    }

    ProgramSource source(int axes) {
        SourceWriter out = new SourceWriter(context.dialect());
        String type = CTypes.memory(out, dtype);
        WalkStruct struct = new WalkStruct("Walk", 1, axes);
        struct.declare(out);
        LineWriter line = new LineWriter(context, out, dtype);
        line.begin(
                "moments",
                "GLOBAL %1$s *means, GLOBAL %1$s *squares, GLOBAL const %1$s *in, Walk walk, u32 kept_rank, u32 count, i64 means_at, i64 squares_at"
                        .formatted(type));
        out.line("i64 in_at = walk.offset[0];");
        struct.locate(out, "walk", "line", _ -> "in_at", null, "0", "kept_rank");
        String zero = dtype == DType.F64 ? "0.0" : "0.0f";
        out.line("%s first = count > 0 ? in[in_at] : %s;", type, zero);
        out.line("first = first - first == %s ? first : %s;", zero, zero);
        out.line("%s sum = 0;", type);
        line.loop("r", "count");
        element(out, struct);
        out.line("sum += in[at] - first;");
        out.line("}");
        line.all(ReduceOp.SUM, "sum");
        out.line("const %1$s offset = sum / (%1$s)count;", type);
        out.line("%s square = 0;", type);
        out.line("%s rest = 0;", type);
        line.loop("r", "count");
        element(out, struct);
        out.line("const %s d = in[at] - first - offset;", type);
        out.line("square += d * d;");
        out.line("rest += d;");
        out.line("}");
        line.all(ReduceOp.SUM, "square");
        line.all(ReduceOp.SUM, "rest");
        line.once();
        out.line("means[means_at + line] = first + offset;");
        // What the rounded mean leaves over (Chan, Golub and LeVeque 1983, the corrected two-pass algorithm).
        out.line("squares[squares_at + line] = count > 0 ? square - rest * rest / (%s)count : square;", type);
        out.line("}");
        line.end();
        return new ProgramSource("moments", out.text());
    }

    private static void element(SourceWriter out, WalkStruct struct) {
        out.line("i64 at = in_at;");
        struct.locate(out, "walk", "r", _ -> "at", null, "kept_rank", "walk.rank");
    }
}
