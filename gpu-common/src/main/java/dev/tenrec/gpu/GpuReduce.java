package dev.tenrec.gpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reductions. What is reduced is cut into chunks whose length depends on sizes alone; a chunk is reduced by one work
 * item, one element after the other, or by a group whose items take turns and combine as a tree. The chunks' results are
 * reduced in the same way. So results never depend on timing.
 */
final class GpuReduce implements CompiledKernel {

    /** Elements that one work item reduces, and that a group does. */
    private static final long ITEM_CHUNK = 1024;

    private static final long GROUP_CHUNK = 16384;

    private static final long MOST_CHUNKS = 4096;

    private final GpuContext context;
    private final Kernel.Reduce kernel;
    private final Folding folding;
    private final Expr body;
    private final Map<Integer, DType> params;
    private final boolean[] read;
    private final boolean readsAxes;
    private final Functions functions;

    GpuReduce(GpuContext context, Kernel.Reduce kernel) {
        requireReducible(kernel);
        this.context = context;
        this.functions = new Functions(context);
        this.kernel = kernel;
        this.folding = new Folding(kernel.op(), kernel.body().dtype());
        this.body = ExprWriter.lower(List.of(kernel.body()), context.lowered()).get(0);
        this.params = ExprWriter.params(List.of(body));
        this.readsAxes = ExprWriter.readsAxes(List.of(body));
        this.read = GpuMap.inputsRead(List.of(body), kernel.inputs().size());
    }

    private static void requireReducible(Kernel.Reduce kernel) {
        DType dtype = kernel.body().dtype();
        boolean adds = kernel.op() == ReduceOp.SUM || kernel.op() == ReduceOp.PROD;
        if (!dtype.isArithmetic() || dtype == DType.BOOL && adds) {
            throw new KernelCompile(Message.of("reduce", "element type cannot be combined")
                    .line("expected", adds ? "F32, F64, I32 or I64" : "F32, F64, I32, I64 or BOOL")
                    .line("given", kernel.op() + " of " + dtype)
                    .hint("cast first")
                    .toString());
        }
    }

    /** What is read: where the operands of the body begin, and how chunks are cut. */
    private record Plan(Walk kept, Walk reduced, boolean grouped, long chunk, long chunks) {}

    @Override
    public void run(Launch launch) {
        int keptRank = launch.keptRank();
        int rank = launch.space().rank();
        List<Operand> walked = new ArrayList<>();
        for (int i = 0; i < read.length; i++) {
            if (read[i]) {
                walked.add(launch.inputs().get(i));
            }
        }
        List<Layout> layouts = WalkStruct.layouts(walked);
        Walk kept = Walk.of(launch.space(), layouts, 0, keptRank, !readsAxes);
        Walk reduced = Walk.of(launch.space(), layouts, keptRank, rank, !readsAxes);
        if (kept.count() == 0) {
            return;
        }
        long length = reduced.count();
        boolean grouped = context.prefersGroups() && length > 64 && isAlong(reduced, kept);
        long least = grouped ? GROUP_CHUNK : ITEM_CHUNK;
        long chunk = Math.max(least, (length + MOST_CHUNKS - 1) / MOST_CHUNKS);
        long chunks = Math.max(1, (length + chunk - 1) / chunk);
        reduce(launch, new Plan(kept, reduced, grouped, chunk, chunks));
    }

    /** Whether neighbours in memory are reduced together, or so few results are wanted that items would idle. */
    private static boolean isAlong(Walk reduced, Walk kept) {
        if (kept.count() < 1024) {
            return true;
        }
        for (long[] strides : reduced.strides()) {
            if (Math.abs(strides[strides.length - 1]) == 1) {
                return true;
            }
        }
        return false;
    }

    private void reduce(Launch launch, Plan plan) {
        Operand output = launch.outputs().get(0);
        boolean index = kernel.op().isIndex();
        long results = plan.kept.count();
        long partial = results * plan.chunks;
        int valueBytes = folding.dtype().byteSize();
        GpuDevice.Memory values = index || plan.chunks > 1 ? context.scratch().take(partial * valueBytes) : null;
        GpuDevice.Memory places = index && plan.chunks > 1 ? context.scratch().take(partial * Long.BYTES) : null;
        try {
            GpuDevice.Memory result = context.memory(output);
            long outAt = output.layout().offset();
            if (plan.chunks == 1) {
                launchChunks(launch, plan, values, result, outAt);
            } else {
                launchChunks(launch, plan, values, index ? places : values, 0);
                combine(values, places, result, outAt, results, plan.chunks);
            }
        } finally {
            if (values != null) {
                context.scratch().give(values);
            }
            if (places != null) {
                context.scratch().give(places);
            }
        }
    }

