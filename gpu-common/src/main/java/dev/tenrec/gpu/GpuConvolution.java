package dev.tenrec.gpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.Kernel.ConvolutionPass;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Convolutions and their gradients as products whose matrices are never stored: a tile's elements are read from where
 * the image or the filter has them. The depth of the gradient by the weight, all places of all examples, is cut into
 * chunks whose sums are added in their order.
 */
final class GpuConvolution implements CompiledKernel {

    private static final long CHUNK = 2048;
    private static final long MOST_CHUNKS = 64;

    private final GpuContext context;
    private final Functions functions;
    private final Kernel.Convolution kernel;
    private final DType dtype;
    private final int axes;
    private final TileWriter.Size tiles;

    GpuConvolution(GpuContext context, Kernel.Convolution kernel) {
        if (kernel.dtype() != DType.F32 && kernel.dtype() != DType.F64) {
            throw new KernelCompile(Message.of("convolution", "element type cannot be multiplied")
                    .line("expected", "F32 or F64")
                    .line("given", kernel.dtype())
                    .hint("cast first")
                    .toString());
        }
        this.context = context;
        this.functions = new Functions(context);
        this.kernel = kernel;
        this.dtype = kernel.dtype();
        this.axes = kernel.axes();
        this.tiles = context.tensorTiles(dtype);
    }

    /** The three tensors of a convolution, of which one is written. */
    private record Tensors(Operand x, Operand w, Operand y) {

        static Tensors of(ConvolutionPass pass, Launch launch) {
            Operand first = launch.inputs().get(0);
            Operand second = launch.inputs().get(1);
            Operand out = launch.outputs().get(0);
            return switch (pass) {
                case FORWARD -> new Tensors(first, second, out);
                case INPUT_GRADIENT -> new Tensors(out, second, first);
                case WEIGHT_GRADIENT -> new Tensors(first, out, second);
            };
        }

        long size(Operand operand, int axis) {
            return operand.layout().shape().size(axis);
        }

        long places(Operand operand) {
            long count = 1;
            for (int axis = 2; axis < operand.layout().shape().rank(); axis++) {
                count *= size(operand, axis);
            }
            return count;
        }
    }

    @Override
    public void run(Launch launch) {
        Operand output = launch.outputs().get(0);
        long results = output.layout().shape().elementCount();
        if (results == 0) {
            return;
        }
        Tensors t = Tensors.of(kernel.pass(), launch);
        long groups = launch.params()[0];
        long filters = t.size(t.w, 0) / groups;
        long channels = t.size(t.w, 1);
        long examples = t.size(t.x, 0);
        long rows = kernel.pass() == ConvolutionPass.INPUT_GRADIENT ? channels : filters;
        long columns = switch (kernel.pass()) {
            case FORWARD -> examples * t.places(t.y);
            case INPUT_GRADIENT -> examples * t.places(t.x);
            case WEIGHT_GRADIENT -> channels * t.places(t.w);
        };
        long depth = switch (kernel.pass()) {
            case FORWARD -> channels * t.places(t.w);
            case INPUT_GRADIENT -> filters * t.places(t.w);
            case WEIGHT_GRADIENT -> examples * t.places(t.y);
        };
        boolean cuts = kernel.pass() == ConvolutionPass.WEIGHT_GRADIENT;
        long chunk = cuts ? Math.max(CHUNK, (depth + MOST_CHUNKS - 1) / MOST_CHUNKS) : Math.max(1, depth);
        long chunks = Math.max(1, (depth + chunk - 1) / chunk);
        GpuDevice.Memory partial = chunks > 1 ? context.scratch().take(results * chunks * dtype.byteSize()) : null;
        try {
            LongStruct sizes = new LongStruct("Sizes")
                    .withAll("x", place(t.x.layout()))
                    .withAll("w", place(t.w.layout()))
                    .withAll("y", place(t.y.layout()))
                    .withAll("x_size", spatial(t.x))
                    .withAll("w_size", spatial(t.w))
                    .withAll("y_size", spatial(t.y))
                    .withAll("stride", Arrays.copyOfRange(launch.params(), 1, 1 + axes))
                    .withAll("before", Arrays.copyOfRange(launch.params(), 1 + axes, 1 + 2 * axes))
                    .withAll("dilation", Arrays.copyOfRange(launch.params(), 1 + 2 * axes, 1 + 3 * axes))
                    .with("filters", filters)
                    .with("channels", channels)
                    .with("results", results);
            Arguments arguments = context.arguments()
                    .buffer(partial == null ? context.memory(output) : partial)
                    .buffer(context.memory(launch.inputs().get(0)))
                    .buffer(context.memory(launch.inputs().get(1)));
            sizes.write(arguments.struct(sizes.bytes()));
            arguments.i64(partial == null ? output.layout().offset() : 0);
            arguments.i32(Math.toIntExact(rows)).i32(Math.toIntExact(columns));
            arguments.i32(Math.toIntExact(depth)).i32(Math.toIntExact(chunk)).i32(Math.toIntExact(chunks));
            boolean wide = isWide(t, launch.params());
            boolean steps =
                    spreads() && Arrays.stream(launch.params(), 1, 1 + axes).anyMatch(stride -> stride != 1);
            GpuDevice.Function function =
                    functions.get(List.of(wide, steps), "convolution", () -> source(context.dialect(), wide, steps));
            context.launch("convolution", function, tiles.grid(rows, columns, groups * chunks), arguments);
            if (partial != null) {
                add(partial, output, results, chunks);
            }
        } finally {
            if (partial != null) {
                context.scratch().give(partial);
            }
        }
    }

