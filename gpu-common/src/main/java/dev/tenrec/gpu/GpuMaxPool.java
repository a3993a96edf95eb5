package dev.tenrec.gpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Max pooling and its gradient. The gradient first counts, for each window, the elements that equal its result; then each
 * element adds up its shares of the windows it lies in, in their order.
 */
final class GpuMaxPool implements CompiledKernel {

    private final GpuContext context;
    private final Functions functions;
    private final DType dtype;
    private final int axes;
    private final boolean gradient;

    GpuMaxPool(GpuContext context, DType dtype, int axes, boolean gradient) {
        this.context = context;
        this.functions = new Functions(context);
        this.dtype = dtype;
        this.axes = axes;
        this.gradient = gradient;
    }

    @Override
    public void run(Launch launch) {
        if (launch.space().elementCount() == 0) {
            return;
        }
        if (!gradient) {
            windows(
                    launch,
                    context.memory(launch.outputs().get(0)),
                    launch.outputs().get(0).layout().offset(),
                    launch.space());
            return;
        }
        Shape y = launch.inputs().get(1).layout().shape();
        GpuDevice.Memory hits = context.scratch().take(Math.max(1, y.elementCount()) * dtype.byteSize());
        try {
            if (y.elementCount() > 0) {
                windows(launch, hits, 0, y);
            }
            Arguments arguments = context.arguments()
                    .buffer(context.memory(launch.outputs().get(0)))
                    .buffer(hits);
            launch.inputs().forEach(input -> arguments.buffer(context.memory(input)));
            LongStruct sizes = sizes(launch, y, launch.outputs().get(0).layout().offset());
            sizes.write(arguments.struct(sizes.bytes()));
            long count = launch.space().elementCount();
            arguments.i32(Math.toIntExact(count));
            GpuDevice.Function function = functions.get("shares", this::shareSource);
            context.launch("max pool gradient", function, Grid.linear(count, group()), arguments);
        } finally {
            context.scratch().give(hits);
        }
    }

    private int group() {
        return Math.min(64, context.group());
    }

    private void windows(Launch launch, GpuDevice.Memory target, long targetAt, Shape y) {
        Arguments arguments = context.arguments().buffer(target);
        arguments.buffer(context.memory(launch.inputs().get(0)));
        if (gradient) {
            arguments.buffer(context.memory(launch.inputs().get(1)));
        }
        LongStruct sizes = sizes(launch, y, targetAt);
        sizes.write(arguments.struct(sizes.bytes()));
        arguments.i32(Math.toIntExact(y.elementCount()));
        GpuDevice.Function function = functions.get("windows", this::windowSource);
        context.launch("max pool", function, Grid.linear(y.elementCount(), group()), arguments);
    }

    private LongStruct sizes(Launch launch, Shape y, long outAt) {
        long[] params = launch.params();
        Operand x = launch.inputs().get(0);
        LongStruct sizes = new LongStruct("Sizes")
                .withAll("x_size", x.layout().shape().sizes())
                .withAll("y_size", y.sizes())
                .withAll("window", Arrays.copyOf(params, axes))
                .withAll("stride", Arrays.copyOfRange(params, axes, 2 * axes))
                .withAll("dilation", Arrays.copyOfRange(params, 2 * axes, 3 * axes))
                .with("out_at", outAt)
                .withAll("x", place(x.layout()));
        if (gradient) {
            sizes.withAll("y", place(launch.inputs().get(1).layout()));
            sizes.withAll("g", place(launch.inputs().get(2).layout()));
        }
        return sizes;
    }

    /** Offset and strides. */
    private static long[] place(Layout layout) {
        long[] strides = layout.strides();
        long[] all = new long[strides.length + 1];
        all[0] = layout.offset();
        System.arraycopy(strides, 0, all, 1, strides.length);
        return all;
    }

    private void declare(SourceWriter out) {
        Map<String, Integer> fields = new LinkedHashMap<>();
        fields.put("x_size", axes + 1);
        fields.put("y_size", axes + 1);
        fields.put("window", axes);
        fields.put("stride", axes);
        fields.put("dilation", axes);
        fields.put("out_at", 0);
        fields.put("x", axes + 2);
        if (gradient) {
            fields.put("y", axes + 2);
            fields.put("g", axes + 2);
        }
        LongStruct.declare(out, "Sizes", fields);
    }

    /** Writes what splits {@code i} into an index along each axis of a shape. */
    private void split(SourceWriter out, String size, String index) {
        out.line("u32 rest = i;");
        for (int d = axes; d >= 0; d--) {
            out.line("const i64 %s%d = %s;", index, d, d == 0 ? "rest" : "rest %% (u32)s.%s[%d]".formatted(size, d));
            if (d > 0) {
                out.line("rest /= (u32)s.%s[%d];", size, d);
            }
        }
    }

