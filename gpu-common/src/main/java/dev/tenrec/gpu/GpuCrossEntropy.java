package dev.tenrec.gpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.ClassReduction;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import java.util.LinkedHashMap;
import java.util.Map;

/** Cross entropy from labels: a line per example, then one line over the examples' losses where they are reduced. */
final class GpuCrossEntropy implements CompiledKernel {

    private final GpuContext context;
    private final Functions functions;
    private final Kernel.CrossEntropy kernel;
    private final DType dtype;

    GpuCrossEntropy(GpuContext context, Kernel.CrossEntropy kernel) {
        this.context = context;
        this.functions = new Functions(context);
        this.kernel = kernel;
        this.dtype = kernel.dtype();
    }

    @Override
    public void run(Launch launch) {
        long examples = launch.space().size(0);
        boolean reduced = kernel.reduction() != ClassReduction.NONE;
        Operand loss = launch.outputs().get(0);
        long bytes = Math.max(1, examples) * dtype.byteSize();
        GpuDevice.Memory losses = reduced ? context.scratch().take(bytes) : context.memory(loss);
        GpuDevice.Memory weights = reduced ? context.scratch().take(bytes) : losses;
        try {
            if (examples > 0) {
                rows(launch, examples, losses, reduced ? 0 : loss.layout().offset(), weights);
            }
            total(launch, examples, losses, weights);
        } finally {
            if (reduced) {
                context.scratch().give(losses);
                context.scratch().give(weights);
            }
        }
    }

    private void rows(Launch launch, long examples, GpuDevice.Memory losses, long lossesAt, GpuDevice.Memory weights) {
        GpuDevice.Function function = functions.get("rows", this::rowSource);
        Layout x = launch.inputs().get(0).layout();
        Layout labels = launch.inputs().get(1).layout();
        Arguments arguments = context.arguments()
                .buffer(losses)
                .buffer(weights)
                .buffer(context.memory(launch.outputs().get(1)))
                .buffer(context.memory(launch.inputs().get(0)))
                .buffer(context.memory(launch.inputs().get(1)))
                .buffer(context.indexErrors().cell());
        LongStruct sizes = new LongStruct("Sizes")
                .with("classes", launch.space().size(1))
                .withAll("x", x.offset(), x.stride(0), x.stride(1))
                .withAll("y", labels.offset(), labels.stride(0))
                .with("losses_at", lossesAt)
                .with("statistics_at", launch.outputs().get(1).layout().offset())
                .with("ignored", launch.params()[1]);
        if (kernel.weighted()) {
            Layout w = launch.inputs().get(2).layout();
            arguments.buffer(context.memory(launch.inputs().get(2)));
            sizes.withAll("w", w.offset(), w.stride(0));
        }
        sizes.write(arguments.struct(sizes.bytes()));
        real(arguments, Double.longBitsToDouble(launch.params()[0]));
        arguments.i32(Math.toIntExact(examples));
        context.launch("cross entropy", function, LineWriter.grid(context, examples), arguments);
    }

    private void real(Arguments arguments, double value) {
        if (dtype == DType.F64) {
            arguments.f64(value);
        } else {
            arguments.f32((float) value);
        }
    }

    private void total(Launch launch, long examples, GpuDevice.Memory losses, GpuDevice.Memory weights) {
        GpuDevice.Function function = functions.get("total", this::totalSource);
        Operand loss = launch.outputs().get(0);
        Operand divisor = launch.outputs().get(2);
        Arguments arguments = context.arguments()
                .buffer(context.memory(loss))
                .buffer(context.memory(divisor))
                .buffer(losses)
                .buffer(weights)
                .i64(loss.layout().offset())
                .i64(divisor.layout().offset())
                .i32(Math.toIntExact(examples))
                .i32(1);
        context.launch("cross entropy", function, LineWriter.grid(context, 1), arguments);
    }

    /** The fields of the sizes that a row needs, in the order in which they are written. */
    static Map<String, Integer> fields(boolean weighted) {
        Map<String, Integer> fields = new LinkedHashMap<>();
        fields.put("classes", 0);
        fields.put("x", 3);
        fields.put("y", 2);
        fields.put("losses_at", 0);
        fields.put("statistics_at", 0);
        fields.put("ignored", 0);
        if (weighted) {
            fields.put("w", 2);
        }
        return fields;
    }