    private void add(GpuDevice.Memory partial, Operand output, long results, long chunks) {
        int size = Math.min(64, context.group());
        GpuDevice.Function function = functions.get(
                "combine", () -> GpuReduce.combineSource(context.dialect(), size, new Folding(ReduceOp.SUM, dtype)));
        Arguments arguments = context.arguments()
                .buffer(context.memory(output))
                .buffer(partial)
                .i64(output.layout().offset())
                .i64(0)
                .i32(Math.toIntExact(results))
                .i64(results)
                .i32(Math.toIntExact(chunks));
        context.launch("convolution", function, Grid.linear(results, size), arguments);
    }

    /** Whether a place of the image with all its padding may need more than 32 bits. */
    private boolean isWide(Tensors t, long[] params) {
        for (int d = 0; d < axes; d++) {
            long stride = params[1 + d];
            long before = params[1 + axes + d];
            long dilation = params[1 + 2 * axes + d];
            long reach = t.size(t.y, 2 + d) * stride + t.size(t.w, 2 + d) * dilation;
            if (reach > Integer.MAX_VALUE || t.size(t.x, 2 + d) + before > Integer.MAX_VALUE) {
                return true;
            }
        }
        return false;
    }

    /** Offset and strides. */
    private static long[] place(Layout layout) {
        long[] strides = layout.strides();
        long[] all = new long[strides.length + 1];
        all[0] = layout.offset();
        System.arraycopy(strides, 0, all, 1, strides.length);
        return all;
    }

    private static long[] spatial(Operand operand) {
        long[] sizes = operand.layout().shape().sizes();
        return Arrays.copyOfRange(sizes, 2, sizes.length);
    }

