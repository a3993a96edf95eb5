package dev.tenrec.gpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Kernel;
import java.util.List;

/** Copies between layouts, by the size of an element alone. */
final class GpuCopy implements CompiledKernel {

    private final GpuContext context;
    private final Functions functions;
    private final int bytes;

    GpuCopy(GpuContext context, Kernel.Copy kernel) {
        this.context = context;
        this.functions = new Functions(context);
        this.bytes = kernel.dtype().byteSize();
    }

    @Override
    public void run(Launch launch) {
        if (launch.space().elementCount() == 0) {
            return;
        }
        Operand source = launch.inputs().get(0);
        Operand target = launch.outputs().get(0);
        GpuDevice.Memory from = context.memory(source);
        GpuDevice.Memory to = context.memory(target);
        if (from != to && source.layout().isContiguous() && target.layout().isContiguous()) {
            context.guard(() -> {
                context.gpu()
                        .copy(
                                from,
                                source.layout().offset() * bytes,
                                to,
                                target.layout().offset() * bytes,
                                launch.space().elementCount() * bytes);
                return null;
            });
            return;
        }
        Walk walk = Walk.of(
                launch.space(),
                List.of(target.layout(), source.layout()),
                0,
                launch.space().rank(),
                true);
        int axes = WalkStruct.axesFor(walk.rank());
        GpuDevice.Function function =
                functions.get(axes, "copy", () -> source(context.dialect(), context.group(), bytes, axes));
        WalkStruct struct = new WalkStruct("Walk", 2, axes);
        walk.split(WalkStruct.LIMIT, part -> {
            Arguments arguments = context.arguments().buffer(to).buffer(from);
            struct.write(arguments.struct(struct.bytes()), part);
            context.launch("copy", function, Grid.linear(part.count(), context.group()), arguments);
        });
    }

    static ProgramSource source(Dialect dialect, int group, int bytes, int axes) {
        SourceWriter out = new SourceWriter(dialect);
        WalkStruct struct = new WalkStruct("Walk", 2, axes);
        struct.declare(out);
        String type = CTypes.raw(bytes);
        out.line("KERNEL(%d, 1) void copy(GLOBAL %s *out, GLOBAL const %s *in, Walk walk) {", group, type, type);
        out.line("const u32 i = GROUP_X * %du + ITEM_X;", group);
        out.line("if (i < walk.count) {");
        struct.locate(out, "walk", "i", k -> k.equals("0") ? "to" : "from", true, null);
        out.line("out[to] = in[from];");
        out.line("}");
        out.line("}");
        return new ProgramSource("copy", out.text());
    }
}
