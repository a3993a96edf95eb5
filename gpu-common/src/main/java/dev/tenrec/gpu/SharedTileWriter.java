package dev.tenrec.gpu;

/** Tiles that a group keeps in shared memory, for processors with many threads. */
final class SharedTileWriter extends GroupTileWriter {

    /** Elements of the product that a work item computes along an axis. */
    private static final int EACH = 4;

    /** Elements of the product that a group computes along an axis. */
    private static final int TILE = ITEMS * EACH;

    static final Size SIZE = new Size(ITEMS, TILE, TILE);

    SharedTileWriter(SourceWriter out, String type) {
        super(out, type);
    }

    @Override
    void write(String rows, String columns, String begin, String end, Elements a, Elements b, Results results) {
        out.line("SHARED %s a_tile[%d];", type, DEPTH * TILE);
        out.line("SHARED %s b_tile[%d];", type, DEPTH * TILE);
        out.line("const u32 row0 = GROUP_Y * %du;", SIZE.rows());
        out.line("const u32 column0 = GROUP_X * %du;", SIZE.columns());
        out.line("const u32 item = ITEM_Y * %du + ITEM_X;", ITEMS);
        out.line("%s sums[%d];", type, EACH * EACH);
        out.line("for (u32 x = 0; x < %du; x++) {", EACH * EACH);
        out.line("sums[x] = 0;");
        out.line("}");
        loop(
                begin,
                end,
                new Tile("a_tile", TILE, TILE, "row0", rows, a),
                new Tile("b_tile", TILE, TILE, "column0", columns, b),
                this::multiply);
        out.line("for (u32 y = 0; y < %du; y++) {", EACH);
        beginColumn("column0 + ITEM_X + y * %du".formatted(ITEMS), columns, results);
        out.line("for (u32 x = 0; x < %du; x++) {", EACH);
        out.line("const u32 row = row0 + ITEM_Y + x * %du;", ITEMS);
        store("sums[x * %du + y]".formatted(EACH), rows, results);
        out.line("}");
        out.line("}");
        out.line("}");
    }

    private void multiply() {
        out.line("for (u32 k = 0; k < %du; k++) {", DEPTH);
        out.line("%s left[%d];", type, EACH);
        out.line("%s right[%d];", type, EACH);
        out.line("for (u32 x = 0; x < %du; x++) {", EACH);
        out.line("left[x] = a_tile[k * %du + ITEM_Y + x * %du];", TILE, ITEMS);
        out.line("right[x] = b_tile[k * %du + ITEM_X + x * %du];", TILE, ITEMS);
        out.line("}");
        out.line("for (u32 x = 0; x < %du; x++) {", EACH);
        out.line("for (u32 y = 0; y < %du; y++) {", EACH);
        out.line("sums[x * %1$du + y] = fma(left[x], right[y], sums[x * %1$du + y]);", EACH);
        out.line("}");
        out.line("}");
        out.line("}");
    }
}