    private void launchChunks(
            Launch launch, Plan plan, GpuDevice.Memory values, GpuDevice.Memory target, long targetAt) {
        Walk kept = plan.kept;
        int rank = kept.rank() + plan.reduced.rank();
        int axes = WalkStruct.axesFor(rank);
        int variant = 2 * axes + (plan.grouped ? 1 : 0);
        GpuDevice.Function function = functions.get(
                variant, "reduce", () -> source(context.dialect(), groupSize(plan.grouped), axes, plan.grouped));
        WalkStruct struct = new WalkStruct("Walk", kept.offsets().length, axes);
        long results = kept.count();
        kept.split(Math.max(1, WalkStruct.LIMIT / plan.chunks), part -> {
            long items = part.count() * plan.chunks;
            Arguments arguments = context.arguments().buffer(target);
            if (kernel.op().isIndex()) {
                arguments.buffer(values);
            }
            for (int i = 0; i < read.length; i++) {
                if (read[i]) {
                    arguments.buffer(context.memory(launch.inputs().get(i)));
                }
            }
            struct.write(arguments.struct(struct.bytes()), part.then(plan.reduced), items);
            arguments.i32(part.rank()).i32(launch.keptRank()).i32((int) part.count());
            arguments.i32((int) plan.reduced.count()).i32((int) plan.chunk);
            arguments.i64(results).i64(targetAt);
            GpuMap.addParams(arguments, params, launch.params());
            Grid grid = plan.grouped ? new Grid(items, 1, 1, groupSize(true), 1) : Grid.linear(items, groupSize(false));
            context.launch("reduce " + kernel.op(), function, grid, arguments);
        });
    }

    private int groupSize(boolean grouped) {
        return grouped ? Math.min(256, context.group()) : Math.min(64, context.group());
    }

    private void combine(
            GpuDevice.Memory values,
            GpuDevice.Memory places,
            GpuDevice.Memory result,
            long resultAt,
            long results,
            long chunks) {
        int size = Math.min(64, context.group());
        GpuDevice.Function function = functions.get("combine", () -> combineSource(context.dialect(), size, folding));
        for (long first = 0; first < results; first += WalkStruct.LIMIT) {
            long part = Math.min(WalkStruct.LIMIT, results - first);
            Arguments arguments = context.arguments().buffer(result).buffer(values);
            if (places != null) {
                arguments.buffer(places);
            }
            arguments.i64(resultAt).i64(first).i32((int) part).i64(results).i32((int) chunks);
            context.launch("combine " + kernel.op(), function, Grid.linear(part, size), arguments);
        }
    }

