package dev.tenrec.gpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Exprs;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.LayoutClass;
import dev.tenrec.type.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Elementwise kernels, one work item an element. There are two programs, each built when a launch first needs it: for
 * any strides, and for dense operands where they are many enough that the time of a build is won back.
 */
final class GpuMap implements CompiledKernel {

    /** Elements from which a program of their own pays for dense operands. */
    private static final long DENSE_FROM = 4096;

    /** Elements that an item of a processor takes, one after the other. */
    private static final int STRETCH = 2048;

    private final GpuContext context;
    private final Functions functions;
    private final Kernel.Map kernel;
    private final List<Expr> outputs;
    private final Map<Integer, DType> params;
    private final boolean[] read;
    private final boolean readsAxes;
    private final MapSegments segments;

    GpuMap(GpuContext context, Kernel.Map kernel) {
        this.context = context;
        this.functions = new Functions(context);
        this.kernel = kernel;
        this.outputs = ExprWriter.lower(kernel.outputs(), context.lowered());
        this.params = ExprWriter.params(outputs);
        this.readsAxes = ExprWriter.readsAxes(outputs);
        this.read = inputsRead(outputs, kernel.inputs().size());
        this.segments = new MapSegments(outputs.size(), count(read), params);
    }

    static boolean[] inputsRead(List<Expr> roots, int inputs) {
        boolean[] read = new boolean[inputs];
        for (Expr expr : Exprs.topological(roots)) {
            if (expr instanceof Expr.Input input && input.index() < inputs) {
                read[input.index()] = true;
            }
        }
        return read;
    }

    @Override
    public void run(Launch launch) {
        if (launch.space().elementCount() == 0) {
            return;
        }
        boolean joins = context.joined().isOpen()
                && !readsAxes
                && launch.space().elementCount() <= WalkStruct.LIMIT
                && isDense(launch);
        if (!joins || !context.joined().take(this, launch)) {
            runAlone(launch);
        }
    }

    /** Issues one launch. */
    void runAlone(Launch launch) {
        if (!readsAxes && launch.space().elementCount() >= DENSE_FROM && isDense(launch)) {
            runDense(launch);
        } else {
            runStrided(launch);
        }
    }

    private boolean isDense(Launch launch) {
        boolean dense = true;
        for (Operand output : launch.outputs()) {
            dense &= output.layout().isContiguous();
        }
        for (int i = 0; i < read.length; i++) {
            dense &= !read[i] || isScalar(i) || launch.inputs().get(i).layout().isContiguous();
        }
        return dense;
    }

    private boolean isScalar(int input) {
        return kernel.inputs().get(input).layout() == LayoutClass.SCALAR;
    }

    private void runDense(Launch launch) {
        GpuDevice.Function function = functions.get("dense", "map", () -> denseSource(context.dialect()));
        long count = launch.space().elementCount();
        for (long first = 0; first < count; first += WalkStruct.LIMIT) {
            long part = Math.min(WalkStruct.LIMIT, count - first);
            Arguments arguments = context.arguments();
            buffers(arguments, launch);
            for (Operand output : launch.outputs()) {
                arguments.i64(output.layout().offset() + first);
            }
            for (int i = 0; i < read.length; i++) {
                if (read[i]) {
                    arguments.i64(launch.inputs().get(i).layout().offset() + (isScalar(i) ? 0 : first));
                }
            }
            arguments.i64(first).i32((int) part);
            addParams(arguments, params, launch.params());
            Grid grid = context.prefersGroups()
                    ? Grid.linear(part, context.group())
                    : new Grid((part + STRETCH - 1) / STRETCH, 1, 1, 1, 1);
            context.launch("map", function, grid, arguments);
        }
    }

    /** Most launches that become one. */
    int mostJoined() {
        return segments.most();
    }

    private static int count(boolean[] flags) {
        int count = 0;
        for (boolean flag : flags) {
            count += flag ? 1 : 0;
        }
        return count;
    }

    /** Builds what {@link #runJoined} needs. */
    void prepareJoined() {
        joined();
    }

    private GpuDevice.Function joined() {
        return functions.get("joined", "map", () -> joinedSource(context.dialect()));
    }

    /** The inputs that are read. */
    private List<Operand> reads(Launch launch) {
        List<Operand> reads = new ArrayList<>();
        for (int i = 0; i < read.length; i++) {
            if (read[i]) {
                reads.add(launch.inputs().get(i));
            }
        }
        return reads;
    }