    ProgramSource source(Dialect dialect, boolean wide, boolean steps) {
        SourceWriter out = new SourceWriter(dialect);
        String type = CTypes.memory(out, dtype);
        Map<String, Integer> fields = new LinkedHashMap<>();
        for (String tensor : List.of("x", "w", "y")) {
            fields.put(tensor, axes + 3);
        }
        for (String array : List.of("x_size", "w_size", "y_size", "stride", "before", "dilation")) {
            fields.put(array, axes);
        }
        for (String number : List.of("filters", "channels", "results")) {
            fields.put(number, 0);
        }
        LongStruct.declare(out, "Sizes", fields);
        out.line(
                "KERNEL(%1$d, %1$d) void convolution(GLOBAL %2$s *out, GLOBAL const %2$s *first, GLOBAL const %2$s"
                        + " *second, Sizes s, i64 out_at, u32 rows, u32 columns, u32 depth, u32 chunk, u32 chunks) {",
                tiles.items(), type);
        out.line("const u32 group = GROUP_Z / chunks;");
        out.line("const u32 part = GROUP_Z % chunks;");
        out.line("const u32 begin = part * chunk;");
        out.line("const u32 end = begin + chunk < depth ? begin + chunk : depth;");
        tiles.writer(out, dtype)
                .write(
                        "rows",
                        "columns",
                        "begin",
                        "end",
                        new Placed("a", false, 0, "", this::row, this::rowAlong, o -> o.line("value = second[at];")),
                        new Placed(
                                "b",
                                true,
                                steps ? 2 * axes : axes,
                                wide ? "i64" : "i32",
                                o -> column(o, steps),
                                o -> columnAlong(o, steps),
                                o -> loadColumn(o, wide, steps)),
                        new TileWriter.Results(this::resultColumn, this::store));
        out.line("}");
        return new ProgramSource("convolution", out.text());
    }

    /** Rows are filters, or channels of the gradient by the image. */
    private void row(SourceWriter out) {
        switch (kernel.pass()) {
            case FORWARD -> out.line("at += s.w[0] + ((i64)group * s.filters + j) * s.w[1];");
            case INPUT_GRADIENT -> out.line("at += s.w[0] + (i64)group * s.filters * s.w[1] + (i64)j * s.w[2];");
            case WEIGHT_GRADIENT -> out.line("at += s.y[0] + ((i64)group * s.filters + j) * s.y[2];");
        }
    }

    /** The depth is a place of the filter in a channel or in a filter, or a place of the output in an example. */
    private void rowAlong(SourceWriter out) {
        depth(out);
        switch (kernel.pass()) {
            case FORWARD -> out.line("at += c * s.w[2];");
            case INPUT_GRADIENT -> out.line("at += f * s.w[1];");
            case WEIGHT_GRADIENT -> out.line("at += n * s.y[1];");
        }
        boolean places = kernel.pass() == ConvolutionPass.WEIGHT_GRADIENT;
        along(out, places ? "y" : "w", places ? "p" : "q");
    }

    private void depth(SourceWriter out) {
        switch (kernel.pass()) {
            case FORWARD -> places(out, "k", "c", "q", "w_size");
            case INPUT_GRADIENT -> places(out, "k", "f", "q", "w_size");
            case WEIGHT_GRADIENT -> places(out, "k", "n", "p", "y_size");
        }
    }

    /** Columns are places of the result in an example, or of the filter in a channel. */
    private void column(SourceWriter out, boolean steps) {
        switch (kernel.pass()) {
            case FORWARD -> {
                places(out, "j", "n", "p", "y_size");
                out.line("at += s.x[0] + n * s.x[1] + (i64)group * s.channels * s.x[2];");
                strides(out);
            }
            case INPUT_GRADIENT -> {
                places(out, "j", "n", "i", "x_size");
                out.line("at += s.y[0] + n * s.y[1] + (i64)group * s.filters * s.y[2];");
                for (int d = 0; d < axes; d++) {
                    place(out, d, "+", "i%1$d + s.before[%1$d]".formatted(d), steps);
                }
            }
            case WEIGHT_GRADIENT -> {
                places(out, "j", "c", "q", "w_size");
                out.line("at += s.x[0] + ((i64)group * s.channels + c) * s.x[2];");
                dilations(out);
            }
        }
    }

    private void columnAlong(SourceWriter out, boolean steps) {
        depth(out);
        switch (kernel.pass()) {
            case FORWARD -> {
                out.line("at += c * s.x[2];");
                dilations(out);
            }
            case INPUT_GRADIENT -> {
                out.line("at += f * s.y[2];");
                for (int d = 0; d < axes; d++) {
                    place(out, d, "-", "q%1$d * s.dilation[%1$d]".formatted(d), steps);
                }
            }
            case WEIGHT_GRADIENT -> {
                out.line("at += n * s.x[1];");
                strides(out);
            }
        }
    }

