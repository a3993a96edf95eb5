package dev.tenrec.gpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import java.util.LinkedHashMap;
import java.util.Map;

/** Softmax, its logarithm, and their gradients: one line at a time, read anew for each of its passes. */
final class GpuSoftmax implements CompiledKernel {

    private final GpuContext context;
    private final Functions functions;
    private final DType dtype;
    private final boolean log;
    private final boolean gradient;

    GpuSoftmax(GpuContext context, DType dtype, boolean log, boolean gradient) {
        this.context = context;
        this.functions = new Functions(context);
        this.dtype = dtype;
        this.log = log;
        this.gradient = gradient;
    }

    @Override
    public void run(Launch launch) {
        if (launch.space().elementCount() == 0) {
            return;
        }
        GpuDevice.Function function = functions.get("softmax", this::source);
        long lines = launch.space().size(0) * launch.space().size(2);
        LongStruct sizes = new LongStruct("Sizes")
                .with("n", launch.space().size(1))
                .with("inner", launch.space().size(2))
                .with("out_at", launch.outputs().get(0).layout().offset());
        Arguments arguments = context.arguments()
                .buffer(context.memory(launch.outputs().get(0)))
                .buffer(context.memory(launch.inputs().get(0)));
        strides(sizes, "in", launch.inputs().get(0).layout());
        if (gradient) {
            arguments.buffer(context.memory(launch.inputs().get(1)));
            strides(sizes, "g", launch.inputs().get(1).layout());
        }
        sizes.write(arguments.struct(sizes.bytes()));
        arguments.i32(Math.toIntExact(lines));
        context.launch("softmax", function, LineWriter.grid(context, lines), arguments);
    }

    private static void strides(LongStruct sizes, String name, Layout layout) {
        sizes.withAll(name, layout.offset(), layout.stride(0), layout.stride(1), layout.stride(2));
    }

    ProgramSource source() {
        SourceWriter out = new SourceWriter(context.dialect());
        String type = CTypes.memory(out, dtype);
        Map<String, Integer> fields = new LinkedHashMap<>();
        fields.put("n", 0);
        fields.put("inner", 0);
        fields.put("out_at", 0);
        fields.put("in", 4);
        if (gradient) {
            fields.put("g", 4);
        }
        LongStruct.declare(out, "Sizes", fields);
        if (!gradient || log) {
            LineWriter.function(out, "exp_of", ScalarOp.EXP, dtype, context.lowered());
        }
        if (!gradient && log) {
            LineWriter.function(out, "log_of", ScalarOp.LOG, dtype, context.lowered());
        }
        LineWriter line = new LineWriter(context, out, dtype);
        line.begin(
                "softmax",
                "GLOBAL %1$s *out, GLOBAL const %1$s *in, %2$sSizes s"
                        .formatted(type, gradient ? "GLOBAL const " + type + " *g, " : ""));
        out.line("const i64 o = line / s.inner;");
        out.line("const i64 k = line % s.inner;");
        out.line("const i64 out_at = s.out_at + o * s.n * s.inner + k;");
        out.line("const i64 in_at = s.in[0] + o * s.in[1] + k * s.in[3];");
        if (gradient) {
            out.line("const i64 g_at = s.g[0] + o * s.g[1] + k * s.g[3];");
            gradient(out, line, type);
        } else {
            forward(out, line, type);
        }
        line.end();
        return new ProgramSource("softmax", out.text());
    }

    private void forward(SourceWriter out, LineWriter line, String type) {
        Folding largest = new Folding(ReduceOp.MAX, dtype);
        out.line("%s most = %s;", type, largest.neutral(out));
        line.loop("j", "s.n");
        out.line("const %s x = in[in_at + j * s.in[2]];", type);
        largest.combine(out, "most", "", "x", "");
        out.line("}");
        line.all(ReduceOp.MAX, "most");
        out.line("%s sum = 0;", type);
        line.loop("j", "s.n");
        out.line("sum += exp_of(in[in_at + j * s.in[2]] - most);");
        out.line("}");
        line.all(ReduceOp.SUM, "sum");
        if (log) {
            out.line("sum = log_of(sum);");
        }
        line.loop("j", "s.n");
        out.line("const %s x = in[in_at + j * s.in[2]] - most;", type);
        out.line("out[out_at + j * s.inner] = %s;", log ? "x - sum" : "exp_of(x) / sum");
        out.line("}");
    }

    private void gradient(SourceWriter out, LineWriter line, String type) {
        out.line("%s sum = 0;", type);
        line.loop("j", "s.n");
        out.line("sum += g[g_at + j * s.g[2]]%s;", log ? "" : " * in[in_at + j * s.in[2]]");
        out.line("}");
        line.all(ReduceOp.SUM, "sum");
        line.loop("j", "s.n");
        out.line("const %s y = in[in_at + j * s.in[2]];", type);
        out.line("const %s up = g[g_at + j * s.g[2]];", type);
        out.line("out[out_at + j * s.inner] = %s;", log ? "up - exp_of(y) * sum" : "y * (up - sum)");
        out.line("}");
    }
}
