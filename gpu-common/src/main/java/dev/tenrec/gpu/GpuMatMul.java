package dev.tenrec.gpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.error.KernelCompile;
import dev.tenrec.error.Message;
import dev.tenrec.ir.Expr;
import dev.tenrec.ir.Kernel;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Matrix products. Strides of both matrices are arguments, so that one program does for all four transposes. There are
 * two: tiles that groups keep in shared memory, and one work item an element for what is too small for tiles. A device
 * with a {@link MatrixLibrary} has that do what is large.
 */
final class GpuMatMul implements CompiledKernel {

    private static final int DIRECT = 0;
    private static final int TILED = 1;

    /** Work items of a group along an axis, without tiles. */
    private static final int ITEMS = 16;

    /** Groups along the second and the third axis that CUDA allows. */
    private static final long MOST_GROUPS = 65535;

    private final GpuContext context;
    private final Kernel.MatMul kernel;
    private final List<Expr> epilogue;
    private final Map<Integer, DType> params;
    private final boolean[] read;
    private final boolean readsAxes;
    private final TileWriter.Size tiles;
    private final LibraryMatMul library;
    private final Functions functions;

    GpuMatMul(GpuContext context, Kernel.MatMul kernel) {
        if (kernel.dtype() != DType.F32 && kernel.dtype() != DType.F64) {
            throw new KernelCompile(Message.of("matmul", "element type cannot be multiplied")
                    .line("expected", "F32 or F64")
                    .line("given", kernel.dtype())
                    .hint("cast first")
                    .toString());
        }
        this.context = context;
        this.functions = new Functions(context);
        this.kernel = kernel;
        this.epilogue = ExprWriter.lower(kernel.epilogue(), context.lowered());
        this.params = ExprWriter.params(epilogue);
        this.tiles = context.tiles();
        this.readsAxes = ExprWriter.readsAxes(epilogue);
        this.read = GpuMap.inputsRead(epilogue, kernel.extras().size() + 1);
        this.library = context.gpu() instanceof MatrixLibrary found ? new LibraryMatMul(context, found, kernel) : null;
    }

    @Override
    public void run(Launch launch) {
        long[] sizes = launch.space().sizes();
        int batchRank = sizes.length - 3;
        long m = sizes[batchRank];
        long n = sizes[batchRank + 1];
        long depth = sizes[batchRank + 2];
        Shape product = launch.space().without(batchRank + 2);
        if (product.elementCount() == 0) {
            return;
        }
        if (library != null && library.run(launch, product)) {
            return;
        }
        List<Layout> layouts = new ArrayList<>();
        Layout a = launch.inputs().get(0).layout();
        Layout b = launch.inputs().get(1).layout();
        layouts.add(matrix(a, product, batchRank, a.stride(batchRank), 0));
        layouts.add(matrix(b, product, batchRank, 0, b.stride(batchRank + 1)));
        for (int i = 1; i < read.length; i++) {
            if (read[i]) {
                layouts.add(launch.inputs().get(i + 1).layout());
            }
        }
        Walk batches = Walk.of(product, layouts, 0, batchRank, !readsAxes);
        Walk matrix = Walk.of(product, layouts, batchRank, batchRank + 2, false);
        boolean tiled = m > 16 && n > 16 && depth > 4 || m > MOST_GROUPS * ITEMS;
        int axes = WalkStruct.axesFor(batches.rank() + 2);
        GpuDevice.Function function = functions.get(
                2 * axes + (tiled ? TILED : DIRECT), "matmul", () -> source(context.dialect(), axes, tiled));
        WalkStruct struct = new WalkStruct("Walk", layouts.size(), axes);
        batches.split(MOST_GROUPS, part -> {
            Arguments arguments = context.arguments();
            for (Operand output : launch.outputs()) {
                arguments.buffer(context.memory(output));
            }
            arguments
                    .buffer(context.memory(launch.inputs().get(0)))
                    .buffer(context.memory(launch.inputs().get(1)));
            for (int i = 1; i < read.length; i++) {
                if (read[i]) {
                    arguments.buffer(context.memory(launch.inputs().get(i + 1)));
                }
            }
            struct.write(arguments.struct(struct.bytes()), part.then(matrix), part.count());
            arguments.i32(part.rank()).i32(batchRank);
            arguments.i32((int) m).i32((int) n).i32((int) depth);
            arguments.i64(a.stride(batchRank + 1)).i64(b.stride(batchRank));
            for (Operand output : launch.outputs()) {
                arguments.i64(output.layout().offset());
            }
            GpuMap.addParams(arguments, params, launch.params());
            context.launch("matmul", function, grid(tiled, m, n, part.count()), arguments);
        });
    }

    private Grid grid(boolean tiled, long m, long n, long batches) {
        return tiled
                ? tiles.grid(m, n, batches)
                : new Grid((n + ITEMS - 1) / ITEMS, (m + ITEMS - 1) / ITEMS, batches, ITEMS, ITEMS);
    }

