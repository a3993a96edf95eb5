package dev.tenrec.gpu;

/**
 * Tiles of F32 that tensor cores multiply, rounded to TF32: 10 bits of mantissa, products and sums in F32. Each warp of 32
 * work items computes blocks of 16 by 8 results, 8 steps of the depth at a time. Which item holds which elements is NVIDIA's
 * {@code mma.m16n8k8} for {@code .tf32} (PTX ISA, "Matrix Fragments for mma.m16n8k8").
 */
final class TensorTileWriter extends GroupTileWriter {

    /** Rows and columns of a tensor core's block, and its steps of the depth. */
    private static final int ROWS = 16;

    private static final int COLUMNS = 8;
    private static final int STEPS = 8;

    /** Blocks of a warp. */
    private static final int DOWN = 2;

    private static final int RIGHT = 4;

    /** Warps next to each other, of 8. */
    private static final int WARPS = 4;

    static final Size SIZE = new Size(ITEMS, 2 * DOWN * ROWS, WARPS * RIGHT * COLUMNS);

    /** Lets the four steps of the depth and eight neighbours that a warp reads at once lie in 32 different banks. */
    private static final int PADDING = 8;

    private static final int A_STRIDE = SIZE.rows() + PADDING;
    private static final int B_STRIDE = SIZE.columns() + PADDING;

    TensorTileWriter(SourceWriter out, String type) {
        super(out, type);
    }

    @Override
    void write(String rows, String columns, String begin, String end, Elements a, Elements b, Results results) {
        out.line("SHARED %s a_tile[%d];", type, DEPTH * A_STRIDE);
        out.line("SHARED %s b_tile[%d];", type, DEPTH * B_STRIDE);
        out.line("const u32 row0 = GROUP_Y * %du;", SIZE.rows());
        out.line("const u32 column0 = GROUP_X * %du;", SIZE.columns());
        out.line("const u32 item = ITEM_Y * %du + ITEM_X;", ITEMS);
        out.line("const u32 by = item % 32u / 4u;");
        out.line("const u32 in = item % 4u;");
        out.line("const u32 warp_row = item / %du * %du;", 32 * WARPS, DOWN * ROWS);
        out.line("const u32 warp_column = item / 32u %% %du * %du;", WARPS, RIGHT * COLUMNS);
        out.line("%s sums[%d];", type, DOWN * RIGHT * 4);
        out.line("for (u32 x = 0; x < %du; x++) {", DOWN * RIGHT * 4);
        out.line("sums[x] = 0;");
        out.line("}");
        loop(
                begin,
                end,
                new Tile("a_tile", SIZE.rows(), A_STRIDE, "row0", rows, a),
                new Tile("b_tile", SIZE.columns(), B_STRIDE, "column0", columns, b),
                this::multiply);
        out.line("for (u32 y = 0; y < %du; y++) {", 2 * RIGHT);
        beginColumn("column0 + warp_column + y / 2u * %du + 2u * in + y %% 2u".formatted(COLUMNS), columns, results);
        out.line("for (u32 x = 0; x < %du; x++) {", 2 * DOWN);
        out.line("const u32 row = row0 + warp_row + x * %du + by;", ROWS / 2);
        store("sums[(x / 2u * %du + y / 2u) * 4u + x %% 2u * 2u + y %% 2u]".formatted(RIGHT), rows, results);
        out.line("}");
        out.line("}");
        out.line("}");
    }

    /** Adds the products of 8 steps of the depth, of which this item holds {@code k} and the one 4 further. */
    private void multiply() {
        out.line("for (u32 step = 0; step < %du; step += %du) {", DEPTH, STEPS);
        out.line("const u32 k = step + in;");
        out.line("%s left[%d];", type, DOWN * 4);
        out.line("%s right[%d];", type, RIGHT * 2);
        out.line("for (u32 x = 0; x < %du; x++) {", DOWN * 4);
        out.line(
                "left[x] = a_tile[(k + x %% 4u / 2u * 4u) * %du + warp_row + x / 4u * %du + x %% 2u * %du + by];",
                A_STRIDE, ROWS, ROWS / 2);
        out.line("}");
        out.line("for (u32 x = 0; x < %du; x++) {", RIGHT * 2);
        out.line("right[x] = b_tile[(k + x %% 2u * 4u) * %du + warp_column + x / 2u * %du + by];", B_STRIDE, COLUMNS);
        out.line("}");
        out.line("for (u32 x = 0; x < %du; x++) {", DOWN);
        out.line("for (u32 y = 0; y < %du; y++) {", RIGHT);
        out.line(
                "%s(sums + (x * %du + y) * 4u, left + x * 4u, right + y * 2u);", out.call(Helper.MULTIPLY_TF32), RIGHT);
        out.line("}");
        out.line("}");
        out.line("}");
    }

    @Override
    String stored(String value) {
        return out.call(Helper.ROUND_TF32) + "(" + value + ")";
    }
}
