package dev.tenrec.gpu;

/** Tiles that a group's work items fill together, in shared memory. */
abstract sealed class GroupTileWriter extends TileWriter permits SharedTileWriter, TensorTileWriter {

    /** Work items of a group along an axis. */
    static final int ITEMS = 16;

    /** Steps of the depth that tiles hold. */
    static final int DEPTH = 16;

    GroupTileWriter(SourceWriter out, String type) {
        super(out, type);
    }

    /** Writes which work item this is, and which part of the product its group computes. */
    final void begin(Size size) {
        out.line("const u32 row0 = GROUP_Y * %du;", size.rows());
        out.line("const u32 column0 = GROUP_X * %du;", size.columns());
        out.line("const u32 item = ITEM_Y * %du + ITEM_X;", ITEMS);
    }

    /**
     * Fills a tile, with zeros beyond the matrix.
     *
     * @param tile its array
     * @param width elements across
     * @param stride elements of the array from a step of the depth to the next
     * @param first where it begins across
     * @param limit how far the matrix goes across
     * @param end how far it goes along the depth
     * @param elements where they come from
     */
    final void fill(String tile, int width, int stride, String first, String limit, String end, Elements elements) {
        String across = elements.neighboursAcross();
        out.line("for (u32 x = item; x < %du; x += %du) {", DEPTH * width, ITEMS * ITEMS);
        out.line("const u32 j_in = %s ? x %% %du : x / %du;", across, width, DEPTH);
        out.line("const u32 k_in = %s ? x / %du : x %% %du;", across, width, DEPTH);
        out.line("const u32 j = %s + j_in;", first);
        out.line("const u32 k = k0 + k_in;");
        out.line("%s value = 0;", type);
        out.line("if (j < %s && k < %s) {", limit, end);
        elements.load(out);
        out.line("}");
        out.line("%s[k_in * %du + j_in] = %s;", tile, stride, stored("value"));
        out.line("}");
    }

    /** What a tile holds of an element. */
    String stored(String value) {
        return value;
    }
}
