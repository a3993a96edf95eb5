package dev.tenrec.gpu;

import java.util.function.Consumer;

/**
 * Tiles in the vector registers of one thread, for OpenCL on a processor, where items of a group only take turns. Blocks
 * of both matrices are copied next to each other first; each block meets all of the other one's.
 */
final class VectorTileWriter extends TileWriter {

    /** Rows and vectors that are summed in registers: 12 of 16, with two for a row of the other matrix and one spread. */
    private static final int ROWS = 6;

    private static final int VECTORS = 2;

    /** Bytes of a vector; where the processor's are shorter, the compiler takes several. */
    private static final int VECTOR_BYTES = 32;

    private static final int DEPTH = 64;

    static final Size SIZE = new Size(1, 8 * ROWS, 64);

    private final int lanes;
    private final String vector;

    VectorTileWriter(SourceWriter out, String type, int bytes) {
        super(out, type);
        this.lanes = VECTOR_BYTES / bytes;
        this.vector = (bytes == Float.BYTES ? "float" : "double") + lanes;
    }

    @Override
    void write(String rows, String columns, String begin, String end, Elements a, Elements b, Results results) {
        out.line("%s a_block[%d];", type, DEPTH * SIZE.rows());
        out.line("%s b_block[%d];", type, DEPTH * SIZE.columns());
        out.line("%s sums[%d];", type, SIZE.rows() * SIZE.columns());
        out.line("const u32 row0 = GROUP_Y * %du;", SIZE.rows());
        out.line("const u32 column0 = GROUP_X * %du;", SIZE.columns());
        out.line("const u32 rows_here = min(%du, %s - row0);", SIZE.rows(), rows);
        out.line("const u32 columns_here = min(%du, %s - column0);", SIZE.columns(), columns);
        zero("sums", SIZE.rows() * SIZE.columns());
        out.line("if (rows_here < %du || columns_here < %du) {", SIZE.rows(), SIZE.columns());
        // What lies beyond the matrices must not be numbers that take a processor long.
        zero("a_block", DEPTH * SIZE.rows());
        zero("b_block", DEPTH * SIZE.columns());
        out.line("}");
        prepare(SIZE.rows(), "row0", "rows_here", a);
        prepare(SIZE.columns(), "column0", "columns_here", b);
        out.line("for (u32 k0 = %s; k0 < %s; k0 += %du) {", begin, end, DEPTH);
        out.line("const u32 depth_here = min(%du, %s - k0);", DEPTH, end);
        fill("a_block", SIZE.rows(), "row0", "rows_here", a);
        fill("b_block", SIZE.columns(), "column0", "columns_here", b);
        out.line("for (u32 y = 0; y < rows_here; y += %du) {", ROWS);
        out.line("for (u32 x = 0; x < columns_here; x += %du) {", VECTORS * lanes);
        multiply();
        out.line("}");
        out.line("}");
        out.line("}");
        out.line("i64 column_at[%d];", SIZE.columns());
        out.line("for (u32 x = 0; x < columns_here; x++) {");
        out.line("const u32 column = column0 + x;");
        out.line("i64 at = 0;");
        results.column().accept(out);
        out.line("column_at[x] = at;");
        out.line("}");
        out.line("for (u32 y = 0; y < rows_here; y++) {");
        out.line("for (u32 x = 0; x < columns_here; x++) {");
        out.line("const u32 row = row0 + y;");
        out.line("const u32 column = column0 + x;");
        out.line("const i64 at = column_at[x];");
        out.line("const %s sum = sums[y * %du + x];", type, SIZE.columns());
        results.store().accept(out);
        out.line("}");
        out.line("}");
    }

    private void zero(String array, int length) {
        out.line("for (u32 i = 0; i < %du; i++) {", length);
        out.line("%s[i] = 0;", array);
        out.line("}");
    }

    /** Writes what is computed once for a block. */
    private void prepare(int width, String first, String count, Elements elements) {
        if (elements instanceof Placed placed) {
            placed.declare(out, "", "along", "[%d]".formatted(DEPTH));
            placed.declare(out, "", "across", "[%d]".formatted(width));
            parts(placed, "across", "j", first, count, placed.across());
        }
    }

    /** Writes the loop that keeps the parts of places in one direction. */
    private void parts(
            Placed placed, String part, String index, String first, String count, Consumer<SourceWriter> body) {
        out.line("for (u32 %1$s_in = 0; %1$s_in < %2$s; %1$s_in++) {", index, count);
        out.line("const u32 %1$s = %2$s + %1$s_in;", index, first);
        placed.begin(out);
        body.accept(out);
        placed.keep(out, part, "[%s_in]".formatted(index));
        out.line("}");
    }

    /** Fills a block, along what lies next to each other. */
    private void fill(String block, int width, String first, String count, Elements elements) {
        switch (elements) {
            case Strided strided -> {
                out.line("if (%s == 1) {", strided.across());
                copy(true, block, width, first, count, elements);
                out.line("} else {");
                copy(false, block, width, first, count, elements);
                out.line("}");
            }
            case Placed placed -> {
                parts(placed, "along", "k", "k0", "depth_here", placed.along());
                copy(placed.neighboursAcross(), block, width, first, count, elements);
            }
        }
    }

    private void copy(boolean across, String block, int width, String first, String count, Elements elements) {
        String inner = "for (u32 j_in = 0; j_in < %s; j_in++) {".formatted(count);
        String outer = "for (u32 k_in = 0; k_in < depth_here; k_in++) {";
        out.line(across ? outer : inner);
        out.line(across ? inner : outer);
        out.line("%s value = 0;", type);
        switch (elements) {
            case Strided strided -> {
                out.line("const u32 j = %s + j_in;", first);
                out.line("const u32 k = k0 + k_in;");
                strided.load(out);
            }
            case Placed placed -> {
                placed.begin(out);
                placed.add(out, "across", "[j_in]");
                placed.add(out, "along", "[k_in]");
                placed.load().accept(out);
            }
        }
        out.line("%s[k_in * %du + j_in] = value;", block, width);
        out.line("}");
        out.line("}");
    }

    /** Adds the product of a few rows and columns of the blocks to the sums. */
    private void multiply() {
        for (int r = 0; r < ROWS; r++) {
            for (int v = 0; v < VECTORS; v++) {
                out.line("%s s%d%d = vload%d(%d, %s);", vector, r, v, lanes, v, sums(r));
            }
        }
        out.line("for (u32 k = 0; k < depth_here; k++) {");
        for (int v = 0; v < VECTORS; v++) {
            out.line("const %s b%d = vload%d(%d, b_block + k * %du + x);", vector, v, lanes, v, SIZE.columns());
        }
        for (int r = 0; r < ROWS; r++) {
            out.line("const %1$s a%2$d = (%1$s)(a_block[k * %3$du + y + %2$du]);", vector, r, SIZE.rows());
            for (int v = 0; v < VECTORS; v++) {
                out.line("s%1$d%2$d = fma(a%1$d, b%2$d, s%1$d%2$d);", r, v);
            }
        }
        out.line("}");
        for (int r = 0; r < ROWS; r++) {
            for (int v = 0; v < VECTORS; v++) {
                out.line("vstore%d(s%d%d, %d, %s);", lanes, r, v, v, sums(r));
            }
        }
    }

    private String sums(int row) {
        return "sums + (y + %du) * %du + x".formatted(row, SIZE.columns());
    }
}
