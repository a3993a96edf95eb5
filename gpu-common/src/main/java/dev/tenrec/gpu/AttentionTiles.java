package dev.tenrec.gpu;

import dev.tenrec.ir.Kernel;
import dev.tenrec.ir.ReduceOp;
import dev.tenrec.ir.ScalarOp;
import dev.tenrec.type.DType;
import dev.tenrec.type.Layout;
import dev.tenrec.type.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes what the kernels of attention are made of (Dao, "FlashAttention-2", 2023): a group holds a tile of some rows'
 * products with some columns in its items' registers, turns them into weights, puts these into shared memory, and adds up
 * the weights' products with vectors that belong to the columns. An item has {@code each} neighbouring rows and as many
 * neighbouring columns of a tile, so that the compiler makes of its reads of shared memory ones of several elements.
 *
 * <p>Results of more columns than a group can add up are cut into chunks, for each of which the weights are computed again.
 */
final class AttentionTiles {

    /** How far products go before the shared memory is filled anew. */
    private static final int DEPTH = 16;

    /** Weights of a row that an item reads at a time. */
    private static final int STRETCH = 4;

    final SourceWriter out;
    final String type;

    private final GpuContext context;
    private final Kernel.Attention kernel;
    private final int items;
    private final int each;

    AttentionTiles(GpuContext context, Kernel.Attention kernel, SourceWriter out) {
        this.context = context;
        this.kernel = kernel;
        this.out = out;
        type = CTypes.value(out, kernel.dtype());
        items = items(context);
        each = each(kernel.dtype());
    }

    /** Whether a device's groups are large enough, and worth it: processors are faster with the kernels one by one. */
    static boolean suit(DeviceInfo device) {
        return device.kind() == DeviceInfo.Kind.GPU && device.maxGroupSize() >= 64 && device.sharedBytes() >= 32 << 10;
    }

    /** Items of a group along an axis. */
    int items() {
        return items;
    }

    /** How many keys the queries of a tile see, in C. */
    String seen() {
        return kernel.causal() ? "keys && key0 < first + %du".formatted(tile()) : "keys";
    }

    /** Adds the scale. */
    static void scale(Arguments arguments, DType dtype, long bits) {
        double scale = Double.longBitsToDouble(bits);
        if (dtype == DType.F64) {
            arguments.f64(scale);
        } else {
            arguments.f32((float) scale);
        }
    }

    private static int items(GpuContext context) {
        return context.group() >= 256 ? 16 : 8;
    }

    private static int each(DType dtype) {
        return dtype == DType.F64 ? 2 : 4;
    }

    /** Rows, and columns, of a tile. */
    int tile() {
        return items * each;
    }

    /** Elements from one line of shared memory to the next. */
    private int pitch() {
        return tile() + each;
    }

    /** Columns of a result that an item adds up, so that a group has {@code wanted} if {@code most} allows. */
    int columns(long wanted, int most) {
        int columns = 1;
        while (columns < most && columns * items < wanted) {
            columns *= 2;
        }
        return columns;
    }

    /** Columns of a result that a group adds up. */
    int width(int columns) {
        return columns * items;
    }

    Grid grid(long groups) {
        return new Grid(groups, 1, 1, items, items);
    }

    /** Declares the sizes and where operands lie, in the order of {@link #sizes}. */
    void declare(List<String> operands) {
        Map<String, Integer> fields = new LinkedHashMap<>();
        for (String size : new String[] {"heads", "queries", "keys", "depth", "width", "tiles", "chunks"}) {
            fields.put(size, 0);
        }
        for (String operand : operands) {
            fields.put(operand, 5);
        }
        for (int i = 0; i < kernel.masks().size(); i++) {
            fields.put("mask" + i, 5);
        }
        LongStruct.declare(out, "Sizes", fields);
    }

    /** The first of the sizes; offsets and strides of the operands follow. */
    static LongStruct sizes(Shape space, Layout q, Layout v, long tiles, long chunks) {
        return new LongStruct("Sizes")
                .with("heads", space.size(1))
                .with("queries", space.size(2))
                .with("keys", space.size(3))
                .with("depth", q.shape().size(3))
                .with("width", v.shape().size(3))
                .with("tiles", tiles)
                .with("chunks", chunks);
    }

    /** Adds where an operand of four axes lies. */
    static void place(LongStruct sizes, String name, Layout layout) {
        sizes.withAll(name, layout.offset(), layout.stride(0), layout.stride(1), layout.stride(2), layout.stride(3));
    }

