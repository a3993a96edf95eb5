package dev.tenrec.gpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.ClassReduction;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import java.util.LinkedHashMap;
import java.util.Map;

/** The gradient of cross entropy by the scores, a line per example. */
final class GpuCrossEntropyGradient implements CompiledKernel {

    private final GpuContext context;
    private final Functions functions;
    private final Kernel.CrossEntropy kernel;
    private final DType dtype;

    GpuCrossEntropyGradient(GpuContext context, Kernel.CrossEntropyGradient kernel) {
        this.context = context;
        this.functions = new Functions(context);
        this.kernel = kernel.forward();
        this.dtype = this.kernel.dtype();
    }

    @Override
    public void run(Launch launch) {
        long examples = launch.space().size(0);
        if (launch.space().elementCount() == 0) {
            return;
        }
        GpuDevice.Function function = functions.get("slopes", this::source);
        Arguments arguments =
                context.arguments().buffer(context.memory(launch.outputs().get(0)));
        launch.inputs().forEach(input -> arguments.buffer(context.memory(input)));
        Layout x = launch.inputs().get(0).layout();
        Layout labels = launch.inputs().get(1).layout();
        Layout statistics = launch.inputs().get(2).layout();
        Layout g = launch.inputs().get(4).layout();
        LongStruct sizes = new LongStruct("Sizes")
                .with("classes", launch.space().size(1))
                .with("out_at", launch.outputs().get(0).layout().offset())
                .withAll("x", x.offset(), x.stride(0), x.stride(1))
                .withAll("y", labels.offset(), labels.stride(0))
                .withAll("t", statistics.offset(), statistics.stride(0), statistics.stride(1))
                .with("divisor_at", launch.inputs().get(3).layout().offset())
                .withAll("g", g.offset(), kernel.reduction() == ClassReduction.NONE ? g.stride(0) : 0)
                .with("ignored", launch.params()[1]);
        if (kernel.weighted()) {
            Layout w = launch.inputs().get(5).layout();
            sizes.withAll("w", w.offset(), w.stride(0));
        }
        sizes.write(arguments.struct(sizes.bytes()));
        double smoothing = Double.longBitsToDouble(launch.params()[0]);
        if (dtype == DType.F64) {
            arguments.f64(smoothing);
        } else {
            arguments.f32((float) smoothing);
        }
        arguments.i32(Math.toIntExact(examples));
        context.launch("cross entropy gradient", function, LineWriter.grid(context, examples), arguments);
    }

    ProgramSource source() {
        SourceWriter out = new SourceWriter(context.dialect());
        String type = CTypes.memory(out, dtype);
        Map<String, Integer> fields = new LinkedHashMap<>();
        fields.put("classes", 0);
        fields.put("out_at", 0);
        fields.put("x", 3);
        fields.put("y", 2);
        fields.put("t", 3);
        fields.put("divisor_at", 0);
        fields.put("g", 2);
        fields.put("ignored", 0);
        if (kernel.weighted()) {
            fields.put("w", 2);
        }
        LongStruct.declare(out, "Sizes", fields);
        LineWriter.function(out, "exp_of", ScalarOp.EXP, dtype, context.lowered());
        LineWriter line = new LineWriter(context, out, dtype);
        line.begin(
                "slopes",
                "GLOBAL %1$s *out, GLOBAL const %1$s *x, GLOBAL const %2$s *labels, GLOBAL const %1$s *statistics, GLOBAL const %1$s *divisor, GLOBAL const %1$s *g, %3$sSizes s, %1$s smoothing"
                        .formatted(
                                type,
                                CTypes.memory(out, kernel.labelType()),
                                kernel.weighted() ? "GLOBAL const " + type + " *w, " : ""));
        String one = dtype == DType.F64 ? "1.0" : "1.0f";
        out.line("%s all = 0;", type);
        if (kernel.weighted()) {
            line.loop("c", "s.classes");
            out.line("all += w[s.w[0] + c * s.w[1]];");
            out.line("}");
            line.all(ReduceOp.SUM, "all");
        } else {
            out.line("all = (%s)s.classes;", type);
        }
        out.line("const i64 label = labels[s.y[0] + line * s.y[1]];");
        // Labels were checked with the loss; what came to be out of range since must not be read with.
        out.line(
                "const int counts = label >= 0 && label < s.classes%s;",
                kernel.ignores() ? " && label != s.ignored" : "");
        out.line("const %s up = g[s.g[0] + line * s.g[1]] / divisor[s.divisor_at];", type);
        out.line("const %s most = statistics[s.t[0] + line * s.t[1]];", type);
        out.line("const %s log_sum = statistics[s.t[0] + line * s.t[1] + s.t[2]];", type);
        String weightOfLabel = kernel.weighted() ? "w[s.w[0] + label * s.w[1]]" : one;
        out.line("const %s hit = counts ? (1 - smoothing) * %s : 0;", type, weightOfLabel);
        line.loop("c", "s.classes");
        out.line("const %s p = exp_of(x[s.x[0] + line * s.x[1] + c * s.x[2]] - most - log_sum);", type);
        String weight = kernel.weighted() ? "w[s.w[0] + c * s.w[1]]" : one;
        out.line("const %1$s spread = smoothing / (%1$s)s.classes * (p * all - %2$s);", type, weight);
        out.line("const %s slope = hit * (p - (c == label ? 1 : 0)) + spread;", type);
        out.line("out[s.out_at + line * s.classes + c] = counts ? up * slope : 0;");
        out.line("}");
        line.end();
        return new ProgramSource("cross entropy gradient", out.text());
    }
}
