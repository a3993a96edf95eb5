package dev.tenrec.gpu;

import dev.tenrec.backend.CompiledKernel;
import dev.tenrec.backend.Launch;
import dev.tenrec.backend.Operand;
import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The gradients of attention, whose weights are computed again. A first kernel gives each group a tile of queries, and
 * adds up their gradients over all keys; a second one gives each a tile of keys, and adds up these keys' and values'
 * gradients over all queries. So nothing is added to by several groups, and the order of additions is fixed.
 */
final class GpuAttentionGradient implements CompiledKernel {

    private static final List<String> OPERANDS = List.of("q", "k", "v", "y", "statistics", "g");

    private final GpuContext context;
    private final Functions functions;
    private final Kernel.Attention kernel;
    private final int masks;

    GpuAttentionGradient(GpuContext context, Kernel.Attention kernel) {
        this.context = context;
        this.functions = new Functions(context);
        this.kernel = kernel;
        masks = kernel.masks().size();
    }

    @Override
    public void run(Launch launch) {
        Shape space = launch.space();
        long heads = space.size(0) * space.size(1);
        if (heads == 0) {
            return;
        }
        GpuDevice.Memory shares = context.scratch()
                .take(Math.max(1, heads * space.size(2)) * kernel.dtype().byteSize());
        try {
            if (space.size(2) > 0) {
                launch(launch, shares, true);
            }
            if (space.size(3) > 0) {
                launch(launch, shares, false);
            }
        } finally {
            context.scratch().give(shares);
        }
    }

    private void launch(Launch launch, GpuDevice.Memory shares, boolean ofQueries) {
        Shape space = launch.space();
        List<Operand> in = launch.inputs();
        Layout q = in.get(0).layout();
        Layout v = in.get(2).layout();
        long depth = q.shape().size(3);
        long wanted = ofQueries ? depth : Math.max(depth, v.shape().size(3));
        AttentionTiles tiles = new AttentionTiles(context, kernel, new SourceWriter(context.dialect()));
        // Two results are added up at a time for keys and values.
        int columns = tiles.columns(wanted, kernel.dtype() == DType.F64 || !ofQueries ? 4 : 8);
        long rowTiles = (space.size(ofQueries ? 2 : 3) + tiles.tile() - 1) / tiles.tile();
        long chunks = Math.max(1, (wanted + tiles.width(columns) - 1) / tiles.width(columns));
        LongStruct sizes = AttentionTiles.sizes(space, q, v, rowTiles, chunks);
        Arguments arguments = context.arguments();
        String[] names = ofQueries ? new String[] {"of_queries"} : new String[] {"of_keys", "of_values"};
        for (int i = 0; i < names.length; i++) {
            Operand out = launch.outputs().get(ofQueries ? 0 : 1 + i);
            arguments.buffer(context.memory(out));
            AttentionTiles.place(sizes, names[i], out.layout());
        }
        arguments.buffer(shares);
        for (int i = 0; i < OPERANDS.size(); i++) {
            // The masks stand between values and results; they are arguments after all others.
            Operand operand = in.get(i < 3 ? i : i + masks);
            arguments.buffer(context.memory(operand));
            AttentionTiles.place(sizes, OPERANDS.get(i), operand.layout());
        }
        for (int i = 0; i < masks; i++) {
            arguments.buffer(context.memory(in.get(3 + i)));
            AttentionTiles.place(sizes, "mask" + i, in.get(3 + i).layout());
        }
        sizes.write(arguments.struct(sizes.bytes()));
        AttentionTiles.scale(arguments, kernel.dtype(), launch.params()[0]);
        long groups = rowTiles * chunks * space.size(0) * space.size(1);
        String name = ofQueries ? "queries" : "keys";
        GpuDevice.Function function =
                functions.get(name + columns, name, () -> ofQueries ? queries(tiles, columns) : keys(tiles, columns));
        context.launch("attention gradient", function, tiles.grid(groups), arguments);
    }

    private void begin(AttentionTiles tiles, String name, List<String> results, String shares, int columns) {
        List<String> operands = new ArrayList<>(results);
        operands.addAll(OPERANDS);
        tiles.declare(operands);
        tiles.function();
        StringBuilder parameters = new StringBuilder();
        results.forEach(one -> parameters.append("GLOBAL %s *%s, ".formatted(tiles.type, one)));
        parameters.append("GLOBAL %s%s *shares, ".formatted(shares, tiles.type));
        OPERANDS.forEach(one -> parameters.append("GLOBAL const %s *%s, ".formatted(tiles.type, one)));
        boolean lastFirst = kernel.causal() && name.equals("queries");
        tiles.begin(name, parameters + tiles.maskParameters(), columns, lastFirst);
        OPERANDS.forEach(tiles::head);
    }