    /** The parameters of a kernel that reads the masks. */
    String maskParameters() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < kernel.masks().size(); i++) {
            text.append("GLOBAL const %s *mask%d, "
                    .formatted(CTypes.memory(out, kernel.masks().get(i)), i));
        }
        return text.toString();
    }

    void function() {
        LineWriter.function(out, "exp_of", ScalarOp.EXP, kernel.dtype(), context.lowered());
    }

    /** Begins a kernel and says which head, tile and chunk the group has. */
    void begin(String name, String parameters, int columns, boolean lastFirst) {
        out.line("KERNEL(%1$d, %1$d) void %2$s(%3$sSizes s, %4$s scale) {", items, name, parameters, type);
        int filled = Math.max(2 * DEPTH * pitch(), DEPTH * width(columns));
        out.line("SHARED ALIGNED %s tiles[%d];", type, filled);
        out.line("SHARED ALIGNED %s weights[%d];", type, tile() * pitch());
        out.line("const u32 item = ITEM_Y * %du + ITEM_X;", items);
        out.line("const u32 queries = (u32)s.queries;");
        out.line("const u32 keys = (u32)s.keys;");
        out.line("const u32 tile = GROUP_X % (u32)s.tiles;");
        out.line("const u32 of_tile = GROUP_X / (u32)s.tiles;");
        out.line("const u32 column0 = of_tile %% (u32)s.chunks * %du;", width(columns));
        out.line("const u32 head = of_tile / (u32)s.chunks;");
        out.line("const i64 h = head % (u32)s.heads;");
        out.line("const i64 b = head / (u32)s.heads;");
        // With causal scores the last queries look at the most keys: what takes longest is begun first.
        out.line("const u32 first = %s * %du;", lastFirst ? "((u32)s.tiles - 1 - tile)" : "tile", tile());
        for (int i = 0; i < kernel.masks().size(); i++) {
            head("mask" + i);
        }
    }

    /** Declares where the head's part of an operand begins. */
    void head(String operand) {
        out.line("const i64 %1$s_at = s.%1$s[0] + b * s.%1$s[1] + h * s.%1$s[2];", operand);
    }

    /** Begins a loop over an item's rows. */
    void rows() {
        out.line("for (u32 x = 0; x < %du; x++) {", each);
    }

    /** Begins a loop over an item's columns of a tile. */
    void tileColumns() {
        out.line("for (u32 y = 0; y < %du; y++) {", each);
    }

    /** Begins a loop over an item's columns of a result. */
    void resultColumns(int columns) {
        out.line("for (u32 y = 0; y < %du; y++) {", columns);
    }

    /** Declares an array of one element for each row, or column, of an item in a tile. */
    void each(String name) {
        out.line("%s %s[%d];", type, name, each);
    }

    /** Declares an array of one element for each place of an item in a tile. */
    void square(String name) {
        out.line("%s %s[%d];", type, name, each * each);
    }

    /** The place of row x and column y in a {@link #square}. */
    String at() {
        return "x * %du + y".formatted(each);
    }

    /** Declares what results are added up in. */
    void results(String name, int columns) {
        out.line("%s %s[%d];", type, name, each * columns);
        out.line("for (u32 x = 0; x < %du; x++) {", each * columns);
        out.line("%s[x] = 0;", name);
        out.line("}");
    }

    /** The number of an item's row x, or column y, in a tile. */
    String place(boolean row) {
        return row ? "ITEM_Y * %du + x".formatted(each) : "ITEM_X * %du + y".formatted(each);
    }

    /** The number of an item's column y of a result, in its chunk. */
    private String column(int columns) {
        int near = Math.min(columns, each);
        return columns == near
                ? "ITEM_X * %du + y".formatted(near)
                : "y / %1$du * %2$du + ITEM_X * %1$du + y %% %1$du".formatted(near, near * items);
    }

    private void fill(String target, String operand, String from, String limit, String end) {
        out.line(
                "tiles[%1$sd * %2$du + j] = %3$s + j < %4$s && d0 + d < (u32)%5$s"
                        + " ? %6$s[%6$s_at + (i64)(%3$s + j) * s.%6$s[3] + (i64)(d0 + d) * s.%6$s[4]] : 0;",
                target, pitch(), from, limit, end, operand);
    }

    /** Computes the products of rows of one operand with rows of another, the tile's columns. */
    void products(
            String rows, String row0, String limit, String columns, String column0, String columnLimit, String end) {
        int second = DEPTH * pitch();
        out.line("for (u32 x = 0; x < %du; x++) {", each * each);
        out.line("sums[x] = 0;");
        out.line("}");
        out.line("for (u32 d0 = 0; d0 < (u32)%s; d0 += %du) {", end, DEPTH);
        out.line("for (u32 x = item; x < %du; x += %du) {", DEPTH * tile(), items * items);
        out.line("const u32 j = x / %du;", DEPTH);
        out.line("const u32 d = x %% %du;", DEPTH);
        fill("", rows, row0, limit, end);
        fill(second + "u + ", columns, column0, columnLimit, end);
        out.line("}");
        out.line("BARRIER();");
        out.line("for (u32 d = 0; d < %du; d++) {", DEPTH);
        each("left");
        each("right");
        rows();
        out.line("left[x] = tiles[d * %du + ITEM_Y * %du + x];", pitch(), each);
        out.line("right[x] = tiles[%du + d * %du + ITEM_X * %du + x];", second, pitch(), each);
        out.line("}");
        rows();
        tileColumns();
        out.line("sums[%1$s] = fma(left[x], right[y], sums[%1$s]);", at());
        out.line("}");
        out.line("}");
        out.line("}");
        out.line("BARRIER();");
        out.line("}");
    }

    /** Declares the score of row x and column y, which are a query and a key within their limits or are not. */
    void score() {
        String infinity = CTypes.constant(out, kernel.dtype(), Double.doubleToRawLongBits(Double.NEGATIVE_INFINITY));
        out.line("%s score = %s;", type, infinity);
        out.line("if (query < queries && key < keys%s) {", kernel.causal() ? " && key <= query" : "");
        out.line("score = sums[%s] * scale;", at());
        for (int i = 0; i < kernel.masks().size(); i++) {
            String mask = "mask%1$d[mask%1$d_at + (i64)query * s.mask%1$d[3] + (i64)key * s.mask%1$d[4]]".formatted(i);
            if (kernel.masks().get(i) == DType.BOOL) {
                out.line("score = %s != 0 ? %s : score;", mask, infinity);
            } else {
                out.line("score += %s;", mask);
            }
        }
        out.line("}");
    }

    /** The place in shared memory of row x and column y of an item. */
    String weight() {
        return "weights[(ITEM_Y * %1$du + x) * %2$du + ITEM_X * %1$du + y]".formatted(each, pitch());
    }

    /** Adds to results the shared weights times the vectors of the tile's columns. */
    void accumulate(String results, int columns, String operand, String from, String limit, String end) {
        int width = width(columns);
        out.line("for (u32 d0 = 0; d0 < %du; d0 += %du) {", tile(), DEPTH);
        out.line("for (u32 x = item; x < %du; x += %du) {", DEPTH * width, items * items);
        out.line("const u32 j = x %% %du;", width);
        out.line("const u32 d = x / %du;", width);
        out.line(
                "tiles[d * %1$du + j] = %2$s + d0 + d < %3$s && column0 + j < (u32)%4$s"
                        + " ? %5$s[%5$s_at + (i64)(%2$s + d0 + d) * s.%5$s[3] + (i64)(column0 + j) * s.%5$s[4]] : 0;",
                width, from, limit, end, operand);
        out.line("}");
        out.line("BARRIER();");
        out.line("for (u32 d = 0; d < %du; d += %du) {", DEPTH, STRETCH);
        out.line("%s left[%d];", type, each * STRETCH);
        rows();
        out.line("for (u32 z = 0; z < %du; z++) {", STRETCH);
        out.line("left[x * %1$du + z] = weights[(ITEM_Y * %2$du + x) * %3$du + d0 + d + z];", STRETCH, each, pitch());
        out.line("}");
        out.line("}");
        out.line("for (u32 z = 0; z < %du; z++) {", STRETCH);
        out.line("%s right[%d];", type, columns);
        resultColumns(columns);
        out.line("right[y] = tiles[(d + z) * %du + %s];", width, column(columns));
        out.line("}");
        rows();
        resultColumns(columns);
        out.line(
                "%1$s[x * %2$du + y] = fma(left[x * %3$du + z], right[y], %1$s[x * %2$du + y]);",
                results, columns, STRETCH);
        out.line("}");
        out.line("}");
        out.line("}");
        out.line("}");
        out.line("BARRIER();");
        out.line("}");
    }

    /** Declares the memory for {@link #acrossItems}. */
    void exchange() {
        out.line("SHARED ALIGNED %s found[%d];", type, items * pitch());
    }

    /** Combines what the items of a row found, one value for each of their rows, in their order. */
    void acrossItems(ReduceOp op, String values) {
        Folding folding = new Folding(op, kernel.dtype());
        rows();
        out.line("found[ITEM_X * %du + ITEM_Y * %du + x] = %s[x];", pitch(), each, values);
        out.line("}");
        out.line("BARRIER();");
        rows();
        out.line("%s[x] = found[ITEM_Y * %du + x];", values, each);
        out.line("}");
        out.line("for (u32 j = 1; j < %du; j++) {", items);
        rows();
        folding.combine(out, values + "[x]", "", "found[j * %du + ITEM_Y * %du + x]".formatted(pitch(), each), "");
        out.line("}");
        out.line("}");
    }

    /** Writes results; {@code value} is what becomes of that of row x and column y. */
    void write(String target, String limit, String end, int columns, String value) {
        head(target);
        rows();
        out.line("const u32 row = first + %s;", place(true));
        out.line("if (row < %s) {", limit);
        resultColumns(columns);
        out.line("const u32 column = column0 + %s;", column(columns));
        out.line("if (column < (u32)%s) {", end);
        out.line("%1$s[%1$s_at + (i64)row * s.%1$s[3] + (i64)column * s.%1$s[4]] = %2$s;", target, value);
        out.line("}");
        out.line("}");
        out.line("}");
        out.line("}");
    }
}
