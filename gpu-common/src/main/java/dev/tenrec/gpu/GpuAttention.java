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
 * Attention: a group computes the results of a tile of queries, over one tile of keys after the other. What was added up
 * is made smaller by as much as the largest score grows, so that no scores are ever in memory (Milakov and Gimelshein,
 * "Online normalizer calculation for softmax", 2018).
 */
final class GpuAttention implements CompiledKernel {

    private static final List<String> OPERANDS = List.of("out", "statistics", "q", "k", "v");

    private final GpuContext context;
    private final Functions functions;
    private final Kernel.Attention kernel;

    GpuAttention(GpuContext context, Kernel.Attention kernel) {
        this.context = context;
        this.functions = new Functions(context);
        this.kernel = kernel;
    }

    @Override
    public void run(Launch launch) {
        Operand out = launch.outputs().get(0);
        Operand statistics = launch.outputs().get(1);
        if (statistics.layout().shape().elementCount() == 0) {
            return;
        }
        AttentionTiles tiles = new AttentionTiles(context, kernel, new SourceWriter(context.dialect()));
        long width = out.layout().shape().size(3);
        int columns = tiles.columns(width, kernel.dtype() == DType.F64 ? 4 : 8);
        Shape space = launch.space();
        long queryTiles = (space.size(2) + tiles.tile() - 1) / tiles.tile();
        long chunks = Math.max(1, (width + tiles.width(columns) - 1) / tiles.width(columns));
        Layout q = launch.inputs().get(0).layout();
        Layout v = launch.inputs().get(2).layout();
        LongStruct sizes = AttentionTiles.sizes(space, q, v, queryTiles, chunks);
        Arguments arguments = context.arguments();
        List<Operand> operands = new ArrayList<>(launch.outputs());
        operands.addAll(launch.inputs());
        for (int i = 0; i < operands.size(); i++) {
            arguments.buffer(context.memory(operands.get(i)));
            String name = i < OPERANDS.size() ? OPERANDS.get(i) : "mask" + (i - OPERANDS.size());
            AttentionTiles.place(sizes, name, operands.get(i).layout());
        }
        sizes.write(arguments.struct(sizes.bytes()));
        AttentionTiles.scale(arguments, kernel.dtype(), launch.params()[0]);
        long groups = queryTiles * chunks * space.size(0) * space.size(1);
        GpuDevice.Function function = functions.get(columns, "attention", () -> source(tiles, columns));
        context.launch("attention", function, tiles.grid(groups), arguments);
    }

    private ProgramSource source(AttentionTiles tiles, int columns) {
        SourceWriter out = tiles.out;
        tiles.declare(OPERANDS);
        tiles.function();
        tiles.begin(
                "attention",
                "GLOBAL %1$s *out, GLOBAL %1$s *statistics, GLOBAL const %1$s *q, GLOBAL const %1$s *k,"
                                .formatted(tiles.type)
                        + " GLOBAL const %s *v, %s".formatted(tiles.type, tiles.maskParameters()),
                columns,
                kernel.causal());
        tiles.exchange();
        OPERANDS.subList(2, OPERANDS.size()).forEach(tiles::head);
        tiles.results("sums_of_values", columns);
        Folding largest = new Folding(ReduceOp.MAX, kernel.dtype());
        String least = largest.neutral(out);
        tiles.each("most");
        tiles.each("total");
        tiles.rows();
        out.line("most[x] = %s;", least);
        out.line("total[x] = 0;");
        out.line("}");
        tiles.square("sums");
        out.line("for (u32 key0 = 0; key0 < %s; key0 += %du) {", tiles.seen(), tiles.tile());
        tiles.products("q", "first", "queries", "k", "key0", "keys", "s.depth");
        tiles.each("next");
        tiles.rows();
        out.line("const u32 query = first + %s;", tiles.place(true));
        out.line("next[x] = most[x];");
        tiles.tileColumns();
        out.line("const u32 key = key0 + %s;", tiles.place(false));
        tiles.score();
        out.line("sums[%s] = score;", tiles.at());
        largest.combine(out, "next[x]", "", "score", "");
        out.line("}");
        out.line("}");
        tiles.acrossItems(ReduceOp.MAX, "next");
        tiles.rows();
        // Of nothing but hidden keys the largest score is no number to subtract.
        out.line("const %s shift = next[x] == %s ? 0 : next[x];", tiles.type, least);
        out.line("const %s factor = exp_of(most[x] - shift);", tiles.type);
        out.line("most[x] = next[x];");
        out.line("total[x] *= factor;");
        tiles.resultColumns(columns);
        out.line("sums_of_values[x * %du + y] *= factor;", columns);
        out.line("}");
        tiles.tileColumns();
        out.line("const %s weight = exp_of(sums[%s] - shift);", tiles.type, tiles.at());
        out.line("total[x] += weight;");
        out.line("%s = weight;", tiles.weight());
        out.line("}");
        out.line("}");
        tiles.accumulate("sums_of_values", columns, "v", "key0", "keys", "s.width");
        out.line("}");
        tiles.acrossItems(ReduceOp.SUM, "total");
        tiles.head("statistics");
        tiles.rows();
        out.line("const u32 row = first + %s;", tiles.place(true));
        out.line("if (total[x] == 0) {");
        out.line("most[x] = 0;");
        out.line("total[x] = 1;");
        out.line("}");
        out.line("if (column0 == 0 && ITEM_X == 0 && row < queries) {");
        out.line("const i64 at = statistics_at + (i64)row * s.statistics[3];");
        out.line("statistics[at] = most[x];");
        out.line("statistics[at + s.statistics[4]] = total[x];");
        out.line("}");
        out.line("}");
        tiles.write("out", "queries", "s.width", columns, "sums_of_values[x * %du + y] / total[x]".formatted(columns));
        out.line("}");
        return new ProgramSource("attention", out.text());
    }
}