    private ProgramSource queries(AttentionTiles tiles, int columns) {
        SourceWriter out = tiles.out;
        begin(tiles, "queries", List.of("of_queries"), "", columns);
        tiles.exchange();
        tiles.each("share");
        tiles.each("most");
        tiles.each("part");
        tiles.rows();
        out.line("const u32 query = first + %s;", tiles.place(true));
        out.line("share[x] = 0;");
        out.line("most[x] = 0;");
        out.line("part[x] = 0;");
        out.line("if (query < queries) {");
        out.line("for (u32 e = ITEM_X; e < (u32)s.width; e += %du) {", tiles.items());
        out.line("share[x] = fma(g[g_at + (i64)query * s.g[3] + (i64)e * s.g[4]],"
                + " y[y_at + (i64)query * s.y[3] + (i64)e * s.y[4]], share[x]);");
        out.line("}");
        statistics(out, "x", "query");
        out.line("}");
        out.line("}");
        tiles.acrossItems(ReduceOp.SUM, "share");
        out.line("if (column0 == 0 && ITEM_X == 0) {");
        tiles.rows();
        out.line("const u32 query = first + %s;", tiles.place(true));
        out.line("if (query < queries) {");
        out.line("shares[(i64)head * queries + query] = share[x];");
        out.line("}");
        out.line("}");
        out.line("}");
        tiles.results("sums_of_keys", columns);
        tiles.square("sums");
        out.line("for (u32 key0 = 0; key0 < %s; key0 += %du) {", tiles.seen(), tiles.tile());
        tiles.products("q", "first", "queries", "k", "key0", "keys", "s.depth");
        tiles.rows();
        out.line("const u32 query = first + %s;", tiles.place(true));
        tiles.tileColumns();
        out.line("const u32 key = key0 + %s;", tiles.place(false));
        tiles.score();
        out.line("%s = exp_of(score - most[x]) * part[x];", tiles.weight());
        out.line("}");
        out.line("}");
        tiles.products("g", "first", "queries", "v", "key0", "keys", "s.width");
        tiles.rows();
        tiles.tileColumns();
        out.line("%s *= (sums[%s] - share[x]) * scale;", tiles.weight(), tiles.at());
        out.line("}");
        out.line("}");
        tiles.accumulate("sums_of_keys", columns, "k", "key0", "keys", "s.depth");
        out.line("}");
        tiles.write("of_queries", "queries", "s.depth", columns, "sums_of_keys[x * %du + y]".formatted(columns));
        out.line("}");
        return new ProgramSource("attention gradient by queries", out.text());
    }

    private static void statistics(SourceWriter out, String at, String query) {
        out.line("const i64 at = statistics_at + (i64)%s * s.statistics[3];", query);
        out.line("most[%s] = statistics[at];", at);
        out.line("part[%s] = 1 / statistics[at + s.statistics[4]];", at);
    }

    private ProgramSource keys(AttentionTiles tiles, int columns) {
        SourceWriter out = tiles.out;
        begin(tiles, "keys", List.of("of_keys", "of_values"), "const ", columns);
        tiles.results("sums_of_queries", columns);
        tiles.results("sums_of_results", columns);
        tiles.square("sums");
        // Queries before the tile's first key see none of it.
        out.line(
                "for (u32 query0 = %s; query0 < queries; query0 += %du) {",
                kernel.causal() ? "first" : "0", tiles.tile());
        tiles.products("k", "first", "keys", "q", "query0", "queries", "s.depth");
        tiles.each("share");
        tiles.each("most");
        tiles.each("part");
        tiles.tileColumns();
        out.line("const u32 query = query0 + %s;", tiles.place(false));
        out.line("share[y] = 0;");
        out.line("most[y] = 0;");
        out.line("part[y] = 0;");
        out.line("if (query < queries) {");
        out.line("share[y] = shares[(i64)head * queries + query];");
        statistics(out, "y", "query");
        out.line("}");
        out.line("}");
        tiles.rows();
        out.line("const u32 key = first + %s;", tiles.place(true));
        tiles.tileColumns();
        out.line("const u32 query = query0 + %s;", tiles.place(false));
        tiles.score();
        out.line("%s = exp_of(score - most[y]) * part[y];", tiles.weight());
        out.line("}");
        out.line("}");
        tiles.accumulate("sums_of_results", columns, "g", "query0", "queries", "s.width");
        tiles.products("v", "first", "keys", "g", "query0", "queries", "s.width");
        tiles.rows();
        tiles.tileColumns();
        out.line("%s *= (sums[%s] - share[y]) * scale;", tiles.weight(), tiles.at());
        out.line("}");
        out.line("}");
        tiles.accumulate("sums_of_queries", columns, "q", "query0", "queries", "s.depth");
        out.line("}");
        tiles.write("of_keys", "keys", "s.depth", columns, "sums_of_queries[x * %du + y]".formatted(columns));
        tiles.write("of_values", "keys", "s.width", columns, "sums_of_results[x * %du + y]".formatted(columns));
        out.line("}");
        return new ProgramSource("attention gradient by keys", out.text());
    }
}