    /** What place p of the output contributes to the place of the image. */
    private void strides(SourceWriter out) {
        for (int d = 0; d < axes; d++) {
            place(out, d, "+", "p%1$d * s.stride[%1$d] - s.before[%1$d]".formatted(d), false);
        }
    }

    /** What place q of the filter contributes to the place of the image. */
    private void dilations(SourceWriter out) {
        for (int d = 0; d < axes; d++) {
            place(out, d, "+", "q%1$d * s.dilation[%1$d]".formatted(d), false);
        }
    }

    /**
     * Adds to the place along an axis, of the image or of the output's gradient. Where the latter's are {@code steps} apart
     * in the image, what is left over must add up to 0.
     */
    private void place(SourceWriter out, int d, String sign, String by, boolean steps) {
        out.line("const i64 by%d = %s;", d, by);
        out.line("const i64 to%1$d = by%1$d%2$s;", d, steps ? " / s.stride[%d]".formatted(d) : "");
        out.line("axis%1$d %2$s= to%1$d;", d, sign);
        out.line("at %2$s= to%1$d * s.%3$s[%4$d];", d, sign, spreads() ? "y" : "x", d + 3);
        if (steps) {
            out.line("axis%2$d %3$s= by%1$d - to%1$d * s.stride[%1$d];", d, axes + d, sign);
        }
    }

    /** Whether columns are read from the output's gradient. */
    private boolean spreads() {
        return kernel.pass() == ConvolutionPass.INPUT_GRADIENT;
    }

    /** The image's element, 0 in the padding; or the output's gradient that the image's place gets, 0 if there is none. */
    private void loadColumn(SourceWriter out, boolean wide, boolean steps) {
        List<String> inside = new ArrayList<>();
        for (int d = 0; d < axes; d++) {
            // A negative place is a large unsigned number.
            inside.add("(%2$s)axis%1$d < (%2$s)s.%3$s_size[%1$d]"
                    .formatted(d, wide ? "u64" : "u32", spreads() ? "y" : "x"));
            if (steps) {
                inside.add("axis%d == 0".formatted(axes + d));
            }
        }
        out.line("if (%s) {", String.join(" && ", inside));
        out.line("value = first[at];");
        out.line("}");
    }

    /** Splits a number into a leading index and one along each spatial axis. */
    private void places(SourceWriter out, String number, String lead, String index, String size) {
        out.line("u32 %s_rest = %s;", lead, number);
        for (int d = axes - 1; d >= 0; d--) {
            out.line("const i64 %s%d = %s_rest %% (u32)s.%s[%d];", index, d, lead, size, d);
            out.line("%s_rest /= (u32)s.%s[%d];", lead, size, d);
        }
        out.line("const i64 %1$s = %1$s_rest;", lead);
    }

    /** Adds what the indexes along the spatial axes amount to. */
    private void along(SourceWriter out, String tensor, String index) {
        for (int d = 0; d < axes; d++) {
            out.line("at += %s%d * s.%s[%d];", index, d, tensor, d + 3);
        }
    }

    private void resultColumn(SourceWriter out) {
        switch (kernel.pass()) {
            case FORWARD -> {
                places(out, "column", "n", "p", "y_size");
                out.line("at += n * s.y[1] + (i64)group * s.filters * s.y[2];");
                along(out, "y", "p");
            }
            case INPUT_GRADIENT -> {
                places(out, "column", "n", "i", "x_size");
                out.line("at += n * s.x[1] + (i64)group * s.channels * s.x[2];");
                along(out, "x", "i");
            }
            case WEIGHT_GRADIENT -> out.line("at += (i64)group * s.filters * columns + column;");
        }
    }

    /** Writes the sum; results of chunks lie one chunk after the other. */
    private void store(SourceWriter out) {
        String row = switch (kernel.pass()) {
            case FORWARD -> "s.y[2]";
            case INPUT_GRADIENT -> "s.x[2]";
            case WEIGHT_GRADIENT -> "columns";
        };
        out.line("out[out_at + (i64)part * s.results + at + (i64)row * %s] = sum;", row);
    }
}