    /** The memory that a launch reads. */
    List<GpuDevice.Memory> memoryRead(Launch launch) {
        return reads(launch).stream().map(context::memory).toList();
    }

    /** Issues several launches of dense operands, at most {@link #mostJoined}, as one. */
    void runJoined(List<Launch> launches) {
        Arguments arguments = context.arguments();
        MemorySegment struct = arguments.struct(segments.bytes());
        struct.fill((byte) 0);
        int group = 0;
        for (int s = 0; s < launches.size(); s++) {
            Launch launch = launches.get(s);
            List<Operand> operands = new ArrayList<>(launch.outputs());
            operands.addAll(reads(launch));
            for (int k = 0; k < operands.size(); k++) {
                Operand operand = operands.get(k);
                GpuDevice.Memory memory = context.memory(operand);
                arguments.uses(memory);
                long offset = operand.layout().offset() * operand.dtype().byteSize();
                segments.address(struct, s, k, context.gpu().address(memory) + offset);
            }
            int count = Math.toIntExact(launch.space().elementCount());
            segments.finish(struct, s, launch.params(), count, group);
            group += (count + context.group() - 1) / context.group();
        }
        segments.count(struct, launches.size());
        context.launch("joined maps", joined(), new Grid(group, 1, 1, context.group(), 1), arguments);
    }

    private void buffers(Arguments arguments, Launch launch) {
        launch.outputs().forEach(output -> arguments.buffer(context.memory(output)));
        reads(launch).forEach(input -> arguments.buffer(context.memory(input)));
    }

    static void addParams(Arguments arguments, Map<Integer, DType> params, long[] values) {
        params.forEach((number, dtype) -> {
            long value = values[number];
            switch (dtype) {
                case F32, F16, BF16 -> arguments.f32((float) Double.longBitsToDouble(value));
                case F64 -> arguments.f64(Double.longBitsToDouble(value));
                case I32, U8, BOOL -> arguments.i32((int) value);
                case I64 -> arguments.i64(value);
            }
        });
    }

    private void runStrided(Launch launch) {
        List<Operand> walked = new ArrayList<>(launch.outputs());
        for (int i = 0; i < read.length; i++) {
            if (read[i]) {
                walked.add(launch.inputs().get(i));
            }
        }
        Walk walk = Walk.of(
                launch.space(), WalkStruct.layouts(walked), 0, launch.space().rank(), !readsAxes);
        int axes = WalkStruct.axesFor(walk.rank());
        GpuDevice.Function function =
                functions.get(axes, "map", () -> stridedSource(context.dialect(), context.group(), axes));
        WalkStruct struct = new WalkStruct("Walk", walked.size(), axes);
        walk.split(WalkStruct.LIMIT, part -> {
            Arguments arguments = context.arguments();
            buffers(arguments, launch);
            struct.write(arguments.struct(struct.bytes()), part);
            addParams(arguments, params, launch.params());
            context.launch("strided map", function, Grid.linear(part.count(), context.group()), arguments);
        });
    }

    private String signature(SourceWriter out, String middle) {
        List<String> parts = new ArrayList<>();
        for (int k = 0; k < outputs.size(); k++) {
            parts.add("GLOBAL %s *out%d"
                    .formatted(CTypes.memory(out, outputs.get(k).dtype()), k));
        }
        for (int i = 0; i < read.length; i++) {
            if (read[i]) {
                parts.add("GLOBAL const %s *in%d"
                        .formatted(CTypes.memory(out, kernel.inputs().get(i).dtype()), i));
            }
        }
        parts.add(middle);
        params.forEach((number, dtype) -> parts.add(CTypes.value(out, dtype) + " p" + number));
        return String.join(", ", parts);
    }

    /** On a GPU neighbouring items take neighbouring elements; a processor's compiler wants a plain loop. */
    ProgramSource denseSource(Dialect dialect) {
        SourceWriter out = new SourceWriter(dialect);
        StringBuilder offsets = new StringBuilder();
        for (int k = 0; k < outputs.size(); k++) {
            offsets.append("i64 out").append(k).append("_at, ");
        }
        for (int i = 0; i < read.length; i++) {
            if (read[i]) {
                offsets.append("i64 in").append(i).append("_at, ");
            }
        }
        int group = context.prefersGroups() ? context.group() : 1;
        out.line("KERNEL(%d, 1) void map(%s) {", group, signature(out, offsets + "i64 first, u32 count"));
        if (context.prefersGroups()) {
            out.line("const u32 i = GROUP_X * %du + ITEM_X;", group);
            out.line("if (i < count) {");
        } else {
            out.line("const u32 begin = GROUP_X * %du;", STRETCH);
            out.line("const u32 end = begin + %1$du < count ? begin + %1$du : count;", STRETCH);
            out.line("for (u32 i = begin; i < end; i++) {");
        }
        body(
                out,
                new ExprWriter.Environment() {
                    @Override
                    public String input(int index, DType dtype) {
                        return "in%1$d[in%1$d_at%2$s]".formatted(index, isScalar(index) ? "" : " + i");
                    }

                    @Override
                    public String index(int axis) {
                        return "first + i";
                    }
                },
                k -> "out%1$d[out%1$d_at + i]".formatted(k));
        out.line("}");
        out.line("}");
        return new ProgramSource("map", out.text());
    }

