package dev.tenrec.gpu;

/** Tiles that a group keeps in shared memory, for processors with many threads. */
final class SharedTileWriter extends TileWriter {

    /** Work items of a group along an axis. */
    private static final int ITEMS = 16;

    /** Elements of the product that a work item computes along an axis. */
    private static final int EACH = 4;

    private static final int DEPTH = 16;

    /** Elements of the product that a group computes along an axis. */
    private static final int TILE = ITEMS * EACH;

    static final Size SIZE = new Size(ITEMS, TILE, TILE);

    SharedTileWriter(SourceWriter out, String type) {
        super(out, type);
    }

    @Override
    void write(String rows, String columns, String begin, String end, Elements a, Elements b, Runnable result) {
        out.line("SHARED %s a_tile[%d];", type, DEPTH * TILE);
        out.line("SHARED %s b_tile[%d];", type, DEPTH * TILE);
        out.line("const u32 row0 = GROUP_Y * %du;", TILE);
        out.line("const u32 column0 = GROUP_X * %du;", TILE);
        out.line("const u32 item = ITEM_Y * %du + ITEM_X;", ITEMS);
        out.line("%s sums[%d];", type, EACH * EACH);
        out.line("for (u32 x = 0; x < %du; x++) {", EACH * EACH);
        out.line("sums[x] = 0;");
        out.line("}");
        out.line("for (u32 k0 = %s; k0 < %s; k0 += %du) {", begin, end, DEPTH);
        fill("a_tile", "row0", rows, end, a);
        fill("b_tile", "column0", columns, end, b);
        out.line("BARRIER();");
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
        out.line("BARRIER();");
        out.line("}");
        out.line("for (u32 x = 0; x < %du; x++) {", EACH);
        out.line("for (u32 y = 0; y < %du; y++) {", EACH);
        out.line("const u32 row = row0 + ITEM_Y + x * %du;", ITEMS);
        out.line("const u32 column = column0 + ITEM_X + y * %du;", ITEMS);
        out.line("if (row < %s && column < %s) {", rows, columns);
        out.line("const %s sum = sums[x * %du + y];", type, EACH);
        result.run();
        out.line("}");
        out.line("}");
        out.line("}");
    }

    /** Fills a tile, with zeros beyond the matrix. */
    private void fill(String tile, String first, String limit, String end, Elements elements) {
        String across = elements.neighboursAcross();
        out.line("for (u32 x = item; x < %du; x += %du) {", DEPTH * TILE, ITEMS * ITEMS);
        out.line("const u32 j_in = %s ? x %% %du : x / %du;", across, TILE, DEPTH);
        out.line("const u32 k_in = %s ? x / %du : x %% %du;", across, TILE, DEPTH);
        out.line("const u32 j = %s + j_in;", first);
        out.line("const u32 k = k0 + k_in;");
        out.line("%s value = 0;", type);
        out.line("if (j < %s && k < %s) {", limit, end);
        elements.load(out);
        out.line("}");
        out.line("%s[k_in * %du + j_in] = value;", tile, TILE);
        out.line("}");
    }
}
