package dev.tenrec.gpu;

/**
 * Writes the loop of a product in tiles that a group keeps in shared memory. Where elements of the two matrices come from
 * and where results go is the caller's.
 */
final class TileWriter {

    /** Work items of a group along an axis. */
    static final int ITEMS = 16;

    /** Elements of the product that a work item computes along an axis. */
    private static final int EACH = 4;

    private static final int DEPTH = 16;

    /** Elements of the product that a group computes along an axis. */
    static final int TILE = ITEMS * EACH;

    /** Writes how a tile's element is found. */
    interface Elements {
        /**
         * Writes statements that assign to {@code value} the element at {@code j} across and {@code k} along the depth,
         * both within the matrix.
         */
        void load(SourceWriter out);

        /** Says in C whether neighbours across lie next to each other in memory; otherwise those along the depth do. */
        String neighboursAcross();
    }

    private final SourceWriter out;
    private final String type;

    TileWriter(SourceWriter out, String type) {
        this.out = out;
        this.type = type;
    }

    static Grid grid(long rows, long columns, long products) {
        return new Grid((columns + TILE - 1) / TILE, (rows + TILE - 1) / TILE, products, ITEMS, ITEMS);
    }

    /**
     * Writes the product of {@code rows} by {@code columns} elements, over {@code begin} to {@code end} of the depth;
     * {@code result} writes what is done with {@code sum} at {@code row} and {@code column}.
     */
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