    /** Groups of items are dealt to segments, each an array of elements with operands and scalars of its own. */
    ProgramSource joinedSource(Dialect dialect) {
        SourceWriter out = new SourceWriter(dialect);
        List<String> pointers = new ArrayList<>();
        for (int k = 0; k < outputs.size(); k++) {
            pointers.add("%s *out%d".formatted(CTypes.memory(out, outputs.get(k).dtype()), k));
        }
        for (int i = 0; i < read.length; i++) {
            if (read[i]) {
                pointers.add("const %s *in%d"
                        .formatted(CTypes.memory(out, kernel.inputs().get(i).dtype()), i));
            }
        }
        segments.declare(out, pointers);
        out.line("KERNEL(%d, 1) void map(Segments all) {", context.group());
        segments.locate(out);
        out.line("const u32 i = (GROUP_X - all.segment[k].first) * %du + ITEM_X;", context.group());
        out.line("if (i < all.segment[k].count) {");
        params.forEach((number, dtype) ->
                out.line("const %s p%2$d = all.segment[k].p%2$d;", CTypes.value(out, dtype), number));
        body(
                out,
                new ExprWriter.Environment() {
                    @Override
                    public String input(int index, DType dtype) {
                        return "all.segment[k].in%d[%s]".formatted(index, isScalar(index) ? "0" : "i");
                    }

                    @Override
                    public String index(int axis) {
                        throw new IllegalStateException("maps that read indexes are not joined");
                    }
                },
                k -> "all.segment[k].out%d[i]".formatted(k));
        out.line("}");
        out.line("}");
        return new ProgramSource("joined maps", out.text());
    }

    ProgramSource stridedSource(Dialect dialect, int group, int axes) {
        SourceWriter out = new SourceWriter(dialect);
        List<String> walked = new ArrayList<>();
        for (int k = 0; k < outputs.size(); k++) {
            walked.add("out" + k);
        }
        for (int i = 0; i < read.length; i++) {
            if (read[i]) {
                walked.add("in" + i);
            }
        }
        WalkStruct struct = new WalkStruct("Walk", walked.size(), axes);
        struct.declare(out);
        out.line("KERNEL(%d, 1) void map(%s) {", group, signature(out, "Walk walk"));
        out.line("const u32 i = GROUP_X * %du + ITEM_X;", group);
        out.line("if (i < walk.count) {");
        struct.locate(out, "walk", "i", k -> walked.get(Integer.parseInt(k)) + "_at", true, readsAxes ? "axis" : null);
        body(
                out,
                new ExprWriter.Environment() {
                    @Override
                    public String input(int index, DType dtype) {
                        return "in%1$d[in%1$d_at]".formatted(index);
                    }

                    @Override
                    public String index(int axis) {
                        return axis == Expr.Index.FLAT ? "walk.first + i" : "axis[" + axis + "]";
                    }
                },
                k -> "out%1$d[out%1$d_at]".formatted(k));
        out.line("}");
        out.line("}");
        return new ProgramSource("strided map", out.text());
    }

    private void body(
            SourceWriter out, ExprWriter.Environment elements, java.util.function.IntFunction<String> target) {
        ExprWriter writer = new ExprWriter(out, "t");
        List<String> values = writer.write(outputs, new ExprWriter.Environment() {
            @Override
            public String input(int index, DType dtype) {
                return CTypes.load(out, dtype, elements.input(index, dtype));
            }

            @Override
            public String index(int axis) {
                return elements.index(axis);
            }
        });
        for (int k = 0; k < outputs.size(); k++) {
            out.line(
                    "%s = %s;",
                    target.apply(k), CTypes.store(out, outputs.get(k).dtype(), values.get(k)));
        }
    }
}
