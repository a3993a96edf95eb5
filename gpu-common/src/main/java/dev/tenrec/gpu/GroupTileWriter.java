package dev.tenrec.gpu;

/** Tiles that a group's work items fill together, in shared memory. */
abstract sealed class GroupTileWriter extends TileWriter permits SharedTileWriter, TensorTileWriter {

    /** Work items of a group along an axis. */
    static final int ITEMS = 16;

    /** Steps of the depth that tiles hold. */
    static final int DEPTH = 16;

    /**
     * A tile of one of the two matrices.
     *
     * @param array its elements
     * @param width elements across
     * @param stride elements of the array from a step of the depth to the next
     * @param first where it begins across
     * @param limit how far the matrix goes across
     * @param elements where they come from
     */
    record Tile(String array, int width, int stride, String first, String limit, Elements elements) {}

    GroupTileWriter(SourceWriter out, String type) {
        super(out, type);
    }

    /**
     * Writes the loop along the depth: fills both tiles, {@code multiply} what is in them, and so on. Parts of places along
     * the depth are computed one step ahead, while others still read those of this step.
     */
    final void loop(String begin, String end, Tile a, Tile b, Runnable multiply) {
        boolean placed = a.elements instanceof Placed || b.elements instanceof Placed;
        prepare(a);
        prepare(b);
        if (placed) {
            out.line("u32 turn = 0;");
            along(begin, end, "", a, b);
            out.line("BARRIER();");
        }
        out.line("for (u32 k0 = %s; k0 < %s; k0 += %du) {", begin, end, DEPTH);
        fill(a, end);
        fill(b, end);
        if (placed) {
            out.line("turn ^= %du;", DEPTH);
            along("k0 + %du".formatted(DEPTH), end, "turn + ", a, b);
        }
        out.line("BARRIER();");
        multiply.run();
        out.line("BARRIER();");
        out.line("}");
    }

    /** Writes what is computed once for a tile. */
    private void prepare(Tile tile) {
        if (tile.elements instanceof Placed placed) {
            placed.declare(out, "SHARED ", "along", "[%d]".formatted(2 * DEPTH));
            if (placed.neighboursAcross()) {
                placed.declare(out, "", "across", "");
                out.line("{");
                out.line("const u32 j = %s + item %% %du;", tile.first, tile.width);
                placed.begin(out);
                out.line("if (j < %s) {", tile.limit);
                placed.across().accept(out);
                out.line("}");
                placed.keep(out, "across", "");
                out.line("}");
            }
        }
    }

    /** Writes the parts along the next steps of the depth, each by one work item. */
    private void along(String first, String end, String turn, Tile... tiles) {
        out.line("if (item < %du && %s + item < %s) {", DEPTH, first, end);
        out.line("const u32 k = %s + item;", first);
        for (Tile tile : tiles) {
            if (tile.elements instanceof Placed placed) {
                out.line("{");
                placed.begin(out);
                placed.along().accept(out);
                placed.keep(out, "along", "[%sitem]".formatted(turn));
                out.line("}");
            }
        }
        out.line("}");
    }

    /** Fills a tile, with zeros beyond the matrix. */
    private void fill(Tile tile, String end) {
        String across = switch (tile.elements) {
            case Strided strided -> strided.across() + " == 1";
            case Placed placed -> placed.neighboursAcross() ? "1" : "0";
        };
        out.line("for (u32 x = item; x < %du; x += %du) {", DEPTH * tile.width, ITEMS * ITEMS);
        out.line("const u32 j_in = %s ? x %% %du : x / %du;", across, tile.width, DEPTH);
        out.line("const u32 k_in = %s ? x / %du : x %% %du;", across, tile.width, DEPTH);
        out.line("const u32 j = %s + j_in;", tile.first);
        out.line("const u32 k = k0 + k_in;");
        out.line("%s value = 0;", type);
        out.line("if (j < %s && k < %s) {", tile.limit, end);
        switch (tile.elements) {
            case Strided strided -> strided.load(out);
            case Placed placed -> {
                placed.begin(out);
                if (placed.neighboursAcross()) {
                    placed.add(out, "across", "");
                } else {
                    placed.across().accept(out);
                }
                placed.add(out, "along", "[turn + k_in]");
                placed.load().accept(out);
            }
        }
        out.line("}");
        out.line("%s[k_in * %du + j_in] = %s;", tile.array, tile.stride, stored("value"));
        out.line("}");
    }

    /** Writes the beginning of what is done with a column of results, if there is such a column. */
    final void beginColumn(String column, String columns, Results results) {
        out.line("const u32 column = %s;", column);
        out.line("if (column < %s) {", columns);
        out.line("i64 at = 0;");
        results.column().accept(out);
    }

    /** Writes what is done with a sum of a column, if there is such a row. */
    final void store(String sum, String rows, Results results) {
        out.line("if (row < %s) {", rows);
        out.line("const %s sum = %s;", type, sum);
        results.store().accept(out);
        out.line("}");
    }

    /** What a tile holds of an element. */
    String stored(String value) {
        return value;
    }
}