    ProgramSource rowSource() {
        SourceWriter out = new SourceWriter(context.dialect());
        String type = CTypes.memory(out, dtype);
        LongStruct.declare(out, "Sizes", fields(kernel.weighted()));
        IndexErrors.declare(out);
        LineWriter.function(out, "exp_of", ScalarOp.EXP, dtype, context.lowered());
        LineWriter.function(out, "log_of", ScalarOp.LOG, dtype, context.lowered());
        LineWriter line = new LineWriter(context, out, dtype);
        line.begin(
                "rows",
                "GLOBAL %1$s *losses, GLOBAL %1$s *weights, GLOBAL %1$s *statistics, GLOBAL const %1$s *x, GLOBAL const %2$s *labels, GLOBAL i64 *errors, %3$sSizes s, %1$s smoothing"
                        .formatted(
                                type,
                                CTypes.memory(out, kernel.labelType()),
                                kernel.weighted() ? "GLOBAL const " + type + " *w, " : ""));
        out.line("const i64 x_at = s.x[0] + line * s.x[1];");
        Folding largest = new Folding(ReduceOp.MAX, dtype);
        out.line("%s most = %s;", type, largest.neutral(out));
        line.loop("c", "s.classes");
        out.line("const %s score = x[x_at + c * s.x[2]];", type);
        largest.combine(out, "most", "", "score", "");
        out.line("}");
        line.all(ReduceOp.MAX, "most");
        out.line("%s sum = 0;", type);
        line.loop("c", "s.classes");
        out.line("sum += exp_of(x[x_at + c * s.x[2]] - most);");
        out.line("}");
        line.all(ReduceOp.SUM, "sum");
        out.line("const %s log_sum = log_of(sum);", type);
        out.line("%s all = 0;", type);
        line.loop("c", "s.classes");
        out.line("all += %s(log_sum - (x[x_at + c * s.x[2]] - most));", weight("c") + " * ");
        out.line("}");
        line.all(ReduceOp.SUM, "all");
        line.once();
        out.line("const i64 label = labels[s.y[0] + line * s.y[1]];");
        out.line("%s loss = 0;", type);
        out.line("%s counted = 0;", type);
        out.line(kernel.ignores() ? "if (label != s.ignored) {" : "{");
        out.line("if (label < 0 || label >= s.classes) {");
        out.line("report(errors, %d, label, s.classes);", IndexErrors.crossEntropy());
        out.line("} else {");
        out.line("counted = %s;", weight("label"));
        out.line("if (smoothing < 1) {");
        out.line("loss += (1 - smoothing) * (counted * (log_sum - (x[x_at + label * s.x[2]] - most)));");
        out.line("}");
        out.line("if (smoothing > 0) {");
        out.line("loss += smoothing * (all / (%s)s.classes);", type);
        out.line("}");
        out.line("}");
        out.line("}");
        out.line("statistics[s.statistics_at + 2 * (i64)line] = most;");
        out.line("statistics[s.statistics_at + 2 * (i64)line + 1] = log_sum;");
        if (kernel.reduction() != ClassReduction.NONE) {
            out.line("weights[line] = counted;");
        }
        out.line("losses[s.losses_at + line] = loss;");
        out.line("}");
        line.end();
        return new ProgramSource("cross entropy", out.text());
    }

    private String weight(String label) {
        return kernel.weighted() ? "w[s.w[0] + %s * s.w[1]]".formatted(label) : dtype == DType.F64 ? "1.0" : "1.0f";
    }

    ProgramSource totalSource() {
        SourceWriter out = new SourceWriter(context.dialect());
        String type = CTypes.memory(out, dtype);
        LineWriter line = new LineWriter(context, out, dtype);
        line.begin(
                "total",
                "GLOBAL %1$s *loss, GLOBAL %1$s *divisor, GLOBAL const %1$s *losses, GLOBAL const %1$s *weights, i64 loss_at, i64 divisor_at, u32 examples"
                        .formatted(type));
        if (kernel.reduction() == ClassReduction.NONE) {
            line.once();
            out.line("divisor[divisor_at] = 1;");
            out.line("}");
        } else {
            out.line("%s sum = 0;", type);
            out.line("%s counted = 0;", type);
            line.loop("i", "examples");
            out.line("sum += losses[i];");
            out.line("counted += weights[i];");
            out.line("}");
            line.all(ReduceOp.SUM, "sum");
            line.all(ReduceOp.SUM, "counted");
            line.once();
            boolean mean = kernel.reduction() == ClassReduction.MEAN;
            out.line("loss[loss_at] = %s;", mean ? "sum / counted" : "sum");
            out.line("divisor[divisor_at] = %s;", mean ? "counted" : "1");
            out.line("}");
        }
        line.end();
        return new ProgramSource("cross entropy", out.text());
    }
}