    ProgramSource source(Dialect dialect, int group, int axes, boolean grouped) {
        SourceWriter out = new SourceWriter(dialect);
        boolean index = kernel.op().isIndex();
        List<String> walked = new ArrayList<>();
        List<String> parts = new ArrayList<>();
        String type = folding.type(out);
        parts.add("GLOBAL %s *out".formatted(index ? "i64" : CTypes.memory(out, folding.dtype())));
        if (index) {
            parts.add("GLOBAL %s *best".formatted(CTypes.memory(out, folding.dtype())));
        }
        for (int i = 0; i < read.length; i++) {
            if (read[i]) {
                walked.add("in" + i);
                parts.add("GLOBAL const %s *in%d"
                        .formatted(CTypes.memory(out, kernel.inputs().get(i).dtype()), i));
            }
        }
        WalkStruct struct = new WalkStruct("Walk", walked.size(), axes);
        struct.declare(out);
        parts.add(
                "Walk walk, u32 kept_rank, u32 wanted_rank, u32 kept, u32 reduced, u32 chunk, i64 results, i64 out_at");
        params.forEach((number, dtype) -> parts.add(CTypes.value(out, dtype) + " p" + number));
        out.line("KERNEL(%d, 1) void reduce(%s) {", group, String.join(", ", parts));
        if (grouped) {
            out.line("SHARED %s shared_value[%d];", type, group);
            if (index) {
                out.line("SHARED i64 shared_place[%d];", group);
            }
            out.line("const u32 i = GROUP_X;");
        } else {
            out.line("const u32 i = GROUP_X * %du + ITEM_X;", group);
        }
        out.line("if (i < walk.count) {");
        out.line("const u32 part = i / kept;");
        out.line("const u32 o = i - part * kept;");
        String axis = readsAxes ? "axis" : null;
        for (int k = 0; k < walked.size(); k++) {
            out.line("i64 %s_at = walk.offset[%d];", walked.get(k), k);
        }
        if (readsAxes) {
            out.line("i64 axis[%d];", axes);
        }
        struct.locate(out, "walk", "o", k -> name(walked, k) + "_at", axis, "0", "kept_rank");
        out.line("%s value = %s;", type, folding.neutral(out));
        if (index) {
            out.line("i64 place = %s;", Folding.NOWHERE);
        }
        out.line("const u32 begin = part * chunk;");
        out.line("const u32 end = begin + chunk < reduced ? begin + chunk : reduced;");
        out.line(
                grouped ? "for (u32 r = begin + ITEM_X; r < end; r += %du) {" : "for (u32 r = begin; r < end; r++) {",
                group);
        for (String name : walked) {
            out.line("i64 %1$s_r = %1$s_at;", name);
        }
        struct.locate(out, "walk", "r", k -> name(walked, k) + "_r", axis, "kept_rank", "walk.rank");
        ExprWriter writer = new ExprWriter(out, "t");
        String element = writer.write(List.of(body), new ExprWriter.Environment() {
                    @Override
                    public String input(int number, DType dtype) {
                        return CTypes.load(out, dtype, "in%1$d[in%1$d_r]".formatted(number));
                    }

                    @Override
                    public String index(int number) {
                        return number == Expr.Index.FLAT
                                ? "(walk.first + o) * (i64)reduced + r"
                                : "axis[%d + (wanted_rank == 0 ? 1 : 0)]".formatted(number);
                    }
                })
                .get(0);
        folding.combine(out, "value", "place", element, "(i64)r");
        out.line("}");
        if (grouped) {
            out.line("shared_value[ITEM_X] = value;");
            if (index) {
                out.line("shared_place[ITEM_X] = place;");
            }
            out.line("BARRIER();");
            out.line("for (u32 half_size = %du; half_size > 0; half_size >>= 1) {", group / 2);
            out.line("if (ITEM_X < half_size) {");
            folding.combine(
                    out,
                    "shared_value[ITEM_X]",
                    "shared_place[ITEM_X]",
                    "shared_value[ITEM_X + half_size]",
                    "shared_place[ITEM_X + half_size]");
            out.line("}");
            out.line("BARRIER();");
            out.line("}");
            out.line("if (ITEM_X == 0) {");
            write(out, index, "shared_value[0]", "shared_place[0]");
            out.line("}");
        } else {
            write(out, index, "value", "place");
        }
        out.line("}");
        out.line("}");
        return new ProgramSource("reduce " + kernel.op(), out.text());
    }

    /** Results of chunks lie one chunk after the other. */
    private void write(SourceWriter out, boolean index, String value, String place) {
        out.line("const i64 to = part * results + walk.first + o;");
        if (index) {
            out.line("best[to] = %s;", CTypes.store(out, folding.dtype(), value));
            out.line("out[out_at + to] = %s;", place);
        } else {
            out.line("out[out_at + to] = %s;", CTypes.store(out, folding.dtype(), value));
        }
    }

    private static String name(List<String> walked, String k) {
        return walked.get(Integer.parseInt(k));
    }

    static ProgramSource combineSource(Dialect dialect, int group, Folding folding) {
        SourceWriter out = new SourceWriter(dialect);
        boolean index = folding.op().isIndex();
        String memory = CTypes.memory(out, folding.dtype());
        out.line(
                "KERNEL(%d, 1) void combine(GLOBAL %s *out, GLOBAL const %s *values, %si64 out_at, i64 first,"
                        + " u32 count, i64 results, u32 chunks) {",
                group, index ? "i64" : memory, memory, index ? "GLOBAL const i64 *places, " : "");
        out.line("const u32 i = GROUP_X * %du + ITEM_X;", group);
        out.line("if (i < count) {");
        out.line("%s value = %s;", folding.type(out), folding.neutral(out));
        if (index) {
            out.line("i64 place = %s;", Folding.NOWHERE);
        }
        out.line("for (u32 c = 0; c < chunks; c++) {");
        out.line("const i64 at = c * results + first + i;");
        out.line("const %s next = %s;", folding.type(out), CTypes.load(out, folding.dtype(), "values[at]"));
        if (index) {
            out.line("const i64 next_place = places[at];");
        }
        folding.combine(out, "value", "place", "next", "next_place");
        out.line("}");
        out.line("out[out_at + first + i] = %s;", index ? "place" : CTypes.store(out, folding.dtype(), "value"));
        out.line("}");
        out.line("}");
        return new ProgramSource("combine " + folding.op(), out.text());
    }
}