    private void place(SourceWriter out, String name, String index) {
        out.line("i64 %s_at = s.%s[0];", name, name);
        for (int d = 0; d <= axes; d++) {
            out.line("%1$s_at += %2$s%3$d * s.%1$s[%4$d];", name, index, d, d + 1);
        }
    }

    private ProgramSource windowSource() {
        SourceWriter out = new SourceWriter(context.dialect());
        String type = CTypes.memory(out, dtype);
        declare(out);
        out.line(
                "KERNEL(%1$d, 1) void windows(GLOBAL %2$s *out, GLOBAL const %2$s *x, %3$sSizes s, u32 count) {",
                group(), type, gradient ? "GLOBAL const " + type + " *y, " : "");
        out.line("const u32 i = GROUP_X * %du + ITEM_X;", group());
        out.line("if (i < count) {");
        split(out, "y_size", "p");
        out.line("i64 x_at = s.x[0] + p0 * s.x[1];");
        for (int d = 1; d <= axes; d++) {
            out.line("x_at += p%1$d * s.stride[%2$d] * s.x[%3$d];", d, d - 1, d + 1);
        }
        Folding largest = new Folding(dev.tenrec.ir.ReduceOp.MAX, dtype);
        if (gradient) {
            place(out, "y", "p");
            out.line("const %s most = y[y_at];", type);
            out.line("%s hits = 0;", type);
        } else {
            out.line("%s most = %s;", type, largest.neutral(out));
        }
        StringBuilder at = new StringBuilder("x_at");
        for (int d = 1; d <= axes; d++) {
            out.line("for (i64 k%1$d = 0; k%1$d < s.window[%2$d]; k%1$d++) {", d, d - 1);
            at.append(" + k%1$d * s.dilation[%2$d] * s.x[%3$d]".formatted(d, d - 1, d + 1));
        }
        out.line("const %s value = x[%s];", type, at);
        if (gradient) {
            out.line("hits += value == most ? 1 : 0;");
        } else {
            largest.combine(out, "most", "", "value", "");
        }
        for (int d = 1; d <= axes; d++) {
            out.line("}");
        }
        out.line("out[s.out_at + i] = %s;", gradient ? "hits" : "most");
        out.line("}");
        out.line("}");
        if (gradient) {
            // The scratch memory of this pass begins at 0; the field is the other pass's.
            return new ProgramSource("max pool gradient", out.text());
        }
        return new ProgramSource("max pool", out.text());
    }

    private ProgramSource shareSource() {
        SourceWriter out = new SourceWriter(context.dialect());
        String type = CTypes.memory(out, dtype);
        declare(out);
        out.line(
                "KERNEL(%1$d, 1) void shares(GLOBAL %2$s *out, GLOBAL const %2$s *hits, GLOBAL const %2$s *x,"
                        + " GLOBAL const %2$s *y, GLOBAL const %2$s *g, Sizes s, u32 count) {",
                group(), type);
        out.line("const u32 i = GROUP_X * %du + ITEM_X;", group());
        out.line("if (i < count) {");
        split(out, "x_size", "i");
        place(out, "x", "i");
        out.line("const %s value = x[x_at];", type);
        out.line("%s sum = 0;", type);
        out.line("const i64 p0 = i0;");
        for (int d = 1; d <= axes; d++) {
            out.line("for (i64 k%1$d = s.window[%2$d] - 1; k%1$d >= 0; k%1$d--) {", d, d - 1);
            out.line("const i64 from%1$d = i%1$d - k%1$d * s.dilation[%2$d];", d, d - 1);
            out.line("const i64 p%1$d = from%1$d / s.stride[%2$d];", d, d - 1);
            out.line("if (from%1$d >= 0 && p%1$d * s.stride[%2$d] == from%1$d && p%1$d < s.y_size[%1$d]) {", d, d - 1);
        }
        place(out, "y", "p");
        place(out, "g", "p");
        StringBuilder at = new StringBuilder("p0");
        for (int d = 1; d <= axes; d++) {
            at.insert(0, "(").append(") * s.y_size[%d] + p%d".formatted(d, d));
        }
        out.line("const %s n = hits[%s];", type, at);
        out.line(
                "sum += n == 0 ? %s : value == y[y_at] ? g[g_at] / n : 0;",
                CTypes.constant(out, dtype, Double.doubleToRawLongBits(Double.NaN)));
        for (int d = 1; d <= axes; d++) {
            out.line("}");
            out.line("}");
        }
        out.line("out[s.out_at + i] = sum;");
        out.line("}");
        out.line("}");
        return new ProgramSource("max pool gradient", out.text());
    }
}