    /** A matrix as it is read at an element of the product: it does not move along the other's axis. */
    private static Layout matrix(Layout layout, Shape product, int batchRank, long rowStride, long columnStride) {
        long[] strides = new long[product.rank()];
        for (int i = 0; i < batchRank; i++) {
            strides[i] = layout.stride(i);
        }
        strides[batchRank] = rowStride;
        strides[batchRank + 1] = columnStride;
        return Layout.of(product, strides, layout.offset());
    }

    ProgramSource source(Dialect dialect, int axes, boolean tiled) {
        SourceWriter out = new SourceWriter(dialect);
        String type = CTypes.memory(out, kernel.dtype());
        List<String> parts = new ArrayList<>();
        for (int k = 0; k < epilogue.size(); k++) {
            parts.add("GLOBAL %s *out%d"
                    .formatted(CTypes.memory(out, epilogue.get(k).dtype()), k));
        }
        parts.add("GLOBAL const %1$s *a, GLOBAL const %1$s *b".formatted(type));
        List<String> walked = new ArrayList<>(List.of("a", "b"));
        for (int i = 1; i < read.length; i++) {
            if (read[i]) {
                walked.add("in" + i);
                parts.add("GLOBAL const %s *in%d"
                        .formatted(CTypes.memory(out, kernel.extras().get(i - 1).dtype()), i));
            }
        }
        WalkStruct struct = new WalkStruct("Walk", walked.size(), axes);
        struct.declare(out);
        parts.add("Walk walk, u32 batch_rank, u32 wanted_rank, u32 m, u32 n, u32 depth, i64 a_along, i64 b_along");
        for (int k = 0; k < epilogue.size(); k++) {
            parts.add("i64 out%d_at".formatted(k));
        }
        params.forEach((number, dtype) -> parts.add(CTypes.value(out, dtype) + " p" + number));
        int items = tiled ? tiles.items() : ITEMS;
        out.line("KERNEL(%d, %d) void matmul(%s) {", items, items, String.join(", ", parts));
        out.line("const u32 batch = GROUP_Z;");
        for (int k = 0; k < walked.size(); k++) {
            out.line("i64 %s_at = walk.offset[%d];", walked.get(k), k);
        }
        if (readsAxes) {
            out.line("i64 axis[%d];", axes);
        }
        struct.locate(
                out,
                "walk",
                "batch",
                k -> walked.get(Integer.parseInt(k)) + "_at",
                readsAxes ? "axis" : null,
                "0",
                "batch_rank");
        out.line("const i64 a_row = walk.stride[0][batch_rank];");
        out.line("const i64 b_column = walk.stride[1][batch_rank + 1];");
        if (tiled) {
            tiles(out, walked);
        } else {
            out.line("const u32 row = GROUP_Y * %du + ITEM_Y;", ITEMS);
            out.line("const u32 column = GROUP_X * %du + ITEM_X;", ITEMS);
            out.line("if (row < m && column < n) {");
            out.line("a_at += row * a_row;");
            out.line("b_at += column * b_column;");
            out.line("%s product = 0;", type);
            out.line("for (u32 k = 0; k < depth; k++) {");
            out.line("product = fma(a[a_at], b[b_at], product);");
            out.line("a_at += a_along;");
            out.line("b_at += b_along;");
            out.line("}");
            element(out, walked, "product");
            out.line("}");
        }
        out.line("}");
        return new ProgramSource(tiled ? "tiled matmul" : "matmul", out.text());
    }

    private void tiles(SourceWriter out, List<String> walked) {
        tiles.writer(out, kernel.dtype())
                .write(
                        "m",
                        "n",
                        "0",
                        "depth",
                        new TileWriter.Strided("a", "a_at", "a_row", "a_along"),
                        new TileWriter.Strided("b", "b_at", "b_column", "b_along"),
                        new TileWriter.Results(_ -> {}, _ -> element(out, walked, "sum")));
    }

    /** Writes the epilogue of the element at {@code row} and {@code column}. */
    private void element(SourceWriter out, List<String> walked, String product) {
        for (int k = 2; k < walked.size(); k++) {
            out.line(
                    "const i64 %1$s_e = %1$s_at + row * walk.stride[%2$d][batch_rank]"
                            + " + column * walk.stride[%2$d][batch_rank + 1];",
                    walked.get(k), k);
        }
        out.line("const i64 to = ((walk.first + batch) * m + row) * n + column;");
        ExprWriter writer = new ExprWriter(out, "t");
        List<String> values = writer.write(epilogue, new ExprWriter.Environment() {
            @Override
            public String input(int index, DType dtype) {
                return index == 0 ? product : CTypes.load(out, dtype, "in%1$d[in%1$d_e]".formatted(index));
            }

            @Override
            public String index(int axis) {
                return axis == Expr.Index.FLAT
                        ? "to"
                        : "(%1$du < wanted_rank ? axis[%1$d] : %1$du == wanted_rank ? (i64)row : (i64)column)"
                                .formatted(axis);
            }
        });
        for (int k = 0; k < epilogue.size(); k++) {
            out.line(
                    "out%1$d[out%1$d_at + to] = %2$s;",
                    k, CTypes.store(out, epilogue.get(k).dtype(), values.get(k)));
        }
    }
}
