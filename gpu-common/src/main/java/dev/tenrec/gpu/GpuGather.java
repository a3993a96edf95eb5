package dev.tenrec.gpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import java.util.List;

/** Gathers, one work item an element, by the size of an element alone. */
final class GpuGather implements CompiledKernel {

    private final GpuContext context;
    private final Functions functions;
    private final Kernel.Gather kernel;

    GpuGather(GpuContext context, Kernel.Gather kernel) {
        this.context = context;
        this.functions = new Functions(context);
        this.kernel = kernel;
    }

    @Override
    public void run(Launch launch) {
        if (launch.space().elementCount() == 0) {
            return;
        }
        Operand source = launch.inputs().get(0);
        Operand index = launch.inputs().get(1);
        Operand output = launch.outputs().get(0);
        Layout from = source.layout();
        long[] strides = from.strides();
        long along = strides[kernel.axis()];
        long size = from.shape().size(kernel.axis());
        strides[kernel.axis()] = 0;
        Layout fixed = Layout.of(launch.space(), strides, from.offset());
        Walk walk = Walk.of(
                launch.space(),
                List.of(fixed, index.layout()),
                0,
                launch.space().rank(),
                true);
        int axes = WalkStruct.axesFor(walk.rank());
        GpuDevice.Function function = functions.get(
                axes,
                "gather",
                () -> source(context.dialect(), context.group(), kernel.dtype().byteSize(), kernel.indexType(), axes));
        WalkStruct struct = new WalkStruct("Walk", 2, axes);
        walk.split(WalkStruct.LIMIT, part -> {
            Arguments arguments = context.arguments()
                    .buffer(context.memory(output))
                    .buffer(context.memory(source))
                    .buffer(context.memory(index))
                    .buffer(context.indexErrors().cell());
            struct.write(arguments.struct(struct.bytes()), part);
            arguments.i64(output.layout().offset()).i64(along).i64(size);
            context.launch("gather", function, Grid.linear(part.count(), context.group()), arguments);
        });
    }

    static ProgramSource source(Dialect dialect, int group, int bytes, DType indexType, int axes) {
        SourceWriter out = new SourceWriter(dialect);
        WalkStruct struct = new WalkStruct("Walk", 2, axes);
        struct.declare(out);
        IndexErrors.declare(out);
        out.line(
                "KERNEL(%1$d, 1) void gather(GLOBAL %2$s *out, GLOBAL const %2$s *in, GLOBAL const %3$s *index,"
                        + " GLOBAL i64 *errors, Walk walk, i64 out_at, i64 along, i64 size) {",
                group, CTypes.raw(bytes), CTypes.memory(out, indexType));
        out.line("const u32 i = GROUP_X * %du + ITEM_X;", group);
        out.line("if (i < walk.count) {");
        struct.locate(out, "walk", "i", k -> k.equals("0") ? "from" : "index_at", true, null);
        out.line("const i64 at = index[index_at];");
        out.line("if (at < 0 || at >= size) {");
        out.line("report(errors, %d, at, size);", IndexErrors.gather());
        out.line("} else {");
        out.line("out[out_at + walk.first + i] = in[from + at * along];");
        out.line("}");
        out.line("}");
        out.line("}");
        return new ProgramSource("gather", out.text());
    }
}
